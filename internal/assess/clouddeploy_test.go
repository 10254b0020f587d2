package assess

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

const rolloutName = "projects/p/locations/l/deliveryPipelines/d/releases/r/rollouts/o"

func rolledOut() evidence.Subject {
	return evidence.Subject{Type: "gcp.clouddeploy.rollout", ID: "o", Doc: json.RawMessage(`{"name":"` + rolloutName +
		`","targetId":"prod","state":"SUCCEEDED","approvalState":"APPROVED","createTime":"2026-02-20T12:00:00Z",` +
		`"approveTime":"2026-02-20T12:05:00Z","deployStartTime":"2026-02-20T12:06:00Z"}`)}
}

// calls are those that made a rollout and its release, and that approved it.
func calls(approver string) []evidence.Subject {
	var out []evidence.Subject
	for _, c := range [][3]string{
		{"CreateRelease", strings.TrimSuffix(rolloutName, "/rollouts/o"), "ci@p.iam.gserviceaccount.com"},
		{"CreateRollout", rolloutName, "anne@x.example"}, {"ApproveRollout", rolloutName, approver},
	} {
		out = append(out, evidence.Subject{ID: c[0], Doc: json.RawMessage(`{"timestamp":"2026-02-20T12:05:00Z","protoPayload":{` +
			`"methodName":"google.cloud.deploy.v1.CloudDeploy.` + c[0] + `","resourceName":"` + c[1] +
			`","authenticationInfo":{"principalEmail":"` + c[2] + `"},"request":{"approved":true}}}`)})
	}
	return out
}

// TestRolloutByCalls holds that a rollout is judged by the calls and the release of its own project, that what of them cannot
// be seen is told with the permission it needs, and that a population of deployments says the same.
func TestRolloutByCalls(t *testing.T) {
	const typ = "gcp.logging.clouddeploy-call"
	from, to := asOf.AddDate(0, 0, -100), asOf.Add(-time.Hour)
	spanned := reaching(from, to)
	denied := func(s *evidence.Snapshot) {
		s.Outcome = evidence.OutcomeDenied
		s.Completeness.Operations = []evidence.Operation{{Name: "logging.entries.list", Outcome: evidence.OutcomeDenied,
			Permission: "logging.logEntries.list"}}
	}
	release := evidence.Subject{ID: "r", Doc: json.RawMessage(`{"name":"` + strings.TrimSuffix(rolloutName, "/rollouts/o") +
		`","Commits":{"commitId":"0065ca0"}}`)}
	for _, tc := range []struct {
		name, account string
		change        func(*evidence.Snapshot)
		calls         []evidence.Subject
		want          evidence.Verdict
		why           string
	}{
		{"by a colleague", "p", spanned, calls("ben@x.example"), evidence.Pass, ""},
		{"by its maker", "p", spanned, calls("anne@x.example"), evidence.Fail, ""},
		{"not collected", "", nil, nil, evidence.Unknown, "no gcp.logging.clouddeploy-call was collected"},
		{"denied", "p", denied, nil, evidence.Unknown, "logging.logEntries.list"},
		{"in another project", "q", spanned, calls("ben@x.example"), evidence.Unknown, "was collected"},
		{"a log that begins later", "p", reaching(asOf.AddDate(0, 0, -3), to), nil, evidence.Unknown, "of another time"},
		{"a log that ends before", "p", reaching(from, asOf.AddDate(0, 0, -30)), nil, evidence.Unknown, "of another time"},
		{"an old log", "p", func(s *evidence.Snapshot) {
			spanned(s)
			s.Window.From = asOf.Add(-48 * time.Hour)
		}, calls("ben@x.example"), evidence.Unknown, "stale"},
		{"a log without it", "p", spanned, nil, evidence.Unknown, "whom Cloud Deploy does not name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := &memView{}
			v.add(t, "gcp.clouddeploy.rollout", "p", "", spanned, rolledOut())
			v.add(t, "gcp.clouddeploy.release", "p", "", spanned, release)
			if tc.account != "" {
				v.add(t, typ, tc.account, "", tc.change, tc.calls...)
			}
			control := oneCheck("gcp.clouddeploy.rollout", "", `deployment(subject).approved`)
			control.Checks[0].Facts = map[string]string{"commit": `deployment(subject).commit`}
			e := newWith(t, control)
			_, sink := assess(t, e, v, Input{})
			o := sink.observation("gcp:p|aws.t.check|o")
			raw, _ := json.Marshal(o)
			if o.Verdict != tc.want || !strings.Contains(string(raw), tc.why) || !strings.Contains(string(raw), "0065ca0") {
				t.Errorf("got %s, want %s because of %q", raw, tc.want, tc.why)
			}
			population, err := e.Changes(v, ChangesInput{AsOf: asOf, Period: evidence.Window{From: from, To: to}})
			if err != nil || len(population.Deployments) != 1 {
				t.Fatal(population, err)
			}
			row := population.Deployments[0]
			listed := map[change.Verdict]evidence.Verdict{change.IsApproved: evidence.Pass, change.SelfApproved: evidence.Fail,
				change.Unknown: evidence.Unknown}[row.Verdict]
			if listed != tc.want && tc.name != "an old log" || row.Commit != "0065ca0" { // a population knows no freshness
				t.Errorf("the population says %+v", row)
			}
		})
	}
	for assert, want := range map[string][]string{
		`deployment(subject).approved`:                                     {"gcp.clouddeploy.rollout", typ},
		`deployment(subject).approved && deployment(subject).commit != ""`: {"gcp.clouddeploy.release", "gcp.clouddeploy.rollout", typ},
	} {
		reads := newWith(t, oneCheck("gcp.clouddeploy.rollout", "", assert)).Reads("aws.t.check")
		if got := slices.Sorted(maps.Keys(reads)); !slices.Equal(got, want) {
			t.Errorf("%s reads %v", assert, got)
		}
		for read, keys := range reads {
			if !slices.Equal(keys, change.Reads(read)) {
				t.Errorf("of %s it reads %v", read, keys)
			}
		}
	}
}

// TestRolloutWithoutRelease holds that a commit is unknown, and not empty, where releases may not be read.
func TestRolloutWithoutRelease(t *testing.T) {
	v := &memView{}
	v.add(t, "gcp.clouddeploy.rollout", "p", "", nil, rolledOut())
	v.add(t, "gcp.clouddeploy.release", "p", "", func(s *evidence.Snapshot) {
		s.Outcome = evidence.OutcomeDenied
		s.Completeness.Operations = []evidence.Operation{{Name: "clouddeploy.releases.list", Outcome: evidence.OutcomeDenied,
			Permission: "clouddeploy.releases.list"}}
	})
	for _, assert := range []string{`deployment(subject).commit == ""`, `deployment(subject).sources.size() == 0`,
		`deployment(subject).repository != ""`} {
		_, sink := assess(t, newWith(t, oneCheck("gcp.clouddeploy.rollout", "", assert)), v, Input{})
		raw, _ := json.Marshal(sink.observation("gcp:p|aws.t.check|o"))
		if !strings.Contains(string(raw), `"unknown"`) || !strings.Contains(string(raw), "clouddeploy.releases.list") {
			t.Errorf("%s: %s", assert, raw)
		}
	}
}
