package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// LoadBalancerDoc is an application, network or gateway load balancer.
type LoadBalancerDoc struct {
	types.LoadBalancer
	Attributes []types.LoadBalancerAttribute
	// WebACL is the firewall in front of it; absent when there is none. Only application load balancers have one.
	WebACL *WebACL
}

// WebACL is a web access control list without what its rules look for.
type WebACL struct {
	ARN, Id, Name            *string
	ManagedByFirewallManager bool
	// DefaultAction is "Allow" or "Block".
	DefaultAction string
	Rules         []WebACLRule
}

// WebACLRule names one rule.
type WebACLRule struct {
	Name     *string
	Priority int32
}

func elbv2LoadBalancer() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.elbv2.load-balancer",
			Title: "Load balancer",
			Doc:   evidence.ShapeOf[LoadBalancerDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			loadBalancersOperation(),
			{
				Name:        "elasticloadbalancingv2:DescribeLoadBalancerAttributes",
				Permissions: []string{"elasticloadbalancing:DescribeLoadBalancerAttributes"},
				Absent:      []string{"LoadBalancerNotFound"},
			},
			{
				Name:        "wafv2:GetWebACLForResource",
				Permissions: []string{"wafv2:GetWebACLForResource", "wafv2:GetWebACL"},
				Absent:      []string{"WAFNonexistentItemException"},
			},
		},
		Collect: collect.Typed(collectLoadBalancers),
	}
}

func (s *session) elbv2() *elbv2.Client {
	return client(s, "elbv2", func() *elbv2.Client { return elbv2.NewFromConfig(s.cfg) })
}

func (s *session) wafv2() *wafv2.Client {
	return client(s, "wafv2", func() *wafv2.Client { return wafv2.NewFromConfig(s.cfg) })
}

func loadBalancersOperation() collect.Operation {
	return collect.Operation{
		Name:        "elasticloadbalancingv2:DescribeLoadBalancers",
		Permissions: []string{"elasticloadbalancing:DescribeLoadBalancers"},
	}
}

// loadBalancers lists the region's load balancers once for all collectors.
func (s *session) loadBalancers(ctx context.Context, t *collect.Task) ([]types.LoadBalancer, error) {
	const op = "elasticloadbalancingv2:DescribeLoadBalancers"
	all, err := collect.Once(ctx, t, op, func(ctx context.Context) ([]types.LoadBalancer, error) {
		all := []types.LoadBalancer{}
		p := elbv2.NewDescribeLoadBalancersPaginator(s.elbv2(), &elbv2.DescribeLoadBalancersInput{PageSize: aws.Int32(400)})
		err := pages(ctx, t, op, p, func(page *elbv2.DescribeLoadBalancersOutput) error {
			all = append(all, page.LoadBalancers...)
			return nil
		})
		return all, err
	})
	if err == nil {
		t.Relies(op)
	}
	return all, err
}

func collectLoadBalancers(ctx context.Context, s *session, t *collect.Task) error {
	all, err := s.loadBalancers(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(all))
	return collect.Each(ctx, all, func(ctx context.Context, lb types.LoadBalancer) error {
		return s.loadBalancer(ctx, t, lb)
	})
}

func (s *session) loadBalancer(ctx context.Context, t *collect.Task, lb types.LoadBalancer) error {
	sub := subject(aws.ToString(lb.LoadBalancerArn), aws.ToString(lb.LoadBalancerName))
	doc := LoadBalancerDoc{LoadBalancer: lb}
	const op = "elasticloadbalancingv2:DescribeLoadBalancerAttributes"
	attributes, err := ask(ctx, t, op, func(ctx context.Context) (*elbv2.DescribeLoadBalancerAttributesOutput, error) {
		return s.elbv2().DescribeLoadBalancerAttributes(ctx, &elbv2.DescribeLoadBalancerAttributesInput{
			LoadBalancerArn: lb.LoadBalancerArn,
		})
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err == nil {
		doc.Attributes = some(attributes.Attributes)
	} else if err := t.Miss(&sub, "Attributes", err); err != nil {
		return err
	}
	if lb.Type == types.LoadBalancerTypeEnumApplication {
		_, err := t.Part(ctx, &sub, "WebACL", "wafv2:GetWebACLForResource", func(ctx context.Context) error {
			out, err := s.wafv2().GetWebACLForResource(ctx, &wafv2.GetWebACLForResourceInput{ResourceArn: lb.LoadBalancerArn})
			if err == nil {
				doc.WebACL = webACL(out)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.emit(ctx, t, sub, doc)
}

// webACL leaves out what the rules look for, which may be shared secrets and internal addresses.
func webACL(out *wafv2.GetWebACLForResourceOutput) *WebACL {
	acl := out.WebACL
	if acl == nil {
		return nil
	}
	w := &WebACL{
		ARN: acl.ARN, Id: acl.Id, Name: acl.Name, ManagedByFirewallManager: acl.ManagedByFirewallManager,
		Rules: []WebACLRule{},
	}
	if acl.DefaultAction != nil && acl.DefaultAction.Allow != nil {
		w.DefaultAction = "Allow"
	}
	if acl.DefaultAction != nil && acl.DefaultAction.Block != nil {
		w.DefaultAction = "Block"
	}
	for _, r := range acl.Rules {
		w.Rules = append(w.Rules, WebACLRule{r.Name, r.Priority})
	}
	for _, g := range acl.PreProcessFirewallManagerRuleGroups {
		w.Rules = append(w.Rules, WebACLRule{g.Name, g.Priority})
	}
	for _, g := range acl.PostProcessFirewallManagerRuleGroups {
		w.Rules = append(w.Rules, WebACLRule{g.Name, g.Priority})
	}
	return w
}
