package report

import (
	"strings"

	"exhibit/internal/evidence"
)

// judged writes what a check or a mapping changed.
func (w digestWriter) judged() section {
	s := w.items("Judged differently", w.Judged, func(e entry, items []DigestItem) entry {
		i := items[0]
		e.tag, e.tone = label(i.Before)+" → "+label(i.After), tone(i.After)
		e.add("Cause", w.cut(i.Why))
		if i.After == string(evidence.Fail) {
			e.add("Severity", w.cut(string(i.Severity)))
			e.add("Fix by", w.calendar.due(i, w.To))
			e.add("How", w.cut(i.Remediation))
		}
		return e
	})
	for n, c := range w.Mappings {
		if n == w.limit.entries {
			more := group(len(w.Mappings)-n) + " more mappings: exhibit drift --cause mapping --all"
			s.more = strings.TrimPrefix(s.more+"; "+more, "; ")
			break
		}
		e := entry{tag: "mapping", tone: toneQuiet, title: w.cut(c.Name)}
		e.add("Was", w.cut(label(c.Before)))
		e.add("Is", w.cut(label(c.After)))
		s.entries = append(s.entries, e)
	}
	s.count += len(w.Mappings)
	if len(s.entries) > 0 {
		s.lead = "A check or a mapping changed, not the thing: this is no regression, and no repair."
	}
	return s
}

// ending writes acceptances and attestations that soon end or no longer have effect.
func (w digestWriter) ending() section {
	list := w.Digest.ending()
	s := w.items("Acceptances and attestations", w.Accepted, w.accepted)
	s.count += len(list)
	for n, x := range list {
		if n == w.limit.entries {
			s.more = "… and " + group(len(list)-n) + " more: exhibit status"
			break
		}
		e := entry{title: w.cut(x.Of), names: []string{x.What + " " + cutMiddle(Line(x.ID), 80)}}
		last := w.calendar.day(x.End.Add(-1))
		switch days := w.calendar.until(w.To, x.End.Add(-1)); {
		case x.Why == "ended", x.Why == "expired":
			e.tag, e.tone = x.Why, toneBad
			e.add("Ended", "after "+last)
		case x.Why != "":
			e.tag, e.tone = "lapsed", toneBad
			e.add("Why", w.cut(x.Why))
		case days <= 0:
			e.tag, e.tone = "ends today", toneUnknown
			e.add("Ends", "after "+last)
		default:
			e.tag, e.tone = "ends in "+plural(days, "day"), toneUnknown
			e.add("Ends", "after "+last)
		}
		switch {
		case x.What == "attestation":
			e.add("Then", "somebody has to attest it again")
		case x.Why == "":
			e.add("Then", plural(x.Failing, "failure")+" "+verb(x.Failing, "counts", "count")+" again")
		default:
			e.add("So", plural(x.Failing, "failure")+" "+verb(x.Failing, "counts", "count")+" again")
		}
		s.entries = append(s.entries, e)
	}
	return s
}

// accepted writes what is accepted now, and until when.
func (w digestWriter) accepted(e entry, items []DigestItem) entry {
	e.tag, e.tone = "accepted", toneQuiet
	e.add("By", w.cut("acceptance "+items[0].Why))
	e.add("Until", "the end of "+w.calendar.day(items[0].Until.Add(-1)))
	return e
}
