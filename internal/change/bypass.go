package change

import (
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// Bypass is a push or a merge that got past the rules of a branch because they let its actor pass.
type Bypass struct {
	Type, ID   string // of the subject
	Repository string
	Branch     string
	// Commit is where the branch stood afterwards.
	Commit string
	By     Actor
	At     time.Time
	// Rules are the rules that were gone around, each once.
	Rules  []string
	Unseen map[Part]Unseen
}

// PartRules is which rules were gone around.
const PartRules Part = "rules"

// Why says what was gone around, and by whom.
func (b Bypass) Why() string {
	why := "rules bypassed by " + b.By.Login
	if len(b.Rules) > 0 {
		why += ": " + strings.Join(b.Rules, ", ")
	}
	return why
}

// githubBypassReads are the keys that is read of a bypass.
var githubBypassReads = [...]string{"Evaluations", "Repository", "after_sha", "ref", "result"}

// Bypass reads what the rulesets said of a push, when it was let pass all the same.
func (github) Bypass(s evidence.Subject) (Bypass, error) {
	var d struct {
		ActorID     githubID         `json:"actor_id"`
		ActorName   string           `json:"actor_name"`
		AfterSHA    string           `json:"after_sha"`
		Ref         string           `json:"ref"`
		PushedAt    stamp            `json:"pushed_at"`
		Repository  githubRepository `json:"Repository"`
		Evaluations []struct {
			Enforcement string `json:"enforcement"`
			Result      string `json:"result"`
			RuleType    string `json:"rule_type"`
		} `json:"Evaluations"`
	}
	if err := decode(s, &d, "after_sha", "ref", "result"); err != nil {
		return Bypass{}, err
	}
	b := Bypass{Type: s.Type, ID: s.ID, Repository: d.Repository.key(""), Branch: strings.TrimPrefix(d.Ref, "refs/heads/"),
		Commit: d.AfterSHA, By: (&githubActor{Login: d.ActorName}).actor(), At: d.PushedAt.Time,
		Unseen: unseen(s, map[Part][]string{PartRules: {"Evaluations"}})}
	if b.By.ID = string(d.ActorID); b.By.ID == "null" || b.By.ID == "0" {
		b.By.ID = ""
	}
	seen := map[string]bool{}
	for _, e := range d.Evaluations {
		if e.Result == "fail" && e.Enforcement == "active" && !seen[e.RuleType] {
			seen[e.RuleType] = true
			b.Rules = append(b.Rules, e.RuleType)
		}
	}
	return b, nil
}
