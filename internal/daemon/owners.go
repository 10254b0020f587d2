package daemon

import (
	"errors"
	"fmt"
	"strings"

	"exhibit/internal/drift"
	"exhibit/internal/evidence"
	"exhibit/internal/owner"
	"exhibit/internal/store"
)

// OwnerOf returns who owns a subject, the name of a person or team of the configuration; "" for nobody.
type OwnerOf = func(control, scope, subjectType, subject string) string

// Owners tells who owns what one view shows, by the rules of the configuration. It looks subjects up when it is asked
// about them and keeps a bounded number of answers. It is used by one goroutine, and for as long as the view.
type Owners struct {
	view    *store.View
	size    int64
	sources []string
	finder  *owner.Finder
	roles   map[string]string // the owner of each control
	spots   map[spot]*ownedList
	kept    int // answers in all spots
	err     error
}

// spot is where a list of subjects stands.
type spot struct{ subjectType, scope string }

// ownedList is what is known of one list.
type ownedList struct {
	scope   evidence.Scope
	lists   []evidence.ListRef // the newest of each source
	asked   int
	whole   bool // answers holds every subject of the lists
	answers map[string]owner.Answer
}

const (
	// keptAnswers bounds the answers that are kept. When there are more, all are forgotten.
	keptAnswers = 50_000
	// askedOften is from when on a list is read as a whole, which costs much less than one by one.
	askedOften = 16
)

// Owners returns who owns what a view shows.
func (a *App) Owners(v *store.View) *Owners { return a.ownersAt(v, v.Size()) }

// ownersAt is Owners over the first size entries.
func (a *App) ownersAt(v *store.View, size int64) *Owners {
	o := &Owners{view: v, size: size, sources: a.sourceNames(), roles: map[string]string{},
		spots: map[spot]*ownedList{}}
	for _, c := range a.Catalog.Controls {
		o.roles[c.ID] = c.Owner
	}
	o.finder = a.Config.Owners.Over(func(scope, typ, id string) ([]byte, error) {
		s, err := o.subject(typ, scope, id)
		return s.Object, err
	})
	return o
}

// Of returns who owns a subject as a control sees it, "" for nobody. subject is empty for a population as a whole. A
// subject that is gone is owned by who owned its last version. Where the configuration names nobody, the controls'
// own owners stand. After an error, which Err returns, nobody owns anything.
func (o *Owners) Of(control, scope, subjectType, subject string) string {
	switch {
	case o.err != nil:
		return ""
	case !o.finder.Configured():
		return o.roles[control]
	}
	answer, err := o.answer(scope, subjectType, subject)
	if err != nil {
		o.err = fmt.Errorf("tell who owns %s in %s: %w", subject, scope, err)
		return ""
	}
	if answer.By != owner.ByRule {
		answer = o.finder.Fallback(o.roles[control])
	}
	return answer.Owner
}

// Err returns the first error that Of met.
func (o *Owners) Err() error { return o.err }

// Explanation is who owns a subject, and what came of each rule.
type Explanation struct {
	Place
	owner.Answer
	Control  string       `json:"control,omitempty"` // as which the subject was seen
	Services []string     `json:"services"`
	Steps    []owner.Step `json:"steps"`
}

// Explain tells who owns a subject and why, as a control sees it; control may be empty.
func (o *Owners) Explain(p Place, control string) (Explanation, error) {
	s, err := o.subject(p.Type, p.Scope, p.ID)
	if err != nil {
		return Explanation{}, err
	}
	out := Explanation{Place: p, Control: control}
	if out.Answer, out.Steps, err = o.finder.Explain(s, o.roles[control]); err != nil {
		return out, err
	}
	out.Services, err = o.finder.Services(s)
	return out, err
}

// answer returns what the rules say.
func (o *Owners) answer(scope, subjectType, subject string) (owner.Answer, error) {
	if !o.finder.HasRules() {
		return owner.Answer{}, nil
	}
	list, err := o.list(subjectType, scope)
	if err != nil {
		return owner.Answer{}, err
	}
	if known, ok := list.answers[subject]; ok {
		return known, nil
	}
	if list.asked++; list.asked > askedOften && !list.whole {
		if err := o.readWhole(list, subjectType); err != nil {
			return owner.Answer{}, err
		}
		if known, ok := list.answers[subject]; ok {
			return known, nil
		}
	}
	s, err := o.subject(subjectType, scope, subject)
	if err != nil {
		return owner.Answer{}, err
	}
	answer, err := o.finder.Of(s, "")
	if err == nil {
		o.keep(list, subject, answer)
	}
	return answer, err
}

