package assess

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// TestTwoSources judges one population once, by the better snapshot.
func TestTwoSources(t *testing.T) {
	source := func(name string, o evidence.Outcome, age time.Duration) func(*evidence.Snapshot) {
		return func(s *evidence.Snapshot) {
			s.Source, s.Outcome, s.Window.To = name, o, asOf.Add(-age)
		}
	}
	tests := []struct {
		name     string
		first    func(*evidence.Snapshot)
		second   func(*evidence.Snapshot)
		wantFrom string
	}{
		{"the newer", source("a", evidence.OutcomeOK, time.Hour), source("b", evidence.OutcomeOK, time.Minute), "b"},
		{"the whole one", source("a", evidence.OutcomeOK, time.Hour), source("b", evidence.OutcomeDenied, time.Minute), "a"},
		{"the first of equals", source("a", evidence.OutcomeOK, time.Hour), source("b", evidence.OutcomeOK, time.Hour), "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &memView{}
			v.add(t, "aws.s3.bucket", "1", "", tt.first, doc("from a", `{}`))
			v.add(t, "aws.s3.bucket", "1", "", tt.second, doc("from b", `{}`))
			_, sink := assess(t, mustNew(t, oneCheck("aws.s3.bucket", "", "true")), v, Input{})
			if d := cmp.Diff([]string{"aws:1|aws.t.check|from " + tt.wantFrom}, keys(sink.observations)); d != "" {
				t.Errorf("observations (-want +got):\n%s", d)
			}
		})
	}
}

// TestSameInAnyOrder gives the same evidence in many orders and to different numbers of workers.
func TestSameInAnyOrder(t *testing.T) {
	controls := []evidence.Control{
		oneCheck("aws.s3.bucket", `subject.doc.Name != "skip"`, `related("aws.cloudtrail.trail").exists(t, t.doc.Bucket == subject.doc.Name && t.tags["a\nb"] == "c\nd")`),
		{ID: "b", Freshness: evidence.Duration(time.Hour), Manual: "m", Checks: []evidence.Check{
			{ID: "aws.b.size", Subject: "aws.s3.bucket", Assert: "subject.doc.Size > 3", Facts: map[string]string{
				"size": "subject.doc.Size", "grants": "subject.doc.Grants.map(g, g.Who)", "doc": "subject.doc"}, Severity: evidence.Low},
			{ID: "aws.b.policy", Subject: "aws.s3.bucket", Assert: `subject.doc.Policy == ""`, Severity: evidence.Critical}}},
	}
	controls[0].Checks[0].Facts = map[string]string{"trails": `related("aws.cloudtrail.trail").map(t, t.id)`}
	v := &memView{}
	for _, account := range []string{"1", "2", "3"} {
		var buckets, trails []evidence.Subject
		for i := range 300 {
			n := string(rune('a'+i%26)) + account
			b := doc(n+"-"+strings.Repeat("x", i), `{"Name":"`+n+`","Size":`+string(rune('0'+i%10))+`,"Grants":[{"Who":"`+n+`"}]}`)
			if i%7 == 0 {
				b.Missing = map[string]evidence.Missing{"Policy": {Operation: "p", Outcome: evidence.OutcomeDenied}}
			}
			buckets = append(buckets, b)
			if i < 9 {
				trail := doc("t"+n, `{"Bucket":"`+n+`"}`)
				trail.Tags = map[string]string{"a\nb": "c\nd"}
				trails = append(trails, trail)
			}
		}
		v.add(t, "aws.s3.bucket", account, "", nil, buckets...)
		v.add(t, "aws.cloudtrail.trail", account, "eu-west-1", nil, trails...)
	}
	var want string
	var wantAssessment []byte
	for round := range 8 {
		shuffle := rand.New(rand.NewPCG(uint64(round), 1))
		for _, items := range v.subjects {
			shuffle.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		}
		shuffle.Shuffle(len(v.snaps), func(i, j int) { v.snaps[i], v.snaps[j] = v.snaps[j], v.snaps[i] })
		slices.Reverse(controls)
		a, sink := assess(t, mustNew(t, controls...), v, Input{Workers: 1 + round%4})
		raw, err := evidence.Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			want, wantAssessment = sink.text(), raw
			if n := strings.Count(want, "\n"); n != 3*900+3*2 {
				t.Fatalf("%d observations and findings", n)
			}
		}
		if d := cmp.Diff(want, sink.text()); d != "" {
			t.Fatalf("round %d:\n%s", round, d)
		}
		if d := cmp.Diff(string(wantAssessment), string(raw)); d != "" {
			t.Fatalf("round %d: the assessment differs:\n%s", round, d)
		}
	}
}

// TestManyReasons keeps the same few of many reasons, whatever the order of the subjects.
func TestManyReasons(t *testing.T) {
	var subjects []evidence.Subject
	for i := range 400 {
		subjects = append(subjects, doc(fmt.Sprint("b", i), fmt.Sprintf(`{"Name":"n%03d"}`, i)))
	}
	var want []string
	for i := range maxReasons {
		want = append(want, fmt.Sprintf(`assert has no answer: "n%03d" is not an IP range`, i))
	}
	want = append(want, "and others")
	for round := range 3 {
		rand.New(rand.NewPCG(uint64(round), 2)).Shuffle(len(subjects), func(i, j int) {
			subjects[i], subjects[j] = subjects[j], subjects[i]
		})
		v := &memView{}
		v.add(t, "aws.s3.bucket", "1", "", nil, subjects...)
		_, sink := assess(t, mustNew(t, oneCheck("aws.s3.bucket", "", "cidrIsAny(subject.doc.Name)")), v, Input{})
		if d := cmp.Diff(want, sink.finding("ctl|aws:1").Reasons); d != "" {
			t.Errorf("reasons (-want +got):\n%s", d)
		}
	}
}
