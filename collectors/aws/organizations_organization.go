package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// OrganizationDoc is the organisation that the account is in. A member is told no more than what DescribeOrganization
// answers: the rest can be asked by the management account and by those that are delegated to administer.
type OrganizationDoc struct {
	*types.Organization
	Roots []types.Root
	// EnabledFeatures are the central features of IAM; empty when IAM has no access to the organisation.
	EnabledFeatures         []iamtypes.FeatureType
	DelegatedAdministrators []DelegatedAdministrator
	// ResourcePolicy is the JSON text of the policy that delegates policy management; absent when there is none.
	ResourcePolicy *string
}

// DelegatedAdministrator is a member that administers services for the whole organisation.
type DelegatedAdministrator struct {
	types.DelegatedAdministrator
	Services []types.DelegatedService
}

func organizationsOrganization() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.organizations.organization",
			Title:  "AWS organisation",
			Doc:    evidence.ShapeOf[OrganizationDoc](),
			Secret: []string{"/MasterAccountEmail", "/DelegatedAdministrators/*/Email"},
		},
		Version: 1,
		Operations: []collect.Operation{
			organizationOperation(),
			rootsOperation(),
			{
				Name: "iam:ListOrganizationsFeatures", Permissions: []string{"iam:ListOrganizationsFeatures"},
				Absent: []string{"ServiceAccessNotEnabledException", "ServiceAccessNotEnabled"},
			},
			{
				Name:        "organizations:ListDelegatedAdministrators",
				Permissions: []string{"organizations:ListDelegatedAdministrators"},
			},
			{
				Name:        "organizations:ListDelegatedServicesForAccount",
				Permissions: []string{"organizations:ListDelegatedServicesForAccount"},
			},
			{
				Name: "organizations:DescribeResourcePolicy", Permissions: []string{"organizations:DescribeResourcePolicy"},
				Absent: []string{"ResourcePolicyNotFoundException"},
			},
		},
		Collect: collect.Typed(collectOrganization),
	}
}

func collectOrganization(ctx context.Context, s *session, t *collect.Task) error {
	organization, err := s.organization(ctx, t)
	if err != nil {
		return err
	}
	doc := OrganizationDoc{Organization: organization}
	sub := subject(*doc.Arn, aws.ToString(doc.Id))
	t.Listed(1)
	doc.Roots, err = s.roots(ctx, t)
	if isElsewhere(err) { // the same is true of all that follows
		for _, key := range []string{"Roots", "EnabledFeatures", "DelegatedAdministrators", "ResourcePolicy"} {
			if err := t.Miss(&sub, key, err); err != nil {
				return err
			}
		}
		return s.emit(ctx, t, sub, doc)
	}
	if err := t.Miss(&sub, "Roots", err); err != nil {
		return err
	}
	for _, part := range []struct {
		key string
		ask func(context.Context, *collect.Task, *OrganizationDoc) error
	}{
		{"EnabledFeatures", s.organizationFeatures}, {"DelegatedAdministrators", s.delegated},
		{"ResourcePolicy", s.organizationPolicy},
	} {
		if err := t.Miss(&sub, part.key, part.ask(ctx, t, &doc)); err != nil {
			return err
		}
	}
	return s.emit(ctx, t, sub, doc)
}

func organizationOperation() collect.Operation {
	const name = "organizations:DescribeOrganization"
	return collect.Operation{Name: name, Permissions: []string{name}}
}

// organization asks which organisation the account is in, once a run.
func (s *session) organization(ctx context.Context, t *collect.Task) (*types.Organization, error) {
	op := organizationOperation().Name
	o, err := once(ctx, t, s, "organization", func(ctx context.Context) (*types.Organization, error) {
		out, err := ask(ctx, t, op, func(ctx context.Context) (*organizations.DescribeOrganizationOutput, error) {
			out, err := s.organizations().DescribeOrganization(ctx, nil)
			if err == nil && (out.Organization == nil || out.Organization.Arn == nil) {
				err = errors.New("the answer describes no organisation")
			}
			return out, err
		})
		if err != nil {
			return nil, err
		}
		return out.Organization, nil
	})
	if err == nil {
		t.Relies(op)
	}
	return o, err
}

