package aws

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// UnitDoc is an organizational unit, or a root, with the accounts that are directly in it.
type UnitDoc struct {
	types.OrganizationalUnit
	// ParentId is absent for a root.
	ParentId *string
	Accounts []types.Account
}

func organizationsOU() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.organizations.ou",
			Title:  "Organizational unit or root of an AWS organisation",
			Doc:    evidence.ShapeOf[UnitDoc](),
			Secret: []string{"/Accounts/*/Email"},
		},
		Version:    1,
		Operations: []collect.Operation{unitsOperation(), rootsOperation(), accountsOperation()},
		Collect:    collect.Typed(collectUnits),
	}
}

func unitsOperation() collect.Operation {
	const name = "organizations:ListOrganizationalUnitsForParent"
	return collect.Operation{Name: name, Permissions: []string{name}, Absent: []string{"ParentNotFoundException"}}
}

func accountsOperation() collect.Operation {
	const name = "organizations:ListAccountsForParent"
	return collect.Operation{Name: name, Permissions: []string{name}, Absent: []string{"ParentNotFoundException"}}
}

func collectUnits(ctx context.Context, s *session, t *collect.Task) error {
	units, err := s.tree(ctx, t)
	if err != nil {
		return first(t.Lost(err), err)
	}
	t.Listed(len(units))
	for _, u := range units {
		if u.gone {
			t.Exclude(deleted, 1)
			continue
		}
		sub := subject(aws.ToString(u.Arn), aws.ToString(u.Name))
		if err := t.Miss(&sub, "Accounts", u.accounts); err != nil {
			return err
		}
		if err := s.emit(ctx, t, sub, u.UnitDoc); err != nil {
			return err
		}
	}
	return nil
}

// unit is a root or unit as it was found.
type unit struct {
	UnitDoc
	gone     bool  // while it was looked at
	accounts error // why its accounts are not known
}

// tree returns the roots and all units, those above first, once a run.
func (s *session) tree(ctx context.Context, t *collect.Task) ([]*unit, error) {
	roots, err := s.roots(ctx, t)
	if err != nil {
		return nil, err
	}
	all, err := once(ctx, t, s, "organization-tree", func(ctx context.Context) ([]*unit, error) {
		return s.walk(ctx, t, roots)
	})
	if err == nil {
		for _, u := range all {
			err = first(err, t.Lost(u.accounts))
		}
		t.Relies(unitsOperation().Name)
		t.Relies(accountsOperation().Name)
	}
	return all, err
}

// walk goes through the tree from its roots, level by level.
func (s *session) walk(ctx context.Context, t *collect.Task, roots []types.Root) ([]*unit, error) {
	var level, all []*unit
	for _, r := range roots {
		u := &unit{}
		u.Arn, u.Id, u.Name = r.Arn, r.Id, r.Name
		level = append(level, u)
	}
	for len(level) > 0 {
		all = append(all, level...)
		var mu sync.Mutex
		var next []*unit
		err := collect.Each(ctx, level, func(ctx context.Context, u *unit) error {
			below, err := s.look(ctx, t, u)
			mu.Lock()
			defer mu.Unlock()
			next = append(next, below...)
			return err
		})
		if err != nil {
			return nil, err
		}
		level = next
	}
	return all, nil
}

// look asks for what is directly in a unit.
func (s *session) look(ctx context.Context, t *collect.Task, u *unit) ([]*unit, error) {
	units, err := s.unitsIn(ctx, t, aws.ToString(u.Id))
	if err != nil {
		u.gone = collect.IsAbsent(err)
		return nil, unlessAbsent(err)
	}
	accounts, err := s.accountsIn(ctx, t, aws.ToString(u.Id))
	switch {
	case collect.IsAbsent(err):
		u.gone = true
		return nil, nil
	case err == nil:
		u.Accounts = some(accounts)
	default:
		u.accounts = err
	}
	var below []*unit
	for _, b := range units {
		below = append(below, &unit{UnitDoc: UnitDoc{OrganizationalUnit: b, ParentId: u.Id}})
	}
	return below, nil
}

// first returns the first error that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
