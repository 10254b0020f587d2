package github

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ruleSuite is what the rulesets said of one push.
type ruleSuite struct {
	ID               int64  `json:"id"`
	ActorID          int64  `json:"actor_id"`
	ActorName        string `json:"actor_name"`
	BeforeSHA        string `json:"before_sha"`
	AfterSHA         string `json:"after_sha"`
	Ref              string `json:"ref"`
	RepositoryID     int64  `json:"repository_id"`
	RepositoryName   string `json:"repository_name"`
	PushedAt         string `json:"pushed_at"`
	Result           string `json:"result"`
	EvaluationResult string `json:"evaluation_result"`
}

// ruleEvaluation is what one rule said of it. Its details are left out: they quote what was pushed.
type ruleEvaluation struct {
	RuleSource struct {
		Type string `json:"type"`
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"rule_source"`
	Enforcement string `json:"enforcement"`
	Result      string `json:"result"`
	RuleType    string `json:"rule_type"`
}

// ruleSuites is a push or a merge that got past the rulesets because they let its actor pass. It is asked of each repository
// and not of the organisation at once, for which GitHub demands the right to change the organisation.
func ruleSuites() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.rule-suite",
			Title:      "Push that bypassed rules",
			Population: true,
			Doc: with(evidence.ShapeOf[ruleSuite](), map[string]*evidence.Shape{
				"Evaluations": listOf(evidence.ShapeOf[ruleEvaluation]()),
				"Repository":  evidence.ShapeOf[branchRepository](),
			}),
		},
		Version: 1,
		Events:  &collect.Events{Begin: sinceConfigured, Retention: 28 * day, Settling: settling, When: "pushed_at"},
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "repos.getRepoRuleSuites", Permissions: []string{"Administration: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/rulesets/rule-suites",
				Absent: []string{codeNotInPlan},
			},
			{
				Name: "repos.getRepoRuleSuite", Permissions: []string{"Administration: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/rulesets/rule-suites/{suite}",
			},
		},
		Collect: collect.Typed(collectRuleSuites),
	}
}

func collectRuleSuites(ctx context.Context, s *session, t *collect.Task) error {
	const op = "repos.getRepoRuleSuites"
	span := periodSince([]period{{"day", day}, {"week", 7 * day}, {"month", 28 * day}}, t.Since(), s.now())
	t.Params(op, map[string]string{"rule_suite_result": "bypass", "time_period": span, "since": t.Since().UTC().Format(time.RFC3339)})
	query := url.Values{"rule_suite_result": {"bypass"}, "time_period": {span}}
	return s.eachRepository(ctx, t, func(ctx context.Context, r repo) error {
		if !pushed(t, r) {
			return nil
		}
		err := s.events(ctx, t, op, r.path()+"/rulesets/rule-suites", query, "pushed_at", func(ctx context.Context, raw json.RawMessage) error {
			return s.ruleSuite(ctx, t, r, raw)
		})
		if collect.IsAbsent(err) {
			return nil
		}
		return err
	})
}

// ruleSuite emits one suite with what each rule said.
func (s *session) ruleSuite(ctx context.Context, t *collect.Task, r repo, raw json.RawMessage) error {
	subject, doc, err := eventSubject(r, "rule-suites", "bypass", raw, "rule_evaluations")
	if err != nil {
		return err
	}
	var evaluations []map[string]any
	ok, err := t.Part(ctx, &subject, "Evaluations", "repos.getRepoRuleSuite", func(ctx context.Context) error {
		raw, err := s.object(ctx, r.path()+"/rulesets/rule-suites/"+number(doc["id"]))
		if err != nil {
			return err
		}
		items, err := itemsOf(raw, "rule_evaluations")
		for _, item := range items {
			evaluation, err := trim(item, "details")
			if err != nil {
				return err
			}
			evaluations = append(evaluations, evaluation)
		}
		return err
	})
	if err != nil {
		return err
	}
	if ok {
		doc["Evaluations"] = evaluations
	}
	return emit(ctx, t, subject, doc)
}
