package daemon

import (
	"maps"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/owner"
	"exhibit/internal/store"
)

// OwnersReport is who owns the estate, and where the mapping from what is collected to controls, requirements and
// people no longer holds. Lists are never nil.
type OwnersReport struct {
	AsOf time.Time `json:"as_of"` // of the assessment whose view it is
	owner.Report
	// Unreachable are people who own something and have no address; Idle own nothing and no control either.
	Unreachable []string `json:"unreachable"`
	Idle        []string `json:"idle"`
	// Roles are the owners of controls that are no people of the configuration.
	Roles   []Role  `json:"roles"`
	Mapping Mapping `json:"mapping"`
	// Moved are the subjects with another owner than at Since; nil when that was not asked.
	Since time.Time `json:"since,omitzero"`
	Moved []Moved   `json:"moved,omitempty"`
}

// Role is an owner of controls.
type Role struct {
	Name     string   `json:"name"`
	Controls []string `json:"controls"`
}

// OwnersReport surveys the view of the newest assessment. With a time that is not zero it also tells which subjects had
// another owner then. It reads every subject once.
func (a *App) OwnersReport(v *store.View, since time.Time) (OwnersReport, error) {
	newest, err := AssessmentAt(v, a.Now())
	if err != nil {
		return OwnersReport{}, err
	}
	r := OwnersReport{AsOf: newest.AsOf, Unreachable: []string{}, Idle: []string{}, Roles: a.strangeRoles()}
	m := a.newMapping()
	survey := a.ownersAt(v, newest.View).finder.Survey()
	for _, schema := range Schemas() {
		snaps, err := v.Snapshots(newest.View, schema.Type)
		if err != nil {
			return r, err
		}
		m.look(schema.Type, snaps)
		if schema.Population && !m.judged[schema.Type] {
			continue // events that nothing is demanded of need no owner
		}
		if err := surveyLists(v, survey, snaps); err != nil {
			return r, err
		}
	}
	r.Report = survey.Report()
	roles := map[string]bool{}
	for _, c := range a.Catalog.Controls {
		roles[a.Config.Owners.Known(c.Owner)] = true
	}
	for _, p := range r.Owners {
		switch owns := p.Subjects > 0 || roles[p.Name]; {
		case !owns:
			r.Idle = append(r.Idle, p.Name)
		case !p.Reachable:
			r.Unreachable = append(r.Unreachable, p.Name)
		}
	}
	if r.Mapping, err = m.finish(v, newest); err != nil || since.IsZero() {
		return r, err
	}
	older, err := assessmentFrom(v, since)
	if err != nil {
		return r, err
	}
	r.Since = older.AsOf
	r.Moved, err = a.moved(v, older, newest)
	return r, err
}

// surveyLists counts the subjects of one type, of each scope once: by the newest whole list that there is.
func surveyLists(v *store.View, survey *owner.Survey, snaps []store.Snapshot) error {
	best := map[string]evidence.Snapshot{}
	for _, s := range snaps {
		one, ok := s.Snapshot, s.Listed()
		if !ok {
			var err error
			if one, ok, err = lastWhole(v, s); err != nil {
				return err
			}
		}
		if have, seen := best[one.Scope.ID()]; ok && (!seen || one.Window.To.After(have.Window.To)) {
			best[one.Scope.ID()] = one
		}
	}
	for _, id := range slices.Sorted(maps.Keys(best)) {
		s := best[id]
		err := v.Objects(s.Subjects, func(id string, _ evidence.Digest, object []byte) error {
			return survey.Add(owner.Subject{Type: s.Collector, ID: id, Scope: s.Scope, Object: object})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// strangeRoles are the owners of controls that are no people of the configuration.
func (a *App) strangeRoles() []Role {
	out := []Role{}
	for _, c := range a.Catalog.Controls {
		if a.Config.Owners.Known(c.Owner) != "" {
			continue
		}
		i := slices.IndexFunc(out, func(r Role) bool { return r.Name == c.Owner })
		if i < 0 {
			i, out = len(out), append(out, Role{Name: c.Owner})
		}
		out[i].Controls = append(out[i].Controls, c.ID)
	}
	slices.SortFunc(out, func(a, b Role) int { return strings.Compare(a.Name, b.Name) })
	return out
}
