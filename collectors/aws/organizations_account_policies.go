package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// accountPoliciesType is a subject of each account, though it is asked for above it.
const accountPoliciesType = "aws.organizations.account-policies"

// AccountPoliciesDoc is what an organisation lets one of its accounts do: the service control policies that are attached
// to each level above the account, and to itself.
type AccountPoliciesDoc struct {
	OrganizationId  *string
	MasterAccountId *string
	// Bound is false where no such policy binds, whatever is attached: in the management account, and where the root has
	// not enabled the type. Roles that are linked to a service are bound nowhere.
	Bound *bool
	// Levels are the root, the units on the way down, and the account; absent where the root has not enabled the type.
	Levels []PolicyLevel
}

// PolicyLevel is a root, a unit or an account with what is attached to it.
type PolicyLevel struct {
	TargetId *string
	Name     *string
	Type     types.TargetType
	Policies []AttachedPolicy
}

// AttachedPolicy is a policy with its JSON text.
type AttachedPolicy struct {
	types.PolicySummary
	Content *string
}

func organizationsAccountPolicies() collect.Collector {
	operations := []collect.Operation{organizationOperation(), rootsOperation(), unitsOperation(), accountsOperation()}
	return collect.Collector{
		Schema: evidence.Schema{
			Type:    accountPoliciesType,
			Title:   "Service control policies above an AWS account",
			Doc:     evidence.ShapeOf[AccountPoliciesDoc](),
			Ordered: []string{"/Levels"},
		},
		Version:    1,
		Operations: append(operations, policyOperations()...),
		Collect:    collect.Typed(collectAccountPolicies),
	}
}

// collectAccountPolicies asks as the organisation's own caller where the account is collected as one of many: members may
// not ask what binds them.
func collectAccountPolicies(ctx context.Context, s *session, t *collect.Task) error {
	asking := s
	if s.above != nil {
		asking = s.above
		t.Params(organizationOperation().Name, map[string]string{"asked": "once for all accounts, as the source's caller"})
	}
	o, err := asking.organization(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(1)
	doc := AccountPoliciesDoc{OrganizationId: o.Id, MasterAccountId: o.MasterAccountId}
	arn := strings.Replace(aws.ToString(o.Arn), ":organization/", ":account/", 1) + "/" + s.account
	sub := subject(arn, s.account)
	management := aws.ToString(o.MasterAccountId) == s.account
	enabled, err := asking.bindsAccounts(ctx, t)
	if management || err == nil {
		doc.Bound = aws.Bool(!management && enabled)
	} else if err := t.Miss(&sub, "Bound", err); err != nil {
		return err
	}
	if err == nil && enabled {
		doc.Levels, err = asking.levelsOf(ctx, t, s.account)
	}
	if err := t.Miss(&sub, "Levels", err); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

// bindsAccounts reports whether a root has service control policies enabled.
func (s *session) bindsAccounts(ctx context.Context, t *collect.Task) (bool, error) {
	roots, err := s.roots(ctx, t)
	return slices.Contains(enabledPolicyTypes(roots), types.PolicyTypeServiceControlPolicy), err
}

// levelsOf returns what is attached on the way from the root to the account.
func (s *session) levelsOf(ctx context.Context, t *collect.Task, account string) ([]PolicyLevel, error) {
	units, err := s.tree(ctx, t)
	if err != nil {
		return nil, err
	}
	attached, err := s.controlPolicies(ctx, t)
	if err != nil {
		return nil, err
	}
	leaf, parent := PolicyLevel{Type: types.TargetTypeAccount, TargetId: &account}, ""
	byID := map[string]*unit{}
	var unseen error
	for _, u := range units {
		byID[aws.ToString(u.Id)] = u
		unseen = first(unseen, u.accounts)
		for _, a := range u.Accounts {
			if aws.ToString(a.Id) == account {
				parent, leaf.Name = aws.ToString(u.Id), a.Name
			}
		}
	}
	if parent == "" {
		return nil, first(unseen, fmt.Errorf("no unit of the organisation holds the account %s", account))
	}
	levels := []PolicyLevel{leaf}
	for u := byID[parent]; u != nil; u = byID[aws.ToString(u.ParentId)] {
		level := PolicyLevel{Type: types.TargetTypeOrganizationalUnit, TargetId: u.Id, Name: u.Name}
		if u.ParentId == nil {
			level.Type = types.TargetTypeRoot
		}
		levels = append(levels, level)
	}
	slices.Reverse(levels)
	for i := range levels {
		levels[i].Policies = some(attached[aws.ToString(levels[i].TargetId)])
	}
	return levels, nil
}

// controlPolicies returns the service control policies by what they are attached to, once a run. One that could not be
// read makes them all unknown: it may deny anything.
func (s *session) controlPolicies(ctx context.Context, t *collect.Task) (map[string][]AttachedPolicy, error) {
	list, err := s.policiesOfType(ctx, t, types.PolicyTypeServiceControlPolicy)
	if err != nil {
		return nil, err
	}
	attached, err := once(ctx, t, s, "control policies", func(ctx context.Context) (map[string][]AttachedPolicy, error) {
		attached := map[string][]AttachedPolicy{}
		var mu sync.Mutex
		err := collect.Each(ctx, list, func(ctx context.Context, p types.PolicySummary) error {
			text, err := s.policyText(ctx, t, aws.ToString(p.Id))
			if err != nil {
				return unlessAbsent(err)
			}
			targets, err := s.policyTargets(ctx, t, aws.ToString(p.Id))
			mu.Lock()
			defer mu.Unlock()
			for _, target := range targets {
				id := aws.ToString(target.TargetId)
				attached[id] = append(attached[id], AttachedPolicy{p, text})
			}
			return unlessAbsent(err)
		})
		for _, policies := range attached {
			slices.SortFunc(policies, func(a, b AttachedPolicy) int {
				return strings.Compare(aws.ToString(a.Id), aws.ToString(b.Id))
			})
		}
		return attached, err
	})
	if err == nil && len(list) > 0 {
		t.Relies("organizations:DescribePolicy")
		t.Relies("organizations:ListTargetsForPolicy")
	}
	return attached, err
}
