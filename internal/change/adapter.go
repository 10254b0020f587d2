package change

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// What a subject type tells of.
const (
	TellsChange     = "change"
	TellsDeployment = "deployment"
	TellsCommit     = "commit"
	TellsBypass     = "bypass"
	// TellsRelease and TellsCall complete a deployment that does not itself tell its commit, or who made and approved it.
	TellsRelease = "release"
	TellsCall    = "call"
)

// adapter reads one subject type. One of its functions is set.
type adapter struct {
	change     func(evidence.Subject) (Change, error)
	deployment func(evidence.Subject) (Deployment, error)
	commit     func(evidence.Subject) (Landed, error)
	bypass     func(evidence.Subject) (Bypass, error)
	release    func(evidence.Subject) (Release, error)
	call       func(evidence.Subject) (Call, error)
	reads      []string // the keys of the document that the verdict rests on, sorted
	// whole says that the changes of this type name every commit that they bring to a branch, so that a commit which none
	// of them names came past all.
	whole bool
	// silent says that the commits of this type do not tell by which change they came.
	silent bool
	// joins are the types that complete the deployments of this type.
	joins []string
}

// adapters are all adapters, by subject type.
func adapters() map[string]adapter {
	return map[string]adapter{
		"argocd.deployment":          {deployment: argocd{}.Deployment, reads: argocdReads[:]},
		"aws.codedeploy.deployment":  {deployment: codedeploy{}.Deployment, reads: codedeployReads[:]},
		"aws.codepipeline.execution": {deployment: codepipeline{}.Deployment, reads: codepipelineReads[:]},
		"azuredevops.deployment":     {deployment: azureDevOps{}.Deployment, reads: azureDeploymentReads[:]},
		"azuredevops.pull-request":   {change: azureDevOps{}.Change, reads: azureReads[:]},
		"gcp.clouddeploy.release":    {release: clouddeploy{}.Release, reads: clouddeployReleaseReads[:]},
		"gcp.clouddeploy.rollout": {deployment: clouddeploy{}.Deployment, reads: clouddeployReads[:],
			joins: []string{"gcp.clouddeploy.release", "gcp.logging.clouddeploy-call"}},
		"gcp.logging.clouddeploy-call": {call: clouddeploy{}.Call, reads: clouddeployCallReads[:]},
		"git.commit":                   {commit: clone{}.Commit, reads: cloneReads[:], silent: true},
		"gitlab.commit":                {commit: gitlab{}.Commit, reads: gitlabCommitReads[:], silent: true},
		"gitlab.deployment":            {deployment: gitlab{}.Deployment, reads: gitlabDeploymentReads[:]},
		"github.commit":                {commit: github{}.Commit, reads: githubCommitReads[:]},
		"github.deployment":            {deployment: github{}.Deployment, reads: githubDeploymentReads[:]},
		"gitlab.merge-request":         {change: gitlab{}.Change, reads: gitlabReads[:], whole: true},
		"github.rule-suite":            {bypass: github{}.Bypass, reads: githubBypassReads[:]},
		"github.pull-request":          {change: github{}.Change, reads: githubChangeReads[:]},
		"jenkins.build":                {deployment: jenkins{}.Deployment, reads: jenkinsReads[:]},
	}
}

// adapterOf returns the adapter of a subject type.
func adapterOf(typ string) (adapter, bool) {
	a, ok := adapters()[typ]
	return a, ok
}

// Types returns the subject types that this package reads, sorted.
func Types() []string { return slices.Sorted(maps.Keys(adapters())) }

// Tells says what a subject type is read as: TellsChange, TellsDeployment, TellsCommit, TellsBypass, TellsRelease, TellsCall, or ""
// when it is none of them.
func Tells(typ string) string {
	a, ok := adapterOf(typ)
	switch {
	case !ok:
		return ""
	case a.change != nil:
		return TellsChange
	case a.deployment != nil:
		return TellsDeployment
	case a.bypass != nil:
		return TellsBypass
	case a.release != nil:
		return TellsRelease
	case a.call != nil:
		return TellsCall
	}
	return TellsCommit
}

// NamesAll reports whether the changes of a type name every commit that they bring to a branch.
func NamesAll(typ string) bool {
	a, _ := adapterOf(typ)
	return a.whole
}

// Silent reports whether the commits of a type do not tell by which change they came, so that the changes must.
func Silent(typ string) bool {
	a, _ := adapterOf(typ)
	return a.silent
}

