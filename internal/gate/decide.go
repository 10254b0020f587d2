package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// Input is what is decided upon.
type Input struct {
	// Now is the time of the decision; AsOf that of the assessment that the items come from, Assessment its entry.
	Now        time.Time
	AsOf       time.Time
	Assessment int64
	Simulated  bool
	Policy     Policy
	Filter     evidence.GateFilter
	// Checks are those of the frameworks that Filter names; nil is all.
	Checks map[string]bool
	// Items are all failing and unknown observations, also those that Filter leaves out: they tell what is public.
	Items []Item
	// Judged counts the known observations that Filter takes, Item by Item: see Takes.
	Judged int
	// Stale is evidence that is older than it may be.
	Stale []Stale
	// Accepted are the acceptances in effect as of the assessment.
	Accepted []evidence.RiskAcceptance
	// Tickets are the keys that a ticket was asked for and not closed since; Fixed tells whether the failure of a key
	// ended.
	Tickets []string
	Fixed   func(key string) bool
	// Override and Pipeline are put down as they are; nil for none.
	Override *evidence.Override
	Pipeline *evidence.Pipeline
}

// Item is a failing or unknown observation with what is known of it beside.
type Item struct {
	evidence.Observation
	Severity  evidence.Severity
	Title     string
	Fix       string
	Owner     string
	Since     time.Time
	NeverGood bool
	FixBy     time.Time
}

// Stale is evidence of one subject type in one scope that is older than it may be.
type Stale struct {
	Type, Scope string
	// Seen is when it was last seen whole, zero for never; May is how old it may be.
	Seen time.Time
	May  evidence.Duration
}

// maxReasons bounds the reasons of a decision, and its keys for tickets.
const maxReasons = 1000

// Decide decides.
func Decide(in Input) (evidence.Decision, error) {
	policy, err := evidence.Encode(in.Policy)
	if err != nil {
		return evidence.Decision{}, fmt.Errorf("encode the gate's policy: %w", err)
	}
	d := decider{in: in, public: map[string]bool{}, unknown: map[string]int{}, out: evidence.Decision{
		At: in.Now, AsOf: in.AsOf, Assessment: in.Assessment, Simulated: in.Simulated, Policy: evidence.Sum(policy),
		Filter: in.Filter, Outcome: evidence.GatePass, Override: in.Override, Pipeline: in.Pipeline, Judged: in.Judged,
		Counts: map[string]int{}, Reasons: []evidence.GateReason{},
	}}
	for _, i := range in.Items {
		if len(in.Policy.Public) > 0 && oneOf(in.Policy.Public, i.Check) {
			d.public[subject(i)] = true
		}
	}
	for _, i := range in.Items {
		if in.Takes(i) {
			d.item(i)
		}
	}
	for _, s := range in.Stale {
		d.stale(s)
	}
	if in.Judged == 0 && len(d.out.Reasons) == 0 {
		d.add(evidence.GateReason{Action: evidence.GateBlock, Rule: "missing is never pass", Verdict: evidence.Unknown,
			Why: "no evidence answers what was asked: nothing was judged"})
	}
	d.tickets()
	return d.end(), nil
}

// Takes reports whether the filter takes an item.
func (in Input) Takes(i Item) bool {
	return in.TakesScope(i.Scope) && in.TakesCheck(i.Control, i.Check) && oneOf(in.Filter.Owners, i.Owner)
}

// TakesScope reports whether the filter takes anything of a scope.
func (in Input) TakesScope(scope string) bool { return oneOf(in.Filter.Scopes, scope) }

// TakesCheck reports whether the filter takes anything of a check.
func (in Input) TakesCheck(control, check string) bool {
	return oneOf(in.Filter.Controls, control) && (in.Checks == nil || in.Checks[check])
}

func subject(i Item) string { return i.Scope + "|" + i.Type + "|" + i.Subject }

type decider struct {
	in      Input
	public  map[string]bool // subjects
	unknown map[string]int  // groups of unknowns, by their place among the reasons
	out     evidence.Decision
}

// item decides upon one observation by the first rule that it meets.
func (d *decider) item(i Item) {
	r := evidence.GateReason{Verdict: i.Verdict, Severity: i.Severity, Control: i.Control, Check: i.Check, Title: i.Title,
		Scope: i.Scope, Type: i.Type, Subject: i.Subject, Name: i.Name, Owner: i.Owner, Since: i.Since,
		NeverGood: i.NeverGood, FixBy: i.FixBy, Fix: i.Fix}
	for _, rule := range d.in.Policy.Rules {
		if !rule.Match.meets(i, d.public[subject(i)]) {
			continue
		}
		if rule.Action == evidence.GateIgnore && !d.in.Now.Before(rule.Until) {
			r.Why = joined(r.Why, "rule "+rule.Name+" ended on "+rule.Until.Add(-1).UTC().Format(time.DateOnly))
			continue
		}
		r.Rule, r.Action = rule.Name, rule.Action
		if i.Verdict != evidence.Fail {
			d.unjudged(r, i, rule)
			return
		}
		if rule.Action == evidence.GateIgnore {
			r.Why = joined(r.Why, rule.Reason)
		} else {
			d.accept(&r, i, rule)
		}
		d.add(r)
		return
	}
	r.Action, r.Rule = evidence.GateWarn, "no rule" // a policy without the built-in rules
	d.add(r)
}

