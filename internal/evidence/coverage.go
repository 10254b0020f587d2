package evidence

// Coverage is the span of time whose events a snapshot of a population holds: every one that the provider tells of, except
// in the gaps. Events outside the span may be in the manifest, and prove nothing about others.
type Coverage struct {
	Span Window `json:"span"`
	// Gaps are in order of time and do not overlap.
	Gaps []Unknowable `json:"gaps,omitempty"`
}

// Unknowable is a part of a coverage in which events may have happened that nobody told of.
type Unknowable struct {
	Window Window `json:"window"`
	Reason string `json:"reason"`
}

// Unknown returns the parts of w in which not every event is known, in order of time: the gaps, and what lies outside the
// span.
func (c Coverage) Unknown(w Window) []Unknowable {
	var out []Unknowable
	add := func(part Window, reason string) {
		if part.From.Before(w.From) {
			part.From = w.From
		}
		if part.To.After(w.To) {
			part.To = w.To
		}
		if part.From.Before(part.To) {
			out = append(out, Unknowable{part, reason})
		}
	}
	add(Window{From: w.From, To: c.Span.From}, "before the span that was collected")
	for _, g := range c.Gaps {
		add(g.Window, g.Reason)
	}
	add(Window{From: c.Span.To, To: w.To}, "not collected yet")
	return out
}