// readWhole answers for every subject of a list, unless they are too many to keep.
func (o *Owners) readWhole(list *ownedList, subjectType string) error {
	list.whole = true
	for _, ref := range list.lists {
		if ref.Count > keptAnswers/2 {
			continue
		}
		err := o.view.Objects(ref, func(id string, _ evidence.Digest, object []byte) error {
			if _, ok := list.answers[id]; ok {
				return nil
			}
			answer, err := o.finder.Of(owner.Subject{Type: subjectType, ID: id, Scope: list.scope, Object: object}, "")
			if err == nil {
				o.keep(list, id, answer)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keep keeps an answer. When there are too many, the others are forgotten.
func (o *Owners) keep(list *ownedList, subject string, answer owner.Answer) {
	if o.kept >= keptAnswers {
		clear(o.spots)
		clear(list.answers)
		list.whole, o.kept = false, 0
	}
	list.answers[subject] = answer
	o.kept++
}

// list returns what is known of a list, which is little the first time.
func (o *Owners) list(subjectType, scope string) (*ownedList, error) {
	at := spot{subjectType, scope}
	if list := o.spots[at]; list != nil {
		return list, nil
	}
	list := &ownedList{scope: scopeOf(scope), answers: map[string]owner.Answer{}}
	var newest store.Snapshot
	for _, source := range o.sources {
		s, ok, err := o.view.Newest(o.size, source, subjectType, scope)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		list.lists = append(list.lists, s.Subjects)
		if s.Window.To.After(newest.Window.To) {
			newest, list.scope = s, s.Scope
		}
	}
	if len(o.spots) >= keptAnswers/askedOften {
		clear(o.spots)
		o.kept = 0
	}
	o.spots[at] = list
	return list, nil
}

// scopeOf undoes evidence.Scope.ID.
func scopeOf(id string) evidence.Scope {
	provider, rest, _ := strings.Cut(id, ":")
	account, region, _ := strings.Cut(rest, ":")
	return evidence.Scope{Provider: provider, Account: account, Region: region}
}

// subject reads the newest version of a subject; of one that is in no newest list, the last one that there was. One
// that was never seen, and a population as a whole, has no object.
func (o *Owners) subject(subjectType, scope, id string) (owner.Subject, error) {
	list, err := o.list(subjectType, scope)
	if err != nil {
		return owner.Subject{}, err
	}
	s := owner.Subject{Type: subjectType, ID: id, Scope: list.scope}
	if id == "" {
		return s, nil
	}
	for _, ref := range list.lists {
		digest, err := o.view.Get(ref, id)
		switch {
		case errors.Is(err, store.ErrUnknown):
			continue
		case err == nil:
			s.Object, err = o.view.Object(digest)
		}
		return s, err
	}
	versions, err := o.view.History(subjectType, scope, id)
	if err != nil {
		return s, err
	}
	var last store.Version
	for _, version := range versions {
		if version.Entry < o.size && !version.Object.IsZero() && version.Entry >= last.Entry {
			last = version
		}
	}
	if last.Object.IsZero() {
		return s, nil
	}
	s.Object, err = o.view.Object(last.Object)
	return s, err
}

// Moved is a subject that another person owns than before.
type Moved struct {
	Place
	Before string `json:"before"` // "" is nobody
	After  string `json:"after"`
	// Fields are what changed of the subject.
	Fields []string `json:"fields"`
}

// moved tells of the subjects that changed between two assessments, and whose owner is another one since, by the
// rules of now.
func (a *App) moved(v *store.View, older, newer store.Assessment) ([]Moved, error) {
	before, err := a.side(v, older.Assessment)
	if err != nil {
		return nil, err
	}
	after, err := a.side(v, newer.Assessment)
	if err != nil {
		return nil, err
	}
	changes, err := drift.Subjects(v, before, after, Schemas())
	if err != nil {
		return nil, err
	}
	out := []Moved{}
	was, is := a.ownersAt(v, older.View), a.ownersAt(v, newer.View)
	for _, c := range changes {
		if c.What != "subject-changed" {
			continue
		}
		old, now := was.Of("", c.Scope, c.Type, c.Subject), is.Of("", c.Scope, c.Type, c.Subject)
		if old == now {
			continue
		}
		m := Moved{Place: Place{c.Type, c.Scope, c.Subject, c.Name}, Before: old, After: now, Fields: []string{}}
		for _, f := range c.Fields {
			m.Fields = append(m.Fields, f.Path)
		}
		out = append(out, m)
	}
	return out, errors.Join(was.Err(), is.Err())
}
