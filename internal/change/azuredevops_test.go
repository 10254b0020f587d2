package change

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

// TestAzureDevOpsRecording holds the verdicts over what the collector makes of Azure DevOps' answers.
func TestAzureDevOpsRecording(t *testing.T) {
	subjects := recorded(t, "azuredevops/testdata/azuredevops.pull-request.json")
	for id, want := range map[string]Verdict{
		"payments/ledger!1":   IsApproved,
		"payments/ledger!2":   SelfApproved, // by its author, which a policy may allow
		"payments/ledger!3":   ThenChanged,
		"payments/ledger!4":   Bypassed,
		"payments/ledger!5":   IsEmergency, // labelled so, and approved the same evening
		"payments/ledger!6":   Unreviewed,
		"payments/terminal!7": IsApproved,   // a robot's, squashed, after a push had taken an approval back
		"payments/ledger!8":   Dismissed,    // taken back by the one who gave it
		"payments/ledger!9":   SelfApproved, // by one who pushed to it
	} {
		s, ok := subjects[id]
		if !ok {
			t.Errorf("%s is not in the recording", id)
			continue
		}
		c, err := Of(s)
		if err != nil {
			t.Fatal(err)
		}
		if j := c.Judge(); j.Verdict != want {
			t.Errorf("%s: got %s (%s), want %s", id, j.Verdict, j.Why, want)
		}
		if is, known := c.OnDefault(); !is || !known || !strings.HasPrefix(c.Repository, "dev.azure.com/acme/payments/_git/") {
			t.Errorf("%s: %s into %s of %s", id, c.Repository, c.Target, c.Default)
		}
	}
	bypassed, err := Of(subjects["payments/ledger!4"])
	if err != nil || !strings.HasSuffix(bypassed.Bypass, "payments were down") {
		t.Errorf("bypassed by %q, %v", bypassed.Bypass, err)
	}
	squashed, err := Of(subjects["payments/terminal!7"])
	if err != nil {
		t.Fatal(err)
	}
	if got := squashed.Explains(); len(got) != 2 || got[0] != squashed.Squash || got[1] != squashed.Head {
		t.Errorf("a squash explains %v", got)
	}
}

const (
	aliceAzure = `{"id":"1","displayName":"Alice","descriptor":"aad.1"}`
	bobAzure   = `{"id":"2","displayName":"Bob","descriptor":"aad.2"}`
	botAzure   = `{"id":"9","displayName":"deploy","descriptor":"aadsp.9"}`
	ghostAzure = `{"id":"","displayName":""}`
)

