package assess

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// identityCenter are the types that a review reads besides those of effective().
func identityCenter() []evidence.Schema {
	out := []evidence.Schema{{Type: "aws.iam.account"}}
	for _, typ := range []string{setType, personType, teamType, assignmentType} {
		out = append(out, evidence.Schema{Type: typ})
	}
	return out
}

// peopleEstate is account 1, which has the directory, and account 2, which has a role of one set. change alters the
// snapshots of a type; missing are parts of its first subject.
func peopleEstate(t *testing.T, change map[string]func(*evidence.Snapshot), missing map[string]string) *memView {
	v := &memView{}
	add := func(account, typ string, subjects ...evidence.Subject) {
		if key := missing[typ]; key != "" {
			subjects[0].Missing = map[string]evidence.Missing{key: {Operation: "x:Ask", Outcome: evidence.OutcomeDenied}}
		}
		v.add(t, typ, account, "", change[typ], subjects...)
	}
	named := func(id, name, d string) evidence.Subject {
		return evidence.Subject{ID: id, Name: name, Doc: json.RawMessage(d)}
	}
	set := func(name, d string) evidence.Subject {
		return named("arn:aws:sso:::permissionSet/i/"+name, name, `{"Name":"`+name+`"`+d+`}`)
	}
	assigned := func(set, account, kind, id string) evidence.Subject {
		return named(set+"/"+account+"/"+kind+"/"+id, id, `{"PermissionSetArn":"arn:aws:sso:::permissionSet/i/`+set+
			`","AccountId":"`+account+`","PrincipalType":"`+kind+`","PrincipalId":"`+id+`","IdentityStoreId":"d"}`)
	}
	team := func(id, members string) evidence.Subject {
		return named("arn:aws:identitystore:::group/"+id, id, `{"IdentityStoreId":"d","GroupId":"g-`+id+`","DisplayName":"`+id+`","Members":[`+members+`]}`)
	}
	person := func(id, status string) evidence.Subject {
		return named("arn:aws:identitystore:::user/"+id, id+"@example.com", `{"IdentityStoreId":"d","UserId":"u-`+id+`","UserStatus":"`+status+`"}`)
	}
	admin := named("arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess",
		`{"PolicyName":"AdministratorAccess","Document":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"}`)
	for _, account := range []string{"1", "2"} {
		for _, typ := range identityTypes {
			switch {
			case typ == managedType && account == "1":
				add(account, typ, admin)
			case typ == "aws.iam.role" && account == "2":
				add(account, typ, named("arn:aws:iam::2:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_read_0123456789abcdef", "r",
					`{"RoleName":"AWSReservedSSO_read_0123456789abcdef","Path":"/aws-reserved/sso.amazonaws.com/",
					"AssumeRolePolicyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"Federated\":\"arn:aws:iam::2:saml-provider/AWSSSO\"}}}",
					"InlinePolicies":[{"PolicyName":"AwsSSOInlinePolicy","PolicyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:CreateAccessKey\",\"Resource\":\"*\"}}"}]}`))
			default:
				add(account, typ)
			}
		}
	}
	add("1", setType,
		set("admin", `,"AttachedManagedPolicies":[{"Name":"AdministratorAccess","Arn":"arn:aws:iam::aws:policy/AdministratorAccess"}]`),
		set("own", `,"CustomerManagedPolicyReferences":[{"Name":"mine","Path":"/x/"}]`),
		set("read", `,"InlinePolicy":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}}"`))
	add("1", personType, person("ann", "ENABLED"), person("ben", "DISABLED"))
	add("1", teamType, team("all", `{"UserId":"u-ann"},{"UserId":"u-ben"},{}`), team("none", ""), team("ops", `{"UserId":"u-ann"}`))
	add("1", assignmentType, assigned("admin", "1", "GROUP", "g-ops"), assigned("own", "1", "USER", "u-ann"),
		assigned("read", "2", "GROUP", "g-all"), assigned("read", "2", "USER", "u-ann"), assigned("read", "2", "USER", "u-gone"),
		assigned("read", "2", "GROUP", "g-none"), assigned("read", "3", "USER", "u-ann"), assigned("read", "3", "ROBOT", "r-1"),
		assigned("lost", "3", "USER", "u-ann"), assigned("read", "3", "GROUP", "g-gone"))
	return v
}

// people are the rows of persons.
func peopleOf(r evidence.AccessReview) []string {
	var out []string
	for _, a := range r.Rows {
		if a.Kind == "person" {
			out = append(out, strings.Join([]string{a.Scope, a.Name, a.PermissionSet, strings.Join(a.Entry, "; "),
				strings.Join(a.Groups, "; "), strings.Join(a.Policies, "; "), a.Admin, a.Escalates}, " | "))
		}
	}
	return out
}

