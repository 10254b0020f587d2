package change

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// jenkinsBuildDoc is a build as the collector's recording has it.
const jenkinsBuildDoc = `{"Job":"deploy/ledger","StartedAt":"1999-12-20T09:00:00Z","_class":"org.jenkinsci.plugins.workflow.job.WorkflowRun",` +
	`"actions":[{"_class":"hudson.model.ParametersAction","parameters":[{"name":"ENVIRONMENT","value":"production"},{"name":"NOTE"}]},` +
	`{"_class":"hudson.model.CauseAction","causes":[{"_class":"hudson.model.Cause$UpstreamCause","upstreamBuild":2,"upstreamProject":"shop/main"}]},` +
	`{"_class":"hudson.plugins.git.util.BuildData","lastBuiltRevision":{"SHA1":"c1"},"remoteUrls":["https://git.example.com/acme/ledger.git"]},` +
	`{"_class":"hudson.plugins.git.util.BuildData","lastBuiltRevision":{"SHA1":"l1"},"remoteUrls":["git@git.example.com:acme/library"]},` +
	`{"_class":"org.jenkinsci.plugins.workflow.support.steps.input.ApproverAction","userId":"bob"}],` +
	`"building":false,"duration":742000,"result":"SUCCESS",` +
	`"Inputs":[{"Stage":"Wait","name":"Lock","pauseDurationMillis":9,"startTimeMillis":1},` +
	`{"Stage":"Approve","name":"Wait for interactive input","pauseDurationMillis":540000,"startTimeMillis":945680412000}],` +
	`"Upstream":[{"causes":[{"_class":"hudson.model.Cause$UserIdCause","userId":"ann"}],"upstreamBuild":2,"upstreamProject":"shop/main"}]}`

func jenkinsSubject(doc string, missing ...string) evidence.Subject {
	s := evidence.Subject{Type: "jenkins.build", ID: "deploy/ledger#42", Doc: json.RawMessage(doc), Missing: map[string]evidence.Missing{}}
	for _, key := range missing {
		s.Missing[key] = evidence.Missing{Operation: "jenkins:x", Outcome: evidence.OutcomeDenied}
	}
	return s
}

// TestJenkinsBuild holds what is read of a build.
func TestJenkinsBuild(t *testing.T) {
	d, err := DeploymentOf(jenkinsSubject(jenkinsBuildDoc))
	if err != nil {
		t.Fatal(err)
	}
	want := []Source{{"git.example.com/acme/ledger", "c1"}, {"git.example.com/acme/library", "l1"}}
	if !reflect.DeepEqual(d.Sources, want) || d.Commit != "c1" || !d.Production() || d.Outcome != Succeeded {
		t.Errorf("read as %+v", d)
	}
	if at := time.Date(1999, 12, 20, 9, 9, 12, 0, time.UTC); len(d.Approvals) != 1 || !d.Approvals[0].At.Equal(at) {
		t.Errorf("approvals %+v, want one at %s", d.Approvals, at)
	}
	if got := Names(d.StartedBy); !reflect.DeepEqual(got, []string{"ann"}) {
		t.Errorf("started by %v", got)
	}
	if d.EndedAt.Sub(d.StartedAt) != 742*time.Second {
		t.Errorf("ended at %s", d.EndedAt)
	}
}

// TestJenkinsJudged holds what is said of builds.
func TestJenkinsJudged(t *testing.T) {
	const cause, approver = `{"causes":[{"userId":"ann"}]}`, `{"_class":"x.ApproverAction","userId":`
	build := func(job, actions, rest string) string {
		return `{"Job":"` + job + `","StartedAt":"2026-05-04T12:00:00Z","building":false,"result":"SUCCESS","actions":[` + actions +
			`]` + rest + `}`
	}
	for name, tt := range map[string]struct {
		s          evidence.Subject
		want       Verdict
		production bool
	}{
		"by a colleague":         {jenkinsSubject(build("shop-production", cause+","+approver+`"bob"}`, "")), IsApproved, true},
		"by the starter":         {jenkinsSubject(build("prod/shop", cause+","+approver+`"Ann"}`, "")), SelfApproved, true},
		"by both":                {jenkinsSubject(build("prod/shop", cause+","+approver+`"ann"},`+approver+`"bob"}`, "")), IsApproved, true},
		"by nobody":              {jenkinsSubject(build("deploy", cause, "")), Unapproved, false},
		"by somebody unnamed":    {jenkinsSubject(build("deploy", cause+","+approver+`""}`, "")), Unapproved, false},
		"who started it hidden":  {jenkinsSubject(build("deploy", approver+`"bob"}`, ""), "Upstream"), Unknown, false},
		"by who started it all":  {jenkinsSubject(build("pre-prod/shop", approver+`"bob"}`, `,"Upstream":[{"causes":[{"userId":"bob"}]}]`)), SelfApproved, false},
		"no time, all the same":  {jenkinsSubject(build("live", approver+`"bob"}`, `,"Inputs":[]`), "Inputs"), IsApproved, true},
		"a parameter decides":    {jenkinsSubject(build("production", `{"parameters":[{"name":"TARGET_ENV","value":"staging"}]}`, "")), Unapproved, false},
		"a parameter not kept":   {jenkinsSubject(build("production", `{"parameters":[{"name":"ENVIRONMENT"}]}`, "")), Unapproved, true},
		"another parameter":      {jenkinsSubject(build("shop", `{"parameters":[{"name":"ENVELOPE","value":"prod"}]}`, "")), Unapproved, false},
		"a value that is a flag": {jenkinsSubject(build("shop", `{"parameters":[{"name":"ENV","value":true}]}`, "")), Unapproved, false},
	} {
		d, err := DeploymentOf(tt.s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if j := d.Judge(); j.Verdict != tt.want || d.Production() != tt.production {
			t.Errorf("%s: %s (%s), production %v, want %s and %v", name, j.Verdict, j.Why, d.Production(), tt.want, tt.production)
		}
	}
	if _, err := DeploymentOf(jenkinsSubject(`{"Job":"x"}`)); err == nil {
		t.Error("a document of another shape is read")
	}
}

// TestJenkinsOutcomes tells the ends of builds apart.
func TestJenkinsOutcomes(t *testing.T) {
	for result, want := range map[string]Outcome{`"SUCCESS"`: Succeeded, `"UNSTABLE"`: Succeeded, `"FAILURE"`: Failed,
		`"ABORTED"`: OtherEnd, `"NOT_BUILT"`: OtherEnd, "null": Running} {
		d, err := DeploymentOf(jenkinsSubject(`{"Job":"x","StartedAt":"2026-05-04T12:00:00Z","actions":[],"result":` + result + `}`))
		if err != nil || d.Outcome != want {
			t.Errorf("%s is %s, want %s (%v)", result, d.Outcome, want, err)
		}
	}
}
