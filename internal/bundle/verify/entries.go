package verify

import (
	"errors"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

var errNoHash = errors.New("not the base64 of a hash")

// entryWalk goes through entries.jsonl and the bodies beside the leaves.
type entryWalk struct {
	v       *verifier
	file    *file
	bodies  map[evidence.Kind]*file
	current format.Entry
	more    bool
	last    int64 // index of the line before
	covered int64 // the period's entries up to here are in the bundle
}

func (v *verifier) entryWalk() *entryWalk {
	v.catalogs, v.series, v.required = map[evidence.Digest]bool{}, map[string]string{}, map[list]*demand{}
	w := &entryWalk{v: v, file: v.open(format.Entries), bodies: map[evidence.Kind]*file{}, last: -1}
	for _, b := range format.Bodies() {
		if _, there := v.sums[b.File]; there || !b.IfAny {
			w.bodies[b.Kind] = v.open(b.File)
		}
	}
	w.covered = v.manifest.Ledger.Start
	w.read()
	return w
}

// read moves to the next line.
func (w *entryWalk) read() {
	w.current = format.Entry{}
	line, more := w.file.next()
	if w.more = more; !more {
		return
	}
	if err := decode(line, &w.current); err != nil || w.current.Index <= w.last || !canonical(line) {
		w.file.wrong("not an entry, or not behind the one before it")
		w.file.fail("cannot be followed any further")
		w.more = false
		return
	}
	w.last = w.current.Index
}

// leaf takes the next leaf of the tree and checks the entry with this index, when the bundle holds it.
func (w *entryWalk) leaf(index int64, leaf ledger.Hash) {
	if !w.more || w.current.Index != index {
		return
	}
	w.entry(leaf)
	w.read()
}

func (w *entryWalk) entry(leaf ledger.Hash) {
	v, it, l := w.v, w.current, w.v.manifest.Ledger
	v.report.Entries++
	if ledger.LeafHash(it.Entry) != leaf {
		w.file.wrong("entry %d is not the one in the tree: it was changed or moved", it.Index)
		v.broken = true
	}
	var e evidence.Entry
	if err := decode(it.Entry, &e); err != nil || !canonical(it.Entry) {
		w.file.wrong("entry %d is not an entry in the canonical encoding", it.Index)
		return
	}
	from, to := v.manifest.Period.From, v.manifest.Period.To
	inside := it.Index >= l.Start && it.Index < l.End
	switch {
	case it.Index == l.Start-1 && !e.RecordedAt.Before(from), it.Index == l.Start && inside && e.RecordedAt.Before(from):
		w.file.wrong("entry %d was recorded at %s: the period does not start there", it.Index, e.RecordedAt)
	case it.Index == l.End && !e.RecordedAt.After(to), it.Index == l.End-1 && inside && e.RecordedAt.After(to):
		w.file.wrong("entry %d was recorded at %s: the period does not end there", it.Index, e.RecordedAt)
	}
	if it.Index == w.covered && inside {
		w.covered++
	}
	if it.NoBody != "" {
		if e.Kind == evidence.KindGenesis || inside && (e.Kind == evidence.KindRun || e.Kind == evidence.KindAssessment ||
			e.Kind == evidence.KindDisposal) {
			w.file.wrong("entry %d is a %s of the period, whose body must be in the bundle", it.Index, e.Kind)
			v.broken = true
		}
		return
	}
	bodies := w.bodies[e.Kind]
	if bodies == nil {
		w.file.wrong("entry %d is of kind %q, for which a bundle has no file", it.Index, e.Kind)
		return
	}
	body, more := bodies.next()
	switch {
	case !more && !bodies.failed:
		bodies.fail("the body of entry %d is missing", it.Index)
	case !more:
	case evidence.Sum(body) != e.Body:
		bodies.wrong("is not the body that entry %d commits to", it.Index)
		v.broken = true
	default:
		w.body(e, body, inside)
	}
}

// body takes in what the later steps need of a body.
func (w *entryWalk) body(e evidence.Entry, body []byte, inside bool) {
	v, it, f := w.v, w.current, w.bodies[e.Kind]
	switch e.Kind {
	case evidence.KindGenesis:
		var g evidence.Genesis
		if err := decode(body, &g); err != nil || it.Index != 0 {
			f.wrong("is not the genesis of a ledger")
		} else if g.Verifier != v.key() || g.Origin != v.manifest.Ledger.Origin || g.Simulated != v.manifest.Simulated {
			f.wrong("the ledger was started as %q with the key %s, not as %s says", g.Origin, g.Verifier, format.Bundle)
		}
	case evidence.KindCatalog:
		v.catalogs[e.Body] = true
	case evidence.KindAttestation:
		var a evidence.Attestation
		if err := decode(body, &a); err != nil {
			f.wrong("is not an attestation: %v", err)
			return
		}
		for name, d := range a.Attachments {
			if v.sums[format.Attachments+d.Hex()] != d.Hex() {
				f.wrong("the attachment %q, %s, is missing or was changed", name, d)
			}
		}
		signature(f, a)
	case evidence.KindAccessReview:
		var r evidence.AccessReview
		if err := decode(body, &r); err != nil {
			f.wrong("is not an access review: %v", err)
		}
	case evidence.KindDecision:
		var d evidence.Decision
		if err := decode(body, &d); err != nil {
			f.wrong("is not a decision: %v", err)
		}
	case evidence.KindAction:
		var a evidence.Action
		if err := decode(body, &a); err != nil {
			f.wrong("is not an action: %v", err)
		}
	case evidence.KindMessage:
		var m evidence.Message
		if err := decode(body, &m); err != nil {
			f.wrong("is not a message: %v", err)
		}
	case evidence.KindDelivery:
		var d evidence.Delivery
		if err := decode(body, &d); err != nil {
			f.wrong("is not a delivery: %v", err)
		}
	case evidence.KindRun:
		var r evidence.Run
		if err := decode(body, &r); err != nil {
			f.wrong("is not a run: %v", err)
			return
		}
		v.runs = append(v.runs, run{it.Index, r.Snapshots, inside})
	case evidence.KindAssessment:
		a := assessment{index: it.Index}
		if err := decode(body, &a.Assessment); err != nil {
			f.wrong("is not an assessment: %v", err)
			return
		}
		w.assessment(f, a)
	}
}

// signature verifies the author's signature over a statement, by the key that the ledger says it was made with.
func signature(f *file, a evidence.Attestation) {
	if a.Signature == nil {
		return
	}
	message, err := a.Message()
	if err == nil {
		_, err = ledger.SSHSignedBy([]string{a.Signature.Key}, evidence.AttestationNamespace, message,
			[]byte(a.Signature.Armored))
	}
	if err != nil {
		f.wrong("the signature over attestation %q: %v", a.ID, err)
	}
}

// assessment checks an assessment against the one before it.
func (w *entryWalk) assessment(f *file, a assessment) {
	v := w.v
	if a.View < 0 || a.View > a.index {
		f.wrong("the assessment at entry %d speaks of %d entries", a.index, a.View)
	}
	if total(a.Totals) != a.Observations.Count || total(a.Statuses) != a.Findings.Count {
		f.wrong("the assessment at entry %d counts other observations or findings than its lists hold", a.index)
	}
	if w.current.NoLists == "" {
		v.assessments = append(v.assessments, a)
		return
	}
	if len(v.assessments) == 0 {
		f.wrong("the lists of the assessment at entry %d are left out, and it is the first of the period", a.index)
		v.broken = true
		return
	}
	before := v.assessments[len(v.assessments)-1]
	if !equal(a.Totals, before.Totals) || !equal(a.Statuses, before.Statuses) || a.Catalog != before.Catalog ||
		a.Evaluator != before.Evaluator {
		f.wrong("the lists of the assessment at entry %d are left out, and its totals are not those of the one before", a.index)
	}
}

// end checks that no entry of the period is missing and that every file was read to its end.
func (w *entryWalk) end(leaves int64) {
	v, l := w.v, w.v.manifest.Ledger
	if w.more {
		w.file.wrong("there is no entry %d in the ledger of %d", w.current.Index, leaves)
	}
	w.file.end()
	for _, b := range format.Bodies() {
		switch f := w.bodies[b.Kind]; {
		case f == nil:
		case w.file.failed || v.broken:
			f.end()
		default:
			f.close()
		}
	}
	if w.covered < l.End && !w.file.failed {
		v.problem(format.Entries, "entry %d, of the period, is missing", w.covered)
		v.broken = true
	}
}

func total[K comparable](m map[K]int) int {
	n := 0
	for _, c := range m {
		n += c
	}
	return n
}

func equal[K comparable](a, b map[K]int) bool {
	for k, n := range a {
		if b[k] != n {
			return false
		}
	}
	for k, n := range b {
		if a[k] != n {
			return false
		}
	}
	return true
}
