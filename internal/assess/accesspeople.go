package assess

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Why assignments of Identity Center are no part of the population.
const (
	goneUser  = "assignment of a permission set to a user that the directory no longer has"
	goneGroup = "assignment of a permission set to a group that the directory no longer has"
	emptyTeam = "assignment of a permission set to a group without members"
)

// holder is a person with one permission set in one account, by one or more ways.
type holder struct {
	person *record // nil when the directory does not show him
	id     string  // his id in the identity store
	set    string  // ARN
	first  *record // the assignment that was read first
	ways   []string
	teams  []string
	lost   []string // why his name, or whether he is meant, is unknown
}

// people adds the persons who have permission sets in the account, and says whose sets nobody can tell of.
func (v *reviewer) people(d *directory, account string) {
	var holders []*holder
	for _, a := range d.assigned[account] {
		for _, h := range v.expand(d, a) {
			i := slices.IndexFunc(holders, func(o *holder) bool { return o.id == h.id && o.set == h.set })
			if i < 0 {
				holders = append(holders, h)
				continue
			}
			holders[i].ways = append(holders[i].ways, h.ways...)
			holders[i].teams = append(holders[i].teams, h.teams...)
		}
	}
	var rows []evidence.Access
	for _, h := range holders {
		rows = append(rows, v.person(d, h, account))
	}
	slices.SortStableFunc(rows, func(a, b evidence.Access) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Identity, b.Identity),
			strings.Compare(a.PermissionSet, b.PermissionSet))
	})
	for _, row := range rows {
		v.add(row)
	}
	for _, rec := range v.sets["aws.iam.role"].recs {
		if name := permissionSetOf(rec); name != "" && d.named(name) == nil {
			v.out.Missing = append(v.out.Missing, fmt.Sprintf(
				"%s: who has the permission set %s was not seen: the Identity Center that it is of was not collected",
				v.work.scope.id, name))
		}
	}
}

// expand returns the persons to whom an assignment gives its set.
func (v *reviewer) expand(d *directory, a *record) []*holder {
	id, store, set := nameIn(a, "PrincipalId"), nameIn(a, "IdentityStoreId"), nameIn(a, "PermissionSetArn")
	switch kind := nameIn(a, "PrincipalType"); kind {
	case "USER":
		person := d.people[store+"/"+id]
		if person == nil && !d.gaps[personType] {
			v.exclude(goneUser)
			return nil
		}
		return []*holder{{person: person, id: id, set: set, first: a, ways: []string{"Identity Center"}, teams: []string{}}}
	case "GROUP":
		team := d.teams[store+"/"+id]
		if team == nil && !d.gaps[teamType] {
			v.exclude(goneGroup)
			return nil
		}
		if team == nil {
			return []*holder{unknownHolder(a, "the group "+id+" was not seen, nor who is in it")}
		}
		return v.members(d, a, team)
	default:
		return []*holder{unknownHolder(a, "who is meant by "+kind+" "+id+" is not known")}
	}
}

// members returns the persons of a group.
func (v *reviewer) members(d *directory, a, team *record) []*holder {
	name := nameIn(team, "DisplayName")
	if m, missing := team.missing["Members"]; missing {
		return []*holder{unknownHolder(a, "group "+name+": "+missingReason("Members", m))}
	}
	members := team.doc.GetArray("Members")
	if len(members) == 0 {
		v.exclude(emptyTeam)
	}
	var out []*holder
	for _, m := range members {
		id := string(m.GetStringBytes("UserId"))
		if id == "" {
			out = append(out, unknownHolder(a, "group "+name+" has a member that is no user"))
			continue
		}
		out = append(out, &holder{person: d.people[nameIn(a, "IdentityStoreId")+"/"+id], id: id,
			set: nameIn(a, "PermissionSetArn"), first: a, ways: []string{"Identity Center by group " + name},
			teams: []string{name}})
	}
	return out
}

// unknownHolder stands for whoever an assignment means.
func unknownHolder(a *record, why string) *holder {
	return &holder{id: nameIn(a, "PrincipalId"), set: nameIn(a, "PermissionSetArn"), first: a,
		ways: []string{"Identity Center"}, teams: []string{}, lost: []string{why}}
}

// person makes the row of a holder. What his set lets him do is what the role lets him do that Identity Center made of
// it in the account, or would make.
func (v *reviewer) person(d *directory, h *holder, account string) evidence.Access {
	row := evidence.Access{Scope: v.work.scope.id, Identity: h.id, Name: h.id, Kind: "person", Entry: h.ways,
		MFA: "with the provider", Groups: h.teams, Policies: []string{}, Via: []string{}, Ways: []string{},
		LastUsed: evidence.AccessNotTold, Idle: evidence.AccessNotTold, Evidence: h.first.digest,
		PermissionSet: evidence.AccessUnknown, Unknown: h.lost}
	if s := d.asked[h.first].snap(assignmentType); s != nil {
		row.CollectedAt = s.Window.From.UTC()
	}
	switch {
	case h.person != nil:
		row.Identity, row.Name, row.Evidence = h.person.id, h.person.name, h.person.digest
		if nameIn(h.person, "UserStatus") == "DISABLED" {
			row.Entry = []string{}
			for _, way := range h.ways {
				row.Entry = append(row.Entry, "disabled: "+way)
			}
		}
	case len(h.lost) == 0:
		row.Unknown = append(row.Unknown, "the user "+h.id+" was not seen in the directory")
	}
	slices.Sort(row.Entry)
	slices.Sort(row.Groups)
	row.Groups = slices.Compact(row.Groups)
	set := d.sets[h.set]
	if set == nil || nameIn(set, "Name") == "" {
		row.Admin, row.Escalates = evidence.AccessUnknown, evidence.AccessUnknown
		row.Unknown = append(row.Unknown, "the permission set "+h.set+" was not seen")
		return row
	}
	row.PermissionSet = nameIn(set, "Name")
	for _, role := range v.sets["aws.iam.role"].recs {
		if permissionSetOf(role) == row.PermissionSet {
			v.power(role, &row)
			return row
		}
	}
	v.setPower(d, set, account, &row)
	return row
}
