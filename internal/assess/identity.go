package assess

import (
	"errors"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types/ref"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// errUnseenPolicy is the error for an identity whose policies were not all read.
var errUnseenPolicy = errors.New("effective: not all policies of the identity were read")

// policySource finds what identities refer to.
type policySource interface {
	// policy returns the text of a managed policy, by ARN; group a group, by name. Nil means that it could not be
	// had, which the source has noted.
	policy(arn string) *document
	group(name string) *record
	// lost notes that a part of the identity, or of one of its groups, could not be collected.
	lost(key string, m evidence.Missing)
}

// identityAccess is what an IAM user, role or group may do. It is nil when one of the policies could not be read:
// unread, it might allow or deny anything.
func identityAccess(rec *record, from policySource) *access {
	own, whole := policiesOf(rec, "", from)
	var groups []string
	for _, name := range part(rec, "Groups", from, &whole) {
		g := from.group(string(name.GetStringBytes()))
		if g == nil {
			whole = false
			continue
		}
		more, ok := policiesOf(g, "group "+nameIn(g, "GroupName")+": ", from)
		own, whole, groups = append(own, more...), whole && ok, append(groups, g.id)
	}
	var boundary []document
	if m, missing := rec.missing["PermissionsBoundary"]; missing {
		from.lost("PermissionsBoundary", m)
		whole = false
	}
	if arn := rec.doc.GetStringBytes("PermissionsBoundary", "PermissionsBoundaryArn"); len(arn) > 0 {
		d := from.policy(string(arn))
		if d == nil {
			return nil
		}
		boundary = []document{*d}
	}
	if !whole {
		return nil
	}
	a := newAccess(rec.id, own, boundary, nil)
	a.groups = groups
	return a
}

// policiesOf returns the inline and the attached policies of an identity or group.
func policiesOf(rec *record, prefix string, from policySource) (docs []document, whole bool) {
	whole = true
	for _, p := range part(rec, "InlinePolicies", from, &whole) {
		statements, err := parsePolicy(string(p.GetStringBytes("PolicyDocument")))
		if err != nil {
			whole = false
			continue
		}
		docs = append(docs, document{prefix + "inline " + string(p.GetStringBytes("PolicyName")), statements})
	}
	for _, p := range part(rec, "AttachedPolicies", from, &whole) {
		d := from.policy(string(p.GetStringBytes("PolicyArn")))
		if d == nil {
			whole = false
			continue
		}
		docs = append(docs, document{prefix + d.via, d.statements})
	}
	return docs, whole
}

// part returns a list of a document, unless it could not be collected.
func part(rec *record, key string, from policySource, whole *bool) []*fastjson.Value {
	if m, missing := rec.missing[key]; missing {
		from.lost(key, m)
		*whole = false
		return nil
	}
	return rec.doc.GetArray(key)
}

// nameIn returns the name that a document gives its subject.
func nameIn(rec *record, key string) string { return string(rec.doc.GetStringBytes(key)) }

// managedByAWS reports whether a policy is one that AWS keeps for all accounts.
func managedByAWS(arn string) bool { return strings.Contains(arn, ":iam::aws:policy/") }

// policyText is the text of a collected managed policy, read once.
func (r *record) policyText() ([]statement, error) {
	if p := r.policy.Load(); p != nil {
		return p.statements, p.err
	}
	var p parsedPolicy
	p.statements, p.err = parsePolicy(string(r.doc.GetStringBytes("Document")))
	r.policy.Store(&p)
	return p.statements, p.err
}

// parsedPolicy is a policy's text as read, or why it cannot be.
type parsedPolicy struct {
	statements []statement
	err        error
}

// relatedSource finds policies and groups among related subjects and notes in the trace what was read.
type relatedSource struct {
	trace                     *trace
	policies, managed, groups *relatedList
	read                      []*record
}

func (s *relatedSource) lost(key string, m evidence.Missing) { s.trace.miss(key, m) }

func (s *relatedSource) policy(arn string) *document {
	list := s.policies
	if managedByAWS(arn) {
		list = s.managed
	}
	r := s.find(list, func(r *record) bool { return r.id == arn })
	if r == nil {
		return nil
	}
	if m, missing := r.missing["Document"]; missing {
		s.lost("Document", m)
		return nil
	}
	statements, err := r.policyText()
	if err != nil {
		return nil
	}
	return &document{via: nameIn(r, "PolicyName"), statements: statements}
}

func (s *relatedSource) group(name string) *record {
	return s.find(s.groups, func(r *record) bool { return nameIn(r, "GroupName") == name })
}

func (s *relatedSource) find(list *relatedList, is func(*record) bool) *record {
	i := slices.IndexFunc(list.set.recs, is)
	if i < 0 {
		if len(list.set.gaps) > 0 {
			list.unseen()
		}
		return nil
	}
	s.read = append(s.read, list.set.recs[i])
	return list.set.recs[i]
}

// knownAccess is a subject's access as it was last worked out, and from what.
type knownAccess struct {
	access                                  *access
	policies, managed, groups, organisation *relatedSet
	read                                    []*record
}

// effective returns what a subject may do, and an error when that is not known.
func effective(args ...ref.Val) (*accessValue, error) {
	s, ok := args[0].(*subject)
	lists := make([]*relatedList, len(evidence.EffectiveTypes()))
	for i := range lists {
		var is bool
		lists[i], is = args[i+1].(*relatedList)
		ok = ok && is
	}
	if !ok {
		return nil, errors.New("effective: takes a user, a role or a group")
	}
	s.note()
	from := &relatedSource{trace: s.trace, policies: lists[0], managed: lists[1], groups: lists[2]}
	above := lists[3].set
	k := &s.known
	if k.access == nil || k.policies != from.policies.set || k.managed != from.managed.set ||
		k.groups != from.groups.set || k.organisation != above {
		a := identityAccess(s.rec, from)
		if o := above.organisation(s.rec.scope); a != nil && a.within(o) && o.read != nil {
			from.read = append(from.read, o.read)
		}
		*k = knownAccess{a, from.policies.set, from.managed.set, from.groups.set, above, from.read}
	}
	for _, r := range k.read {
		newSubject(r, s.trace, false).note()
	}
	if k.access == nil {
		return nil, errUnseenPolicy
	}
	stand := above.organisation(s.rec.scope).stand
	if linkedToService(s.rec.id) {
		stand = limitsUnbound
	}
	return &accessValue{access: k.access, stand: stand, note: func() { above.unreadLimits(s.trace) }}, nil
}

// identityKeys are the keys of a user's, role's or group's document that effective() reads.
var identityKeys = [...]string{"AttachedPolicies", "Groups", "InlinePolicies", "PermissionsBoundary"}

// effectiveReads are the keys of the other documents that it reads, by type.
func effectiveReads() map[string][]string {
	policy, managed, group := "aws.iam.policy", "aws.iam.managed-policy", "aws.iam.group"
	return map[string][]string{policy: {"Document"}, managed: {"Document"}, group: {"AttachedPolicies", "InlinePolicies"},
		accountPolicies: {"Bound", "Levels"}}
}
