package assess

import (
	stdcmp "cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// TestVerdicts is the table of what one snapshot means for one check and its control.
func TestVerdicts(t *testing.T) {
	denied := map[string]evidence.Missing{"Size": {Operation: "s3:GetSize", Outcome: evidence.OutcomeDenied, Permission: "s3:GetSize"}}
	outcome := func(o evidence.Outcome, ops ...evidence.Operation) func(*evidence.Snapshot) {
		return func(s *evidence.Snapshot) { s.Outcome, s.Completeness.Operations = o, ops }
	}
	tests := []struct {
		name     string
		where    string
		onEmpty  evidence.Verdict
		change   func(*evidence.Snapshot)
		subjects []evidence.Subject
		want     map[string]evidence.Verdict // by subject id; "" is the population
		reason   string                      // of the observation "" or "b", whichever is wanted
		status   evidence.Status
	}{
		{name: "pass", subjects: []evidence.Subject{doc("b", `{"Size":1}`)},
			want: map[string]evidence.Verdict{"b": evidence.Pass}, status: evidence.Satisfied},
		{name: "fail beats pass and unknown", subjects: []evidence.Subject{doc("a", `{"Size":1}`), doc("b", `{"Size":2}`),
			{ID: "c", Missing: denied}},
			want:   map[string]evidence.Verdict{"a": evidence.Pass, "b": evidence.Fail, "c": evidence.Unknown},
			status: evidence.NotSatisfied},
		{name: "unknown beats pass", subjects: []evidence.Subject{doc("a", `{"Size":1}`), {ID: "b", Missing: denied}},
			want:   map[string]evidence.Verdict{"a": evidence.Pass, "b": evidence.Unknown},
			reason: "Size was not collected: s3:GetSize denied, needs s3:GetSize", status: evidence.Indeterminate},
		{name: "absent is an error, not a fail", subjects: []evidence.Subject{doc("b", `{}`)},
			want:   map[string]evidence.Verdict{"b": evidence.Unknown},
			reason: "assert has no answer: no such key: Size", status: evidence.Indeterminate},
		{name: "outside the population", where: `subject.doc.Name != "skip"`, subjects: []evidence.Subject{doc("b", `{"Name":"skip"}`)},
			want: map[string]evidence.Verdict{"b": evidence.NotApplicable}, reason: outsideReason,
			status: evidence.StatusNotNeeded},
		{name: "where unknown", where: `subject.doc.Size > 0`, subjects: []evidence.Subject{{ID: "b", Missing: denied}},
			want:   map[string]evidence.Verdict{"b": evidence.Unknown},
			reason: "Size was not collected: s3:GetSize denied, needs s3:GetSize", status: evidence.Indeterminate},
		{name: "where in error", where: `subject.doc.Name == ""`, subjects: []evidence.Subject{doc("b", `{"Size":1}`)},
			want:   map[string]evidence.Verdict{"b": evidence.Unknown},
			reason: "where has no answer: no such key: Name", status: evidence.Indeterminate},
		{name: "empty means pass", onEmpty: evidence.Pass, want: map[string]evidence.Verdict{"": evidence.Pass},
			reason: "there are no subjects", status: evidence.Satisfied},
		{name: "empty means fail", onEmpty: evidence.Fail, want: map[string]evidence.Verdict{"": evidence.Fail},
			reason: "there are no subjects", status: evidence.NotSatisfied},
		{name: "empty means nothing", onEmpty: evidence.NotApplicable,
			want: map[string]evidence.Verdict{"": evidence.NotApplicable}, status: evidence.StatusNotNeeded},
		{name: "not enabled", onEmpty: evidence.Fail, change: outcome(evidence.OutcomeNotEnabled),
			want: map[string]evidence.Verdict{"": evidence.NotApplicable}, reason: "the service is not enabled here",
			status: evidence.StatusNotNeeded},
		{name: "list denied", onEmpty: evidence.Pass, change: outcome(evidence.OutcomeDenied, evidence.Operation{
			Name: "s3:ListBuckets", Outcome: evidence.OutcomeDenied, Permission: "s3:ListAllMyBuckets"}),
			want:   map[string]evidence.Verdict{"": evidence.Unknown},
			reason: "aws.s3.bucket was not collected: s3:ListBuckets denied, needs s3:ListAllMyBuckets",
			status: evidence.Indeterminate},
		{name: "list failed without a word", onEmpty: evidence.Pass, change: outcome(evidence.OutcomeFailed),
			want:   map[string]evidence.Verdict{"": evidence.Unknown},
			reason: "aws.s3.bucket could not be listed: failed", status: evidence.Indeterminate},
		{name: "an outcome of a later version", onEmpty: evidence.Pass, change: outcome("half"),
			want: map[string]evidence.Verdict{"": evidence.Unknown}, status: evidence.Indeterminate},
		{name: "part of a list that failed", change: outcome(evidence.OutcomeThrottled),
			subjects: []evidence.Subject{doc("b", `{"Size":2}`)},
			want:     map[string]evidence.Verdict{"": evidence.Unknown, "b": evidence.Fail}, status: evidence.NotSatisfied},
		{name: "second count says more", change: func(s *evidence.Snapshot) {
			s.Completeness.SecondCount = &evidence.SecondCount{Operation: "s3:Count", Count: 2}
		}, subjects: []evidence.Subject{doc("b", `{"Size":1}`)},
			want:   map[string]evidence.Verdict{"": evidence.Unknown, "b": evidence.Pass},
			status: evidence.Indeterminate},
		{name: "a gap in a population", onEmpty: evidence.Pass, change: func(s *evidence.Snapshot) {
			s.Completeness.Coverage = &evidence.Coverage{
				Span: evidence.Window{From: asOf.Add(-90 * 24 * time.Hour), To: asOf},
				Gaps: []evidence.Unknowable{{Window: evidence.Window{From: asOf.Add(-48 * time.Hour), To: asOf.Add(-24 * time.Hour)},
					Reason: "nobody looked"}, {Window: evidence.Window{From: asOf.Add(-2 * time.Hour), To: asOf}}},
			}
		}, subjects: []evidence.Subject{doc("a", `{"Size":1}`)},
			want: map[string]evidence.Verdict{"": evidence.Unknown, "a": evidence.Pass},
			reason: "events of aws.s3.bucket are not known from 2026-02-27T12:00:00Z to 2026-02-28T12:00:00Z: nobody looked; " +
				"and in 1 further gaps",
			status: evidence.Indeterminate},
		{name: "a population that is known from its first collection on", onEmpty: evidence.Pass,
			change: func(s *evidence.Snapshot) {
				span := evidence.Window{From: asOf.Add(-90 * 24 * time.Hour), To: asOf}
				s.Completeness.Coverage = &evidence.Coverage{Span: span, Gaps: []evidence.Unknowable{
					{Window: evidence.Window{From: span.From, To: asOf.Add(-24 * time.Hour)}, Reason: "before the first collection"}}}
			}, want: map[string]evidence.Verdict{"": evidence.Unknown},
			reason: "events of aws.s3.bucket are not known up to 2026-02-28T12:00:00Z: before the first collection",
			status: evidence.Indeterminate},
		{name: "nothing happened in a population without a gap", onEmpty: evidence.Pass, change: func(s *evidence.Snapshot) {
			s.Completeness.Coverage = &evidence.Coverage{Span: evidence.Window{From: asOf.Add(-90 * 24 * time.Hour), To: asOf}}
		}, want: map[string]evidence.Verdict{"": evidence.Pass}, status: evidence.Satisfied},
		{name: "stale", change: func(s *evidence.Snapshot) { s.Window.From = asOf.Add(-27 * time.Hour) },
			subjects: []evidence.Subject{doc("b", `{"Size":2}`)}, want: map[string]evidence.Verdict{"b": evidence.Unknown},
			reason: "stale: aws.s3.bucket was last collected more than 26h before", status: evidence.Indeterminate},
		{name: "stale and empty", onEmpty: evidence.Pass,
			change: func(s *evidence.Snapshot) { s.Window.From = asOf.Add(-27 * time.Hour) },
			want:   map[string]evidence.Verdict{"": evidence.Unknown}, status: evidence.Indeterminate},
		{name: "just fresh", change: func(s *evidence.Snapshot) { s.Window.From = asOf.Add(-26 * time.Hour) },
			subjects: []evidence.Subject{doc("b", `{"Size":1}`)}, want: map[string]evidence.Verdict{"b": evidence.Pass},
			status: evidence.Satisfied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := oneCheck("aws.s3.bucket", tt.where, `subject.doc.Size == 1`)
			if tt.onEmpty != "" {
				c.Checks[0].OnEmpty = tt.onEmpty
			}
			v := &memView{}
			v.add(t, "aws.s3.bucket", "1", "", tt.change, tt.subjects...)
			a, sink := assess(t, mustNew(t, c), v, Input{})
			got := map[string]evidence.Verdict{}
			total := 0
			for key := range sink.observations {
				o := sink.observation(key)
				got[o.Subject] = o.Verdict
				total++
				if o.Verdict == evidence.Unknown && o.Reason == "" {
					t.Errorf("%s is unknown without a reason", key)
				}
				if tt.reason != "" && (o.Subject == "" || o.Subject == "b") && o.Reason != tt.reason {
					t.Errorf("reason %q, want %q", o.Reason, tt.reason)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("verdicts (-want +got):\n%s", d)
			}
			f := sink.finding("ctl|aws:1")
			if f.Status != tt.status {
				t.Errorf("the control is %s, want %s", f.Status, tt.status)
			}
			if (f.Severity == evidence.High) != (tt.status == evidence.NotSatisfied) {
				t.Errorf("severity %q", f.Severity)
			}
			sum := 0
			for _, n := range a.Totals {
				sum += n
			}
			if sum != total || a.Statuses[tt.status] != 1 {
				t.Errorf("totals %v, statuses %v", a.Totals, a.Statuses)
			}
		})
	}
}

// TestUnscoped is the table of controls that belong to no scope.
func TestUnscoped(t *testing.T) {
	manual := evidence.Control{ID: "manual", Manual: "look at the minutes"}
	both := evidence.Control{ID: "both", Checks: []evidence.Check{
		{ID: "aws.a", Subject: "aws.s3.bucket", Assert: "true"}, {ID: "gcp.a", Subject: "gcp.storage.bucket", Assert: "true"}}}
	two := evidence.Control{ID: "two", Checks: []evidence.Check{
		{ID: "aws.b", Subject: "aws.s3.bucket", Assert: "true"}, {ID: "aws.c", Subject: "aws.cloudtrail.trail", Assert: "true"}}}
	other := evidence.Control{ID: "other", Manual: "ask", Checks: []evidence.Check{
		{ID: "gcp.b", Subject: "gcp.storage.bucket", Assert: "true"}}}
	statement := func(control, scope string, from, expires time.Duration) evidence.Attestation {
		return evidence.Attestation{ID: "att", Control: control, Scope: scope,
			Period: evidence.Window{From: asOf.Add(from)}, Expires: asOf.Add(expires)}
	}
	ended := statement("manual", "", -2, 2)
	ended.Ended, ended.EndedBy = asOf, evidence.Withdrawn
	tests := []struct {
		name         string
		control      evidence.Control
		attestations []evidence.Attestation
		want         map[string]string // finding key to status and reasons
	}{
		{"manual", manual, nil, map[string]string{"manual|": "indeterminate manual"}},
		{"attested", manual, []evidence.Attestation{statement("manual", "", -1, 1)},
			map[string]string{"manual|": "satisfied attested: att"}},
		{"attestation ended", manual, []evidence.Attestation{statement("manual", "", -2, 0)},
			map[string]string{"manual|": "indeterminate manual"}},
		{"attestation ended early", manual, []evidence.Attestation{ended},
			map[string]string{"manual|": "indeterminate manual"}},
		{"attestation not begun", manual, []evidence.Attestation{statement("manual", "", 1, 2)},
			map[string]string{"manual|": "indeterminate manual"}},
		{"attested elsewhere", manual, []evidence.Attestation{statement("another", "", -1, 1)},
			map[string]string{"manual|": "indeterminate manual"}},
		{"attested for one scope", manual, []evidence.Attestation{statement("manual", "aws:1", -1, 1)},
			map[string]string{"manual|": "indeterminate manual", "manual|aws:1": "satisfied attested: att"}},
		{"a provider that is not in use", both, nil, map[string]string{"both|aws:1": "satisfied "}},
		{"a type that was not collected", two, nil,
			map[string]string{"two|aws:1": "satisfied ", "two|": "indeterminate never collected: aws.cloudtrail.trail"}},
		{"nothing of it collected", other, nil,
			map[string]string{"other|": "indeterminate never collected: gcp.storage.bucket"}},
		{"nothing of it collected, attested", other, []evidence.Attestation{statement("other", "", -1, 1)},
			map[string]string{"other|": "satisfied attested: att"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &memView{}
			v.add(t, "aws.s3.bucket", "1", "", nil, doc("b", `{}`))
			_, sink := assess(t, mustNew(t, tt.control), v, Input{Attestations: tt.attestations})
			got := map[string]string{}
			for key := range sink.findings {
				f := sink.finding(key)
				got[key] = string(f.Status) + " " + strings.Join(f.Reasons, "; ")
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
		})
	}
}

func TestLostScope(t *testing.T) {
	v := &memView{}
	v.add(t, "aws.s3.bucket", "1", "", nil, doc("b", `{}`))
	v.add(t, "aws.cloudtrail.trail", "1", "eu-west-1", nil, doc("t", `{}`))
	c := oneCheck("aws.s3.bucket", "", "true")
	c.Checks = append(c.Checks, evidence.Check{ID: "aws.t.trail", Subject: "aws.cloudtrail.trail", Assert: "true"})
	lost := func(account, region string, o evidence.Outcome) evidence.ScopeOutcome {
		return evidence.ScopeOutcome{Scope: evidence.Scope{Provider: "aws", Account: account, Region: region}, Outcome: o,
			Reason: "the role cannot be assumed"}
	}
	_, sink := assess(t, mustNew(t, c), v, Input{Scopes: []evidence.ScopeOutcome{
		lost("1", "", evidence.OutcomeOK), lost("2", "", evidence.OutcomeDenied), lost("1", "us-east-1", evidence.OutcomeUnreachable),
		lost("3", "", evidence.OutcomeExcluded)}})
	want := []string{"aws:1:eu-west-1|aws.t.trail|t", "aws:1:us-east-1|aws.t.trail|", "aws:1|aws.t.check|b", "aws:2|aws.t.check|"}
	if d := cmp.Diff(want, keys(sink.observations)); d != "" {
		t.Errorf("observations (-want +got):\n%s", d)
	}
	o := sink.observation("aws:2|aws.t.check|")
	if o.Verdict != evidence.Unknown || o.Reason != "the scope could not be collected: denied, the role cannot be assumed" {
		t.Errorf("got %+v", o)
	}
	if f := sink.finding("ctl|aws:2"); f.Status != evidence.Indeterminate {
		t.Errorf("the control is %s in a scope that was lost", f.Status)
	}
}

// TestRelatedInALostScope holds that related() is not whole where a scope of the account could not be reached.
func TestRelatedInALostScope(t *testing.T) {
	v := &memView{}
	v.add(t, "aws.s3.bucket", "1", "", nil, doc("b", `{}`))
	v.add(t, "aws.cloudtrail.trail", "1", "eu-west-1", nil, doc("t", `{}`))
	e := mustNew(t, oneCheck("aws.s3.bucket", "", `related("aws.cloudtrail.trail").all(x, x.id == "t")`))
	_, sink := assess(t, e, v, Input{})
	if o := sink.observation("aws:1|aws.t.check|b"); o.Verdict != evidence.Pass {
		t.Errorf("with all scopes reached: %+v", o)
	}
	_, sink = assess(t, e, v, Input{Scopes: []evidence.ScopeOutcome{{Outcome: evidence.OutcomeDenied, Reason: "needs x:Y",
		Scope: evidence.Scope{Provider: "aws", Account: "1", Region: "us-east-1"}}}})
	o := sink.observation("aws:1|aws.t.check|b")
	if o.Verdict != evidence.Unknown || o.Reason != "the scope could not be collected: denied, needs x:Y" {
		t.Errorf("with a region lost: %+v", o)
	}
}

func TestSettings(t *testing.T) {
	c := oneCheck("aws.s3.bucket", "", `subject.doc.Size <= params.limit`)
	c.Params = map[string]evidence.Param{"limit": {Value: json.RawMessage("90"), Bound: "max"},
		"least": {Value: json.RawMessage("2.5"), Bound: "min"}, "mode": {Value: json.RawMessage(`"strict"`), Bound: "max"}}
	c.Checks[0].OnEmpty = evidence.Pass
	set := func(name, value string) map[string]map[string]json.RawMessage {
		return map[string]map[string]json.RawMessage{"ctl": {name: json.RawMessage(value)}}
	}
	loose := "the setting limit = 91 is looser than the control's 90"
	tests := []struct {
		name     string
		settings map[string]map[string]json.RawMessage
		size     string
		verdict  evidence.Verdict
		reason   string
		err      string
	}{
		{name: "as the control says", size: "90", verdict: evidence.Pass},
		{name: "stricter", settings: set("limit", "30"), size: "31", verdict: evidence.Fail},
		{name: "looser fails what would pass", settings: set("limit", "91"), size: "1", verdict: evidence.Fail, reason: loose},
		{name: "looser keeps a fail", settings: set("limit", "91"), size: "92", verdict: evidence.Fail},
		{name: "looser keeps an unknown", settings: set("limit", "91"), size: "null", verdict: evidence.Unknown,
			reason: "assert has no answer: no such overload: _<=_"},
		{name: "a looser param that the check does not read", settings: set("least", "1.5"), size: "1", verdict: evidence.Pass},
		{name: "an unknown param", settings: set("limits", "1"), err: `no such param, did you mean "limit"?`},
		{name: "another kind", settings: set("limit", `"90"`), err: "setting limit of control ctl: expected int, got string"},
		{name: "an unknown control", settings: map[string]map[string]json.RawMessage{"x": nil}, err: "there is no such control"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &memView{}
			v.add(t, "aws.s3.bucket", "1", "", nil, doc("b", `{"Size":`+stdcmp.Or(tt.size, "1")+`}`))
			if tt.err != "" {
				_, err := mustNew(t, c).Assess(context.Background(), v, Input{AsOf: asOf, Settings: tt.settings}, nil)
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %s", err, tt.err)
				}
				return
			}
			_, sink := assess(t, mustNew(t, c), v, Input{Settings: tt.settings})
			o := sink.observation("aws:1|aws.t.check|b")
			if o.Verdict != tt.verdict || o.Reason != tt.reason {
				t.Errorf("%s %q, want %s %q", o.Verdict, o.Reason, tt.verdict, tt.reason)
			}
		})
	}
	v := &memView{}
	v.add(t, "aws.s3.bucket", "1", "", nil)
	_, sink := assess(t, mustNew(t, c), v, Input{Settings: set("limit", "91")})
	if o := sink.observation("aws:1|aws.t.check|"); o.Verdict != evidence.Fail || o.Reason != loose {
		t.Errorf("an empty population under a looser setting: %+v", o)
	}
}

