package change

import (
	"encoding/json"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// TestGitHubDeployments holds every verdict of a deployment and its neighbours.
func TestGitHubDeployments(t *testing.T) {
	const run = `{"head_sha":"c1","actor":{"id":1,"login":"alice","type":"User"},` +
		`"triggering_actor":{"id":1,"login":"alice","type":"User"}}`
	by := func(account, state, environment string) string {
		return `[{"state":"` + state + `","user":` + account + `,"environments":[{"name":"` + environment + `"}]}]`
	}
	const bobREST, aliceREST = `{"id":2,"login":"bob","type":"User"}`, `{"id":1,"login":"alice","type":"User"}`
	missing := func(key string) map[string]evidence.Missing {
		return map[string]evidence.Missing{key: {Operation: "o", Outcome: evidence.OutcomeDenied, Permission: "Actions: read"}}
	}
	for _, tc := range []struct {
		name, creator, run, approvals string
		missing                       map[string]evidence.Missing
		want                          Verdict
	}{
		{"approved", "null", run, by(bobREST, "approved", "prod"), nil, IsApproved},
		{"nobody was asked", "null", run, `[]`, nil, Unapproved},
		{"by the starter", "null", run, by(aliceREST, "approved", "prod"), nil, SelfApproved},
		{"by the creator", bobREST, run, by(bobREST, "approved", "prod"), nil, SelfApproved},
		{"for another environment", "null", run, by(bobREST, "approved", "staging"), nil, Unapproved},
		{"refused", "null", run, by(bobREST, "rejected", "prod"), nil, Rejected},
		{"by a robot", "null", run, by(`{"id":9,"login":"ok[bot]","type":"Bot"}`, "approved", "prod"), nil, ByRobot},
		{"by a deleted account", "null", run, by("null", "approved", "prod"), nil, Unknown},
		{"by a deleted account of REST", "null", run, by(`{"id":10137,"login":"ghost","type":"User"}`, "approved", "prod"), nil,
			Unknown},
		{"in a run of another commit", "null", `{"head_sha":"c2"}`, by(bobREST, "approved", "prod"), nil, Unapproved},
		{"without a run", bobREST, "null", `[]`, nil, Unapproved},
		{"approvals hidden", "null", run, "null", missing("Approvals"), Unknown},
		{"run hidden", "null", "null", `[]`, missing("Run"), Unknown},
		{"run hidden, approved in one", "null", "null", by(bobREST, "approved", "prod"), missing("Run"), Unknown},
		{"starter deleted", "null", `{"head_sha":"c1","actor":null,"triggering_actor":null}`, by(bobREST, "approved", "prod"),
			nil, IsApproved},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := DeploymentOf(evidence.Subject{Type: "github.deployment", ID: "x", Missing: tc.missing, Doc: json.RawMessage(
				`{"sha":"c1","environment":"prod","url":"https://api.github.com/repos/acme/shop/deployments/1","creator":` +
					tc.creator + `,"Repository":{"full_name":"acme/shop"},"Run":` + tc.run + `,"Approvals":` + tc.approvals + `}`)})
			if err != nil {
				t.Fatal(err)
			}
			if d.Repository != "github.com/acme/shop" {
				t.Errorf("repository %q", d.Repository)
			}
			j := d.Judge()
			if j.Verdict != tc.want {
				t.Errorf("got %s (%s), want %s", j.Verdict, j.Why, tc.want)
			}
			if len(tc.missing) > 0 && j.Verdict == Unknown && (len(j.Needs) != 1 || tc.missing[j.Needs[0].Key] != j.Needs[0].Missing) {
				t.Errorf("needs %v", j.Needs)
			}
		})
	}
}

// TestDeploymentTimes holds that an approval counts by its time where the provider does not hold the deployment back.
func TestDeploymentTimes(t *testing.T) {
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	bob := Actor{ID: "2", Login: "bob", Kind: Person}
	for _, tc := range []struct {
		name string
		d    Deployment
		want Verdict
	}{
		{"before", Deployment{StartedAt: start, Approvals: []Approval{{bob, Approved, start}}}, IsApproved},
		{"after", Deployment{StartedAt: start, Approvals: []Approval{{bob, Approved, start.Add(1)}}}, AfterStart},
		{"undated", Deployment{StartedAt: start, Approvals: []Approval{{bob, Approved, time.Time{}}}}, Unknown},
		{"undated, held back", Deployment{Gated: true, Approvals: []Approval{{bob, Approved, time.Time{}}}}, IsApproved},
		{"start hidden", Deployment{Gated: true, Approvals: []Approval{{bob, Approved, start}},
			Unseen: map[Part]Unseen{PartStart: {Key: "Run"}}}, Unknown},
		{"refused, then approved", Deployment{StartedAt: start, Approvals: []Approval{{bob, Refused, start}, {bob, Approved, start}}},
			IsApproved},
		{"kind not told", Deployment{Gated: true, Approvals: []Approval{{Actor{Login: "bob", Kind: Unclear}, Approved, start}}},
			Unknown},
	} {
		if j := tc.d.Judge(); j.Verdict != tc.want {
			t.Errorf("%s: got %s (%s), want %s", tc.name, j.Verdict, j.Why, tc.want)
		}
	}
}

// TestDeploymentOutcome holds how the states of a deployment are read, in any order.
func TestDeploymentOutcome(t *testing.T) {
	at := func(minute int) stamp { return stamp{time.Date(2026, 5, 4, 12, minute, 0, 0, time.UTC)} }
	for _, tc := range []struct {
		name    string
		states  []githubStatus
		want    Outcome
		started stamp
	}{
		{"nothing yet", nil, Running, stamp{}},
		{"success", []githubStatus{{State: "success", CreatedAt: at(9)}, {State: "in_progress", CreatedAt: at(3)}}, Succeeded, at(3)},
		{"success and replaced", []githubStatus{{State: "inactive", CreatedAt: at(20)}, {State: "success", CreatedAt: at(9)}},
			Succeeded, at(9)},
		{"failure", []githubStatus{{State: "failure", CreatedAt: at(9)}, {State: "in_progress", CreatedAt: at(3)}}, Failed, at(3)},
		{"failed and tried again", []githubStatus{{State: "error", CreatedAt: at(4)}, {State: "success", CreatedAt: at(9)}},
			Succeeded, at(9)},
		{"given up", []githubStatus{{State: "inactive", CreatedAt: at(4)}}, OtherEnd, stamp{}},
		{"waiting", []githubStatus{{State: "waiting", CreatedAt: at(4)}}, Running, stamp{}},
	} {
		var d Deployment
		d.ended(tc.states)
		if d.Outcome != tc.want || !d.StartedAt.Equal(tc.started.Time) {
			t.Errorf("%s: got %s from %s", tc.name, d.Outcome, d.StartedAt)
		}
	}
}

// TestProduction holds which names are those of production.
func TestProduction(t *testing.T) {
	for name, want := range map[string]bool{"production": true, "Prod": true, "prod-eu": true, "live/web": true, "eu-prod": true,
		"shop.production": true, "prd": true, "staging": false, "pre-prod": false, "preprod": false, "non-production": false,
		"product": false, "eu-non-prod": false, "": false, "deliver": false,
		"eu-prod-1": true, "shop-prod-eu": true, "prod1": true, "eu_live2": true, "prod2-eu": true, "pre-prod-eu": false,
		"nonprod1": false, "test-live-1": false, "products-1": false, "eu-product": false, "prod1x": false} {
		if Production(name) != want {
			t.Errorf("Production(%q) = %v", name, !want)
		}
	}
}
