package assess

import (
	"slices"
	"strings"
)

// access is what an identity may do by the policies that were read: its own and its groups', within its permissions
// boundary and what each level of the organisation lets through. Policies of the resources that it reaches, and those of
// a session, are not weighed.
//
// As AWS evaluates it: a denial anywhere wins; then the identity's policies, the boundary and every level must each
// allow the action on the resource.
type access struct {
	id     string   // the identity's ARN; "" when not known
	groups []string // the ARNs of the groups that it is in
	own    []grant
	limits []limit // boundary first, then the levels from the root down
	deny   []grant
	// bound is set when there is a permissions boundary.
	bound bool
	// unread is set when there may be levels that were not read: what is allowed may be denied by them.
	unread bool

	// What was asked before. An access is used by one evaluation at a time.
	knowsAdmin bool
	isAdmin    answer
	adminVia   []string
	ways       []string // of escalation; nil when not asked
}

// limit is a set of policies one of which must allow.
type limit []grant

// grant is a statement with where it comes from.
type grant struct {
	via string // "AdministratorAccess", "inline quick-fix", "group admins: AdministratorAccess"
	statement
	on, notOn          []pattern
	actions, notAction actionIndex
}

// actionIndex is patterns of actions by service, because a policy may name more than a thousand.
type actionIndex struct {
	of   map[string][]string // by service
	wild []string            // those whose service has wildcards
}

func indexActions(patterns []string) actionIndex {
	x := actionIndex{}
	for _, p := range patterns {
		service, _, ok := strings.Cut(p, ":")
		if !ok || strings.ContainsAny(service, "*?") {
			x.wild = append(x.wild, p)
			continue
		}
		if x.of == nil {
			x.of = map[string][]string{}
		}
		x.of[service] = append(x.of[service], p)
	}
	return x
}

// has reports whether a pattern fits the action.
func (x actionIndex) has(action string) bool {
	fits := func(p string) bool { return matches(p, action) }
	service, _, _ := strings.Cut(action, ":")
	return slices.ContainsFunc(x.of[service], fits) || slices.ContainsFunc(x.wild, fits)
}

// document is a policy with what to call it.
type document struct {
	via        string
	statements []statement
}

func grants(docs []document, effect string) []grant {
	var out []grant
	for _, d := range docs {
		for _, s := range d.statements {
			if s.Effect != effect {
				continue
			}
			g := grant{via: d.via, statement: s, actions: indexActions(s.Actions), notAction: indexActions(s.NotActions)}
			for _, r := range s.Resources {
				g.on = append(g.on, newPattern(r))
			}
			for _, r := range s.NotResources {
				g.notOn = append(g.notOn, newPattern(r))
			}
			if len(g.on) == 0 && len(g.notOn) == 0 && effect == "Allow" {
				g.on = []pattern{newPattern("*")} // not a valid policy: read as the most that it could mean
			}
			out = append(out, g)
		}
	}
	return out
}

// newAccess combines an identity's policies with its limits. A nil boundary is none, an empty one allows nothing.
func newAccess(id string, own, boundary []document, levels [][]document) *access {
	a := &access{id: id, own: grants(own, "Allow"), deny: grants(own, "Deny"), bound: boundary != nil}
	if boundary != nil {
		levels = append([][]document{boundary}, levels...)
	}
	for _, l := range levels {
		a.limits = append(a.limits, grants(l, "Allow"))
		a.deny = append(a.deny, grants(l, "Deny")...)
	}
	return a
}

// names reports whether the statement is about the action.
func (g *grant) names(action string) bool {
	return g.actions.has(action) || len(g.NotActions) > 0 && !g.notAction.has(action)
}

// reach is where within a pattern an action may be allowed: over-estimated, never under. What denials take away whatever
// the caller does is left out.
func (a *access) reach(r request, within pattern) []pattern {
	at := a.step([]pattern{within}, a.own, r)
	for _, l := range a.limits {
		at = a.step(at, l, r)
	}
	return slices.DeleteFunc(at, func(p pattern) bool {
		return slices.ContainsFunc(a.deny, func(g grant) bool {
			return g.names(r.action) && r.denies(g.Conditions) == yes && g.takesAll(p)
		})
	})
}

