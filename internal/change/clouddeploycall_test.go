package change

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

const (
	shopRelease = "locations/l/deliveryPipelines/d/releases/r"
	shopRollout = shopRelease + "/rollouts/o"
)

// clouddeployCallOf is a call that did not fail; more is put into its record.
func clouddeployCallOf(method, resource, caller, more string) evidence.Subject {
	return evidence.Subject{Type: "gcp.logging.clouddeploy-call", ID: method + caller, Doc: json.RawMessage(
		`{"timestamp":"2026-05-04T12:04:00Z","protoPayload":{"methodName":"google.cloud.deploy.v1.CloudDeploy.` + method +
			`","resourceName":"` + resource + `","authenticationInfo":` + caller + more + `}}`)}
}

func googleMail(email string) string { return `{"principalEmail":"` + email + `"}` }

// TestCloudDeployJoined holds whose an approval is by the calls of the log, and that it is nobody's who made the rollout or
// its release. Google writes the project by its number in one place and by its id in another.
func TestCloudDeployJoined(t *testing.T) {
	const project, number = "projects/p/", "projects/812/"
	const yes, no, failed = `,"request":{"approved":true}`, `,"request":{}`, `,"status":{"code":7},"request":{"approved":true}`
	bot, alice, bob := googleMail("ci@p.iam.gserviceaccount.com"), googleMail("alice@x.example"), googleMail("Bob@x.example")
	release := clouddeployCallOf("CreateRelease", project+shopRelease, bot, "")
	made := clouddeployCallOf("CreateRollout", number+shopRollout, alice, "")
	by := func(caller, more string) evidence.Subject {
		return clouddeployCallOf("ApproveRollout", project+shopRollout, caller, more)
	}
	behind := `{"principalEmail":"ci@p.iam.gserviceaccount.com","serviceAccountDelegationInfo":[` +
		`{"firstPartyPrincipal":{"principalEmail":"bob@x.example"}}]}`
	back := `,"request":{"name":"projects/p/locations/l/deliveryPipelines/d","rolloutId":"o"}`
	for _, tc := range []struct {
		name  string
		calls []evidence.Subject
		want  Verdict
	}{
		{"a colleague", []evidence.Subject{release, made, by(bob, yes)}, IsApproved},
		{"the maker", []evidence.Subject{release, made, by(alice, yes)}, SelfApproved},
		{"the maker, written otherwise", []evidence.Subject{release, made, by(googleMail("ALICE@x.example"), yes)}, SelfApproved},
		{"the releaser", []evidence.Subject{clouddeployCallOf("CreateRelease", project+shopRelease, bob, ""), made, by(bob, yes)},
			SelfApproved},
		{"behind the release", []evidence.Subject{clouddeployCallOf("CreateRelease", project+shopRelease, behind, ""), made,
			by(bob, yes)}, SelfApproved},
		{"a machine", []evidence.Subject{release, made, by(bot, yes)}, ByRobot},
		{"a person with the account of a machine", []evidence.Subject{release, made, by(behind, yes)}, ByRobot},
		{"a request that is not told", []evidence.Subject{release, made, by(bob, "")}, IsApproved},
		{"failed", []evidence.Subject{release, made, by(bob, failed)}, Unknown},
		{"a refusal", []evidence.Subject{release, made, by(bob, no)}, Unknown},
		{"nobody named", []evidence.Subject{release, made, by(`{}`, yes)}, Unknown},
		{"no maker", []evidence.Subject{release, by(bob, yes)}, Unknown},
		{"a maker whose call failed", []evidence.Subject{release, by(bob, yes),
			clouddeployCallOf("CreateRollout", project+shopRollout, alice, `,"status":{"code":5}`)}, Unknown},
		{"no releaser", []evidence.Subject{made, by(bob, yes)}, Unknown},
		{"no maker named", []evidence.Subject{release, clouddeployCallOf("CreateRollout", project+shopRollout, `{}`, ""), by(bob, yes)},
			Unknown},
		{"gone back by another", []evidence.Subject{release, by(bob, yes),
			clouddeployCallOf("RollbackTarget", "projects/p/locations/l/deliveryPipelines/d", alice, back)}, IsApproved},
		{"gone back by the same", []evidence.Subject{release, by(bob, yes),
			clouddeployCallOf("RollbackTarget", "projects/p/locations/l/deliveryPipelines/d", bob, back)}, SelfApproved},
		{"named in the request", []evidence.Subject{release, by(bob, yes), clouddeployCallOf("CreateRollout", project+shopRelease,
			alice, `,"request":{"parent":"`+project+shopRelease+`","rolloutId":"o"}`)}, IsApproved},
		{"no log", nil, Unknown},
	} {
		x := NewIndex()
		for i, s := range tc.calls {
			if err := x.Add(0, s, evidence.Sum([]byte{byte(i)})); err != nil {
				t.Fatal(err)
			}
		}
		d, err := DeploymentOf(evidence.Subject{Type: "gcp.clouddeploy.rollout", Doc: json.RawMessage(
			strings.NewReplacer("STATE", "SUCCEEDED", "APPROVAL", "APPROVED").Replace(clouddeployDoc))})
		if err != nil {
			t.Fatal(err)
		}
		out, _ := x.Complete(d, func(int) bool { return true })
		if j := out.Judge(); j.Verdict != tc.want {
			t.Errorf("%s: got %s (%s), want %s: %+v", tc.name, j.Verdict, j.Why, tc.want, out)
		}
		unused, read := x.Complete(d, func(int) bool { return false })
		if v := unused.Judge().Verdict; v != Unknown || len(read) > 0 {
			t.Errorf("%s, not to be used: got %s, read %v", tc.name, v, read)
		}
		slices.Reverse(tc.calls)
		y := NewIndex()
		for i, s := range tc.calls {
			if err := y.Add(0, s, evidence.Sum([]byte{byte(i)})); err != nil {
				t.Fatal(err)
			}
		}
		if again, _ := y.Complete(d, func(int) bool { return true }); again.Judge().Verdict != tc.want {
			t.Errorf("%s, in another order: got %s", tc.name, again.Judge().Verdict)
		}
	}
}

