package assess

import (
	"errors"
	"strings"
	"sync"
)

// accountPolicies is the type of subject that holds the service control policies above an account.
const accountPolicies = "aws.organizations.account-policies"

// errUnreadLevels is the error for a power that the organisation may take away by policies that were not read.
var errUnreadLevels = errors.New("what the organisation denies the account was not read")

// limits are what the service control policies above an account leave of its identities' rights.
type limits struct {
	// stand says in words what is known of them: one of the constants below.
	stand  string
	levels []limit
	deny   []grant
	// unread is set where they were asked for and could not be read: every power may be less than it seems.
	unread bool
	read   *record
}

// How the service control policies above an account stand.
const (
	limitsWeighed   = "weighed"
	limitsUnread    = "not read"
	limitsNotLooked = "not looked at"
	limitsNone      = "in no organisation"
	limitsUnbound   = "none bind the account"
)

// limitsOnce keeps what a list says of the limits, which all identities of the account share.
type limitsOnce struct {
	once sync.Once
	limits
}

// organisation returns what is known of the account's limits. Policies that nobody could ask for, because the account
// was collected alone, limit nothing: power is then what the account's own policies give.
func (set *relatedSet) organisation(scope *scopeValue) *limits {
	o := &set.limits
	o.once.Do(func() { o.limits = set.readLimits(scope) })
	return &o.limits
}

func (set *relatedSet) readLimits(scope *scopeValue) limits {
	_, member := scope.Facts["organization"]
	lost := limits{stand: limitsNotLooked}
	if member && !set.never {
		lost = limits{stand: limitsUnread, unread: true}
	}
	switch {
	case len(set.recs) == 0 && len(set.gaps) == 0:
		return limits{stand: limitsNone}
	case len(set.recs) == 0:
		return lost
	}
	rec := set.recs[0]
	lost.read = rec
	if rec.doc.Exists("Bound") && !rec.doc.GetBool("Bound") {
		return limits{stand: limitsUnbound, read: rec}
	}
	if _, missing := rec.missing["Levels"]; missing || !rec.doc.Exists("Bound") {
		return lost
	}
	out := limits{stand: limitsWeighed, read: rec}
	for _, level := range rec.doc.GetArray("Levels") {
		var docs []document
		for _, p := range level.GetArray("Policies") {
			statements, err := parsePolicy(string(p.GetStringBytes("Content")))
			if err != nil {
				return limits{stand: limitsUnread, unread: true, read: rec}
			}
			docs = append(docs, document{string(p.GetStringBytes("Name")), statements})
		}
		out.levels = append(out.levels, grants(docs, "Allow"))
		out.deny = append(out.deny, grants(docs, "Deny")...)
	}
	return out
}

// unreadLimits notes why the limits could not be read.
func (set *relatedSet) unreadLimits(tr *trace) {
	for _, r := range set.recs {
		for _, key := range [...]string{"Bound", "Levels"} {
			if m, missing := r.missing[key]; missing {
				tr.miss("what the organisation denies the account", m)
			}
		}
	}
	for _, g := range set.gaps {
		tr.note(g.reason, g.missing...)
	}
	if len(tr.reasons) == 0 {
		tr.note(errUnreadLevels.Error())
	}
}

// within narrows an access to what the organisation leaves, and reports whether it says anything about it. Roles that
// are linked to a service are not bound.
func (a *access) within(o *limits) bool {
	if linkedToService(a.id) {
		return false
	}
	a.limits = append(a.limits, o.levels...)
	a.deny = append(a.deny, o.deny...)
	a.unread = o.unread
	return true
}

// linkedToService reports whether an identity is a role that a service of AWS made for itself.
func linkedToService(arn string) bool { return strings.Contains(arn, ":role/aws-service-role/") }
