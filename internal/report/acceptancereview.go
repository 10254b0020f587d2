package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// ReviewNote is one thing about an acceptance that somebody should look at.
type ReviewNote struct {
	Acceptance string `json:"acceptance"`
	// What is one of "not-approved", "self-approved", "asked-by-owner", "no-end", "too-long", "renewed-often",
	// "unnamed-renewal", "no-such-check", "no-such-subject", "nothing-fails", "compensation", "widened",
	// "expired-still-failing".
	What   string `json:"what"`
	Detail string `json:"detail"`
	Owner  string `json:"owner"`
}

// AtApproval is what was seen of an acceptance's subjects when its approval was committed, by acceptance and subject.
type AtApproval map[string]map[string]evidence.Observation

// ReviewAcceptances tells what is wrong with the acceptances of a posture that were not withdrawn, in order of id. seen
// may lack acceptances and subjects: nothing is said of how those widened.
func ReviewAcceptances(p *Posture, seen AtApproval) []ReviewNote {
	failing := map[target]Failure{}
	for _, f := range p.Failures {
		failing[target{f.Scope, f.Check, f.Subject}] = f
	}
	notes := []ReviewNote{}
	for _, a := range p.Acceptances {
		if !a.Withdrawn.IsZero() {
			continue
		}
		r := reviewed{a, &notes}
		r.approval()
		r.length(p.Acceptances)
		r.subjects(failing, seen[a.ID])
		if strings.HasPrefix(a.Why, "compensating check") {
			r.note("compensation", a.Why)
		}
	}
	slices.SortStableFunc(notes, func(x, y ReviewNote) int { return strings.Compare(x.Acceptance, y.Acceptance) })
	return notes
}

type reviewed struct {
	AcceptanceState
	notes *[]ReviewNote
}

func (r reviewed) note(what, detail string) {
	*r.notes = append(*r.notes, ReviewNote{r.ID, what, detail, r.Owner})
}

// approval looks at who asked and who approved.
func (r reviewed) approval() {
	switch why := r.Unapproved(); why {
	case "":
	case "not approved":
		r.note("not-approved",
			"asked for by "+r.Requester+" from "+day(r.Start)+" on; it has no effect until another person approves it")
	default:
		r.note("self-approved", why+", "+r.Approver+"; it has no effect")
	}
	if evidence.SamePerson(r.Requester, r.Owner) {
		r.note("asked-by-owner", r.Owner+" owns the risk and asked to accept it: the approver alone has looked at it")
	}
}

// length looks at how long and how often the risk is accepted.
func (r reviewed) length(all []AcceptanceState) {
	if r.End.IsZero() {
		r.note("no-end", "it has no end")
	}
	if long := r.TooLong(r.Severity); long != "" {
		r.note("too-long", long+": it has no effect after "+lastDay(r.Until))
	}
	if r.Limits != nil && r.Renewals > 0 && r.Renewals >= r.Limits.Renewals {
		r.note("renewed-often", "renewed "+plural(r.Renewals, "time")+", and "+itoa(r.Limits.Renewals)+" are allowed")
	}
	for _, o := range all {
		shared := slices.ContainsFunc(r.Subjects, func(s string) bool { return slices.Contains(o.Subjects, s) })
		if o.ID != r.ID && o.Check == r.Check && o.Scope == r.Scope && shared && o.Start.Before(r.Start) && r.Renews == "" {
			r.note("unnamed-renewal", "it accepts again what "+o.ID+" accepts or accepted, and does not say so")
			break
		}
	}
}

// subjects looks at what it covers: whether that is there, whether it fails, and whether it fails as it did when
// approved.
func (r reviewed) subjects(failing map[target]Failure, seen map[string]evidence.Observation) {
	if r.Severity == "" {
		r.note("no-such-check", "there is no check "+r.Check)
		return
	}
	var absent, passing []string
	for _, s := range r.Subjects {
		verdict, looked := r.Looked[s]
		f := failing[target{r.Scope, r.Check, s}]
		switch {
		case !looked:
			absent = append(absent, s)
		case verdict == evidence.Pass, verdict == evidence.NotApplicable:
			passing = append(passing, s)
		case verdict != evidence.Fail:
		case r.Why == "":
			if then, ok := seen[s]; ok {
				r.widened(then, f.Observation)
			}
		case !r.End.IsZero() && f.Accepted == "" && r.ended():
			r.note("expired-still-failing", r.Why+" on "+lastDay(r.Until)+", and "+subjectName(f.Name, s)+" still fails")
		}
	}
	if len(absent) > 0 {
		r.note("no-such-subject",
			"nobody looked at "+strings.Join(absent, ", ")+" in "+r.Scope+": ids are compared as they stand")
	}
	if len(passing) > 0 {
		r.note("nothing-fails", r.Check+" does not fail for "+strings.Join(passing, ", ")+": end it")
	}
}

// ended reports whether it lapsed because its time was over.
func (r reviewed) ended() bool { return r.Why == "ended" || r.Why == r.TooLong(r.Severity) }

// widened compares the deciding facts at approval with those now.
func (r reviewed) widened(then, now evidence.Observation) {
	name := subjectName(now.Name, now.Subject)
	if then.Verdict != evidence.Fail {
		r.note("widened", name+" did not fail when it was approved, it was "+label(string(then.Verdict)))
		return
	}
	var parts []string
	names := sortedKeys(now.Facts)
	for _, k := range sortedKeys(then.Facts) {
		if _, ok := now.Facts[k]; !ok {
			names = append(names, k)
		}
	}
	for _, k := range names {
		if !bytes.Equal(then.Facts[k], now.Facts[k]) {
			parts = append(parts, k+" was "+fact(then.Facts[k])+", is "+fact(now.Facts[k]))
		}
	}
	if len(parts) > 0 {
		r.note("widened", name+" fails otherwise than when it was approved: "+strings.Join(parts, "; "))
	}
}

func fact(raw json.RawMessage) string { return cmp.Or(string(raw), "not told") }

// AcceptanceReview writes the notes of a review.
func AcceptanceReview(w io.Writer, notes []ReviewNote, at time.Time, o TextOptions) error {
	t := newPage(w, o)
	if len(notes) == 0 {
		t.line("Nothing to review as of " + minute(at) + ".")
		return t.w.Flush()
	}
	t.line(plural(len(notes), "note") + " as of " + minute(at))
	var rows [][]string
	for _, n := range notes {
		rows = append(rows, []string{plain(n.Acceptance), n.What, plain(n.Detail), plain(n.Owner)})
	}
	t.rows([]string{"Acceptance", "What", "Detail", "Owner"}, []int{2}, []int{3}, rows)
	return t.w.Flush()
}
