package change

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

const azureDeployed = `{"id":48,"Environment":{"id":1,"name":"production"},"queueTime":"2026-05-04T12:30:00Z",` +
	`"startTime":"2026-05-04T12:30:05Z","finishTime":"2026-05-04T12:40:00Z","result":"succeeded","stageAttempt":TRY,` +
	`"Repository":{"webUrl":"https://dev.azure.com/Acme/shop/_git/web"},"Run":{"sourceVersion":"c1","requestedBy":BY,` +
	`"requestedFor":FOR,"repository":{"id":"r","type":"TfsGit"}},"Stage":{"attempt":1},"Approvals":[APPROVALS]}`

const (
	azureAlice  = `{"id":"1","displayName":"Alice","descriptor":"aad.1"}`
	azureBob    = `{"id":"2","displayName":"Bob","descriptor":"aad.2"}`
	azureRobot  = `{"id":"9","displayName":"Build","descriptor":"svc.9"}`
	azureServer = `{"id":"8","displayName":"TFS","descriptor":"s2s.8"}`
)

// azureGiven is an approval with one step.
func azureGiven(status, by, step string) string {
	return `{"status":"` + status + `","steps":[{"actualApprover":` + by + `,"status":"` + step +
		`","lastModifiedOn":"2026-05-04T12:20:00Z"},{"status":"skipped","lastModifiedOn":"2026-05-04T12:20:00Z"}]}`
}

// TestAzureDeployments holds every verdict of a deployment of Azure DevOps.
func TestAzureDeployments(t *testing.T) {
	for _, tc := range []struct {
		name, try, by, forWhom, approvals string
		want                              Verdict
	}{
		{"by a colleague", "1", azureServer, azureAlice, azureGiven("approved", azureBob, "approved"), IsApproved},
		{"by who pushed", "1", azureServer, azureAlice, azureGiven("approved", azureAlice, "approved"), SelfApproved},
		{"by who asked for the run", "1", azureAlice, azureBob, azureGiven("approved", azureAlice, "approved"), SelfApproved},
		{"by a service", "1", azureServer, azureAlice, azureGiven("approved", azureRobot, "approved"), ByRobot},
		{"by nobody named", "1", azureServer, azureAlice, azureGiven("approved", "null", "approved"), Unknown},
		{"refused", "1", azureServer, azureAlice, azureGiven("rejected", azureBob, "rejected"), Rejected},
		{"one of two, and then passed without", "1", azureServer, azureAlice, azureGiven("skipped", azureBob, "approved"), Unapproved},
		{"waiting", "1", azureServer, azureAlice, azureGiven("pending", "null", "pending"), Unapproved},
		{"nobody asked", "1", azureServer, azureAlice, "", Unapproved},
		{"tried again", "2", azureServer, azureAlice, azureGiven("approved", azureBob, "approved"), Unknown},
		{"tried again, nobody asked", "2", azureServer, azureAlice, "", Unapproved},
		{"started by nobody known", "1", "null", "null", azureGiven("approved", azureBob, "approved"), Unknown},
		{"on a schedule", "1", azureServer, azureServer, azureGiven("approved", azureBob, "approved"), IsApproved},
	} {
		d, err := DeploymentOf(evidence.Subject{Type: "azuredevops.deployment", ID: "x", Doc: json.RawMessage(strings.NewReplacer(
			"TRY", tc.try, "BY", tc.by, "FOR", tc.forWhom, "APPROVALS", tc.approvals).Replace(azureDeployed))})
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if j := d.Judge(); j.Verdict != tc.want {
			t.Errorf("%s: got %s (%s), want %s", tc.name, j.Verdict, j.Why, tc.want)
		}
		if d.Repository != "dev.azure.com/acme/shop/_git/web" || d.Commit != "c1" || !d.Production() || d.Outcome != Succeeded {
			t.Errorf("%s: %+v", tc.name, d)
		}
	}
}

