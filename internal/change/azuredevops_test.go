package change

import (
	"encoding/json"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

const (
	aliceAzure = `{"id":"a","displayName":"Alice","descriptor":"aad.1"}`
	bobAzure   = `{"id":"b","displayName":"Bob","descriptor":"aad.2"}`
	buildAzure = `{"id":"s","displayName":"acme Build Service","descriptor":"svc.3"}`
	noneAzure  = `{"id":"","displayName":""}`
)

// completed is a pull request by alice of two pushes; parts replace what it has.
func completed(t testing.TB, parts map[string]string, missing ...string) evidence.Subject {
	t.Helper()
	doc := map[string]json.RawMessage{}
	for key, text := range map[string]string{"pullRequestId": `7`, "status": `"completed"`, "createdBy": aliceAzure,
		"closedBy": bobAzure, "creationDate": `"2026-05-04T08:00:00Z"`, "closedDate": `"2026-05-04T12:00:00Z"`,
		"targetRefName": `"refs/heads/main"`, "lastMergeSourceCommit": `{"commitId":"h2"}`, "lastMergeCommit": `{"commitId":"m1"}`,
		"Repository": `{"defaultBranch":"refs/heads/main","webUrl":"https://dev.azure.com/acme/Web/_git/shop"}`,
		"reviewers":  voting(bobAzure, "10"),
		"Threads":    `[` + vote(bobAzure, "10", "11") + `]`,
		"Iterations": `[` + push(aliceAzure, "create", "h1", "08") + `,` + push(aliceAzure, "push", "h2", "10") + `]`,
		"Commits":    `[{"commitId":"h2","author":{"name":"Alice"},"committer":{"name":"Alice"}}]`} {
		doc[key] = json.RawMessage(text)
	}
	for k, v := range parts {
		doc[k] = json.RawMessage(v)
	}
	s := evidence.Subject{Type: "azuredevops.pull-request", ID: "web/shop!7", Missing: map[string]evidence.Missing{}}
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

func voting(of, value string) string {
	return "[" + strings.TrimSuffix(of, "}") + `,"vote":` + value + "}]"
}

func vote(by, value, hour string) string {
	return `{"type":"VoteUpdate","author":` + by + `,"vote":` + value + `,"publishedDate":"2026-05-04T` + hour + `:00:00Z"}`
}

func reset(kind, hour string) string {
	return `{"type":"` + kind + `","author":` + aliceAzure + `,"publishedDate":"2026-05-04T` + hour + `:00:00Z"}`
}

func push(by, reason, head, hour string) string {
	return `{"author":` + by + `,"reason":"` + reason + `","sourceRefCommit":{"commitId":"` + head +
		`"},"createdDate":"2026-05-04T` + hour + `:00:00Z"}`
}

// TestAzureDevOpsVerdicts holds every verdict and its neighbours.
func TestAzureDevOpsVerdicts(t *testing.T) {
	votes := func(list ...string) map[string]string {
		return map[string]string{"Threads": "[" + strings.Join(list, ",") + "]"}
	}
	with := func(parts map[string]string, key, value string) map[string]string {
		parts[key] = value
		return parts
	}
	gone := func(parts map[string]string) map[string]string { return with(parts, "reviewers", "[]") }
	for _, tc := range []struct {
		name    string
		parts   map[string]string
		missing []string
		want    Verdict
	}{
		{"approved", nil, nil, IsApproved},
		{"approved with suggestions", votes(vote(bobAzure, "5", "11")), nil, IsApproved},
		{"waiting for the author", votes(vote(bobAzure, "-5", "11")), nil, Unreviewed},
		{"approved, then refused", votes(vote(bobAzure, "10", "10"), vote(bobAzure, "-10", "11")), nil, Dismissed},
		{"approved, then taken back", votes(vote(bobAzure, "10", "10"), vote(bobAzure, "0", "11")), nil, Dismissed},
		{"taken back after the merge", votes(vote(bobAzure, "10", "11"), vote(bobAzure, "0", "13")), nil, IsApproved},
		{"refused, then approved", votes(vote(bobAzure, "-10", "10"), vote(bobAzure, "10", "11")), nil, IsApproved},
		{"nobody", gone(votes()), nil, Unreviewed},
		{"taken from the reviewers", gone(votes(vote(bobAzure, "10", "11"))), nil, Dismissed},
		{"the author", with(votes(vote(aliceAzure, "10", "11")), "reviewers", voting(aliceAzure, "10")), nil, SelfApproved},
		{"who pushed", map[string]string{"Iterations": `[` + push(bobAzure, "push", "h2", "09") + `]`}, nil, SelfApproved},
		{"who is named in a commit", map[string]string{
			"Commits": `[{"commitId":"h2","author":{"name":"Alice"},"committer":{"name":"Bob"}}]`}, nil, SelfApproved},
		{"before the last push", votes(vote(bobAzure, "10", "09")), nil, ThenChanged},
		{"reset by a push", votes(vote(bobAzure, "10", "10"), reset("ResetAllVotes", "11")), nil, Dismissed},
		{"reset of others", with(votes(vote(bobAzure, "10", "10"), reset("ResetMultipleVotes", "11")), "reviewers",
			voting(bobAzure, "10")), nil, IsApproved},
		{"reset among others", with(votes(vote(bobAzure, "10", "10"), reset("ResetMultipleVotes", "11")), "reviewers",
			voting(bobAzure, "0")), nil, Dismissed},
		{"given another target", with(votes(vote(bobAzure, "10", "10")), "Iterations", `[`+push(aliceAzure, "create", "h2", "08")+
			`,`+push(aliceAzure, "retarget", "h2", "11")+`]`), nil, ThenChanged},
		{"after the merge", votes(vote(bobAzure, "10", "13")), nil, AfterMerge},
		{"an emergency", with(votes(vote(bobAzure, "10", "13")), "labels", `[{"name":"emergency","active":true}]`), nil, IsEmergency},
		{"a label taken off", with(votes(vote(bobAzure, "10", "13")), "labels", `[{"name":"emergency","active":false}]`), nil,
			AfterMerge},
		{"past the policies", with(gone(votes()), "completionOptions", `{"bypassPolicy":true}`), nil, Bypassed},
		{"past the policies, approved", map[string]string{"completionOptions": `{"bypassPolicy":true}`}, nil, IsApproved},
		{"a service", with(votes(vote(buildAzure, "10", "11")), "reviewers", voting(buildAzure, "10")), nil, ByRobot},
		{"a service's own", with(gone(votes()), "createdBy", buildAzure), nil, ByRobot},
		{"nobody knows who", gone(votes(vote(noneAzure, "10", "11"))), nil, Unknown},
		{"a vote that nothing noted", with(votes(), "reviewers", voting(bobAzure, "10")), nil, Unknown},
		{"a group", with(votes(), "reviewers", `[{"id":"g","displayName":"Team","descriptor":"vssgp.1","isContainer":true,"vote":10}]`),
			nil, Unreviewed},
		{"author hidden", nil, []string{"createdBy"}, Unknown},
		{"merge hidden", nil, []string{"closedDate"}, Unknown},
		{"head hidden", nil, []string{"lastMergeSourceCommit"}, Unknown},
		{"threads hidden", nil, []string{"Threads"}, Unknown},
		{"pushes hidden", nil, []string{"Iterations"}, Unknown},
		{"commits hidden", nil, []string{"Commits"}, Unknown},
		{"abandoned", map[string]string{"status": `"abandoned"`}, nil, NotMerged},
	} {
		c, err := Of(completed(t, tc.parts, tc.missing...))
		if err != nil {
			t.Fatal(err)
		}
		j := c.Judge()
		if j.Verdict != tc.want {
			t.Errorf("%s: got %s (%s), want %s", tc.name, j.Verdict, j.Why, tc.want)
		}
		if len(tc.missing) > 0 && (len(j.Needs) != 1 || j.Needs[0].Key != tc.missing[0]) {
			t.Errorf("%s: needs %v", tc.name, j.Needs)
		}
		if is, known := c.OnDefault(); !is || !known || c.Repository != "dev.azure.com/acme/web/_git/shop" {
			t.Errorf("%s: %s into %s of %s", tc.name, c.Repository, c.Target, c.Default)
		}
	}
}

func FuzzAzureDevOpsChange(f *testing.F) {
	f.Add([]byte(completed(f, nil).Doc), "")
	f.Add([]byte(completed(f, nil).Doc), "Iterations")
	fuzzChange(f, "azuredevops.pull-request")
}
