package report

import (
	"cmp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// tones give every status, verdict and outcome its colour; text says the same beside it.
const (
	toneGood    = "good"
	toneBad     = "bad"
	toneUnknown = "unknown"
	toneQuiet   = "quiet"
)

// tone never fails: what it does not know needs somebody to look.
func tone(s string) string {
	switch s {
	case string(evidence.Pass), string(evidence.Satisfied), string(evidence.OutcomeOK), string(evidence.OutcomeEmpty), "in effect", "valid":
		return toneGood
	case string(evidence.Fail), string(evidence.NotSatisfied):
		return toneBad
	case string(evidence.NotApplicable), string(Manual), string(Unmet), string(evidence.OutcomeNotEnabled),
		string(evidence.OutcomeExcluded), "":
		return toneQuiet
	}
	return toneUnknown
}

// statuses returns the statuses in order of need; those of a later version come with the indeterminate ones.
func statuses(counts map[evidence.Status]int) []evidence.Status {
	out := sortedKeys(counts)
	slices.SortStableFunc(out, func(a, b evidence.Status) int { return rank(b) - rank(a) })
	return out
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// causeGroup are the changes of one cause; many subjects that came to or went from one place are one of them, so n counts.
type causeGroup struct {
	cause   evidence.Cause
	n       int
	changes []evidence.Change
}

// causeOrder is the order in which causes are told: the estate's own doing first.
func causeOrder() []evidence.Cause {
	return []evidence.Cause{evidence.CauseSubject, evidence.CausePermission, evidence.CauseCollector, evidence.CauseScope,
		evidence.CauseRule, evidence.CauseMapping}
}

// byCause groups changes, those of the estate itself first.
func byCause(changes []evidence.Change) []causeGroup {
	order := causeOrder()
	by := map[evidence.Cause][]evidence.Change{}
	for _, c := range changes {
		by[c.Cause] = append(by[c.Cause], c)
	}
	for _, c := range sortedKeys(by) {
		if !slices.Contains(order, c) {
			order = append(order, c)
		}
	}
	var out []causeGroup
	for _, c := range order {
		if len(by[c]) > 0 {
			slices.SortStableFunc(by[c], func(a, b evidence.Change) int {
				return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(b.Severity.Rank(), a.Severity.Rank()))
			})
			out = append(out, causeGroup{c, len(by[c]), crowds(by[c])})
		}
	}
	return out
}

// crowd is from how many on subjects that came or went together are named in one line.
const crowd = 4

// crowds puts the subjects of one type that came to one scope into one change, and those that went from it.
func crowds(changes []evidence.Change) []evidence.Change {
	type place struct{ what, typ, scope string }
	names := map[place][]string{}
	of := func(c evidence.Change) place { return place{c.What, c.Type, c.Scope} }
	for _, c := range changes {
		if c.What == "subject-added" || c.What == "subject-removed" {
			names[of(c)] = append(names[of(c)], subjectName(c.Name, c.Subject))
		}
	}
	var out []evidence.Change
	for _, c := range changes {
		all, ok := names[of(c)]
		switch {
		case !ok || len(all) > 0 && len(all) < crowd:
			out = append(out, c)
		case len(all) > 0: // the first stands for all
			names[of(c)] = all[:0]
			c.Subject, c.Name = "", group(len(all))+" subjects"
			more := ""
			if len(all) > 12 {
				more = " and " + group(len(all)-12) + " more"
				all = all[:12]
			}
			c.Reason = strings.Join(all, ", ") + more
			out = append(out, c)
		}
	}
	return out
}

// weight says how soon a change should be read: what got worse, then what can no longer be seen, then what got better, then
// what differs without a verdict.
func weight(c evidence.Change) int {
	switch {
	case c.What != "verdict" && c.What != "finding":
		return map[string]int{"scope-lost": 5, "coverage": 4, "scope-added": 3, "requirement": 2}[c.What]
	case c.After == string(evidence.Fail):
		return 9
	case c.After == string(evidence.NotSatisfied):
		return 8
	case tone(c.After) == toneUnknown:
		return 7
	}
	return 6
}

// causeTitle says what a cause means.
func causeTitle(c evidence.Cause) string {
	switch c {
	case evidence.CauseSubject:
		return "The estate changed"
	case evidence.CauseRule:
		return "The checks changed"
	case evidence.CauseMapping:
		return "The mapping to frameworks changed"
	case evidence.CauseScope:
		return "What is asked for changed"
	case evidence.CausePermission:
		return "What may be read changed"
	case evidence.CauseCollector:
		return "The collection changed or failed"
	}
	return string(c)
}

// changeThing names what changed.
func changeThing(c evidence.Change) string {
	thing := c.Name
	if thing == "" {
		thing = c.Subject
	}
	switch {
	case c.Check != "":
		return strings.TrimSpace(c.Check + " " + thing)
	case c.Control != "":
		return strings.TrimSpace(c.Control + " " + thing)
	case c.Type != "":
		return strings.TrimSpace(c.Type + " " + thing)
	}
	return thing
}

// changeStep is "pass → fail".
func changeStep(c evidence.Change) string {
	switch {
	case c.Before == "" && c.After == "":
		return ""
	case c.What == "requirement":
		return ""
	}
	return label(c.Before) + " → " + label(c.After)
}

// changeDetail says why, and which fields differ.
func changeDetail(c evidence.Change) string {
	var parts []string
	if c.What == "requirement" {
		parts = append(parts, label(c.Before)+" → "+label(c.After))
	}
	if c.Reason != "" {
		parts = append(parts, c.Reason)
	}
	if c.Preceding != nil {
		parts = append(parts, preceding(c.Preceding))
	}
	if c.What == "subject-changed" {
		for i, f := range c.Fields {
			if i == 4 {
				parts = append(parts, "and "+itoa(len(c.Fields)-i)+" more fields")
				break
			}
			parts = append(parts, f.Path+": "+value(f.Before, 60)+" → "+value(f.After, 60))
		}
	}
	return strings.Join(parts, "; ")
}

// value is a JSON value cut to n characters; one that is not there is "absent".
func value(raw []byte, n int) string {
	if raw == nil {
		return "absent"
	}
	r := []rune(string(raw))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}

func exposureStart(e evidence.Exposure) string {
	switch {
	case e.Opened != nil:
		return turnWhen(e.Opened)
	case e.LastGood.IsZero():
		return "before " + minute(e.FirstBad)
	}
	return minute(e.FirstBad)
}

func exposureEnd(e evidence.Exposure) string {
	switch {
	case e.Closed != nil:
		return label(e.Ended) + " " + turnWhen(e.Closed)
	case e.FirstGood.IsZero():
		return "open"
	}
	return e.Ended + " " + minute(e.FirstGood)
}

// turnWhen is the moment of the act, or the first and the last that may have been it.
func turnWhen(t *evidence.Turn) string {
	if t.Window.From.Equal(t.Window.To) {
		return minute(t.Window.From)
	}
	return minute(t.Window.From) + " to " + minute(t.Window.To)
}

// turnWho says who did what from where: "by alice (PutBucketPolicy from 1.2.3.4)". Of several acts it says that it was one of
// them, and names who did them.
func turnWho(t *evidence.Turn) string {
	if len(t.Acts) == 1 {
		return "by " + t.Acts[0].By + " (" + actWhat(t.Acts[0]) + ")"
	}
	var who, what []string
	for _, a := range t.Acts {
		if !slices.Contains(who, a.By) {
			who = append(who, a.By)
		}
		if !slices.Contains(what, actWhat(a)) {
			what = append(what, actWhat(a))
		}
	}
	return "one of " + group(len(t.Acts)+t.More) + " changes by " + strings.Join(who, ", ") + " (" + strings.Join(what, ", ") + ")"
}

func actWhat(a evidence.Act) string {
	if a.From == "" {
		return a.What
	}
	return a.What + " from " + a.From
}

// lasted is how long an exposure lasted, with what looking alone would have told of it.
func lasted(e evidence.Exposure) string {
	out := span(e.Least, e.Most)
	if e.ByLooks != nil {
		out += "; by looks " + span(e.ByLooks.Least, e.ByLooks.Most)
	}
	return out
}

func unseen(e evidence.Exposure) string {
	if e.Unseen == 0 {
		return ""
	}
	return duration(e.Unseen)
}
