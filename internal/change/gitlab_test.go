package change

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

// recorded are the subjects of a collector's recording, by id.
func recorded(t testing.TB, path string) map[string]evidence.Subject {
	t.Helper()
	raw, err := os.ReadFile("../../collectors/" + path)
	if err != nil {
		t.Fatal(err)
	}
	var recording struct {
		Subjects []evidence.Subject `json:"subjects"`
	}
	if err := json.Unmarshal(raw, &recording); err != nil {
		t.Fatal(err)
	}
	out := map[string]evidence.Subject{}
	for _, s := range recording.Subjects {
		out[s.ID] = s
	}
	return out
}

// TestGitLabRecording holds the verdicts over what the collector makes of GitLab's answers.
func TestGitLabRecording(t *testing.T) {
	subjects := recorded(t, "gitlab/testdata/gitlab.merge-request.json")
	for id, want := range map[string]Verdict{
		"acme/payments!1":        IsApproved,
		"acme/payments!2":        SelfApproved, // by its author, which GitLab may allow
		"acme/payments!3":        ThenChanged,
		"acme/payments!4":        IsEmergency, // labelled so, and approved the next morning
		"acme/payments!5":        IsApproved,  // a robot's, squashed
		"acme/payments!6":        Unreviewed,
		"acme/payments!7":        Dismissed,    // taken back by the one who gave it
		"acme/platform/ledger!1": IsApproved,   // after an approval that a push took back
		"acme/platform/ledger!2": SelfApproved, // by the committer, as his name tells
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
		if is, known := c.OnDefault(); !is || !known || !strings.HasPrefix(c.Repository, "gitlab.com/acme/p") {
			t.Errorf("%s: %s into %s of %s", id, c.Repository, c.Target, c.Default)
		}
	}
	for id, want := range map[string]Strategy{"acme/payments!1": MadeAnew, "acme/platform/ledger!2": FastForward} {
		if c, err := Of(subjects[id]); err != nil || c.Strategy() != want {
			t.Errorf("%s: %s, %v", id, c.Strategy(), err)
		}
	}
	squashed, err := Of(subjects["acme/payments!5"])
	if err != nil {
		t.Fatal(err)
	}
	if got := squashed.Explains(); len(got) != 3 || got[0] != squashed.Merge || got[1] != squashed.Squash || got[2] != squashed.Head {
		t.Errorf("a squash explains %v", got)
	}
}