// step narrows where an action may be allowed to what a set of statements allows.
func (a *access) step(at []pattern, set []grant, r request) []pattern {
	var out []pattern
	add := func(p pattern) {
		if !slices.ContainsFunc(out, func(o pattern) bool { return slices.Equal(o, p) }) {
			out = append(out, p)
		}
	}
	for i := range set {
		g := &set[i]
		if !g.names(r.action) || r.allows(g.Conditions) == no {
			continue
		}
		for _, p := range at {
			for _, q := range g.on {
				switch {
				case q.covers(p):
					add(p)
				case p.covers(q):
					add(q)
				case p.overlaps(q):
					add(p)
				}
			}
			if len(g.notOn) > 0 && !slices.ContainsFunc(g.notOn, func(q pattern) bool { return q.covers(p) }) {
				add(p)
			}
		}
	}
	return out
}

// takesAll reports whether a denying statement is about everything that p fits.
func (g *grant) takesAll(p pattern) bool {
	if slices.ContainsFunc(g.on, func(q pattern) bool { return q.covers(p) }) {
		return true
	}
	return len(g.notOn) > 0 && !slices.ContainsFunc(g.notOn, func(q pattern) bool { return q.overlaps(p) })
}

// certain reports whether the action is allowed on one resource whatever else is true of the request, given what a
// caller can bring about.
func (a *access) certain(r request, resource string) bool {
	about := func(g *grant) bool {
		fits := func(p pattern) bool { return p.fits(resource) }
		return g.names(r.action) &&
			(slices.ContainsFunc(g.on, fits) || len(g.notOn) > 0 && !slices.ContainsFunc(g.notOn, fits))
	}
	allows := func(set []grant) bool {
		return slices.ContainsFunc(set, func(g grant) bool { return about(&g) && r.allows(g.Conditions) == yes })
	}
	if slices.ContainsFunc(a.deny, func(g grant) bool { return about(&g) && r.denies(g.Conditions) != no }) {
		return false
	}
	return allows(a.own) && !slices.ContainsFunc(a.limits, func(l limit) bool { return !allows(l) })
}

// decide tells whether the action is allowed on anything, or on what accept takes, when it is not nil.
func (a *access) decide(r request, accept func(pattern) bool) answer {
	best := no
	for _, p := range a.reach(r, newPattern("*")) {
		if accept != nil && !accept(p) {
			continue
		}
		if a.certain(r, p.example()) {
			return yes
		}
		best = perhaps
	}
	return best
}

// decideOn tells whether the action is allowed on one resource.
func (a *access) decideOn(r request, resource string) answer {
	switch {
	case len(a.reach(r, literal(resource))) == 0:
		return no
	case a.certain(r, resource):
		return yes
	}
	return perhaps
}

// admin tells whether the identity administers the account: a statement allows it everything, or all but some, on
// everything, and what is left of that lets it give itself rights. via are the policies that make it so, sorted.
func (a *access) admin() (is answer, via []string) {
	if a.knowsAdmin {
		return a.isAdmin, a.adminVia
	}
	defer func() { a.knowsAdmin, a.isAdmin, a.adminVia = true, is, via }()
	for i := range a.own {
		g := &a.own[i]
		got := g.broad()
		if got != no {
			got = min(got, a.selfGrant())
		}
		if got != no {
			is = max(is, got)
			via = append(via, g.via)
		}
	}
	slices.Sort(via)
	via = slices.Compact(via)
	return is, via
}

// broad tells whether the statement allows nearly everything.
func (g *grant) broad() answer {
	all := func(p string) bool { return strings.Trim(p, "*") == "" || p == "*:*" }
	if len(g.NotActions) > 0 && slices.ContainsFunc(g.NotActions, all) ||
		len(g.NotActions) == 0 && !slices.ContainsFunc(g.Actions, all) {
		return no
	}
	if len(g.notOn) == 0 && !slices.ContainsFunc(g.on, everything) {
		return no
	}
	return request{}.allows(g.Conditions)
}

// everything reports whether a pattern fits every resource of a partition.
func everything(p pattern) bool {
	return slices.ContainsFunc([]string{"aws", "aws-cn", "aws-us-gov"}, func(partition string) bool {
		return p.covers(newPattern("arn:" + partition + ":*:*:*:*"))
	})
}

// selfGrant tells whether any action by which a holder gives himself rights is left.
func (a *access) selfGrant() answer {
	best := no
	for _, action := range [...]string{
		"iam:attachuserpolicy", "iam:putuserpolicy", "iam:attachrolepolicy", "iam:putrolepolicy", "iam:attachgrouppolicy",
		"iam:putgrouppolicy", "iam:addusertogroup", "iam:createpolicyversion", "iam:setdefaultpolicyversion",
		"iam:updateassumerolepolicy",
	} {
		best = max(best, a.decide(request{action: action}, nil))
	}
	return best
}