// Joins returns the types whose subjects complete the deployments of a type, of the same scope; nil when it tells all itself.
func Joins(typ string) []string {
	a, _ := adapterOf(typ)
	return slices.Clone(a.joins)
}

// Completes reports whether what a type tells is there only to complete deployments.
func Completes(typ string) bool { return Tells(typ) == TellsRelease || Tells(typ) == TellsCall }

// Reads returns the keys of a type's document that its verdict may rest on.
func Reads(typ string) []string {
	a, _ := adapterOf(typ)
	return slices.Clone(a.reads)
}

// errNoAdapter is the error for a subject of another kind.
var errNoAdapter = errors.New("no such thing is read from this type")

// Of reads a change.
func Of(s evidence.Subject) (Change, error) {
	a, _ := adapterOf(s.Type)
	if a.change == nil {
		return Change{}, fmt.Errorf("read a change from %s: %w", s.Type, errNoAdapter)
	}
	c, err := a.change(s)
	if err != nil {
		return Change{}, fmt.Errorf("read a change from %s: %w", s.Type, err)
	}
	return c, nil
}

// DeploymentOf reads a deployment.
func DeploymentOf(s evidence.Subject) (Deployment, error) {
	a, _ := adapterOf(s.Type)
	if a.deployment == nil {
		return Deployment{}, fmt.Errorf("read a deployment from %s: %w", s.Type, errNoAdapter)
	}
	d, err := a.deployment(s)
	if err != nil {
		return Deployment{}, fmt.Errorf("read a deployment from %s: %w", s.Type, err)
	}
	return d, nil
}

// LandedOf reads a commit on a branch.
func LandedOf(s evidence.Subject) (Landed, error) {
	a, _ := adapterOf(s.Type)
	if a.commit == nil {
		return Landed{}, fmt.Errorf("read a commit from %s: %w", s.Type, errNoAdapter)
	}
	l, err := a.commit(s)
	if err != nil {
		return Landed{}, fmt.Errorf("read a commit from %s: %w", s.Type, err)
	}
	return l, nil
}

// BypassOf reads what got past the rules of a branch.
func BypassOf(s evidence.Subject) (Bypass, error) {
	a, _ := adapterOf(s.Type)
	if a.bypass == nil {
		return Bypass{}, fmt.Errorf("read a bypass from %s: %w", s.Type, errNoAdapter)
	}
	b, err := a.bypass(s)
	if err != nil {
		return Bypass{}, fmt.Errorf("read a bypass from %s: %w", s.Type, err)
	}
	return b, nil
}

// ReleaseOf reads a release.
func ReleaseOf(s evidence.Subject) (Release, error) {
	a, _ := adapterOf(s.Type)
	if a.release == nil {
		return Release{}, fmt.Errorf("read a release from %s: %w", s.Type, errNoAdapter)
	}
	r, err := a.release(s)
	if err != nil {
		return Release{}, fmt.Errorf("read a release from %s: %w", s.Type, err)
	}
	return r, nil
}

// CallOf reads a call.
func CallOf(s evidence.Subject) (Call, error) {
	a, _ := adapterOf(s.Type)
	if a.call == nil {
		return Call{}, fmt.Errorf("read a call from %s: %w", s.Type, errNoAdapter)
	}
	c, err := a.call(s)
	if err != nil {
		return Call{}, fmt.Errorf("read a call from %s: %w", s.Type, err)
	}
	return c, nil
}

// errShape is the error for a document of another shape, such as one that an older collector wrote.
var errShape = errors.New("the document is of another shape than this version reads")

// decode reads a document into v, which the given keys must be in unless they are missing.
func decode(s evidence.Subject, v any, required ...string) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(s.Doc, &keys); err != nil {
		return errShape
	}
	for _, k := range required {
		_, have := keys[k]
		if _, missing := s.Missing[k]; !have && !missing {
			return errShape
		}
	}
	if err := json.Unmarshal(s.Doc, v); err != nil {
		return errShape
	}
	return nil
}

// unseen collects the parts whose keys are missing.
func unseen(s evidence.Subject, keys map[Part][]string) map[Part]Unseen {
	out := map[Part]Unseen{}
	for part, list := range keys {
		for _, key := range list {
			if m, ok := s.Missing[key]; ok {
				out[part] = Unseen{key, m}
				break
			}
		}
	}
	return out
}

// stamp is a time that may be null.
type stamp struct{ time.Time }

// UnmarshalJSON takes null, and text that is no time, for no time.
func (t *stamp) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if parsed, err := time.Parse(time.RFC3339Nano, text); err == nil {
			t.Time = parsed.UTC()
		}
	}
	return nil
}
