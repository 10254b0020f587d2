package assess

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// root adds the root user.
func (v *reviewer) root(rec *record) {
	row := v.start(rec, "aws.iam.account", "root")
	row.Name, row.Admin, row.Escalates, row.Via = "root", yes.String(), "administrator", []string{"root"}
	if lacks(rec, "SummaryMap", &row) {
		row.Entry, row.MFA = []string{evidence.AccessUnknown}, evidence.AccessUnknown
	} else {
		count := func(key string) int { return rec.doc.GetInt("SummaryMap", key) }
		password := !rec.doc.Exists("SummaryMap", "AccountPasswordPresent") || count("AccountPasswordPresent") > 0
		if password {
			row.Entry = append(row.Entry, "console")
		}
		if n := count("AccountAccessKeysPresent"); n > 0 {
			row.Entry = append(row.Entry, "access keys")
		}
		row.MFA = map[bool]string{true: "yes", false: "no"}[count("AccountMFAEnabled") > 0]
	}
	if lacks(rec, "Root", &row) || !rec.doc.Exists("Root") {
		row.LastUsed, row.Idle = evidence.AccessUnknown, evidence.AccessUnknown
	} else {
		v.usedCredential(rec, "Root", &row)
	}
	v.add(row)
}

func (v *reviewer) usedCredential(rec *record, key string, row *evidence.Access) {
	at := func(column string) string { return string(rec.doc.GetStringBytes(key, column)) }
	v.used(row, at("password_last_used"), at("access_key_1_last_used_date"), at("access_key_2_last_used_date"))
}

// user adds an IAM user.
func (v *reviewer) user(rec *record) {
	row := v.start(rec, "aws.iam.user", "user")
	young := !rec.doc.Exists("Credential")
	switch {
	case lacks(rec, "Credential", &row):
		row.Entry = append(row.Entry, "console "+evidence.AccessUnknown)
		row.LastUsed, row.Idle = evidence.AccessUnknown, evidence.AccessUnknown
	case young:
		row.Unknown = append(row.Unknown, "the user is younger than the credential report")
		row.Entry = append(row.Entry, "console "+evidence.AccessUnknown)
		row.LastUsed, row.Idle = evidence.AccessUnknown, evidence.AccessUnknown
	default:
		if string(rec.doc.GetStringBytes("Credential", "password_enabled")) == "true" {
			row.Entry = append(row.Entry, "console")
		}
		v.usedCredential(rec, "Credential", &row)
	}
	if lacks(rec, "AccessKeys", &row) {
		row.Entry = append(row.Entry, "access keys "+evidence.AccessUnknown)
	} else {
		active := 0
		for _, k := range rec.doc.GetArray("AccessKeys") {
			if string(k.GetStringBytes("Status")) == "Active" {
				active++
			}
		}
		switch active {
		case 0:
		case 1:
			row.Entry = append(row.Entry, "1 access key")
		default:
			row.Entry = append(row.Entry, fmt.Sprintf("%d access keys", active))
		}
	}
	switch {
	case lacks(rec, "MFADevices", &row):
		row.MFA = evidence.AccessUnknown
	case len(rec.doc.GetArray("MFADevices")) > 0:
		row.MFA = "yes"
	default:
		row.MFA = "no"
	}
	for _, g := range rec.doc.GetArray("Groups") {
		row.Groups = append(row.Groups, string(g.GetStringBytes()))
	}
	slices.Sort(row.Groups)
	v.power(rec, &row)
	v.add(row)
}

// reserved is the name of a role that Identity Center made, with its permission set.
var reserved = regexp.MustCompile(`^AWSReservedSSO_(.+)_[0-9a-f]{16}$`)

// permissionSetOf returns the name of the permission set that Identity Center made a role of; empty for other roles.
func permissionSetOf(rec *record) string {
	m := reserved.FindStringSubmatch(nameIn(rec, "RoleName"))
	if m == nil || !strings.HasPrefix(nameIn(rec, "Path"), "/aws-reserved/sso.") {
		return ""
	}
	return m[1]
}

