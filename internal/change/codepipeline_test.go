package change

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

const codepipelineDoc = `{"PipelineName":"shop","PipelineExecutionId":"e1","Status":"Succeeded","StartTime":"2026-05-04T12:00:00Z",` +
	`"SourceRevisions":[{"ActionName":"code","RevisionId":"c1"}],` +
	`"Trigger":{"TriggerType":"StartPipelineExecution","TriggerDetail":"arn:aws:sts::1:assumed-role/AWSReservedSSO_Dev_01/alice"},` +
	`"Actions":[{"ActionName":"code","StageName":"Source","Status":"Succeeded","Input":{"ActionTypeId":{"Category":"Source",` +
	`"Provider":"CodeStarSourceConnection"},"Configuration":{"FullRepositoryId":"Acme/shop"}},"Output":{"OutputVariables":` +
	`{"ProviderType":"GitHub"}}},{"ActionName":"ship","StageName":"Staging","Status":"Succeeded","StartTime":"2026-05-04T12:01:00Z",` +
	`"LastUpdateTime":"2026-05-04T12:02:00Z","Input":{"ActionTypeId":{"Category":"Deploy","Provider":"ECS"}}},` +
	`{"ActionName":"ship","StageName":"Live","Status":"Succeeded","StartTime":"2026-05-04T12:10:00Z",` +
	`"LastUpdateTime":"2026-05-04T12:20:00Z","Input":{"ActionTypeId":{"Category":"Deploy","Provider":"ECS"}}}APPROVAL]}`

// codepipelineApproval is an approval action's part of codepipelineDoc.
func codepipelineApproval(by, status, at string) string {
	return `,{"ActionName":"ok","StageName":"Ask","Status":"` + status + `","LastUpdateTime":"2026-05-04T` + at + `:00Z",` +
		`"UpdatedBy":"` + by + `","Input":{"ActionTypeId":{"Category":"Approval","Provider":"Manual"}}}`
}

func codepipelineSubject(approval string, missing ...string) evidence.Subject {
	s := evidence.Subject{Type: "aws.codepipeline.execution", ID: "arn:aws:codepipeline:eu-west-1:1:shop/e1",
		Doc: json.RawMessage(strings.Replace(codepipelineDoc, "APPROVAL", approval, 1))}
	for _, key := range missing {
		s.Missing = map[string]evidence.Missing{key: {Operation: "o", Outcome: evidence.OutcomeDenied}}
	}
	return s
}

// TestCodePipelineDeployments holds every verdict of an execution of CodePipeline.
func TestCodePipelineDeployments(t *testing.T) {
	const bob, alice = "arn:aws:iam::1:user/team/bob", "arn:aws:sts::1:assumed-role/AWSReservedSSO_Lead_02/Alice"
	const robot, role = "arn:aws:sts::1:assumed-role/ci/i-0123", "arn:aws:sts::1:assumed-role/admin/run"
	for _, tc := range []struct {
		name, approval string
		want           Verdict
	}{
		{"by a colleague", codepipelineApproval(bob, "Succeeded", "12:05"), IsApproved},
		{"by the starter through another role", codepipelineApproval(alice, "Succeeded", "12:05"), SelfApproved},
		{"by a machine", codepipelineApproval(robot, "Succeeded", "12:05"), ByRobot},
		{"by whoever uses a role", codepipelineApproval(role, "Succeeded", "12:05"), Unknown},
		{"by whoever named a session by an address", codepipelineApproval("arn:aws:sts::1:assumed-role/admin/bob@acme.example",
			"Succeeded", "12:05"), Unknown},
		{"by nobody named", codepipelineApproval("", "Succeeded", "12:05"), Unknown},
		{"too late", codepipelineApproval(bob, "Succeeded", "12:15"), AfterStart},
		{"refused", codepipelineApproval(bob, "Failed", "12:05"), Rejected},
		{"waiting", codepipelineApproval(bob, "InProgress", "12:05"), Unapproved},
		{"nobody", "", Unapproved},
	} {
		d, err := DeploymentOf(codepipelineSubject(tc.approval))
		if err != nil {
			t.Fatal(err)
		}
		if j := d.Judge(); j.Verdict != tc.want {
			t.Errorf("%s: got %s (%s), want %s", tc.name, j.Verdict, j.Why, tc.want)
		}
		if d.Repository != "github.com/acme/shop" || d.Commit != "c1" || d.Environment != "Live" || !d.Production() ||
			d.Outcome != Succeeded || d.EndedAt.Sub(d.StartedAt).Minutes() != 10 {
			t.Errorf("%s: read as %+v", tc.name, d)
		}
	}
	const started = `"TriggerType":"StartPipelineExecution","TriggerDetail":"arn:aws:sts::1:assumed-role/AWSReservedSSO_Dev_01/alice"`
	for _, tc := range []struct {
		name, trigger, approver string
		want                    Verdict
	}{
		{"by what found a change", `"TriggerType":"WebhookV2"`, bob, IsApproved},
		{"by a machine", `"TriggerType":"StartPipelineExecution","TriggerDetail":"` + robot + `"`, bob, IsApproved},
		{"nothing tells how", ``, bob, Unknown},
		{"by nobody named", `"TriggerType":"StartPipelineExecution","TriggerDetail":""`, bob, Unknown},
		{"by nobody named, approved by nobody named", `"TriggerType":"StartPipelineExecution"`, "", Unknown},
		{"by whoever uses a role", `"TriggerType":"StartPipelineExecution","TriggerDetail":"` + role + `"`, bob, Unknown},
		{"by whoever uses a role of the CLI's profile", `"TriggerType":"StartPipelineExecution","TriggerDetail":` +
			`"arn:aws:sts::1:assumed-role/Admin/botocore-session-1"`, bob, Unknown},
		{"by whoever uses a role, who approved it", `"TriggerType":"StartPipelineExecution","TriggerDetail":"` + role + `"`, role,
			SelfApproved},
	} {
		s := codepipelineSubject(codepipelineApproval(tc.approver, "Succeeded", "12:05"))
		s.Doc = json.RawMessage(strings.Replace(string(s.Doc), started, tc.trigger, 1))
		d, err := DeploymentOf(s)
		if err != nil {
			t.Fatal(err)
		}
		if j := d.Judge(); j.Verdict != tc.want {
			t.Errorf("started %s: got %s (%s), want %s", tc.name, j.Verdict, j.Why, tc.want)
		}
	}
	d, err := DeploymentOf(codepipelineSubject(codepipelineApproval(bob, "Succeeded", "12:05"), "Actions"))
	if err != nil {
		t.Fatal(err)
	}
	if j := d.Judge(); j.Verdict != Unknown || !d.Production() || len(d.Unseen) != 2 {
		t.Errorf("without actions: %s, read as %+v", j.Verdict, d)
	}
}