// joined puts two sentences together, of which each may be empty.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// unjudged takes what is unknown for what it may be: a failure. Those of one check, scope and reason are one reason.
func (d *decider) unjudged(r evidence.GateReason, i Item, rule Rule) {
	if r.Action == evidence.GateBlock {
		r.Action = cmp.Or(d.in.Policy.Unknown, evidence.GateBlock)
	}
	if r.Action == evidence.GateTicket { // a ticket is for what is known to fail
		r.Action = evidence.GateWarn
	}
	if r.Action == evidence.GateIgnore {
		r.Why = joined(r.Why, rule.Reason)
	}
	r.Why, r.Count = joined(r.Why, i.Reason), 1
	for _, m := range i.Missing {
		if m.Permission != "" {
			r.Fix = "Grant " + m.Permission + " to the collector."
			break
		}
	}
	group := strings.Join([]string{r.Action, r.Rule, r.Check, r.Scope, r.Why, r.Owner}, "\x00")
	at, known := d.unknown[group]
	if !known {
		d.unknown[group] = len(d.out.Reasons)
		d.add(r)
		return
	}
	d.out.Counts[r.Action]++
	one := &d.out.Reasons[at]
	one.Count++
	if r.Subject < one.Subject {
		one.Subject, one.Name = r.Subject, r.Name
	}
}

// accept lets a failure pass when an acceptance in effect is what the rule asks for, of several the one that ends last.
func (d *decider) accept(r *evidence.GateReason, i Item, rule Rule) {
	var why []string
	for _, a := range d.in.Accepted {
		if !a.Covers(i.Observation) {
			continue
		}
		end := a.Until(i.Severity)
		if !d.in.Now.Before(end) {
			why = append(why, "acceptance "+a.ID+" has ended")
			continue
		}
		if no := rule.Accept.honours(a, end.Sub(d.in.Now)); no != "" {
			why = append(why, no)
			continue
		}
		if end.After(r.Until) {
			r.Accepted, r.Until = a.ID, end
		}
	}
	if r.Accepted != "" {
		r.Action = evidence.GateAccepted
		return
	}
	slices.Sort(why)
	r.Why = joined(r.Why, strings.Join(slices.Compact(why), "; "))
}

// stale takes old evidence for what may be the case by now: unknown.
func (d *decider) stale(s Stale) {
	age := "was never seen whole"
	if !s.Seen.IsZero() {
		age = "is " + evidence.Duration(d.in.Now.Sub(s.Seen).Truncate(time.Minute)).String() + " old"
	}
	d.add(evidence.GateReason{Action: cmp.Or(d.in.Policy.Unknown, evidence.GateBlock), Rule: "stale evidence",
		Verdict: evidence.Unknown, Type: s.Type, Scope: s.Scope, Count: 1,
		Fix: "Collect again: exhibit gate --collect SOURCE.",
		Why: "the evidence " + age + ", and may be " + s.May.String() + " old"})
}

func (d *decider) add(r evidence.GateReason) {
	d.out.Counts[r.Action]++
	d.out.Reasons = append(d.out.Reasons, r)
}

// tickets says which tickets are to be opened and closed.
func (d *decider) tickets() {
	have := map[string]bool{}
	for _, key := range d.in.Tickets {
		have[key] = true
		if d.in.Fixed != nil && d.in.Fixed(key) {
			d.out.Close = append(d.out.Close, key)
		}
	}
	for _, r := range d.out.Reasons {
		if r.Action == evidence.GateTicket && !have[r.Key()] {
			d.out.Open = append(d.out.Open, r.Key())
		}
	}
	for _, keys := range []*[]string{&d.out.Open, &d.out.Close} {
		slices.Sort(*keys)
		*keys = slices.Compact(*keys)
		*keys = (*keys)[:min(len(*keys), maxReasons)] // the next decision asks for the others
	}
}

// end puts the gravest reasons first and says what they come to.
func (d *decider) end() evidence.Decision {
	slices.SortFunc(d.out.Reasons, func(a, b evidence.GateReason) int {
		return cmp.Or(cmp.Compare(rank(b.Action), rank(a.Action)), cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
			strings.Compare(a.Check, b.Check), strings.Compare(a.Key(), b.Key()), strings.Compare(a.Type, b.Type),
			strings.Compare(a.Why, b.Why))
	})
	for _, r := range d.out.Reasons {
		switch {
		case r.Action == evidence.GateBlock:
			d.out.Outcome = evidence.GateBlock
		case r.Action == evidence.GateWarn && d.out.Outcome == evidence.GatePass:
			d.out.Outcome = evidence.GateWarn
		}
	}
	if d.out.Outcome != evidence.GateBlock {
		d.out.Override = nil // there is nothing to override
	}
	if n := len(d.out.Reasons); n > maxReasons {
		d.out.Reasons, d.out.More = d.out.Reasons[:maxReasons], n-maxReasons
	}
	return d.out
}

// rank orders what became of failures by how much it stops.
func rank(action string) int {
	order := []string{evidence.GateIgnore, evidence.GateAccepted, evidence.GateTicket, evidence.GateWarn,
		evidence.GateBlock}
	return slices.Index(order, action)
}
