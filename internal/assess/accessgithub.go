package assess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// codeTypes are the lists that a review of a GitHub organisation rests on.
var codeTypes = [...]string{"github.organization", "github.repository", "github.team"}

// notAPerson stands for the second factor of what is no person.
const notAPerson = "not a person"

// reviewCode adds one GitHub organisation: its members, those from outside, the apps installed in it, and the keys that
// open a repository.
func (r *run) reviewCode(a *account, out *evidence.AccessReview) error {
	w := a.own()
	if w == nil {
		return nil // organisations have no regions
	}
	for _, l := range w.lost {
		out.Missing = append(out.Missing, strings.TrimSuffix(fmt.Sprintf("%s: %s, %s", w.scope.id, l.Outcome, l.Reason), ", "))
	}
	loader := &relatedLoader{run: r, account: &account{scopes: []*scopeWork{w}}, parsed: map[string][]*record{}}
	v := &codeReviewer{reviewer: reviewer{asOf: r.asOf, work: w, sets: map[string]*relatedSet{}, out: out}}
	for _, typ := range codeTypes {
		set, _, err := loader.load(w, typ, 0)
		if err != nil {
			return err
		}
		v.sets[typ] = set
		for _, g := range set.gaps {
			out.Missing = append(out.Missing, w.scope.id+": "+g.reason)
		}
		restsOn(w, typ, out)
	}
	for _, org := range v.sets["github.organization"].recs {
		v.people(org, "Members", "MembersWithoutTwoFactor")
		v.people(org, "OutsideCollaborators", "OutsideCollaboratorsWithoutTwoFactor")
		v.apps(org)
	}
	for _, repo := range v.sets["github.repository"].recs {
		v.keys(repo)
	}
	return nil
}

// codeReviewer makes the rows of one organisation.
type codeReviewer struct{ reviewer }

// told fills in what GitHub does not tell of anybody.
func told(row *evidence.Access) {
	row.Escalates, row.LastUsed, row.Idle = no.String(), evidence.AccessNotTold, evidence.AccessNotTold
	if row.Admin == yes.String() {
		row.Escalates = "administrator"
	}
}

// people adds the persons of a list of the organisation; without names those who lack a second factor.
func (v *codeReviewer) people(org *record, list, without string) {
	if m, missing := org.missing[list]; missing {
		v.out.Missing = append(v.out.Missing, org.id+": "+missingReason(list, m))
		return
	}
	_, hidden := org.missing[without]
	for _, p := range org.doc.GetArray(list) {
		login := string(p.GetStringBytes("login"))
		row := v.start(org, "github.organization", "outside-collaborator")
		row.Identity, row.Name, row.Entry, row.MFA, row.Admin = login, login, []string{"outside collaborator"}, yes.String(), no.String()
		switch string(p.GetStringBytes("role")) {
		case "admin":
			row.Kind, row.Entry, row.Admin, row.Via = "member", []string{"owner"}, yes.String(), []string{"owner of the organisation"}
		case "member":
			row.Kind, row.Entry = "member", []string{"member"}
			if m, missing := org.missing["default_repository_permission"]; missing {
				row.Unknown = append(row.Unknown, missingReason("default_repository_permission", m))
			} else if base := string(org.doc.GetStringBytes("default_repository_permission")); base != "none" {
				right := "every repository: " + base
				row.Policies = append(row.Policies, right)
				if base == "admin" {
					row.Admin, row.Via = yes.String(), []string{right}
				}
			}
		}
		switch {
		case hidden:
			row.MFA = evidence.AccessUnknown
			row.Unknown = append(row.Unknown, missingReason(without, org.missing[without]))
		case slices.ContainsFunc(org.doc.GetArray(without), hasLogin(login)):
			row.MFA = no.String()
		}
		v.rights(login, &row)
		told(&row)
		v.add(row)
	}
}

func hasLogin(login string) func(*fastjson.Value) bool {
	return func(p *fastjson.Value) bool { return string(p.GetStringBytes("login")) == login }
}

// rights fills in what a person reaches by name and by teams.
func (v *codeReviewer) rights(login string, row *evidence.Access) {
	for _, repo := range v.sets["github.repository"].recs {
		lacks(repo, "Collaborators", row)
		for _, p := range repo.doc.GetArray("Collaborators") {
			if hasLogin(login)(p) {
				row.Policies = append(row.Policies, repo.id+": "+string(p.GetStringBytes("role_name")))
			}
		}
	}
	for _, team := range v.sets["github.team"].recs {
		lacks(team, "Members", row)
		if !slices.ContainsFunc(team.doc.GetArray("Members"), hasLogin(login)) {
			continue
		}
		slug := nameIn(team, "slug")
		row.Groups = append(row.Groups, slug)
		lacks(team, "Repositories", row)
		for _, repo := range team.doc.GetArray("Repositories") {
			row.Policies = append(row.Policies, fmt.Sprintf("team %s: %s: %s", slug, repo.GetStringBytes("full_name"),
				repo.GetStringBytes("role_name")))
		}
	}
	slices.Sort(row.Policies)
}

// apps adds the apps that are installed in the organisation.
func (v *codeReviewer) apps(org *record) {
	if m, missing := org.missing["Installations"]; missing {
		v.out.Missing = append(v.out.Missing, org.id+": "+missingReason("Installations", m))
		return
	}
	for _, app := range org.doc.GetArray("Installations") {
		row := v.start(org, "github.organization", "app")
		row.Identity, row.Name = "app/"+string(app.GetStringBytes("app_slug")), string(app.GetStringBytes("app_slug"))
		row.Entry, row.MFA, row.Admin = []string{"installed in " + string(app.GetStringBytes("repository_selection")) + " repositories"},
			notAPerson, no.String()
		if at := app.GetStringBytes("suspended_at"); len(at) > 0 {
			row.Entry = []string{"suspended"}
		}
		app.GetObject("permissions").Visit(func(key []byte, level *fastjson.Value) {
			right := string(key) + ": " + string(level.GetStringBytes())
			row.Policies = append(row.Policies, right)
			if right == "organization_administration: write" || right == "administration: write" || right == "members: write" {
				row.Admin, row.Via = yes.String(), append(row.Via, right)
			}
		})
		slices.Sort(row.Policies)
		told(&row)
		v.add(row)
	}
}

// keys adds the keys that open a repository to whoever holds them.
func (v *codeReviewer) keys(repo *record) {
	if m, missing := repo.missing["DeployKeys"]; missing {
		v.out.Missing = append(v.out.Missing, repo.id+": "+missingReason("DeployKeys", m))
		return
	}
	for _, key := range repo.doc.GetArray("DeployKeys") {
		row := v.start(repo, "github.repository", "deploy-key")
		row.Identity = fmt.Sprintf("%s/keys/%d", repo.id, key.GetInt64("id"))
		row.Name, row.MFA, row.Admin = string(key.GetStringBytes("title")), notAPerson, no.String()
		row.Entry = []string{"SSH key, added by " + string(key.GetStringBytes("added_by"))}
		right := "write"
		if key.GetBool("read_only") {
			right = "read"
		}
		row.Policies = []string{repo.id + ": " + right}
		told(&row)
		v.used(&row, string(key.GetStringBytes("last_used")))
		v.add(row)
	}
}
