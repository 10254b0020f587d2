package evidence

import "time"

// AccessReview is the population of an access review: who can get into which account, how, and with what power, as the
// evidence of one view shows it. The same evidence gives the same bytes.
type AccessReview struct {
	// AsOf is the time of the assessment whose view it is; days idle count up to it.
	AsOf time.Time `json:"as_of"`
	// View is how many ledger entries the view holds.
	View int64 `json:"view"`
	// Evaluator names the code that worked out the power of each identity.
	Evaluator string `json:"evaluator"`
	Simulated bool   `json:"simulated,omitempty"`
	// Source is the only source that was looked at; empty for all.
	Source string `json:"source,omitempty"`
	// Lists are the lists of identities and policies that it rests on, by scope and type.
	Lists []AccessList `json:"lists"`
	// Limits says of each account what is known of the service control policies above it.
	Limits []AccessLimits `json:"limits"`
	// Missing says what could not be seen. The population is whole only when it is empty.
	Missing []string `json:"missing,omitempty"`
	// Excluded counts identities that are no part of the population, with the reason.
	Excluded []Excluded `json:"excluded,omitempty"`
	// Rows are in order of scope, kind and identity.
	Rows []Access `json:"rows"`
}

// Whole reports whether every list was whole and every power could be told.
func (r AccessReview) Whole() bool { return len(r.Missing) == 0 }

// AccessList is a list of subjects that a review rests on.
type AccessList struct {
	Scope   string  `json:"scope"`
	Type    string  `json:"type"`
	Source  string  `json:"source"`
	Outcome Outcome `json:"outcome"`
	// CollectedAt is when the provider was first asked.
	CollectedAt time.Time `json:"collected_at"`
	Subjects    ListRef   `json:"subjects"`
}

// AccessLimits is whether the service control policies above an account, which take away what its own policies give, were
// weighed.
type AccessLimits struct {
	Scope string `json:"scope"`
	// Stand is "weighed", "none bind the account", "in no organisation", "not read", or "not looked at".
	Stand string `json:"stand"`
}

// AccessUnknown stands for what could not be seen, in every field of an Access that is text.
const AccessUnknown = "unknown"

// AccessNotTold stands for when a person used a permission set, which the provider tells of the set's role and not of him,
// and for when one of GitHub used what he may.
const AccessNotTold = "not told"

// Access is one identity in one account, and of a person one for each permission set. Nothing in it is blank because it is
// unknown.
type Access struct {
	Scope    string `json:"scope"`    // "aws:111122223333"
	Identity string `json:"identity"` // the provider's own id
	Name     string `json:"name"`
	// Kind is "root", "user", "role", "permission-set" for a role that Identity Center made for one, or "person" for a user of
	// Identity Center who has a permission set in the account; in a GitHub organisation "member", "outside-collaborator", "app"
	// or "deploy-key".
	Kind string `json:"kind"`
	// PermissionSet is what a person has, or a role was made for; empty for others.
	PermissionSet string `json:"permission_set,omitempty"`
	// Entry are the ways in: "console", "2 access keys", "federation okta", "account 444455556666", "Identity Center by group
	// admins".
	Entry []string `json:"entry"`
	// MFA tells whether a second factor is asked for: "yes", "no", "with the provider", "not a person".
	MFA string `json:"mfa"`
	// Groups are the identity's groups; Policies all that give it rights, the groups' among them.
	Groups   []string `json:"groups"`
	Policies []string `json:"policies"`
	// Admin is "yes", "no" or "conditional"; Via are the policies that make it so.
	Admin string   `json:"admin"`
	Via   []string `json:"via"`
	// Escalates is "yes" when there are Ways from these rights to more, "no", or "administrator".
	Escalates string   `json:"escalates"`
	Ways      []string `json:"ways"`
	// LastUsed is a time, "never", or "not told" of a person; Idle the whole days since then.
	LastUsed string `json:"last_used"`
	Idle     string `json:"idle_days"`
	// Unknown are the reasons for what is unknown.
	Unknown []string `json:"unknown,omitempty"`
	// Evidence is the subject's object, as it was collected at CollectedAt.
	Evidence    Digest    `json:"evidence"`
	CollectedAt time.Time `json:"collected_at"`
}
