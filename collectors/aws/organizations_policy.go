package aws

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// OrganizationPolicyDoc is a policy of the organisation with its text and what it is attached to.
type OrganizationPolicyDoc struct {
	types.PolicySummary
	Content *string // its JSON text
	Targets []types.PolicyTargetSummary
}

func organizationsPolicy() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.organizations.policy",
			Title: "Policy of an AWS organisation, of a type that is enabled",
			Doc:   evidence.ShapeOf[OrganizationPolicyDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "organizations:ListPolicies", Permissions: []string{"organizations:ListPolicies"}},
			rootsOperation(),
			{
				Name: "organizations:DescribePolicy", Permissions: []string{"organizations:DescribePolicy"},
				Absent: []string{"PolicyNotFoundException"},
			},
			{
				Name: "organizations:ListTargetsForPolicy", Permissions: []string{"organizations:ListTargetsForPolicy"},
				Absent: []string{"PolicyNotFoundException"},
			},
		},
		Collect: collect.Typed(collectOrganizationPolicies),
	}
}

// collectOrganizationPolicies lists the policies of every type that a root has enabled: those of others bind nobody and
// are attached to nothing.
func collectOrganizationPolicies(ctx context.Context, s *session, t *collect.Task) error {
	roots, err := s.roots(ctx, t)
	if err != nil {
		return first(t.Lost(err), err)
	}
	for _, kind := range enabledPolicyTypes(roots) {
		p := organizations.NewListPoliciesPaginator(s.organizations(), &organizations.ListPoliciesInput{Filter: kind})
		err := pages(ctx, t, "organizations:ListPolicies", p, func(page *organizations.ListPoliciesOutput) error {
			t.Listed(len(page.Policies))
			return collect.Each(ctx, page.Policies, func(ctx context.Context, p types.PolicySummary) error {
				return s.organizationsPolicy(ctx, t, p)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// enabledPolicyTypes returns the types that are enabled in any root, sorted.
func enabledPolicyTypes(roots []types.Root) []types.PolicyType {
	var kinds []types.PolicyType
	for _, r := range roots {
		for _, p := range r.PolicyTypes {
			if p.Status == types.PolicyTypeStatusEnabled {
				kinds = append(kinds, p.Type)
			}
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func (s *session) organizationsPolicy(ctx context.Context, t *collect.Task, p types.PolicySummary) error {
	sub := subject(aws.ToString(p.Arn), aws.ToString(p.Name))
	doc := OrganizationPolicyDoc{PolicySummary: p}
	described, err := ask(ctx, t, "organizations:DescribePolicy",
		func(ctx context.Context) (*organizations.DescribePolicyOutput, error) {
			out, err := s.organizations().DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
			if err == nil && (out.Policy == nil || out.Policy.Content == nil) {
				err = errors.New("the answer holds no policy")
			}
			return out, err
		})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err == nil {
		doc.Content = described.Policy.Content
	}
	if err := t.Miss(&sub, "Content", err); err != nil {
		return err
	}
	pager := organizations.NewListTargetsForPolicyPaginator(s.organizations(),
		&organizations.ListTargetsForPolicyInput{PolicyId: p.Id})
	doc.Targets, err = whole(ctx, t, "organizations:ListTargetsForPolicy", pager,
		func(page *organizations.ListTargetsForPolicyOutput) []types.PolicyTargetSummary { return page.Targets })
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err := t.Miss(&sub, "Targets", err); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
