package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// memberOperations are what is asked to find out which accounts an organisation has.
func memberOperations() []collect.Operation {
	ask := func(name string, loses collect.Loss) collect.Operation {
		return collect.Operation{Name: name, Permissions: []string{name}, Loses: loses}
	}
	return []collect.Operation{
		ask("organizations:ListAccounts", collect.LosesAccounts),
		ask("organizations:ListAccountsForParent", collect.LosesAccounts),
		ask("organizations:ListOrganizationalUnitsForParent", collect.LosesAccounts),
		ask("organizations:DescribeOrganization", collect.LosesNothing),
		ask("iam:ListOrganizationsFeatures", collect.LosesNothing),
	}
}

func (s *session) organizations() *organizations.Client {
	return client(s, "organizations", func() *organizations.Client { return organizations.NewFromConfig(s.cfg) })
}

// members lists the organisation's accounts, each once and in order of id, as the caller sees them. Those that are not
// to be collected are listed with the reason. When the caller may not list them, nothing is: a part of what was asked for
// must not look like all of it.
func (s *source) members(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	home := newSession(s, s.base, "")
	home.wide = true
	list, err := home.listAccounts(ctx, t)
	if err != nil {
		return nil, unanswered(err)
	}
	inside, err := s.inside(ctx, t, home)
	if err != nil {
		return nil, err
	}
	list = withJoined(list, inside)
	root, err := home.rootManagement(ctx, t)
	if err != nil {
		return nil, err
	}
	excluded := maps.Clone(s.section.Exclude)
	var accounts []collect.Account
	for _, a := range list {
		id := *a.Id
		p := place{account: id, name: aws.ToString(a.Name), enter: true, facts: root.facts(id), member: true, above: home}
		p.central = id == s.caller.Account || p.facts["management"] == true
		p.arn = s.section.roleIn(partitionOf(s.caller.ID), id)
		reason, left := excluded[id]
		delete(excluded, id)
		switch state := stateOf(a); {
		case left:
			accounts = append(accounts, p.not(evidence.OutcomeExcluded, "left out by exclude_accounts: "+reason))
		case inside != nil && !has(inside, id):
			accounts = append(accounts, p.not(evidence.OutcomeExcluded, "not beneath "+strings.Join(s.section.Units, ", ")))
		case state != string(types.AccountStateActive):
			accounts = append(accounts, p.not(evidence.OutcomeNotEnabled, "the account's state is "+cmp.Or(state, "not told")))
		default:
			accounts = append(accounts, s.open(p))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(excluded)) {
		p := place{account: id}
		accounts = append(accounts, p.not(evidence.OutcomeExcluded,
			"left out by exclude_accounts: "+excluded[id]+"; the organisation has no such account"))
	}
	return accounts, nil
}

// unanswered makes a failure of what is none elsewhere: that there is no organisation, or that only others may ask about
// it. The whole of it was asked for.
func unanswered(err error) error {
	var e *collect.Error
	if !errors.As(err, &e) || e.Outcome != evidence.OutcomeNotEnabled {
		return err
	}
	lost := *e
	lost.Outcome = evidence.OutcomeFailed
	if strings.HasPrefix(e.Code, "AccessDenied") {
		lost.Outcome = evidence.OutcomeDenied
		lost.Permission = e.Operation + " in the management account, or as a delegated administrator"
	}
	return &lost
}

// not returns the account as one of which nothing is asked.
func (p place) not(outcome evidence.Outcome, reason string) collect.Account {
	return collect.Ready(collect.ScopePlan{
		Scope:   evidence.Scope{Provider: "aws", Account: p.account, Name: p.name, Facts: p.facts},
		Outcome: outcome, Reason: reason, Only: func(collect.Collector) bool { return false },
	})
}

// stateOf returns the account's state, which older partitions call its status.
func stateOf(a types.Account) string { return cmp.Or(string(a.State), string(a.Status)) }

// listAccounts lists all accounts in order of id.
func (s *session) listAccounts(ctx context.Context, t *collect.Task) ([]types.Account, error) {
	p := organizations.NewListAccountsPaginator(s.organizations(), &organizations.ListAccountsInput{})
	list, err := whole(ctx, t, "organizations:ListAccounts", p,
		func(page *organizations.ListAccountsOutput) []types.Account { return page.Accounts })
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if aws.ToString(a.Id) == "" {
			return nil, errors.New("organizations:ListAccounts: an account has no id")
		}
	}
	slices.SortFunc(list, func(a, b types.Account) int { return strings.Compare(*a.Id, *b.Id) })
	list = slices.CompactFunc(list, func(a, b types.Account) bool { return *a.Id == *b.Id })
	if len(list) == 0 {
		return nil, errors.New("organizations:ListAccounts: the answer names no account")
	}
	return list, nil
}