func TestAccessReviewOfPeople(t *testing.T) {
	r := review(t, peopleEstate(t, nil, nil), AccessInput{})
	want := []string{
		"aws:1 | ann@example.com | admin | Identity Center by group ops | ops | AdministratorAccess | yes | administrator",
		"aws:1 | ann@example.com | own | Identity Center |  | mine | unknown | unknown",
		"aws:2 | ann@example.com | read | Identity Center; Identity Center by group all | all | inline AwsSSOInlinePolicy | no | yes",
		"aws:2 | ben@example.com | read | disabled: Identity Center by group all | all | inline AwsSSOInlinePolicy | no | yes",
		"aws:2 | g-all | read | Identity Center |  | inline AwsSSOInlinePolicy | no | yes",
		"aws:3 | ann@example.com | read | Identity Center |  | inline of the permission set | no | no",
		"aws:3 | ann@example.com | unknown | Identity Center |  |  | unknown | unknown",
		"aws:3 | r-1 | read | Identity Center |  | inline of the permission set | no | no",
	}
	if d := cmp.Diff(want, peopleOf(r)); d != "" {
		t.Errorf("people (-want +got):\n%s", d)
	}
	missing := []string{
		"aws:1: arn:aws:identitystore:::user/ann: " + errUnseenPolicy.Error(),
		"aws:2: g-all: group all has a member that is no user",
		"aws:3: arn:aws:identitystore:::user/ann: the permission set arn:aws:sso:::permissionSet/i/lost was not seen",
		"aws:3: r-1: who is meant by ROBOT r-1 is not known",
	}
	if d := cmp.Diff(missing, r.Missing); d != "" {
		t.Errorf("missing (-want +got):\n%s", d)
	}
	left := []evidence.Excluded{{Reason: goneGroup, Count: 1}, {Reason: emptyTeam, Count: 1}, {Reason: goneUser, Count: 1}}
	if d := cmp.Diff(left, r.Excluded); d != "" {
		t.Errorf("left out (-want +got):\n%s", d)
	}
	for _, a := range r.Rows {
		if a.Kind == "person" && (a.Evidence.IsZero() || a.CollectedAt.IsZero() || a.LastUsed != evidence.AccessNotTold) {
			t.Errorf("%+v", a)
		}
	}
	if n := len(r.Lists); n != 2*len(identityTypes)+4 {
		t.Errorf("rests on %d lists", n)
	}
}

// TestAccessReviewOfPeopleGaps holds that what was not seen of the directory is said, and leaves nobody out in silence.
func TestAccessReviewOfPeopleGaps(t *testing.T) {
	denied := func(s *evidence.Snapshot) {
		s.Outcome, s.Subjects.Count = evidence.OutcomeDenied, 0
		s.Completeness.Operations = []evidence.Operation{{Name: "x:List", Outcome: evidence.OutcomeDenied, Permission: "x:List"}}
	}
	for _, tt := range []struct {
		name, refused, part, key, missing, row string
	}{
		{"users refused", personType, "", "", "aws:1: " + personType + " was not collected: x:List denied, needs x:List",
			"aws:1 | u-ann | admin | Identity Center by group ops | ops | AdministratorAccess | yes | administrator"},
		{"groups refused", teamType, "", "", "aws:1: g-ops: the group g-ops was not seen, nor who is in it",
			"aws:1 | g-ops | admin | Identity Center |  | AdministratorAccess | yes | administrator"},
		{"members refused", "", teamType, "Members", "aws:2: g-all: group all: Members was not collected: x:Ask denied",
			"aws:2 | g-all | read | Identity Center |  | inline AwsSSOInlinePolicy | no | yes"},
		{"sets refused", setType, "", "", "aws:2: who has the permission set read was not seen",
			"aws:2 | ann@example.com | unknown | Identity Center; Identity Center by group all | all |  | unknown | unknown"},
		{"policies of a set refused", "", setType, "AttachedManagedPolicies", "AttachedPolicies was not collected: x:Ask denied",
			"aws:1 | ann@example.com | admin | Identity Center by group ops | ops | AdministratorAccess | unknown | unknown"},
		{"assignments refused", assignmentType, "", "", "aws:1: " + assignmentType + " was not collected", ""},
		{"roles refused", "aws.iam.role", "", "", "aws:2: aws.iam.role was not collected",
			"aws:2 | ben@example.com | read | disabled: Identity Center by group all | all | inline of the permission set | no | no"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			change := map[string]func(*evidence.Snapshot){}
			if tt.refused != "" {
				change[tt.refused] = denied
			}
			r := review(t, peopleEstate(t, change, map[string]string{tt.part: tt.key}), AccessInput{})
			if !strings.Contains(strings.Join(r.Missing, "\n"), tt.missing) {
				t.Errorf("missing %q", r.Missing)
			}
			if got := peopleOf(r); !strings.Contains(strings.Join(got, "\n"), tt.row) || tt.row == "" && len(got) > 0 {
				t.Errorf("people %s", strings.Join(got, "\n"))
			}
		})
	}
}