// azurePullRequest is one by alice that bob approved; parts replace what it has, and the keys in missing could not be
// collected.
func azurePullRequest(t testing.TB, parts map[string]string, missing ...string) evidence.Subject {
	t.Helper()
	doc := map[string]json.RawMessage{"pullRequestId": json.RawMessage(`7`), "status": json.RawMessage(`"completed"`),
		"creationDate": json.RawMessage(`"2026-05-04T08:00:00Z"`), "closedDate": json.RawMessage(`"2026-05-04T12:00:00Z"`),
		"targetRefName":         json.RawMessage(`"refs/heads/main"`),
		"Repository":            json.RawMessage(`{"defaultBranch":"refs/heads/main","webUrl":"https://dev.azure.com/acme/Shop/_git/web"}`),
		"lastMergeSourceCommit": json.RawMessage(`{"commitId":"h2"}`), "lastMergeCommit": json.RawMessage(`{"commitId":"m1"}`),
		"createdBy": json.RawMessage(aliceAzure), "closedBy": json.RawMessage(aliceAzure),
		"reviewers":  json.RawMessage(`[` + reviewer(bobAzure, "10") + `]`),
		"Threads":    json.RawMessage(`[` + voted(bobAzure, "10", "10") + `]`),
		"Iterations": json.RawMessage(`[` + pushed(aliceAzure, "h2", "08") + `]`),
		"Commits":    json.RawMessage(`[{"commitId":"h2","author":{"name":"Alice"},"committer":{"name":"Alice"}}]`),
	}
	for k, v := range parts {
		doc[k] = json.RawMessage(v)
	}
	s := evidence.Subject{Type: "azuredevops.pull-request", ID: "Shop/web!7", Missing: map[string]evidence.Missing{}}
	for _, k := range missing {
		delete(doc, k)
		s.Missing[k] = evidence.Missing{Operation: "o", Outcome: evidence.OutcomeDenied}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	s.Doc = raw
	return s
}

func reviewer(who, vote string) string { return strings.TrimSuffix(who, "}") + `,"vote":` + vote + `}` }

func voted(by, vote, hour string) string {
	return `{"type":"VoteUpdate","author":` + by + `,"vote":` + vote + `,"publishedDate":"2026-05-04T` + hour + `:00:00Z"}`
}

func reset(hour string) string {
	return `{"type":"ResetMultipleVotes","publishedDate":"2026-05-04T` + hour + `:00:00Z"}`
}

func pushed(by, head, hour string) string {
	return `{"author":` + by + `,"createdDate":"2026-05-04T` + hour + `:00:00Z","sourceRefCommit":{"commitId":"` + head + `"}}`
}

// TestAzureDevOpsVerdicts holds what the recording does not show.
func TestAzureDevOpsVerdicts(t *testing.T) {
	list := func(parts ...string) string { return "[" + strings.Join(parts, ",") + "]" }
	group := `{"id":"5","displayName":"Team","descriptor":"vssgp.5","isContainer":true}`
	for _, tc := range []struct {
		name    string
		parts   map[string]string
		missing []string
		want    Verdict
	}{
		{"approved", nil, nil, IsApproved},
		{"with suggestions", map[string]string{"Threads": list(voted(bobAzure, "5", "10")), "reviewers": list(reviewer(bobAzure, "5"))},
			nil, IsApproved},
		{"a commit by somebody without an account", map[string]string{
			"Commits": `[{"commitId":"h2","author":{"name":"Somebody"},"committer":{"name":"Somebody"}}]`}, nil, IsApproved},
		{"a commit of the approver's", map[string]string{
			"Commits": `[{"commitId":"h2","author":{"name":"Bob"},"committer":{"name":"Alice"}}]`}, nil, SelfApproved},
		{"taken back after the merge", map[string]string{"Threads": list(voted(bobAzure, "10", "10"), voted(bobAzure, "0", "13")),
			"reviewers": list(reviewer(bobAzure, "0"))}, nil, IsApproved},
		{"rejected after", map[string]string{"Threads": list(voted(bobAzure, "10", "09"), voted(bobAzure, "-10", "10")),
			"reviewers": list(reviewer(bobAzure, "-10"))}, nil, Dismissed},
		{"given again", map[string]string{
			"Threads": list(voted(bobAzure, "10", "09"), voted(bobAzure, "0", "10"), voted(bobAzure, "10", "11"))}, nil, IsApproved},
		{"taken back by a push", map[string]string{"Threads": list(voted(bobAzure, "10", "09"), reset("10")),
			"reviewers": list(reviewer(bobAzure, "0"))}, nil, Dismissed},
		{"a push took others' back", map[string]string{"Threads": list(voted(bobAzure, "10", "09"), reset("10"))}, nil, IsApproved},
		{"taken back by a push, and given again to the same", map[string]string{
			"Threads": list(voted(bobAzure, "10", "09"), reset("10"), voted(bobAzure, "10", "11"))}, nil, IsApproved},
		{"not standing, and nothing tells since when", map[string]string{"reviewers": "[]"}, nil, Dismissed},
		{"standing without a thread", map[string]string{"Threads": "[]"}, nil, Unknown},
		{"a group stands", map[string]string{"Threads": "[]", "reviewers": list(reviewer(group, "10"))}, nil, Unreviewed},
		{"pushed to after the merge", map[string]string{
			"Iterations": list(pushed(aliceAzure, "h2", "08"), pushed(bobAzure, "h3", "13"))}, nil, IsApproved},
		{"pushed to after the approval", map[string]string{
			"Iterations": list(pushed(aliceAzure, "h1", "08"), pushed(aliceAzure, "h2", "11"))}, nil, ThenChanged},
		{"given another target after the approval", map[string]string{"Iterations": list(pushed(aliceAzure, "h2", "08"),
			strings.TrimSuffix(pushed(aliceAzure, "h2", "11"), "}")+`,"reason":"retarget"}`)}, nil, ThenChanged},
		{"approved, and completed past policies", map[string]string{"completionOptions": `{"bypassPolicy":true}`}, nil, IsApproved},
		{"by a robot", map[string]string{"Threads": list(voted(botAzure, "10", "10")), "reviewers": list(reviewer(botAzure, "10"))},
			nil, ByRobot},
		{"a robot's without approval", map[string]string{"createdBy": botAzure, "Threads": "[]", "reviewers": "[]"}, nil, ByRobot},
		{"of a deleted account, by one that is there", map[string]string{"createdBy": ghostAzure}, nil, IsApproved},
		{"threads hidden", nil, []string{"Threads"}, Unknown},
		{"iterations hidden", nil, []string{"Iterations"}, Unknown},
		{"iterations hidden, nobody voted", map[string]string{"Threads": "[]", "reviewers": "[]"}, []string{"Iterations"}, Unreviewed},
		{"commits hidden", nil, []string{"Commits"}, Unknown},
		{"an emergency", map[string]string{"Threads": list(voted(bobAzure, "10", "13")),
			"labels": `[{"name":"Emergency","active":true}]`}, nil, IsEmergency},
		{"no emergency any more", map[string]string{"Threads": list(voted(bobAzure, "10", "13")),
			"labels": `[{"name":"Emergency","active":false}]`}, nil, AfterMerge},
		{"abandoned", map[string]string{"status": `"abandoned"`}, nil, NotMerged},
	} {
		c, err := Of(azurePullRequest(t, tc.parts, tc.missing...))
		if err != nil {
			t.Fatal(err)
		}
		if j := c.Judge(); j.Verdict != tc.want {
			t.Errorf("%s: got %s (%s), want %s", tc.name, j.Verdict, j.Why, tc.want)
		}
		if c.Repository != "dev.azure.com/acme/shop/_git/web" {
			t.Errorf("%s: repository %s", tc.name, c.Repository)
		}
	}
}

// TestAzureDevOpsNames holds that a name that two accounts have is nobody's.
func TestAzureDevOpsNames(t *testing.T) {
	d := azureDoc{CreatedBy: &azureIdentity{ID: "1", DisplayName: "Sam"}, ClosedBy: &azureIdentity{ID: "2", DisplayName: "Sam"},
		Threads: []azureVote{{Author: &azureIdentity{ID: "3", DisplayName: "Kim"}}, {Author: &azureIdentity{ID: "3", DisplayName: "Kim"}}, {}}}
	if got := d.named(); !reflect.DeepEqual(got, map[string]Actor{"Kim": {"3", "Kim", Person}}) {
		t.Errorf("got %v", got)
	}
}

func FuzzAzureDevOpsChange(f *testing.F) {
	f.Add([]byte(azurePullRequest(f, nil).Doc), "")
	for _, s := range recorded(f, "azuredevops/testdata/azuredevops.pull-request.json") {
		f.Add([]byte(s.Doc), "Iterations")
	}
	fuzzChange(f, "azuredevops.pull-request")
}