// withJoined adds those of the accounts beneath the units that are in no list: they joined after it was made.
func withJoined(list []types.Account, inside map[string]types.Account) []types.Account {
	for _, id := range slices.Sorted(maps.Keys(inside)) {
		if !slices.ContainsFunc(list, func(a types.Account) bool { return *a.Id == id }) {
			list = append(list, inside[id])
		}
	}
	slices.SortFunc(list, func(a, b types.Account) int { return strings.Compare(*a.Id, *b.Id) })
	return list
}

func has(accounts map[string]types.Account, id string) bool {
	_, ok := accounts[id]
	return ok
}

// inside returns the accounts beneath the configured units; nil is all.
func (s *source) inside(ctx context.Context, t *collect.Task, home *session) (map[string]types.Account, error) {
	if len(s.section.Units) == 0 {
		return nil, nil
	}
	accounts, seen := map[string]types.Account{}, map[string]bool{}
	parents := slices.Clone(s.section.Units)
	for len(parents) > 0 {
		parent := parents[0]
		parents = parents[1:]
		if seen[parent] {
			continue
		}
		seen[parent] = true
		direct, err := home.accountsIn(ctx, t, parent)
		if err != nil {
			return nil, fmt.Errorf("list what is beneath %s: %w", parent, err)
		}
		for _, a := range direct {
			if aws.ToString(a.Id) == "" {
				return nil, fmt.Errorf("list what is beneath %s: an account has no id", parent)
			}
			accounts[*a.Id] = a
		}
		units, err := home.unitsIn(ctx, t, parent)
		if err != nil {
			return nil, fmt.Errorf("list what is beneath %s: %w", parent, err)
		}
		for _, u := range units {
			parents = append(parents, aws.ToString(u.Id))
		}
	}
	return accounts, nil
}

// accountsIn lists the accounts directly in a root or unit.
func (s *session) accountsIn(ctx context.Context, t *collect.Task, parent string) ([]types.Account, error) {
	p := organizations.NewListAccountsForParentPaginator(s.organizations(),
		&organizations.ListAccountsForParentInput{ParentId: &parent})
	return whole(ctx, t, "organizations:ListAccountsForParent", p,
		func(page *organizations.ListAccountsForParentOutput) []types.Account { return page.Accounts })
}

// unitsIn lists the units directly in a root or unit.
func (s *session) unitsIn(ctx context.Context, t *collect.Task, parent string) ([]types.OrganizationalUnit, error) {
	p := organizations.NewListOrganizationalUnitsForParentPaginator(s.organizations(),
		&organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent})
	return whole(ctx, t, "organizations:ListOrganizationalUnitsForParent", p,
		func(page *organizations.ListOrganizationalUnitsForParentOutput) []types.OrganizationalUnit {
			return page.OrganizationalUnits
		})
}

// rootManagement says what is known of who manages the root users of members.
type rootManagement struct {
	organization *types.Organization    // nil when it could not be asked
	features     []iamtypes.FeatureType // nil when they could not be asked
}

// rootManagement asks for the organisation and its central features. What is refused is left unknown, and so are the
// checks that depend on it; the error is only for a run that has ended.
func (s *session) rootManagement(ctx context.Context, t *collect.Task) (rootManagement, error) {
	var r rootManagement
	if o, err := s.organization(ctx, t); err == nil {
		r.organization = o
	}
	f, err := ask(ctx, t, "iam:ListOrganizationsFeatures",
		func(ctx context.Context) (*iam.ListOrganizationsFeaturesOutput, error) {
			return s.iam().ListOrganizationsFeatures(ctx, nil)
		})
	if err == nil {
		r.features = some(f.EnabledFeatures)
	}
	return r, ctx.Err()
}

// facts are what checks may ask about a member's scope: which organisation it is in, whether it is its management
// account, and whether its root user is managed from there. What is not known is left out, so that it reads as unknown.
func (r rootManagement) facts(account string) map[string]any {
	facts := map[string]any{}
	if r.organization == nil || r.organization.MasterAccountId == nil {
		return facts
	}
	management := account == *r.organization.MasterAccountId
	facts["organization"], facts["management"] = aws.ToString(r.organization.Id), management
	if management {
		facts["managed_root"] = false
	} else if r.features != nil {
		facts["managed_root"] = slices.Contains(r.features, iamtypes.FeatureTypeRootCredentialsManagement)
	}
	return facts
}