// TestCodePipelineOutcomes holds how executions ended and where they went.
func TestCodePipelineOutcomes(t *testing.T) {
	deploy := func(stage, status, settings string) string {
		return `{"ActionName":"ship","StageName":"` + stage + `","Status":"` + status + `","Input":{"ActionTypeId":` +
			`{"Category":"Deploy"},"ResolvedConfiguration":{` + settings + `}}}`
	}
	for _, tc := range []struct {
		name, pipeline, status, actions string
		outcome                         Outcome
		environment                     string
		production                      bool
	}{
		{"live failed", "shop", "Failed", deploy("Staging", "Succeeded", "") + "," + deploy("Live", "Failed", ""), Failed, "Live", true},
		{"never came to live", "shop", "Superseded", deploy("Staging", "Succeeded", ""), Succeeded, "shop", false},
		{"by its group", "shop", "Succeeded", deploy("Ship", "Succeeded", `"DeploymentGroupName":"eu-prod"`), Succeeded, "eu-prod", true},
		{"by the pipeline", "shop-prod", "Succeeded", deploy("Ship", "Succeeded", ""), Succeeded, "shop-prod", true},
		{"at work", "shop-prod", "InProgress", deploy("Ship", "InProgress", ""), Running, "shop-prod", true},
		{"second attempt", "shop", "Succeeded", deploy("Live", "Failed", "") + "," + deploy("Live", "Succeeded", ""), Succeeded, "Live", true},
		{"deploys nothing", "shop-prod", "Stopped", "", OtherEnd, "shop-prod", true},
	} {
		d, err := DeploymentOf(evidence.Subject{Type: "aws.codepipeline.execution", ID: "x", Doc: json.RawMessage(
			`{"PipelineName":"` + tc.pipeline + `","Status":"` + tc.status + `","Actions":[` + tc.actions + `]}`)})
		if err != nil || d.Outcome != tc.outcome || d.Environment != tc.environment || d.Production() != tc.production {
			t.Errorf("%s: %+v, %v", tc.name, d, err)
		}
	}
}

