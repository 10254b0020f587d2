package verify

import (
	"bytes"
	"maps"
	"slices"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// counts are observations by verdict, in the order of verdicts.
type counts [4]int32

func verdicts() [4]evidence.Verdict {
	return [4]evidence.Verdict{evidence.Pass, evidence.Fail, evidence.Unknown, evidence.NotApplicable}
}

// judged checks that the bundle shows what the catalog of its newest assessment maps, so that nothing was kept back by
// calling it outside the framework.
func (v *verifier) judged() {
	m := &v.manifest
	if len(v.assessments) == 0 {
		if m.Assessment != nil && !v.broken {
			v.problem(format.Bundle, "names an assessment, and there is none in the period")
		}
		return
	}
	if v.broken {
		return
	}
	for _, a := range v.assessments {
		if !v.catalogs[a.Catalog] {
			v.problem(catalogFile, "the catalog of the assessment at entry %d is missing", a.index)
			return
		}
	}
	newest := v.assessments[len(v.assessments)-1]
	if m.Assessment == nil || *m.Assessment != (format.Assessment{Entry: newest.index, Catalog: newest.Catalog,
		Evaluator: newest.Evaluator, AsOf: newest.AsOf}) {
		v.problem(format.Bundle, "does not name the newest assessment of the period, at entry %d", newest.index)
	}
	var catalog struct {
		Controls   []evidence.Control   `json:"controls"`
		Frameworks []evidence.Framework `json:"frameworks"`
	}
	if err := decode(v.catalog(newest.Catalog), &catalog); err != nil {
		v.problem(catalogFile, "the newest catalog is not one: %v", err)
		return
	}
	i := slices.IndexFunc(catalog.Frameworks, func(f evidence.Framework) bool { return f.Key() == m.Framework.Key() })
	if i < 0 {
		v.note("the catalog that the evidence was judged by does not hold %s: its mapping is vouched for by the signature only",
			m.Framework.Key())
	} else if !same(catalog.Frameworks[i], m.Framework) {
		v.problem(format.Bundle, "its mapping of %s is not the one that was judged", m.Framework.Key())
	}
	controls, checks, types := mapped(m.Framework, catalog.Controls)
	if !slices.Equal(sorted(m.Controls), controls) || !slices.Equal(sorted(m.Checks), checks) {
		v.problem(format.Bundle, "its controls and checks are not those that the framework maps")
	}
	for _, t := range types {
		if !v.needs(t) {
			v.problem(format.Bundle, "leaves out the type %s, which a mapped check examines", t)
		}
	}
}

const catalogFile = "catalogs.jsonl"

// catalog reads a catalog again, so that not all of them are held.
func (v *verifier) catalog(d evidence.Digest) []byte {
	f := v.open(catalogFile)
	if f.rc != nil {
		defer func() { _ = f.rc.Close() }() // reading only
	}
	for {
		if line, more := f.next(); !more || evidence.Sum(line) == d {
			return line
		}
	}
}

// mapped returns the framework's controls, their checks and the types that those examine, each sorted.
func mapped(f evidence.Framework, catalog []evidence.Control) (controls, checks, types []string) {
	wanted := map[string]bool{}
	for _, r := range f.Requirements {
		for _, c := range r.Controls {
			wanted[c] = true
		}
		for _, k := range r.Checks {
			for _, c := range catalog {
				if slices.ContainsFunc(c.Checks, func(x evidence.Check) bool { return x.ID == k }) {
					wanted[c.ID] = true
				}
			}
		}
	}
	examined := map[string]bool{}
	for _, c := range catalog {
		if !wanted[c.ID] {
			continue
		}
		for _, k := range c.Checks {
			checks = append(checks, k.ID)
			examined[k.Subject] = true
		}
	}
	return slices.Sorted(maps.Keys(wanted)), sorted(checks), slices.Sorted(maps.Keys(examined))
}

func sorted(s []string) []string {
	return slices.Sorted(slices.Values(s))
}

func same(a, b any) bool {
	x, err := evidence.Encode(a)
	if err != nil {
		return false
	}
	y, err := evidence.Encode(b)
	return err == nil && bytes.Equal(x, y)
}

// inTurn returns a head func that demands the assessments' lists one after the other, over as many blocks as there are,
// and where the current block starts.
func (v *verifier) inTurn(series string, of func(assessment) evidence.ListRef) (func(*file, format.Head) bool, *int, *int) {
	start, next := 0, 0
	return func(f *file, h format.Head) bool {
		start = next
		for _, ref := range h.Lists {
			if h.Series != series || next == len(v.assessments) || of(v.assessments[next]) != ref {
				return false
			}
			next++
		}
		return true
	}, &start, &next
}

// observations checks every observation, that what it rests on is in the bundle, and counts them for the findings.
func (v *verifier) observations() {
	v.tallies = map[string][]counts{}
	checks := map[string]bool{}
	for _, k := range v.manifest.Checks {
		checks[k] = true
	}
	head, start, next := v.inTurn(format.ObservationsSeries, func(a assessment) evidence.ListRef { return a.Observations })
	complete := !v.broken
	v.pair(format.ObservationsList, format.Observations, use{
		head: head,
		item: func(f *file, it format.Item) bool {
			if it.Omitted || it.Key != "" && !checks[format.ObservationCheck(it.Key)] {
				f.wrong("an observation %q that is outside the framework or left out", it.Key)
				return false
			}
			return true
		},
		object: func(f *file, it format.Item, _ format.Span, object []byte) {
			v.report.Observations++
			var o evidence.Observation
			known := verdicts()
			if err := decode(object, &o); err != nil || o.Key() != it.Key || !slices.Contains(known[:], o.Verdict) {
				f.wrong("is not the observation %q", it.Key)
				return
			}
			for _, s := range it.Spans {
				if s.Object == evidence.Sum(object) {
					v.tally(o, *start+s.From, *start+s.To)
				}
			}
			for _, d := range o.Evidence {
				if complete && !v.evidence.has(d) {
					f.wrong("the observation %q rests on %s, which is not in the bundle", it.Key, d)
					return
				}
			}
		},
	})
	if *next < len(v.assessments) && !v.broken {
		v.problem(format.ObservationsList, "the list of the assessment at entry %d is missing", v.assessments[*next].index)
	}
}

func (v *verifier) tally(o evidence.Observation, from, to int) {
	key := evidence.Finding{Control: o.Control, Scope: o.Scope}.Key()
	all := v.tallies[key]
	if all == nil {
		all = make([]counts, len(v.assessments))
		v.tallies[key] = all
	}
	known := verdicts()
	k := slices.Index(known[:], o.Verdict)
	for i := from; i <= to && k >= 0; i++ {
		all[i][k]++
	}
}

// findings checks every finding, and that it counts the observations of its control: an observation that was kept back
// as outside the framework would be missed here.
func (v *verifier) findings() {
	controls := map[string]bool{}
	for _, c := range v.manifest.Controls {
		controls[c] = true
	}
	head, start, next := v.inTurn(format.FindingsSeries, func(a assessment) evidence.ListRef { return a.Findings })
	complete := !v.broken
	v.pair(format.FindingsList, format.Findings, use{
		head: head,
		item: func(f *file, it format.Item) bool {
			if it.Key == "" || it.Omitted == controls[format.FindingControl(it.Key)] {
				f.wrong("the finding %q is left out, or is outside the framework", it.Key)
				return false
			}
			return true
		},
		object: func(f *file, it format.Item, _ format.Span, object []byte) {
			v.report.Findings++
			var o evidence.Finding
			if err := decode(object, &o); err != nil || o.Key() != it.Key {
				f.wrong("is not the finding %q", it.Key)
				return
			}
			for _, s := range it.Spans {
				if s.Object != evidence.Sum(object) {
					continue
				}
				for i := *start + s.From; complete && i <= *start+s.To; i++ {
					v.compare(f, o, i)
				}
			}
		},
	})
	if v.broken {
		return
	}
	if *next < len(v.assessments) {
		v.problem(format.FindingsList, "the list of the assessment at entry %d is missing", v.assessments[*next].index)
	}
	for _, key := range slices.Sorted(maps.Keys(v.tallies)) {
		if slices.ContainsFunc(v.tallies[key], func(c counts) bool { return c != counts{} }) {
			v.problem(format.Findings, "there are observations for the finding %q and not in all assessments the finding", key)
		}
	}
}

// compare checks a finding's counts in one assessment against the observations, and takes them off the tally.
func (v *verifier) compare(f *file, o evidence.Finding, i int) {
	var have, want counts
	if all := v.tallies[o.Key()]; all != nil {
		have, all[i] = all[i], counts{}
	}
	for k, verdict := range verdicts() {
		want[k] = int32(o.Counts[verdict])
	}
	if have != want {
		f.wrong("the finding %q counts other observations than the bundle holds for the assessment at entry %d", o.Key(),
			v.assessments[i].index)
	}
}

// rest reads the files that nothing above did: their bytes are checked, their meaning is not.
func (v *verifier) rest() {
	for _, name := range v.names {
		switch name {
		case format.Bundle, format.AllowedSigners, format.Sums, format.Signature:
			continue
		}
		if !v.files[name].opened && v.declared(name) >= 0 {
			v.open(name).end()
		}
	}
}
