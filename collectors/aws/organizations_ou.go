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
		Version: 1,
		Operations: []collect.Operation{
			{
				Name:        "organizations:ListOrganizationalUnitsForParent",
				Permissions: []string{"organizations:ListOrganizationalUnitsForParent"},
				Absent:      []string{"ParentNotFoundException"},
			},
			rootsOperation(),
			{
				Name: "organizations:ListAccountsForParent", Permissions: []string{"organizations:ListAccountsForParent"},
				Absent: []string{"ParentNotFoundException"},
			},
		},
		Collect: collect.Typed(collectUnits),
	}
}

// collectUnits walks the tree from its roots, level by level.
func collectUnits(ctx context.Context, s *session, t *collect.Task) error {
	roots, err := s.roots(ctx, t)
	if err != nil {
		return first(t.Lost(err), err)
	}
	t.Listed(len(roots))
	var level []UnitDoc
	for _, r := range roots {
		level = append(level, UnitDoc{OrganizationalUnit: types.OrganizationalUnit{Arn: r.Arn, Id: r.Id, Name: r.Name}})
	}
	for len(level) > 0 {
		var mu sync.Mutex
		var next []UnitDoc
		err := collect.Each(ctx, level, func(ctx context.Context, u UnitDoc) error {
			below, err := s.unit(ctx, t, u)
			mu.Lock()
			defer mu.Unlock()
			next = append(next, below...)
			return err
		})
		if err != nil {
			return err
		}
		level = next
	}
	return nil
}

// unit emits one unit and returns those directly in it.
func (s *session) unit(ctx context.Context, t *collect.Task, u UnitDoc) ([]UnitDoc, error) {
	units, err := s.unitsIn(ctx, t, aws.ToString(u.Id))
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sub := subject(aws.ToString(u.Arn), aws.ToString(u.Name))
	accounts, err := s.accountsIn(ctx, t, aws.ToString(u.Id))
	switch {
	case collect.IsAbsent(err):
		t.Exclude(deleted, 1)
		return nil, nil
	case err == nil:
		u.Accounts = some(accounts)
	default:
		if err := t.Miss(&sub, "Accounts", err); err != nil {
			return nil, err
		}
	}
	t.Listed(len(units))
	var below []UnitDoc
	for _, b := range units {
		below = append(below, UnitDoc{OrganizationalUnit: b, ParentId: u.Id})
	}
	return below, s.emit(ctx, t, sub, u)
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
