package change

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// fuzzSubject makes a subject of fuzzed bytes; missing, when it is not empty, is a key that could not be collected.
func fuzzSubject(typ string, doc []byte, missing string) evidence.Subject {
	s := evidence.Subject{Type: typ, ID: "x", Doc: json.RawMessage(doc)}
	if missing != "" {
		s.Missing = map[string]evidence.Missing{missing: {Operation: "o", Outcome: evidence.OutcomeDenied}}
	}
	return s
}

// fuzzChange holds that an adapter never panics, reads the same twice, and never calls approved what has no approver, whose
// reviews were not collected, or that somebody approved who wrote it.
func fuzzChange(f *testing.F, typ string) {
	f.Fuzz(func(t *testing.T, doc []byte, missing string) {
		s := fuzzSubject(typ, doc, missing)
		c, err := Of(s)
		if err != nil {
			return
		}
		again, err := Of(s)
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Fatalf("read twice: %+v and %+v, %v", c, again, err)
		}
		j := c.Judge()
		if _, unseen := c.Unseen[PartReviews]; unseen && j.Verdict != Unknown && j.Verdict != NotMerged {
			t.Fatalf("%s without reviews", j.Verdict)
		}
		if (j.Verdict == IsApproved) != (len(j.Approvers) > 0) {
			t.Fatalf("%s by %v", j.Verdict, j.Approvers)
		}
		for _, a := range j.Approvers {
			if a.Kind != Person || a.Is(c.Author) || !a.known() {
				t.Fatalf("approved by %+v, written by %+v", a, c.Author)
			}
		}
		if j.Why == "" {
			t.Fatalf("%s without a reason", j.Verdict)
		}
		c.ReviewedWithin(time.Hour)
		c.Explains()
		c.Strategy()
	})
}

func FuzzGitHubChange(f *testing.F) {
	for _, parts := range []map[string]string{nil, {"reviews": "[" + review("9", bob, "APPROVED", "4T10", head) + "]"},
		{"reviews": "[" + review("9", bob, "DISMISSED", "4T10", old) + "]", "timelineItems": dismissed("9", "APPROVED", "4T13")},
		{"commits": `[` + commit("h1", alice, "b0") + `,` + updated("h2", bob, "h1", "b1") + `]`, "labels": `["emergency"]`}} {
		f.Add([]byte(pullSubject(f, parts).Doc), "")
		f.Add([]byte(pullSubject(f, parts).Doc), "reviews")
	}
	fuzzChange(f, "github.pull-request")
}

// fuzzDeployment holds the same of deployments.
func fuzzDeployment(f *testing.F, typ string) {
	f.Fuzz(func(t *testing.T, doc []byte, missing string) {
		s := fuzzSubject(typ, doc, missing)
		d, err := DeploymentOf(s)
		if err != nil {
			return
		}
		j := d.Judge()
		if _, unseen := d.Unseen[PartApprovals]; unseen && j.Verdict != Unknown {
			t.Fatalf("%s without approvals", j.Verdict)
		}
		if (j.Verdict == IsApproved) != (len(j.Approvers) > 0) || j.Why == "" {
			t.Fatalf("%s by %v: %q", j.Verdict, j.Approvers, j.Why)
		}
		for _, a := range j.Approvers {
			if a.Kind != Person || a.among(d.StartedBy) {
				t.Fatalf("approved by %+v, started by %+v", a, d.StartedBy)
			}
		}
	})
}

func FuzzGitHubDeployment(f *testing.F) {
	f.Add([]byte(`{"sha":"c1","environment":"prod","Run":{"head_sha":"c1","actor":{"id":1,"login":"alice"}},`+
		`"Approvals":[{"state":"approved","user":{"id":2,"login":"bob"},"environments":[{"name":"prod"}]}],`+
		`"Statuses":[{"state":"success","created_at":"2026-05-04T12:00:00Z"}]}`), "")
	fuzzDeployment(f, "github.deployment")
}

func FuzzGitHubCommit(f *testing.F) {
	f.Add([]byte(landedSubject("c", `["p"]`, `[{"number":7,"mergedAt":"2026-05-04T12:00:00Z","baseRefName":"main"}]`).Doc), "")
	f.Fuzz(func(t *testing.T, doc []byte, missing string) {
		l, err := LandedOf(fuzzSubject("github.commit", doc, missing))
		if err != nil {
			return
		}
		v, why, _ := l.Judge()
		if _, unseen := l.Unseen[PartOrigin]; unseen && v != Unknown || why == "" {
			t.Fatalf("%s: %q", v, why)
		}
	})
}

func FuzzRepositoryKey(f *testing.F) {
	f.Add("git@github.com:acme/shop.git")
	f.Fuzz(func(t *testing.T, text string) {
		if key := RepositoryKey(text); key != "" && RepositoryKey(key) == "" {
			t.Fatalf("%q became %q, which is none", text, key)
		}
	})
}