// isElsewhere reports whether only another account of the organisation can ask.
func isElsewhere(err error) bool {
	var e *collect.Error
	return errors.As(err, &e) && e.Outcome == evidence.OutcomeNotEnabled
}

func rootsOperation() collect.Operation {
	return collect.Operation{Name: "organizations:ListRoots", Permissions: []string{"organizations:ListRoots"}}
}

// roots lists the organisation's roots, of which there is one today, once a run.
func (s *session) roots(ctx context.Context, t *collect.Task) ([]types.Root, error) {
	roots, err := once(ctx, t, s, "organization-roots", func(ctx context.Context) ([]types.Root, error) {
		p := organizations.NewListRootsPaginator(s.organizations(), &organizations.ListRootsInput{})
		list, err := whole(ctx, t, "organizations:ListRoots", p,
			func(page *organizations.ListRootsOutput) []types.Root { return page.Roots })
		if err == nil && len(list) == 0 {
			err = errors.New("organizations:ListRoots: the answer names no root")
		}
		return list, err
	})
	if err == nil {
		t.Relies("organizations:ListRoots")
	}
	return roots, err
}

// organizationFeatures asks which of IAM's central features are on.
func (s *session) organizationFeatures(ctx context.Context, t *collect.Task, doc *OrganizationDoc) error {
	out, err := ask(ctx, t, "iam:ListOrganizationsFeatures",
		func(ctx context.Context) (*iam.ListOrganizationsFeaturesOutput, error) {
			return s.iam().ListOrganizationsFeatures(ctx, nil)
		})
	switch {
	case collect.IsAbsent(err):
		doc.EnabledFeatures = []iamtypes.FeatureType{}
	case err == nil:
		doc.EnabledFeatures = some(out.EnabledFeatures)
	}
	return err
}

// delegated lists the delegated administrators, each with its services.
func (s *session) delegated(ctx context.Context, t *collect.Task, doc *OrganizationDoc) error {
	p := organizations.NewListDelegatedAdministratorsPaginator(s.organizations(),
		&organizations.ListDelegatedAdministratorsInput{})
	list, err := whole(ctx, t, "organizations:ListDelegatedAdministrators", p,
		func(page *organizations.ListDelegatedAdministratorsOutput) []types.DelegatedAdministrator {
			return page.DelegatedAdministrators
		})
	if err != nil {
		return err
	}
	all := make([]DelegatedAdministrator, len(list))
	each := make([]*DelegatedAdministrator, len(list))
	for i, a := range list {
		all[i].DelegatedAdministrator = a
		each[i] = &all[i]
	}
	err = collect.Each(ctx, each, func(ctx context.Context, a *DelegatedAdministrator) (err error) {
		a.Services, err = s.delegatedServices(ctx, t, a.Id)
		return err
	})
	if err == nil {
		doc.DelegatedAdministrators = all
	}
	return err
}

// delegatedServices lists the services that an account administers.
func (s *session) delegatedServices(ctx context.Context, t *collect.Task, account *string,
) ([]types.DelegatedService, error) {
	p := organizations.NewListDelegatedServicesForAccountPaginator(s.organizations(),
		&organizations.ListDelegatedServicesForAccountInput{AccountId: account})
	return whole(ctx, t, "organizations:ListDelegatedServicesForAccount", p,
		func(page *organizations.ListDelegatedServicesForAccountOutput) []types.DelegatedService {
			return page.DelegatedServices
		})
}

// organizationPolicy asks for the policy that delegates policy management to members.
func (s *session) organizationPolicy(ctx context.Context, t *collect.Task, doc *OrganizationDoc) error {
	out, err := ask(ctx, t, "organizations:DescribeResourcePolicy",
		func(ctx context.Context) (*organizations.DescribeResourcePolicyOutput, error) {
			out, err := s.organizations().DescribeResourcePolicy(ctx, nil)
			if err == nil && (out.ResourcePolicy == nil || out.ResourcePolicy.Content == nil) {
				err = errors.New("the answer holds no policy")
			}
			return out, err
		})
	if err == nil {
		doc.ResourcePolicy = out.ResourcePolicy.Content
	}
	return err
}