// role adds a role that people, other accounts or holders of tokens can take.
func (v *reviewer) role(rec *record) {
	row := v.start(rec, "aws.iam.role", "role")
	path := string(rec.doc.GetStringBytes("Path"))
	if strings.HasPrefix(path, "/aws-service-role/") {
		v.exclude(serviceLinked)
		return
	}
	if set := permissionSetOf(rec); set != "" {
		row.Kind, row.Name, row.PermissionSet = "permission-set", set, set
	}
	row.MFA = evidence.AccessUnknown
	trust, err := parsePolicy(string(rec.doc.GetStringBytes("AssumeRolePolicyDocument")))
	switch {
	case lacks(rec, "AssumeRolePolicyDocument", &row):
		row.Entry = append(row.Entry, evidence.AccessUnknown)
	case err != nil:
		row.Unknown = append(row.Unknown, "the trust policy could not be read")
		row.Entry = append(row.Entry, evidence.AccessUnknown)
	default:
		people := slices.DeleteFunc(allowedPrincipals(trust), func(p string) bool { return strings.HasPrefix(p, "service:") })
		if len(people) == 0 {
			v.exclude(servicesOnly)
			return
		}
		for _, p := range people {
			row.Entry = append(row.Entry, v.entry(p))
		}
		row.MFA = trustMFA(trust)
	}
	if lacks(rec, "RoleLastUsed", &row) {
		row.LastUsed, row.Idle = evidence.AccessUnknown, evidence.AccessUnknown
	} else {
		v.used(&row, string(rec.doc.GetStringBytes("RoleLastUsed", "LastUsedDate")))
	}
	v.power(rec, &row)
	v.add(row)
}

// entry says in words who a trusted principal is.
func (v *reviewer) entry(principal string) string {
	if provider, ok := strings.CutPrefix(principal, "federated:"); ok {
		if _, name, ok := strings.Cut(provider, ":saml-provider/"); ok {
			return "federation " + name
		}
		if _, name, ok := strings.Cut(provider, ":oidc-provider/"); ok {
			return "tokens of " + name
		}
		return "tokens of " + provider
	}
	parts := strings.SplitN(principal, ":", 6)
	switch {
	case principal == "*":
		return "anybody"
	case len(parts) < 6:
		return principal
	case parts[5] == "root" && parts[4] == v.work.scope.Account:
		return "the account's own identities"
	case parts[5] == "root":
		return "account " + parts[4]
	}
	return principal
}

// trustMFA tells whether everybody who may take a role, services left out, is asked for a second factor.
func trustMFA(trust []statement) string {
	answers := map[string]bool{}
	for _, s := range trust {
		outside := len(s.NotPrincipals) > 0 || slices.ContainsFunc(s.Principals, func(p string) bool {
			return !strings.HasPrefix(p, "service:")
		})
		if s.Effect != "Allow" || !outside {
			continue
		}
		federated := slices.ContainsFunc(s.Principals, func(p string) bool { return strings.HasPrefix(p, "federated:") })
		switch {
		case federated:
			answers["with the provider"] = true
		case slices.ContainsFunc(s.Conditions, demandsMFA):
			answers["yes"] = true
		default:
			answers["no"] = true
		}
	}
	switch {
	case answers["no"]:
		return "no"
	case answers["with the provider"]:
		return "with the provider"
	}
	return "yes"
}

// demandsMFA reports whether a condition cannot be met without a second factor.
func demandsMFA(c condition) bool {
	switch c.Key {
	case "aws:multifactorauthpresent":
		return c.Operator == "bool" && len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(v string) bool {
			return !strings.EqualFold(v, "true")
		})
	case "aws:multifactorauthage":
		return strings.HasPrefix(c.Operator, "numericlessthan") && !strings.HasSuffix(c.Operator, "ifexists") && len(c.Values) > 0
	}
	return false
}
