package gate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

var now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

const (
	critical = evidence.Critical
	high     = evidence.High
	medium   = evidence.Medium
	low      = evidence.Low
)

// fails is a failing bucket in an account.
func fails(check, id string, severity evidence.Severity) Item {
	return Item{Severity: severity, Owner: "web", Observation: evidence.Observation{Control: "storage", Check: check,
		Type: "aws.s3.bucket", Scope: "aws:1", Subject: id, Verdict: evidence.Fail}}
}

func unknown(check, id string, severity evidence.Severity, reason string) Item {
	i := fails(check, id, severity)
	i.Verdict, i.Reason = evidence.Unknown, reason
	return i
}

func accepted(id, check, subject string, days int, compensating ...string) evidence.RiskAcceptance {
	return evidence.RiskAcceptance{ID: id, Check: check, Scope: "aws:1", Subjects: []string{subject}, Compensating: compensating,
		Start: now.AddDate(0, -1, 0), End: now.AddDate(0, 0, days)}
}

// brief is a decision as the tables write it: the outcome, then "action rule: check subject xN (why)" for each reason.
func brief(d evidence.Decision) string {
	lines := []string{d.Outcome}
	for _, r := range d.Reasons {
		s := r.Action + " " + r.Rule + ": " + strings.TrimSpace(r.Check+" "+r.Subject)
		if r.Count > 1 {
			s += fmt.Sprintf(" x%d", r.Count)
		}
		if r.Why != "" {
			s += " (" + r.Why + ")"
		}
		if r.Accepted != "" {
			s += " by " + r.Accepted + " until " + r.Until.Format(time.DateOnly)
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}

// asked is the policy of the usual question: what is public blocks, what is internal passes when another check makes good
// for it and the acceptance ends soon.
func asked() Policy {
	return Default().With([]Rule{
		{Name: "public", Match: Match{Exposure: "public"}, Action: evidence.GateBlock},
		{Name: "internal", Match: Match{Exposure: "internal", Severity: []evidence.Severity{critical, high}}, Action: evidence.GateBlock,
			Accept: &Accept{Compensating: true, Within: evidence.Duration(30 * 24 * time.Hour)}},
	})
}

func with(rules ...Rule) Policy { return Default().With(rules) }

func TestDecide(t *testing.T) {
	warnUnknown := Default()
	warnUnknown.Unknown = evidence.GateWarn
	cut := accepted("x", "a", "1", 90)
	cut.Limits = &evidence.AcceptanceLimits{Latest: map[evidence.Severity]time.Time{critical: now.AddDate(0, 0, 2)}}
	for _, tc := range []struct {
		name   string
		policy Policy
		in     Input
		want   string
	}{
		{"nothing fails", Default(), Input{Judged: 5}, "pass"},
		{"nothing was judged", Default(), Input{}, "block\nblock missing is never pass:  (no evidence answers what was asked: nothing was judged)"},
		{"by severity", Default(), Input{Judged: 1, Items: []Item{fails("d", "1", low), fails("b", "1", high), fails("a", "1", critical), fails("c", "1", medium)}},
			"block\nblock critical and high: a 1\nblock critical and high: b 1\nwarn the rest: c 1\nwarn the rest: d 1"},
		{"what only warns", Default(), Input{Judged: 1, Items: []Item{fails("c", "1", medium)}}, "warn\nwarn the rest: c 1"},
		{"accepted", Default(), Input{Judged: 1, Items: []Item{fails("a", "1", critical)}, Accepted: []evidence.RiskAcceptance{accepted("x", "a", "1", 90), accepted("y", "a", "1", 300)}},
			"pass\naccepted critical and high: a 1 by y until 2027-01-04"},
		{"accepted for something else", Default(), Input{Judged: 1, Items: []Item{fails("a", "1", critical)}, Accepted: []evidence.RiskAcceptance{accepted("x", "a", "2", 90)}},
			"block\nblock critical and high: a 1"},
		{"an acceptance that ended since", Default(), Input{Judged: 1, Items: []Item{fails("a", "1", critical)}, Accepted: []evidence.RiskAcceptance{accepted("x", "a", "1", 0)}},
			"block\nblock critical and high: a 1 (acceptance x has ended)"},

		{"an acceptance that its severity cuts short", Default(), Input{Judged: 1, Items: []Item{fails("a", "1", critical)}, Accepted: []evidence.RiskAcceptance{cut}},
			"pass\naccepted critical and high: a 1 by x until 2026-03-12"},

		{"public blocks although it is accepted", asked(), Input{Judged: 1, Items: []Item{fails("aws.s3.bucket-not-public", "1", low), fails("crypt", "1", low)},
			Accepted: []evidence.RiskAcceptance{accepted("x", "aws.s3.bucket-not-public", "1", 9, "waf"), accepted("y", "crypt", "1", 9, "waf")}},
			"block\nblock public: aws.s3.bucket-not-public 1 (the rule honours no acceptance)\nblock public: crypt 1 (the rule honours no acceptance)"},
		{"whether it is public cannot be told", asked(), Input{Judged: 1, Items: []Item{unknown("aws.s3.bucket-not-public", "1", low, "denied"), fails("crypt", "1", low)}},
			"block\nblock public: aws.s3.bucket-not-public 1 (denied)\nblock public: crypt 1"},
		{"internal with a compensating check", asked(), Input{Judged: 1, Items: []Item{fails("crypt", "1", high)}, Accepted: []evidence.RiskAcceptance{accepted("x", "crypt", "1", 30, "waf")}},
			"pass\naccepted internal: crypt 1 by x until 2026-04-09"},
		{"internal without one", asked(), Input{Judged: 1, Items: []Item{fails("crypt", "1", high)}, Accepted: []evidence.RiskAcceptance{accepted("x", "crypt", "1", 30)}},
			"block\nblock internal: crypt 1 (acceptance x names no compensating check)"},
		{"internal that is accepted for too long", asked(), Input{Judged: 1, Items: []Item{fails("crypt", "1", high)}, Accepted: []evidence.RiskAcceptance{accepted("x", "crypt", "1", 31, "waf")}},
			"block\nblock internal: crypt 1 (acceptance x ends later than within 30d)"},
		{"internal that is not grave", asked(), Input{Judged: 1, Items: []Item{fails("crypt", "1", medium)}}, "warn\nwarn the rest: crypt 1"},

		{"unknown blocks", Default(), Input{Judged: 1, Items: []Item{unknown("a", "2", high, "denied"), unknown("a", "1", high, "denied"), unknown("a", "3", high, "throttled")}},
			"block\nblock critical and high: a 1 x2 (denied)\nblock critical and high: a 3 (throttled)"},
		{"unknown where a failure would warn", Default(), Input{Judged: 1, Items: []Item{unknown("a", "1", low, "denied")}}, "warn\nwarn the rest: a 1 (denied)"},
		{"unknown warns by policy", warnUnknown, Input{Judged: 1, Items: []Item{unknown("a", "1", critical, "denied")}}, "warn\nwarn critical and high: a 1 (denied)"},
		{"an acceptance does not cover what is unknown", Default(), Input{Judged: 1, Items: []Item{unknown("a", "1", high, "denied")}, Accepted: []evidence.RiskAcceptance{accepted("x", "a", "1", 9)}},
			"block\nblock critical and high: a 1 (denied)"},
		{"a verdict of a later version", Default(), Input{Judged: 1, Items: []Item{{Severity: high, Observation: evidence.Observation{Check: "a", Verdict: "perhaps"}}}},
			"block\nblock critical and high: a"},
		{"stale", Default(), Input{Judged: 1, Stale: []Stale{{"aws.s3.bucket", "aws:1", now.Add(-50 * time.Hour), evidence.Duration(26 * time.Hour)}}},
			"block\nblock stale evidence:  (the evidence is 50h0m0s old, and may be 26h0m0s old)"},
		{"stale warns by policy", warnUnknown, Input{Judged: 1, Stale: []Stale{{Type: "aws.s3.bucket", Scope: "aws:1", May: evidence.Duration(time.Hour)}}},
			"warn\nwarn stale evidence:  (the evidence was never seen whole, and may be 1h0m0s old)"},

		{"ignored for a reason", with(Rule{Name: "sandbox", Match: Match{Scope: []string{"aws:*"}}, Action: evidence.GateIgnore, Reason: "a sandbox", Until: now.AddDate(0, 0, 1)}),
			Input{Judged: 1, Items: []Item{fails("a", "1", critical), unknown("a", "2", critical, "denied")}},
			"pass\nignore sandbox: a 1 (a sandbox)\nignore sandbox: a 2 (a sandbox; denied)"},
		{"ignored no longer", with(Rule{Name: "sandbox", Action: evidence.GateIgnore, Reason: "a sandbox", Until: now}),
			Input{Judged: 1, Items: []Item{fails("a", "1", critical)}}, "block\nblock critical and high: a 1 (rule sandbox ended on 2026-03-10)"},
		{"the first rule decides", with(Rule{Name: "first", Match: Match{Check: []string{"aws.*"}}, Action: evidence.GateWarn}, Rule{Name: "second", Action: evidence.GateBlock}),
			Input{Judged: 1, Items: []Item{fails("aws.x", "1", critical), fails("gcp.x", "1", low)}}, "block\nblock second: gcp.x 1\nwarn first: aws.x 1"},
		{"by owner, control and type", with(Rule{Name: "web", Match: Match{Owner: []string{"web"}, Control: []string{"storage"}, Type: []string{"aws.s3.*"}}, Action: evidence.GateWarn}),
			Input{Judged: 1, Items: []Item{fails("a", "1", critical)}}, "warn\nwarn web: a 1"},
		{"a ticket stops nothing", with(Rule{Name: "later", Action: evidence.GateTicket}),
			Input{Judged: 1, Items: []Item{fails("a", "1", critical), unknown("a", "2", critical, "denied")}}, "warn\nwarn later: a 2 (denied)\nticket later: a 1"},
		{"no rule at all", Policy{}, Input{Judged: 1, Items: []Item{fails("a", "1", critical)}}, "warn\nwarn no rule: a 1"},

		{"another scope", Default(), Input{Judged: 1, Filter: evidence.GateFilter{Scopes: []string{"gcp:*"}}, Items: []Item{fails("a", "1", critical)}}, "pass"},
		{"another owner, control or framework", Default(), Input{Judged: 1, Filter: evidence.GateFilter{Owners: []string{"data", "web"}, Controls: []string{"stor*"}},
			Checks: map[string]bool{"b": true}, Items: []Item{fails("a", "1", critical), fails("b", "1", critical)}}, "block\nblock critical and high: b 1"},
		{"what makes it public may be outside of the filter", asked(), Input{Judged: 1, Checks: map[string]bool{"crypt": true},
			Items: []Item{fails("aws.s3.bucket-not-public", "1", low), fails("crypt", "1", low)}}, "block\nblock public: crypt 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.in.Now, tc.in.Policy = now, tc.policy
			d, err := Decide(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := brief(d); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if d.Passes() != (d.Outcome != evidence.GateBlock) {
				t.Errorf("%s passes: %v", d.Outcome, d.Passes())
			}
			slices.Reverse(tc.in.Items)
			again, err := Decide(tc.in)
			if err != nil || brief(again) != tc.want {
				t.Errorf("in another order: %s, %v", brief(again), err)
			}
		})
	}
}

func TestTickets(t *testing.T) {
	in := Input{Now: now, Judged: 1, Policy: with(Rule{Name: "later", Match: Match{Severity: []evidence.Severity{medium}}, Action: evidence.GateTicket}),
		Items:   []Item{fails("a", "1", medium), fails("a", "2", medium), fails("a", "3", high), fails("a", "4", medium)},
		Tickets: []string{"aws:1|a|2", "aws:1|a|8", "aws:1|a|9"}, Fixed: func(key string) bool { return key == "aws:1|a|9" },
		Accepted: []evidence.RiskAcceptance{accepted("x", "a", "4", 9)}}
	in.Policy.Rules[0].Accept = &Accept{}
	d, err := Decide(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"aws:1|a|1"}; !slices.Equal(d.Open, want) {
		t.Errorf("to open: %q, want %q: not what has one, blocks or is accepted", d.Open, want)
	}
	if want := []string{"aws:1|a|9"}; !slices.Equal(d.Close, want) {
		t.Errorf("to close: %q, want %q: not what is only not seen", d.Close, want)
	}
}

func TestOverride(t *testing.T) {
	word := &evidence.Override{By: "ann", Reason: "the fix is in this very change"}
	in := Input{Now: now, Judged: 1, Policy: Default(), Override: word, Items: []Item{fails("a", "1", critical)}}
	d, err := Decide(in)
	if err != nil || d.Outcome != evidence.GateBlock || !d.Passes() || d.Override != word {
		t.Errorf("%+v, %v: want a block that passes by an override", d, err)
	}
	in.Items = nil
	if d, err = Decide(in); err != nil || d.Override != nil || d.Outcome != evidence.GatePass {
		t.Errorf("%+v, %v: want no override where nothing blocks", d, err)
	}
}

// TestBounds holds that a decision stays small, and says what it leaves out.
func TestBounds(t *testing.T) {
	in := Input{Now: now, Judged: 1, Policy: Default()}
	for i := range 1500 {
		in.Items = append(in.Items, fails("a", fmt.Sprintf("%04d", i), low))
	}
	in.Items = append(in.Items, fails("z", "last", critical))
	d, err := Decide(in)
	if err != nil || len(d.Reasons) != maxReasons || d.More != 501 || d.Reasons[0].Check != "z" || d.Counts[evidence.GateWarn] != 1500 {
		t.Errorf("%d reasons and %d more of %v, %v", len(d.Reasons), d.More, d.Counts, err)
	}
}

// TestPolicyDigest holds that another policy has another digest, and the same one the same.
func TestPolicyDigest(t *testing.T) {
	of := func(p Policy) evidence.Digest {
		d, err := Decide(Input{Now: now, Policy: p})
		if err != nil {
			t.Fatal(err)
		}
		return d.Policy
	}
	if of(Default()) != of(Default()) || of(Default()) == of(asked()) {
		t.Error("the digest is not that of the policy")
	}
}
