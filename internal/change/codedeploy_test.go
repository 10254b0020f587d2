package change

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

const codedeployDoc = `{"DeploymentId":"d-A1","ApplicationName":"shop","DeploymentGroupName":"prod","Status":"STATUS",` +
	`"Creator":"CREATOR","CreateTime":"2026-05-04T12:10:00Z","StartTime":"2026-05-04T12:10:05Z",` +
	`"CompleteTime":"2026-05-04T12:12:00Z","Revision":REVISION}`

const codedeployGitHub = `{"RevisionType":"GitHub","GitHubLocation":{"Repository":"Acme/shop","CommitId":"c1"}}`

// TestCodeDeploy holds what is read of a deployment, and that no approval is ever found missing there.
func TestCodeDeploy(t *testing.T) {
	const bundle = `{"RevisionType":"S3","S3Location":{"Bucket":"b","Key":"shop/3d5e1d2c7f6b4a5988776655443322110fedcba9.zip"}}`
	for _, tc := range []struct {
		status, creator, revision string
		outcome                   Outcome
		commit                    string
		back                      bool
		robots                    int
	}{
		{"Succeeded", "user", codedeployGitHub, Succeeded, "c1", false, 0},
		{"Succeeded", "user", bundle, Succeeded, "", false, 0},
		{"Succeeded", "codeDeployRollback", bundle, Succeeded, "", true, 1},
		{"Failed", "autoscaling", codedeployGitHub, Failed, "c1", false, 1},
		{"Stopped", "", `{}`, OtherEnd, "", false, 0},
		{"InProgress", "user", `{}`, Running, "", false, 0},
		{"Baking", "user", `null`, Running, "", false, 0},
	} {
		d, err := DeploymentOf(evidence.Subject{Type: "aws.codedeploy.deployment", ID: "x", Doc: json.RawMessage(
			strings.NewReplacer("STATUS", tc.status, "CREATOR", tc.creator, "REVISION", tc.revision).Replace(codedeployDoc))})
		if err != nil {
			t.Fatal(err)
		}
		robots := 0
		for _, a := range d.StartedBy {
			if a.Kind == Robot {
				robots++
			}
		}
		if d.Outcome != tc.outcome || d.Commit != tc.commit || d.Back != tc.back || robots != tc.robots ||
			d.Environment != "shop/prod" || !d.Production() || (d.Repository == "github.com/acme/shop") != (tc.commit != "") {
			t.Errorf("%+v: got %+v", tc, d)
		}
		if j := d.Judge(); j.Verdict != Unknown || !strings.Contains(j.Why, "asks nobody") {
			t.Errorf("%+v: got %s (%s)", tc, j.Verdict, j.Why)
		}
	}
}

// TestCodeDeployOfARun holds that a deployment which a run of CodePipeline made has the run's verdict and commit, is counted
// once, and has no verdict where nothing or more than one run made it.
func TestCodeDeployOfARun(t *testing.T) {
	ship := func(id, made string) Deployed {
		s := codepipelineSubject(codepipelineApproval("arn:aws:iam::1:user/bob", "Succeeded", "12:05") +
			`,{"ActionName":"roll","StageName":"Live","Status":"Succeeded","StartTime":"2026-05-04T12:10:00Z",` +
			`"LastUpdateTime":"2026-05-04T12:12:00Z","Input":{"ActionTypeId":{"Category":"Deploy","Provider":"CodeDeploy"}},` +
			`"Output":{"ExecutionResult":{"ExternalExecutionId":"` + made + `"}}}`)
		s.ID += id
		d, err := DeploymentOf(s)
		if err != nil {
			t.Fatal(err)
		}
		return DeployedOf(d, "s", evidence.Digest{})
	}
	deployed := func() Deployed {
		d, err := DeploymentOf(evidence.Subject{Type: "aws.codedeploy.deployment",
			ID: "arn:aws:codedeploy:eu-west-1:1:deployment:d-A1", Doc: json.RawMessage(strings.NewReplacer("STATUS", "Succeeded",
				"CREATOR", "user", "REVISION", `{}`).Replace(codedeployDoc))})
		if err != nil {
			t.Fatal(err)
		}
		return DeployedOf(d, "s", evidence.Digest{})
	}
	for _, tc := range []struct {
		name    string
		runs    []Deployed
		want    Verdict
		commit  string
		counted int // of approved ones
		unknown int
	}{
		{"one run", []Deployed{ship("", "d-A1")}, IsApproved, "c1", 1, 0},
		{"a run that made another", []Deployed{ship("", "d-B2")}, Unknown, "", 1, 1},
		{"two runs", []Deployed{ship("", "d-A1"), ship("b", "d-A1")}, Unknown, "", 2, 1},
		{"none", nil, Unknown, "", 0, 1},
	} {
		p := Population{Deployments: append(tc.runs, deployed())}
		p.Finish(NewIndex())
		for _, d := range p.Deployments {
			if d.Type != "aws.codedeploy.deployment" {
				continue
			}
			if d.Verdict != tc.want || d.Commit != tc.commit || (d.Run != "") != (tc.want == IsApproved) {
				t.Errorf("%s: got %s (%s), commit %q, run %q", tc.name, d.Verdict, d.Why, d.Commit, d.Run)
			}
		}
		if m := p.Metrics.Unapproved; m.Of != tc.counted || m.Unknown != tc.unknown {
			t.Errorf("%s: counted %+v", tc.name, m)
		}
	}
}

// TestCodeDeployRecordings holds that the recorded run and the recorded deployment name each other.
func TestCodeDeployRecordings(t *testing.T) {
	read := func(typ string) []evidence.Subject {
		var file struct {
			Subjects []evidence.Subject `json:"subjects"`
		}
		raw, err := os.ReadFile("../../collectors/aws/testdata/" + typ + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatal(err)
		}
		return file.Subjects
	}
	made := map[string]bool{}
	for _, s := range read("aws.codepipeline.execution") {
		d, err := DeploymentOf(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range d.Made {
			made[id] = true
		}
	}
	found := 0
	for _, s := range read("aws.codedeploy.deployment") {
		if _, err := DeploymentOf(s); err != nil {
			t.Fatal(err)
		}
		if made[s.ID] {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d of the recorded deployments are of a recorded run, want 1; runs made %v", found, made)
	}
}

func FuzzCodeDeploy(f *testing.F) {
	f.Add([]byte(strings.Replace(codedeployDoc, "REVISION", codedeployGitHub, 1)), "")
	fuzzDeployment(f, "aws.codedeploy.deployment")
}
