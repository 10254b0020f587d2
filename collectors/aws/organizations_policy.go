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
		Version:    1,
		Operations: append(policyOperations(), rootsOperation()),
		Collect:    collect.Typed(collectOrganizationPolicies),
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
		policies, err := s.policiesOfType(ctx, t, kind)
		if err != nil {
			return err
		}
		t.Listed(len(policies))
		err = collect.Each(ctx, policies, func(ctx context.Context, p types.PolicySummary) error {
			return s.organizationsPolicy(ctx, t, p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// policyOperations list policies, read their texts and tell what they are attached to.
func policyOperations() []collect.Operation {
	ask := func(name string, absent ...string) collect.Operation {
		return collect.Operation{Name: name, Permissions: []string{name}, Absent: absent}
	}
	return []collect.Operation{
		ask("organizations:ListPolicies"),
		ask("organizations:DescribePolicy", "PolicyNotFoundException"),
		ask("organizations:ListTargetsForPolicy", "PolicyNotFoundException"),
	}
}

// policiesOfType lists the policies of a type, once a run.
func (s *session) policiesOfType(ctx context.Context, t *collect.Task, kind types.PolicyType,
) ([]types.PolicySummary, error) {
	const op = "organizations:ListPolicies"
	list, err := once(ctx, t, s, "policies "+string(kind), func(ctx context.Context) ([]types.PolicySummary, error) {
		p := organizations.NewListPoliciesPaginator(s.organizations(), &organizations.ListPoliciesInput{Filter: kind})
		return whole(ctx, t, op, p, func(page *organizations.ListPoliciesOutput) []types.PolicySummary { return page.Policies })
	})
	if err == nil {
		t.Relies(op)
	}
	return list, err
}

// policyText asks for a policy's JSON text, once a run.
func (s *session) policyText(ctx context.Context, t *collect.Task, id string) (*string, error) {
	const op = "organizations:DescribePolicy"
	text, err := once(ctx, t, s, "policy text "+id, func(ctx context.Context) (*string, error) {
		out, err := ask(ctx, t, op, func(ctx context.Context) (*organizations.DescribePolicyOutput, error) {
			out, err := s.organizations().DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: &id})
			if err == nil && (out.Policy == nil || out.Policy.Content == nil) {
				err = errors.New("the answer holds no policy")
			}
			return out, err
		})
		if err != nil {
			return nil, err
		}
		return out.Policy.Content, nil
	})
	if err == nil {
		t.Relies(op)
	}
	return text, err
}

// policyTargets lists what a policy is attached to, once a run.
func (s *session) policyTargets(ctx context.Context, t *collect.Task, id string) ([]types.PolicyTargetSummary, error) {
	const op = "organizations:ListTargetsForPolicy"
	list, err := once(ctx, t, s, "policy targets "+id, func(ctx context.Context) ([]types.PolicyTargetSummary, error) {
		p := organizations.NewListTargetsForPolicyPaginator(s.organizations(),
			&organizations.ListTargetsForPolicyInput{PolicyId: &id})
		return whole(ctx, t, op, p,
			func(page *organizations.ListTargetsForPolicyOutput) []types.PolicyTargetSummary { return page.Targets })
	})
	if err == nil {
		t.Relies(op)
	}
	return list, err
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
	var unread, unlisted error
	if doc.Content, unread = s.policyText(ctx, t, aws.ToString(p.Id)); !collect.IsAbsent(unread) {
		doc.Targets, unlisted = s.policyTargets(ctx, t, aws.ToString(p.Id))
	}
	if collect.IsAbsent(unread) || collect.IsAbsent(unlisted) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err := first(t.Miss(&sub, "Content", unread), t.Miss(&sub, "Targets", unlisted)); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
