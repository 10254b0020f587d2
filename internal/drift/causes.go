package drift

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// cause is a subject that what was judged rests on and that changed, or may have.
type cause struct {
	typ, id, region string
	// parts changed and must be explained, when the subject was judged before and after; else any part may have changed.
	parts []string
	// came is true for the check's own subject that was there on one side only: some act must have made or removed it.
	came bool
	// reads are the parts that the check may have read of it; nil is all.
	reads []string
}

// causes returns the subjects that decided otherwise: the check's own and those that it read beside it, as far as they
// differ in what the check reads. It is empty when nothing that is known of differs: time passed, or the check changed.
func (l *Log) causes(before, after evidence.State) ([]cause, error) {
	old, err := l.evidence(before)
	if err != nil {
		return nil, err
	}
	now, err := l.evidence(after)
	if err != nil {
		return nil, err
	}
	own, others := readParts(l.Check(after.Check))
	var out []cause
	known := false
	for _, key := range sortedKeys(union(old, now)) {
		b, wasThere := old[key]
		a, isThere := now[key]
		one := a
		if !isThere {
			one = b
		}
		c := cause{typ: one.Type, id: one.ID, region: one.region(after.Scope), reads: others}
		its := c.typ == after.Type && c.id == after.Subject
		if its {
			c.reads = own
		}
		if wasThere && isThere {
			if c.parts = differing(b.Doc, a.Doc, c.reads); len(c.parts) == 0 {
				continue
			}
		} else {
			c.came = its
		}
		known = known || c.came || c.parts != nil
		out = append(out, c)
	}
	if !known {
		return nil, nil // a check may read less beside the subject for another reason than that it changed
	}
	return out, nil
}

// rested is a subject that an observation rests on.
type rested struct {
	Type string                     `json:"type"`
	ID   string                     `json:"id"`
	Doc  map[string]json.RawMessage `json:"doc"`
}

// evidence reads what an interval's first observation rests on; nothing when there was no subject to observe.
func (l *Log) evidence(s evidence.State) (map[string]rested, error) {
	out := map[string]rested{}
	if s.Observation.IsZero() {
		return out, nil
	}
	o, err := decode[evidence.Observation](l.view, s.Observation, "observation of "+s.Subject)
	if err != nil {
		return nil, err
	}
	for _, d := range o.Evidence {
		r, err := decode[rested](l.view, d, "evidence")
		if err != nil {
			return nil, err
		}
		out[r.Type+"|"+r.ID] = r
	}
	return out, nil
}

// region is where events about the subject are told: its own, or that of the scope; empty for what is told anywhere.
func (r rested) region(scope string) string {
	var own string
	if json.Unmarshal(r.Doc["Region"], &own) == nil && own != "" {
		return own
	}
	if parts := strings.SplitN(scope, ":", 3); len(parts) == 3 {
		return parts[2]
	}
	return ""
}

// docParts finds the members of documents that an expression reads; whole a document or a subject that is read as a whole.
var (
	docParts = regexp.MustCompile(`(\w+)\.doc\.\??([A-Za-z_]\w*)`)
	whole    = regexp.MustCompile(`\b(?:doc|subject)\b(?:[^.]|$)|\beffective\(`)
	byTime   = regexp.MustCompile(`\bnow\b|\bage(?:Days)?\(`)
)

// timed reports whether a check asks what time it is.
func timed(k evidence.Check) bool { return byTime.MatchString(k.Where + "\n" + k.Assert) }

// readParts returns the top-level members that a check reads of its subject's document, and of those of others; nil is all.
func readParts(k evidence.Check) (own, others []string) {
	text := k.Where + "\n" + k.Assert
	if whole.MatchString(text) {
		return nil, nil
	}
	own, others = []string{}, []string{}
	for _, m := range docParts.FindAllStringSubmatch(text, -1) {
		if m[1] == "subject" {
			own = append(own, m[2])
		} else {
			others = append(others, m[2])
		}
	}
	return own, others
}

// differing returns the members that differ between two documents, of those that are read.
func differing(before, after map[string]json.RawMessage, reads []string) []string {
	var out []string
	for _, key := range sortedKeys(union(before, after)) {
		if string(before[key]) != string(after[key]) && (reads == nil || slices.Contains(reads, key)) {
			out = append(out, key)
		}
	}
	return out
}