// mergeRequest is one by alice that bob approved; parts replace what it has, and the keys in missing could not be collected.
func mergeRequest(t testing.TB, parts map[string]string, missing ...string) evidence.Subject {
	t.Helper()
	doc := map[string]json.RawMessage{"iid": json.RawMessage(`7`), "sha": json.RawMessage(`"h2"`),
		"web_url":    json.RawMessage(`"https://git.acme.example/team/shop/-/merge_requests/7"`),
		"created_at": json.RawMessage(`"2026-05-04T08:00:00Z"`), "merged_at": json.RawMessage(`"2026-05-04T12:00:00Z"`),
		"target_branch": json.RawMessage(`"main"`), "Project": json.RawMessage(`{"default_branch":"main"}`),
		"merge_commit_sha": json.RawMessage(`"m1"`), "author": json.RawMessage(aliceGitLab),
		"Notes":   json.RawMessage(`[` + note(bobGitLab, "approved this merge request", "10") + `]`),
		"Commits": json.RawMessage(`[{"id":"h2","parent_ids":["h1"],"author_name":"Alice","committer_name":"Alice"}]`),
	}
	for k, v := range parts {
		doc[k] = json.RawMessage(v)
	}
	s := evidence.Subject{Type: "gitlab.merge-request", ID: "team/shop!7", Missing: map[string]evidence.Missing{}}
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

const (
	aliceGitLab = `{"id":1,"username":"alice","name":"Alice"}`
	bobGitLab   = `{"id":2,"username":"bob","name":"Bob"}`
	botGitLab   = `{"id":9,"username":"project_51_bot_c0ffee","name":"renovate"}`
	ghostGitLab = `{"id":3,"username":"ghost","name":"Ghost User"}`
)

func note(by, body, hour string) string {
	return `{"author":` + by + `,"body":"` + body + `","created_at":"2026-05-04T` + hour + `:00:00Z"}`
}

// TestGitLabVerdicts holds what the recording does not show.
func TestGitLabVerdicts(t *testing.T) {
	const approved, unapproved, reset, pushed = "approved this merge request", "unapproved this merge request",
		"reset approvals from @bob by pushing to the branch", "added 1 commit"
	const retargeted = "changed target branch from `next` to `main`"
	list := func(notes ...string) map[string]string {
		return map[string]string{"Notes": "[" + strings.Join(notes, ",") + "]"}
	}
	with := func(parts map[string]string, key, value string) map[string]string {
		parts[key] = value
		return parts
	}
	stands := func(user string) string {
		return `{"approved_by":[{"user":` + user + `,"approved_at":"2026-05-04T10:00:00Z"}]}`
	}
	for _, tc := range []struct {
		name    string
		parts   map[string]string
		missing []string
		want    Verdict
	}{
		{"approved", nil, nil, IsApproved},
		{"a commit by somebody without an account", map[string]string{
			"Commits": `[{"id":"h2","author_name":"Somebody","committer_name":"Somebody"}]`}, nil, IsApproved},
		{"taken back after the merge", list(note(bobGitLab, approved, "10"), note(bobGitLab, unapproved, "13")), nil, IsApproved},
		{"given again", list(note(bobGitLab, approved, "09"), note(bobGitLab, unapproved, "10"), note(bobGitLab, approved, "11")),
			nil, IsApproved},
		{"taken back by a push", with(list(note(bobGitLab, approved, "09"), note(aliceGitLab, pushed, "10"),
			note(bobGitLab, reset, "10")), "Approvals", `{"approved_by":[]}`), nil, Dismissed},
		{"not standing, and nothing tells since when", with(list(note(bobGitLab, approved, "09")), "Approvals", `{"approved_by":[]}`),
			nil, Dismissed},
		{"standing without a note", with(list(), "Approvals", stands(bobGitLab)), nil, Unknown},
		{"given another target", list(note(bobGitLab, approved, "10"), note(aliceGitLab, retargeted, "11")), nil, ThenChanged},
		{"given another target before", list(note(aliceGitLab, retargeted, "09"), note(bobGitLab, approved, "10")), nil,
			IsApproved},
		{"given another target after the merge", list(note(bobGitLab, approved, "10"), note(aliceGitLab, retargeted, "13")), nil,
			IsApproved},
		{"pushed to after the merge", list(note(bobGitLab, approved, "10"), note(aliceGitLab, pushed, "13")), nil, IsApproved},
		{"by a robot", list(note(botGitLab, approved, "10")), nil, ByRobot},
		{"a robot's without approval", map[string]string{"author": botGitLab, "Notes": "[]"}, nil, ByRobot},
		{"by a deleted account", list(note(ghostGitLab, approved, "10")), nil, Unknown},
		{"by a deleted account, and no other stands", with(list(note(ghostGitLab, approved, "10")), "Approvals", `{"approved_by":[]}`),
			nil, Unknown},
		{"of a deleted account", map[string]string{"author": ghostGitLab}, nil, IsApproved},
		{"of a deleted account by one", map[string]string{"author": ghostGitLab,
			"Notes": "[" + note(ghostGitLab, approved, "10") + "]"}, nil, Unknown},
		{"author hidden", nil, []string{"author"}, Unknown},
		{"merge hidden", nil, []string{"merged_at"}, Unknown},
		{"head hidden", nil, []string{"sha"}, Unknown},
		{"notes hidden", nil, []string{"Notes", "Approvals"}, Unknown},
		{"approvals hidden", list(note(bobGitLab, approved, "10")), []string{"Approvals"}, Unknown},
		{"approvals hidden, none noted", list(), []string{"Approvals"}, Unreviewed},
		{"commits hidden", nil, []string{"Commits"}, Unknown},
		{"an emergency", with(list(note(bobGitLab, approved, "13")), "labels", `["emergency"]`), nil, IsEmergency},
	} {
		c, err := Of(mergeRequest(t, tc.parts, tc.missing...))
		if err != nil {
			t.Fatal(err)
		}
		if j := c.Judge(); j.Verdict != tc.want {
			t.Errorf("%s: got %s (%s), want %s", tc.name, j.Verdict, j.Why, tc.want)
		}
		if c.Repository != "git.acme.example/team/shop" {
			t.Errorf("%s: repository %s", tc.name, c.Repository)
		}
	}
}

// TestGitLabNames holds that a name that two accounts have is nobody's.
func TestGitLabNames(t *testing.T) {
	d := gitlabDoc{Author: &gitlabUser{1, "sam", "Sam"}, MergeUser: &gitlabUser{2, "sam2", "Sam"},
		Reviewers: []*gitlabUser{{3, "kim", "Kim"}, {3, "kim", "Kim"}, nil}}
	if got := d.named(); !reflect.DeepEqual(got, map[string]Actor{"Kim": {"3", "kim", Person}}) {
		t.Errorf("got %v", got)
	}
}

func FuzzGitLabChange(f *testing.F) {
	f.Add([]byte(mergeRequest(f, nil).Doc), "")
	for _, s := range recorded(f, "gitlab/testdata/gitlab.merge-request.json") {
		f.Add([]byte(s.Doc), "Approvals")
	}
	fuzzChange(f, "gitlab.merge-request")
}