// TestAzureDeploymentsUnseen holds that what the run tells no more, or does not tell, is unknown and never missing.
func TestAzureDeploymentsUnseen(t *testing.T) {
	denied := evidence.Missing{Operation: "o", Outcome: evidence.OutcomeDenied}
	for _, tc := range []struct {
		name, doc, missing, why string
	}{
		{"run deleted", `{"queueTime":"2026-05-04T12:30:00Z","Environment":{"name":"prod"},"result":"succeeded"}`, "", "deleted"},
		{"stage not told", `{"queueTime":"2026-05-04T12:30:00Z","Environment":{"name":"prod"},"Run":{}}`, "", "nothing of its stage"},
		{"later try", `{"queueTime":"2026-05-04T12:30:00Z","Environment":{"name":"prod"},"Run":{},"Stage":{"attempt":2}}`, "", "later try"},
		{"approvals hidden", `{"queueTime":"2026-05-04T12:30:00Z","Environment":{"name":"prod"},"Run":{},"Stage":{"attempt":1}}`,
			"Approvals", "could not be collected"},
		{"run hidden", `{"queueTime":"2026-05-04T12:30:00Z","Environment":{"name":"prod"},"Stage":{"attempt":1},"Approvals":[` +
			azureGiven("approved", azureBob, "approved") + `]}`, "Run", "who started it could not be collected"},
	} {
		s := evidence.Subject{Type: "azuredevops.deployment", ID: "x", Doc: json.RawMessage(tc.doc)}
		if tc.missing != "" {
			s.Missing = map[string]evidence.Missing{tc.missing: denied}
		}
		d, err := DeploymentOf(s)
		if err != nil {
			t.Fatal(err)
		}
		if j := d.Judge(); j.Verdict != Unknown || !strings.Contains(j.Why, tc.why) {
			t.Errorf("%s: got %s (%s)", tc.name, j.Verdict, j.Why)
		}
	}
}

// TestAzureDeploymentRecording holds the verdicts of the recorded deployments.
func TestAzureDeploymentRecording(t *testing.T) {
	var file struct {
		Subjects []evidence.Subject `json:"subjects"`
	}
	raw, err := os.ReadFile("../../collectors/azuredevops/testdata/azuredevops.deployment.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		verdict    Verdict
		outcome    Outcome
		repository string
	}{
		"46": {Unknown, Succeeded, ""}, // its run was deleted
		"47": {Unapproved, Succeeded, "github.com/acme/shop"},
		"48": {IsApproved, Succeeded, "dev.azure.com/acme/payments/_git/ledger"},
		"49": {Unknown, Failed, "dev.azure.com/acme/payments/_git/ledger"}, // an earlier try
		"50": {Unknown, Succeeded, "dev.azure.com/acme/payments/_git/ledger"},
		"51": {Unapproved, Running, "dev.azure.com/acme/payments/_git/ledger"},
		"52": {Unapproved, Succeeded, "dev.azure.com/acme/payments/_git/ledger"},
	}
	if len(file.Subjects) != len(want) {
		t.Fatalf("%d subjects", len(file.Subjects))
	}
	for _, s := range file.Subjects {
		d, err := DeploymentOf(s)
		if err != nil {
			t.Fatal(err)
		}
		w := want[s.ID[strings.LastIndex(s.ID, "/")+1:]]
		if j := d.Judge(); j.Verdict != w.verdict || d.Outcome != w.outcome || d.Repository != w.repository {
			t.Errorf("%s: got %s (%s), %s of %q", s.ID, j.Verdict, j.Why, d.Outcome, d.Repository)
		}
	}
}

func FuzzAzureDeployment(f *testing.F) {
	for _, by := range []string{azureAlice, azureBob} {
		f.Add([]byte(strings.NewReplacer("TRY", "1", "BY", azureServer, "FOR", azureAlice, "APPROVALS",
			azureGiven("approved", by, "approved")).Replace(azureDeployed)), "")
	}
	fuzzDeployment(f, "azuredevops.deployment")
}