// TestNewestScope reads a scope's name and facts as they were collected last.
func TestNewestScope(t *testing.T) {
	v := &memView{}
	for i, typ := range []string{"aws.cloudtrail.trail", "aws.s3.bucket"} {
		v.add(t, typ, "1", "", func(s *evidence.Snapshot) {
			s.Scope.Name, s.Scope.Facts = typ, map[string]any{"n": i}
			s.Window.To = s.Window.To.Add(time.Duration(i) * time.Minute)
		}, doc("b", `{}`))
	}
	for _, typ := range []string{"aws.cloudtrail.trail", "aws.s3.bucket"} {
		_, sink := assess(t, mustNew(t, oneCheck(typ, "", `subject.scope.name == "aws.s3.bucket" && subject.scope.facts.n == 1`)), v, Input{})
		if o := sink.observation("aws:1|aws.t.check|b"); o.Verdict != evidence.Pass {
			t.Errorf("%s sees another scope: %+v", typ, o)
		}
	}
}

func TestAssessStops(t *testing.T) {
	v := &memView{}
	v.add(t, "aws.s3.bucket", "1", "", nil, doc("b", `{}`))
	sink := &memSink{t: t, observations: map[string][]byte{}, findings: map[string][]byte{}}
	e := mustNew(t, oneCheck("aws.s3.bucket", "", "true"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Assess(ctx, v, Input{AsOf: asOf}, sink); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	full := errors.New("disk full")
	if _, err := e.Assess(context.Background(), v, Input{AsOf: asOf}, failSink{full}); !errors.Is(err, full) {
		t.Errorf("the sink's error is lost: %v", err)
	}
	for root := range v.subjects {
		v.subjects[root][0].object = []byte(`{"doc":{}`)
	}
	if _, err := e.Assess(context.Background(), v, Input{AsOf: asOf}, sink); err == nil || !strings.Contains(err.Error(), "parse aws.s3.bucket") {
		t.Errorf("broken evidence: %v", err)
	}
}

type failSink struct{ err error }

func (s failSink) Observation(string, []byte) error { return s.err }
func (s failSink) Finding(string, []byte) error     { return nil }
