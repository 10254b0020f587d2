package assess

import (
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// What tells who in IAM Identity Center has which permission set in which account. The accounts that may ask about it
// tell it for all others.
const (
	assignmentType = "aws.ssoadmin.assignment"
	setType        = "aws.ssoadmin.permission-set"
	personType     = "aws.identitystore.user"
	teamType       = "aws.identitystore.group"
	managedType    = "aws.iam.managed-policy"
)

// directory is what the view knows of Identity Center.
type directory struct {
	// people and teams are by identity store and id, sets by ARN, managed policies of AWS's that sets attach by ARN.
	people, teams, sets, managed map[string]*record
	// assigned are the assignments by account, once each, in order of id.
	assigned map[string][]*record
	// gaps are the types whose lists are not whole.
	gaps map[string]bool
	// asked is where each assignment was collected.
	asked map[*record]*scopeWork
}

// readDirectory gathers what the accounts' own scopes say of Identity Center. What was not seen of it is missing from
// the review; where nobody ever asked, there is nothing to miss.
func (r *run) readDirectory(out *evidence.AccessReview) (*directory, error) {
	d := &directory{people: map[string]*record{}, teams: map[string]*record{}, sets: map[string]*record{},
		managed: map[string]*record{}, assigned: map[string][]*record{}, gaps: map[string]bool{},
		asked: map[*record]*scopeWork{}}
	for _, typ := range [...]string{setType, personType, teamType, assignmentType} {
		err := r.eachList(typ, func(w *scopeWork, set *relatedSet) {
			for _, g := range set.gaps {
				d.gaps[typ] = true
				out.Missing = append(out.Missing, w.scope.id+": "+g.reason)
			}
			if len(set.recs)+len(set.gaps) > 0 {
				restsOn(w, typ, out)
			}
			for _, rec := range set.recs {
				d.add(typ, rec, w)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	for _, list := range d.assigned {
		slices.SortFunc(list, func(a, b *record) int { return strings.Compare(a.id, b.id) })
	}
	attached := d.attached()
	if len(attached) == 0 {
		return d, nil
	}
	return d, r.eachList(managedType, func(_ *scopeWork, set *relatedSet) {
		for _, rec := range set.recs {
			if attached[rec.id] && d.managed[rec.id] == nil {
				d.managed[rec.id] = rec
			}
		}
	})
}

// eachList calls f for every account's own list of a type that was ever collected there.
func (r *run) eachList(typ string, f func(*scopeWork, *relatedSet)) error {
	for _, a := range r.accounts {
		w := a.own()
		if w == nil || w.snap(typ) == nil {
			continue
		}
		loader := &relatedLoader{run: r, account: &account{scopes: []*scopeWork{w}}, parsed: map[string][]*record{}}
		set, _, err := loader.load(w, typ, 0)
		if err != nil {
			return err
		}
		f(w, set)
	}
	return nil
}

func (d *directory) add(typ string, rec *record, w *scopeWork) {
	switch typ {
	case personType:
		d.people[inStore(rec, "UserId")] = rec
	case teamType:
		d.teams[inStore(rec, "GroupId")] = rec
	case setType:
		d.sets[rec.id] = rec
	case assignmentType:
		account := nameIn(rec, "AccountId")
		twice := func(other *record) bool { return other.id == rec.id } // two accounts may ask about one directory
		if !slices.ContainsFunc(d.assigned[account], twice) {
			d.assigned[account] = append(d.assigned[account], rec)
			d.asked[rec] = w
		}
	}
}

// inStore is a key by which people and teams are found: ids are an identity store's own.
func inStore(rec *record, key string) string {
	return nameIn(rec, "IdentityStoreId") + "/" + nameIn(rec, key)
}

// attached are the ARNs of all policies that sets attach or are bounded by.
func (d *directory) attached() map[string]bool {
	arns := map[string]bool{}
	for _, set := range d.sets {
		for _, p := range set.doc.GetArray("AttachedManagedPolicies") {
			arns[string(p.GetStringBytes("Arn"))] = true
		}
		if arn := set.doc.GetStringBytes("PermissionsBoundary", "ManagedPolicyArn"); len(arn) > 0 {
			arns[string(arn)] = true
		}
	}
	return arns
}

// named returns the set of a name, nil when none is known.
func (d *directory) named(name string) *record {
	for _, set := range d.sets {
		if nameIn(set, "Name") == name {
			return set
		}
	}
	return nil
}
