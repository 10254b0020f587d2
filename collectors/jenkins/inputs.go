package jenkins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opDescribeRun   = "jenkins:run.wfapi.describe"
	opDescribeStage = "jenkins:node.wfapi.describe"
	opGetCauses     = "jenkins:run.causes"
)

// inputDoc is a step of a pipeline that was paused. It went on pauseDurationMillis after startTimeMillis.
type inputDoc struct {
	Stage               string `json:"Stage"`
	ID                  string `json:"id"`
	Name                string `json:"name"`
	Status              string `json:"status"`
	StartTimeMillis     int64  `json:"startTimeMillis"`
	DurationMillis      int64  `json:"durationMillis"`
	PauseDurationMillis int64  `json:"pauseDurationMillis"`
}

// upstream is a build by which another was started, with why it was started itself.
type upstream struct {
	Project string     `json:"upstreamProject"`
	Build   int64      `json:"upstreamBuild"`
	Causes  []causeDoc `json:"causes"`
}

// inputs are the steps of a build that were paused, which the plugin behind the stage view tells. Steps outside of all stages
// are not told.
func (s *session) inputs(ctx context.Context, t *collect.Task, where string) ([]any, error) {
	var answer struct {
		Stages []struct {
			ID    string      `json:"id"`
			Name  string      `json:"name"`
			Pause json.Number `json:"pauseDurationMillis"`
		} `json:"stages"`
	}
	err := t.Call(ctx, opDescribeRun, func(ctx context.Context) error {
		_, err := s.get(ctx, where+"/wfapi/describe", "", &answer)
		if err == nil && answer.Stages == nil {
			err = errors.New("read the answer: it has no list of stages")
		}
		return plugins(err)
	})
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, stage := range answer.Stages {
		if pause, err := stage.Pause.Int64(); err != nil || pause <= 0 {
			continue
		}
		steps, err := s.paused(ctx, t, where, stage.ID)
		if err != nil {
			return nil, err
		}
		for _, step := range steps {
			step["Stage"] = stage.Name
			list = append(list, step)
		}
	}
	return list, nil
}

// paused are the steps of a stage that were paused.
func (s *session) paused(ctx context.Context, t *collect.Task, where, stage string) ([]map[string]any, error) {
	var answer struct {
		Nodes []map[string]any `json:"stageFlowNodes"`
	}
	err := t.Call(ctx, opDescribeStage, func(ctx context.Context) error {
		if _, err := strconv.ParseUint(stage, 10, 64); err != nil {
			return fmt.Errorf("read the answer: %q is no number of a stage", stage)
		}
		_, err := s.get(ctx, where+"/execution/node/"+stage+"/wfapi/describe", "", &answer)
		if err == nil && answer.Nodes == nil {
			err = errors.New("read the answer: it has no list of steps")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	shape := evidence.ShapeOf[inputDoc]()
	var list []map[string]any
	for _, node := range answer.Nodes {
		pause, _ := node["pauseDurationMillis"].(json.Number)
		if n, err := pause.Int64(); err == nil && n > 0 {
			list = append(list, collect.KeepObject(node, shape))
		}
	}
	return list, nil
}

// chainLength is how many builds are followed up a chain of builds that start each other.
const chainLength = 10

// upstream follows the builds by which one was started up to the first.
func (s *session) upstream(ctx context.Context, t *collect.Task, actions []actionDoc) ([]any, error) {
	shape := evidence.ShapeOf[actionDoc]()
	var chain []any
	next := starters(actions)
	for len(next) > 0 {
		up := next[0]
		next = next[1:]
		var answer struct {
			Actions []map[string]any `json:"actions"`
		}
		var typed []actionDoc
		err := t.Call(ctx, opGetCauses, func(ctx context.Context) error {
			if len(chain) == chainLength {
				return errors.New("the chain of builds that started each other does not end")
			}
			for name := range strings.SplitSeq(up.UpstreamProject, "/") {
				if name == "" || name == "." || name == ".." {
					return fmt.Errorf("read a cause: %q is no job", up.UpstreamProject)
				}
			}
			where := jobPath(up.UpstreamProject) + "/" + strconv.FormatInt(up.UpstreamBuild, 10) + "/api/json"
			_, err := s.get(ctx, where, "actions["+causesTree+"]", &answer)
			if err == nil && answer.Actions == nil {
				err = errors.New("read the answer: it has no list of actions")
			}
			if err == nil {
				typed, err = readActions(answer.Actions)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		causes := []any{}
		for _, a := range answer.Actions {
			list, _ := collect.KeepObject(a, shape)["causes"].([]any)
			causes = append(causes, list...)
		}
		chain = append(chain, map[string]any{"upstreamProject": up.UpstreamProject, "upstreamBuild": up.UpstreamBuild,
			"causes": causes})
		next = append(next, starters(typed)...)
	}
	return chain, nil
}

// readActions reads what this package looks at of actions.
func readActions(list []map[string]any) ([]actionDoc, error) {
	var typed []actionDoc
	raw, err := json.Marshal(list)
	if err == nil {
		err = json.Unmarshal(raw, &typed)
	}
	if err != nil {
		return nil, fmt.Errorf("read the actions: %w", err)
	}
	return typed, nil
}

// starters are the causes among actions that are builds.
func starters(actions []actionDoc) []causeDoc {
	var list []causeDoc
	for _, a := range actions {
		for _, c := range a.Causes {
			if c.UpstreamProject != "" && c.UpstreamBuild > 0 {
				list = append(list, c)
			}
		}
	}
	return list
}
