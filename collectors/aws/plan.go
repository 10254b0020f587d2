package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// place is an account to be planned.
type place struct {
	account, name string
	// arn is the role that leads there, or who the caller is.
	arn string
	// enter takes the role first.
	enter bool
	facts map[string]any
	// member is set for an account of an organisation that is collected as such, and central where what belongs to the
	// organisation is asked for: in its management account, and as the caller, who may ask for its accounts.
	member, central bool
	// above asks about the organisation in a member's stead.
	above *session
}

// open returns the account that is planned when its turn comes: its credentials are got and its clients made then.
func (s *source) open(p place) collect.Account {
	scope := evidence.Scope{Provider: "aws", Account: p.account, Name: p.name, Facts: p.facts}
	return collect.Account{Scope: scope, Plan: func(ctx context.Context, t *collect.Task) ([]collect.ScopePlan, error) {
		return s.plan(ctx, t, p)
	}}
}

// plan plans one account: a scope of its own and one for each region. What cannot be entered or listed is planned with
// its outcome.
func (s *source) plan(ctx context.Context, t *collect.Task, p place) ([]collect.ScopePlan, error) {
	home, caller, err := s.enter(ctx, t, p)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	scope := evidence.Scope{Provider: "aws", Account: p.account, Name: p.name, Facts: maps.Clone(p.facts)}
	if scope.Facts == nil {
		scope.Facts = map[string]any{}
	}
	scope.Facts["partition"] = home.partition
	plan := collect.ScopePlan{
		Scope: scope, Outcome: evidence.OutcomeOK, Session: home, Endpoint: home.host(""), Caller: caller,
	}
	plan.Only = func(c collect.Collector) bool {
		return s.section.wants(c) && (!p.member || p.central || !shared(c.Type()) || c.Type() == accountPoliciesType)
	}
	if err != nil {
		plan.Outcome, plan.Reason = outcome(err)
		return s.unreached(plan), nil
	}
	if alias := home.alias(ctx, t); alias != "" {
		plan.Scope.Name = alias
	}
	return s.planRegions(ctx, t, plan, home)
}

// shared reports whether subjects of the type belong to the organisation and not to one account.
func shared(subjectType string) bool {
	for _, service := range []string{"aws.organizations.", "aws.ssoadmin.", "aws.identitystore."} {
		if strings.HasPrefix(subjectType, service) {
			return true
		}
	}
	return false
}

// enter returns a session in the account, and who it is there. Into the caller's own account the role need not lead: it
// is read as the caller then, who is in it already.
func (s *source) enter(ctx context.Context, t *collect.Task, p place) (*session, evidence.Identity, error) {
	base := s.base
	if p.enter {
		base.Credentials = assume(s.base, s.env, s.section, p.arn)
	}
	home := newSession(s, base, "")
	home.account, home.partition, home.central, home.above = p.account, partitionOf(p.arn), p.central, p.above
	if !p.enter {
		home.caller = s.said
		return home, s.caller, nil
	}
	id, err := home.identity(ctx, t)
	var failed *collect.Error
	if errors.As(err, &failed) && failed.Outcome == evidence.OutcomeDenied && p.account == s.caller.Account {
		p.enter = false
		return s.enter(ctx, t, p)
	}
	if err == nil && id.Account != p.account {
		err = fmt.Errorf("the role %s leads into account %s", p.arn, id.Account)
	}
	return home, id, err
}

// everyRegion stands for regions that nobody could name.
const everyRegion = "*"

// unreached plans an account that cannot be entered: itself, and the regions that were asked for in it.
func (s *source) unreached(plan collect.ScopePlan) []collect.ScopePlan {
	plans := []collect.ScopePlan{plan}
	for _, region := range s.section.regions {
		p := plan
		p.Scope.Region = region
		plans = append(plans, p)
	}
	if s.section.regions == nil {
		plans = append(plans, unnamed(plan))
	}
	return plans
}

// unnamed plans regions that nobody could name. There are no snapshots of them, which nothing could ever succeed.
func unnamed(plan collect.ScopePlan) collect.ScopePlan {
	plan.Scope.Region = everyRegion
	plan.Only = func(collect.Collector) bool { return false }
	return plan
}

// planRegions adds the account's regions to its plan.
func (s *source) planRegions(ctx context.Context, t *collect.Task, plan collect.ScopePlan, home *session,
) ([]collect.ScopePlan, error) {
	plans := []collect.ScopePlan{plan}
	enabled, err := home.regions(ctx, t)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	wanted := s.section.regions
	switch {
	case err != nil && wanted == nil:
		plan.Outcome, plan.Reason = outcome(err)
		return append(plans, unnamed(plan)), nil
	case wanted == nil:
		wanted = enabled
	}
	collected := wanted
	if err == nil {
		collected = slices.DeleteFunc(slices.Clone(wanted), func(r string) bool { return !slices.Contains(enabled, r) })
	}
	gathering, err2 := s.aggregators(ctx, t, collected)
	if err2 != nil {
		return nil, err2
	}
	for _, region := range wanted {
		p := plan
		p.Scope.Region = region
		regional := newSession(s, home.cfg, region).of(home)
		regional.collected, regional.gathering = collected, gathering
		p.Session = regional
		p.Endpoint = home.host(region)
		if err == nil && !slices.Contains(enabled, region) {
			p.Outcome, p.Reason = evidence.OutcomeNotEnabled, "the account has not enabled the region"
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// outcome says how a scope cannot be tried.
func outcome(err error) (evidence.Outcome, string) {
	var e *collect.Error
	var role *roleError
	if errors.As(err, &role) && errors.As(err, &e) {
		reason := "the role " + role.arn + " cannot be taken"
		if e.Code != "" {
			reason += ": " + e.Code
		}
		if e.Outcome == evidence.OutcomeDenied {
			reason += ": needs sts:AssumeRole, and the role to trust the caller with this external id"
		}
		return e.Outcome, reason
	}
	if errors.As(err, &e) {
		reason := e.Operation + ": " + e.Err.Error()
		if e.Permission != "" {
			reason = "needs " + e.Permission
		}
		return e.Outcome, reason
	}
	return evidence.OutcomeFailed, err.Error()
}