// TestCloudDeployCommit holds what commit a release is of, and that none is taken where its annotations disagree.
func TestCloudDeployCommit(t *testing.T) {
	full := strings.Repeat("ab", 20)
	link := "https://github.com/Acme/Shop/commit/" + full
	for rest, want := range map[string][]Source{
		``: nil,
		`,"Commits":{"git-sha":"` + full + `","commit":"` + link + `"}`:                                       {{"github.com/acme/shop", full}},
		`,"Commits":{"commitId":"abababa","git-sha":"` + full + `"}`:                                          {{"", full}},
		`,"Commits":{"commitId":"0065ca0"}`:                                                                   {{"", "0065ca0"}},
		`,"Commits":{"commitId":"0065ca0","git-sha":"` + full + `"}`:                                          nil,
		`,"Commits":{"commit":"` + link + `","revision":"https://github.com/acme/other/commit/` + full + `"}`: nil,
		`,"labels":{"git-sha":"` + full + `","commit":"main"}`:                                                {{"", full}},
	} {
		r, err := ReleaseOf(evidence.Subject{Type: "gcp.clouddeploy.release", Doc: json.RawMessage(
			`{"name":"projects/p/` + shopRelease + `"` + rest + `}`)})
		if err != nil || r.Name != shopRelease || !slices.Equal(r.Sources, want) {
			t.Errorf("%s: got %+v, %v, want %v", rest, r, err, want)
		}
	}
}

// TestGoogleActor holds who is a person.
func TestGoogleActor(t *testing.T) {
	for _, tc := range []struct {
		email, subject string
		want           Actor
	}{
		{"a@x.example", "user:a@x.example", Actor{Login: "a@x.example", Kind: Person}},
		{"", "user:a@x.example", Actor{Login: "a@x.example", Kind: Person}},
		{"ci@p.iam.gserviceaccount.com", "", Actor{Login: "ci@p.iam.gserviceaccount.com", Kind: Robot}},
		{"", "serviceAccount:ci@p.example", Actor{Login: "ci@p.example", Kind: Robot}},
		{"", "principal://iam.googleapis.com/locations/global/workforcePools/w/subject/a",
			Actor{Login: "principal://iam.googleapis.com/locations/global/workforcePools/w/subject/a", Kind: Person}},
		{"", "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/w/subject/a",
			Actor{Login: "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/w/subject/a", Kind: Robot}},
		{"", "something", Actor{Login: "something", Kind: Unclear}},
		{"", "", unnamed()},
	} {
		if got := googleActor(tc.email, tc.subject); got != tc.want {
			t.Errorf("%q %q: got %+v", tc.email, tc.subject, got)
		}
	}
}

// TestCloudDeployRecorded holds that the collectors' own documents are joined.
func TestCloudDeployRecorded(t *testing.T) {
	x := NewIndex()
	var rollout evidence.Subject
	for _, typ := range []string{"gcp.clouddeploy.release", "gcp.logging.clouddeploy-call", "gcp.clouddeploy.rollout"} {
		b, err := os.ReadFile("../../collectors/gcp/testdata/" + typ + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var recorded struct{ Subjects []evidence.Subject }
		if err := json.Unmarshal(b, &recorded); err != nil || len(recorded.Subjects) == 0 {
			t.Fatal(err, recorded)
		}
		rollout = recorded.Subjects[0]
		for _, s := range recorded.Subjects {
			if err := x.Add(0, s, evidence.Sum(s.Doc)); err != nil {
				t.Fatal(err)
			}
		}
	}
	d, err := DeploymentOf(rollout)
	if err != nil {
		t.Fatal(err)
	}
	d, read := x.Complete(d, func(int) bool { return true })
	j := d.Judge()
	if j.Verdict != IsApproved || !slices.Equal(Names(j.Approvers), []string{"bob@acme.example"}) || len(read) != 5 ||
		d.Repository != "github.com/acme/shop" || !strings.HasPrefix(d.Commit, "ecdeca6") {
		t.Errorf("%s (%s), %d read: %+v", j.Verdict, j.Why, len(read), d)
	}
	if got := Names(d.StartedBy); !slices.Equal(got, []string{"ann@acme.example", "ci@acme-prod.iam.gserviceaccount.com"}) {
		t.Errorf("started by %v", got)
	}
}

func FuzzCloudDeployCall(f *testing.F) {
	f.Add([]byte(clouddeployCallOf("ApproveRollout", "projects/p/"+shopRollout, googleMail("a@x.example"), "").Doc))
	f.Add([]byte(`{"name":"projects/p/` + shopRelease + `","Commits":{"commit":"https://h/a/b/commit/abababa"}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, typ := range []string{"gcp.logging.clouddeploy-call", "gcp.clouddeploy.release"} {
			_ = NewIndex().Add(0, evidence.Subject{Type: typ, ID: "x", Doc: doc}, evidence.Digest{})
		}
		c, err := CallOf(evidence.Subject{Type: "gcp.logging.clouddeploy-call", Doc: doc})
		if err == nil && c.Did != "" && len(c.By) == 0 {
			t.Errorf("done by nobody: %+v", c)
		}
	})
}