// TestCodePipelineSources holds how the repository of a commit is found, and that none is guessed.
func TestCodePipelineSources(t *testing.T) {
	for _, tc := range []struct{ provider, settings, address, want string }{
		{"CodeCommit", `"RepositoryName":"Shop"`, "", "git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop"},
		{"GitHub", `"Owner":"acme","Repo":"shop"`, "", "github.com/acme/shop"},
		{"CodeStarSourceConnection", `"FullRepositoryId":"acme/shop","ProviderType":"Bitbucket"`, "", "bitbucket.org/acme/shop"},
		{"CodeStarSourceConnection", `"FullRepositoryName":"acme/shop","ProviderType":"GitLab"`, "", "gitlab.com/acme/shop"},
		{"CodeStarSourceConnection", `"FullRepositoryId":"acme/shop","ProviderType":"GitHubEnterpriseServer"`, "", ""},
		{"CodeStarSourceConnection", `"FullRepositoryId":"acme/shop"`, "", ""},
		{"S3", `"S3Bucket":"b"`, "", ""},
		{"Other", "", "https://git.example/acme/shop/-/commit/c1", "git.example/acme/shop"},
		{"Other", "", "https://github.com/acme/shop/commit/c1", "github.com/acme/shop"},
		{"Other", "", "https://console.aws.amazon.com/codecommit/home#/repository/shop/commit/c1", ""},
	} {
		d, err := DeploymentOf(evidence.Subject{Type: "aws.codepipeline.execution", ID: "arn:aws:codepipeline:eu-west-1:1:p/e",
			Doc: json.RawMessage(`{"PipelineName":"p","Status":"Succeeded","SourceRevisions":[{"ActionName":"code","RevisionId":"c1",` +
				`"RevisionUrl":"` + tc.address + `"}],"Actions":[{"ActionName":"code","Input":{"ActionTypeId":{"Category":"Source",` +
				`"Provider":"` + tc.provider + `"},"Configuration":{` + tc.settings + `}}}]}`)})
		if err != nil || d.Repository != tc.want {
			t.Errorf("%s %s: got %q, %v, want %q", tc.provider, tc.settings+tc.address, d.Repository, err, tc.want)
		}
	}
}

// TestCodePipelineActors holds whom identities of AWS stand for.
func TestCodePipelineActors(t *testing.T) {
	for arn, want := range map[string]Actor{
		"arn:aws:iam::1:user/team/bob":                           {Login: "bob", Kind: Person},
		"arn:aws:iam::1:root":                                    {Login: "root", Kind: Person},
		"arn:aws:sts::1:assumed-role/AWSReservedSSO_Lead_01/ann": {Login: "ann", Kind: Person},
		"arn:aws:sts::1:assumed-role/federated/ann@example.com":  {Login: "ann@example.com", Kind: Unclear},
		"arn:aws:sts::1:assumed-role/AWSReservedSSO_L_01/a@b.c":  {Login: "a@b.c", Kind: Person},
		"arn:aws:sts::1:assumed-role/ci/botocore-session-17":     {Login: "botocore-session-17", Kind: Unclear},
		"arn:aws:sts::1:assumed-role/ci/aws-sdk-js-17":           {Login: "aws-sdk-js-17", Kind: Unclear},
		"arn:aws:sts::1:assumed-role/ci/i-0123":                  {Login: "i-0123", Kind: Robot},
		"arn:aws:sts::1:assumed-role/AWSServiceRoleForX/y":       {Login: "y", Kind: Robot},
		"arn:aws:sts::1:assumed-role/ci/run":                     {Login: "run", Kind: Unclear},
		"arn:aws:sts::1:federated-user/ann":                      {Login: "ann", Kind: Unclear},
		"arn:aws:sts::1:assumed-role/ci/":                        {Login: "somebody unnamed", Kind: Unclear},
		"arn:aws:iam::1:":                                        {Login: "somebody unnamed", Kind: Unclear},
		"bob":                                                    {Login: "somebody unnamed", Kind: Unclear},
	} {
		if got := codepipelineActor(arn); got != want {
			t.Errorf("%s: got %+v", arn, got)
		}
	}
	if a := codepipelineStarter("WebhookV2", "arn:x"); a.Kind != Robot || a.Login != "CodePipeline WebhookV2" {
		t.Errorf("a webhook is %+v", a)
	}
	if a := codepipelineStarter("", ""); a != unnamed() || a.Is(unnamed()) {
		t.Errorf("nobody is %+v", a)
	}
}

// TestCodePipelineRecorded holds that what the collector writes is read.
func TestCodePipelineRecorded(t *testing.T) {
	b, err := os.ReadFile("../../collectors/aws/testdata/aws.codepipeline.execution.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct{ Subjects []evidence.Subject }
	if err := json.Unmarshal(b, &recorded); err != nil || len(recorded.Subjects) == 0 {
		t.Fatal(err, recorded)
	}
	d, err := DeploymentOf(recorded.Subjects[0])
	if err != nil {
		t.Fatal(err)
	}
	if j := d.Judge(); j.Verdict != IsApproved || d.Environment != "production" || d.Repository != "github.com/acme/shop" {
		t.Errorf("%s (%s): %+v", j.Verdict, j.Why, d)
	}
}

func FuzzCodePipelineDeployment(f *testing.F) {
	f.Add([]byte(strings.Replace(codepipelineDoc, "APPROVAL", codepipelineApproval("arn:aws:iam::1:user/bob", "Succeeded", "12:05"), 1)), "")
	f.Add([]byte(strings.Replace(codepipelineDoc, "APPROVAL", "", 1)), "Actions")
	fuzzDeployment(f, "aws.codepipeline.execution")
}
