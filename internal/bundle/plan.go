package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// entry is one ledger entry in the bundle.
type entry struct {
	index   int64
	kind    evidence.Kind
	body    evidence.Digest
	noBody  string
	noLists string
}

// run is a run whose body is in the bundle.
type run struct {
	index     int64
	snapshots evidence.ListRef
	whole     bool // every snapshot of a mapped type is shown; else the opening ones only
}

// assessment is one in the period.
type assessment struct {
	index int64
	evidence.Assessment
}

// plan decides what is in the bundle. It reads every entry, and the bodies of what may be needed.
func (b *builder) plan() error {
	v := b.view
	l := &b.manifest.Ledger
	l.Size = v.Size()
	if l.Size == 0 {
		return errors.New("the ledger has no entries")
	}
	if err := b.readGenesis(); err != nil {
		return err
	}
	l.Start, l.End = l.Size, 0
	for i := range l.Size {
		e, _, err := v.Entry(i)
		if err != nil {
			return err
		}
		if l.Start == l.Size && !e.RecordedAt.Before(b.request.Period.From) {
			l.Start = i
		}
		if !e.RecordedAt.After(b.request.Period.To) {
			l.End = i + 1
		}
	}
	l.End = max(l.End, l.Start)
	all, err := b.readAssessments()
	if err != nil {
		return err
	}
	var newest *assessment
	if len(all) > 0 {
		newest = &all[len(all)-1]
		b.manifest.Assessment = &format.Assessment{Entry: newest.index, Catalog: newest.Catalog,
			Evaluator: newest.Evaluator, AsOf: newest.AsOf}
	}
	framework, controls, err := b.judged(newest)
	if err != nil {
		return err
	}
	if b.scope, err = newScope(framework, controls); err != nil {
		return err
	}
	left, err := b.chooseAssessments(all)
	if err != nil {
		return err
	}
	if err := b.open(); err != nil {
		return err
	}
	if err := b.chooseEntries(left); err != nil {
		return err
	}
	return b.readRuns()
}

func (b *builder) readGenesis() error {
	e, _, err := b.view.Entry(0)
	if err != nil {
		return err
	}
	body, err := b.view.Object(e.Body)
	if err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	if e.Kind != evidence.KindGenesis {
		return fmt.Errorf("entry 0 is a %s, not the genesis of a ledger", e.Kind)
	}
	if err := json.Unmarshal(body, &b.genesis); err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	if b.genesis.Verifier != b.request.Key.Verifier() {
		return fmt.Errorf("the key is not that of ledger %q", b.genesis.Origin)
	}
	l := &b.manifest.Ledger
	l.Origin, l.Key = b.genesis.Origin, b.genesis.Verifier
	l.Fingerprint, err = format.Fingerprint(l.Key)
	return err
}

// readAssessments returns those in the period, oldest first.
func (b *builder) readAssessments() ([]assessment, error) {
	var all []assessment
	for i := b.manifest.Ledger.Start; i < b.manifest.Ledger.End; i++ {
		e, _, err := b.view.Entry(i)
		if err != nil {
			return nil, err
		}
		if e.Kind != evidence.KindAssessment {
			continue
		}
		a := assessment{index: i}
		if err := b.body(e, &a.Assessment); err != nil {
			return nil, fmt.Errorf("assessment at entry %d: %w", i, err)
		}
		all = append(all, a)
	}
	return all, nil
}

func (b *builder) body(e evidence.Entry, to any) error {
	body, err := b.view.Object(e.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, to)
}

// open finds the evidence that stood when the period began: what its first assessments rest on.
func (b *builder) open() error {
	b.from, b.opening = b.manifest.Ledger.Start, map[evidence.Digest]bool{}
	for _, a := range b.assessments {
		b.from = min(b.from, max(a.View, 0))
	}
	newest, err := b.view.Snapshots(b.from, "")
	if err != nil {
		return fmt.Errorf("evidence at the start of the period: %w", err)
	}
	for _, s := range newest {
		if b.scope.has(s.Collector) {
			b.opening[s.Digest] = true
			b.runs = append(b.runs, run{index: s.Entry})
		}
	}
	slices.SortFunc(b.runs, func(x, y run) int { return int(x.index - y.index) })
	b.runs = slices.CompactFunc(b.runs, func(x, y run) bool { return x.index == y.index })
	return nil
}

// chooseEntries lists every entry of the period, and of the others those that belong to what is shown. left are the
// assessments of the period whose lists are not.
func (b *builder) chooseEntries(left map[int64]string) error {
	l := b.manifest.Ledger
	b.attachments = map[evidence.Digest]bool{}
	catalogs, opening := map[evidence.Digest]bool{}, b.runs
	for _, a := range b.assessments {
		catalogs[a.Catalog] = true
	}
	b.runs = nil
	for i := range l.Size {
		e, _, err := b.view.Entry(i)
		if err != nil {
			return err
		}
		inside := i >= l.Start && i < l.End
		it := entry{index: i, kind: e.Kind, body: e.Body}
		take := false
		switch e.Kind {
		case evidence.KindGenesis, evidence.KindDisposal:
			take = true
		case evidence.KindCatalog:
			take = catalogs[e.Body]
			delete(catalogs, e.Body)
			it.noBody = "no assessment in this bundle was made with it, or it is in the bundle already"
		case evidence.KindAcceptance:
			if take, err = b.acceptance(e); err != nil {
				return fmt.Errorf("acceptance at entry %d: %w", i, err)
			}
			it.noBody = "about a check outside the framework"
		case evidence.KindAttestation:
			if take, err = b.attestation(e); err != nil {
				return fmt.Errorf("attestation at entry %d: %w", i, err)
			}
			it.noBody = "about a control or requirement outside the framework"
		case evidence.KindAccessReview, evidence.KindDecision, evidence.KindAction, evidence.KindMessage, evidence.KindDelivery:
			take = inside
			it.noBody = "outside the period"
		case evidence.KindAssessment:
			take = inside
			it.noLists = left[i]
			it.noBody = "outside the period"
		case evidence.KindRun:
			whole := i >= b.from && i < l.End
			take = whole || len(opening) > 0 && opening[0].index == i
			for len(opening) > 0 && opening[0].index <= i {
				opening = opening[1:]
			}
			if take {
				b.runs = append(b.runs, run{index: i, whole: whole})
			}
			it.noBody = "outside the period"
		default:
			it.noBody = "of a kind that this version does not export"
		}
		boundary := i == l.Start-1 || i == l.End
		switch {
		case take:
			it.noBody = ""
		case !inside && !boundary:
			continue
		default:
			it.noLists = ""
		}
		b.entries = append(b.entries, it)
	}
	for d := range catalogs {
		return fmt.Errorf("catalog %s, which an assessment was made with, is in no entry", d.Short())
	}
	return nil
}

func (b *builder) acceptance(e evidence.Entry) (bool, error) {
	var a evidence.RiskAcceptance
	if err := b.body(e, &a); err != nil {
		return false, err
	}
	_, ok := b.scope.checks[a.Check]
	return ok, nil
}

func (b *builder) attestation(e evidence.Entry) (bool, error) {
	var a evidence.Attestation
	if err := b.body(e, &a); err != nil {
		return false, err
	}
	of := func(r evidence.Requirement) bool { return b.scope.framework.Attested(a, r.ID) }
	if !b.scope.mapped[a.Control] && !slices.ContainsFunc(b.scope.framework.Requirements, of) {
		return false, nil
	}
	for _, d := range a.Attachments {
		b.attachments[d] = true
	}
	return true, nil
}

// day is the day of t in UTC, as omissions name it.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
