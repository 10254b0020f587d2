package assess

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// elsewhere adds the persons who have permission sets in accounts of which nothing was collected.
func (r *run) elsewhere(d *directory, out *evidence.AccessReview) {
	for _, id := range slices.Sorted(maps.Keys(d.assigned)) {
		if slices.ContainsFunc(r.accounts, func(a *account) bool { return a.name == "aws:"+id && a.own() != nil }) {
			continue
		}
		scope := &scopeValue{Scope: evidence.Scope{Provider: "aws", Account: id}, id: "aws:" + id}
		none := &relatedSet{never: true, gaps: []gap{{reason: "the account " + id + " was not collected"}}}
		sets := map[string]*relatedSet{accountPolicies: none}
		for _, typ := range identityTypes {
			sets[typ] = none
		}
		out.Limits = append(out.Limits, evidence.AccessLimits{Scope: scope.id, Stand: limitsNotLooked})
		v := &reviewer{asOf: r.asOf, work: &scopeWork{scope: scope}, sets: sets, out: out}
		v.people(d, id)
	}
}

// setPower fills in what a set's own policies let its holder do in the account, where the role that Identity Center
// makes of it was not seen.
func (v *reviewer) setPower(d *directory, set *record, account string, row *evidence.Access) {
	rec, err := roleOfSet(set, account)
	if err != nil {
		row.Admin, row.Escalates = evidence.AccessUnknown, evidence.AccessUnknown
		row.Unknown = append(row.Unknown, "the permission set "+row.PermissionSet+" could not be read")
		return
	}
	w := *v
	w.sets = maps.Clone(v.sets)
	managed := &relatedSet{recs: slices.Clone(v.sets[managedType].recs), gaps: v.sets[managedType].gaps}
	for _, arn := range slices.Sorted(maps.Keys(d.managed)) {
		managed.recs = append(managed.recs, d.managed[arn])
	}
	w.sets[managedType] = managed
	w.power(rec, row)
}

// roleOfSet is the role that Identity Center would make of a set in an account, as the account would show it.
func roleOfSet(set *record, account string) (*record, error) {
	_, rest, _ := strings.Cut(set.id, ":")
	partition, _, _ := strings.Cut(rest, ":")
	iam := "arn:" + partition + ":iam::" + account + ":"
	own := func(path, name string) string { return iam + "policy" + cmp.Or(path, "/") + name }
	type policy struct {
		PolicyName, PolicyArn, PolicyDocument string `json:",omitempty"`
	}
	type boundary struct{ PermissionsBoundaryArn string }
	var role struct {
		InlinePolicies, AttachedPolicies []policy
		PermissionsBoundary              *boundary `json:",omitempty"`
	}
	text := func(v *fastjson.Value, keys ...string) string { return string(v.GetStringBytes(keys...)) }
	if inline := text(set.doc, "InlinePolicy"); inline != "" {
		role.InlinePolicies = append(role.InlinePolicies, policy{PolicyName: "of the permission set", PolicyDocument: inline})
	}
	for _, p := range set.doc.GetArray("AttachedManagedPolicies") {
		role.AttachedPolicies = append(role.AttachedPolicies, policy{PolicyName: text(p, "Name"), PolicyArn: text(p, "Arn")})
	}
	for _, p := range set.doc.GetArray("CustomerManagedPolicyReferences") {
		role.AttachedPolicies = append(role.AttachedPolicies,
			policy{PolicyName: text(p, "Name"), PolicyArn: own(text(p, "Path"), text(p, "Name"))})
	}
	if b := set.doc.Get("PermissionsBoundary"); b != nil {
		arn := text(b, "ManagedPolicyArn")
		if arn == "" {
			arn = own(text(b, "CustomerManagedPolicyReference", "Path"), text(b, "CustomerManagedPolicyReference", "Name"))
		}
		role.PermissionsBoundary = &boundary{arn}
	}
	raw, err := json.Marshal(role)
	if err != nil {
		return nil, fmt.Errorf("read the permission set %s: %w", set.id, err)
	}
	doc, err := fastjson.ParseBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("read the permission set %s: %w", set.id, err)
	}
	rec := &record{typ: set.typ, id: iam + "role/aws-reserved/sso.amazonaws.com/" + nameIn(set, "Name"),
		digest: set.digest, doc: doc, scope: set.scope, missing: map[string]evidence.Missing{}}
	for _, part := range [...][2]string{{"InlinePolicy", "InlinePolicies"}, {"AttachedManagedPolicies", "AttachedPolicies"},
		{"CustomerManagedPolicyReferences", "AttachedPolicies"}, {"PermissionsBoundary", "PermissionsBoundary"}} {
		if m, missing := set.missing[part[0]]; missing {
			rec.missing[part[1]] = m
		}
	}
	return rec, nil
}
