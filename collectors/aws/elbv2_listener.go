package aws

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ListenerDoc is a load balancer's listener with what its security policy takes.
type ListenerDoc struct {
	types.Listener
	// Policy is absent where the listener speaks no TLS.
	Policy *SSLPolicy
}

// SSLPolicy is what a security policy of Elastic Load Balancing takes.
type SSLPolicy struct {
	Name         *string
	SslProtocols []string
	Ciphers      []types.Cipher
}

func elbv2Listener() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:    "aws.elbv2.listener",
			Title:   "Load balancer listener",
			Doc:     evidence.ShapeOf[ListenerDoc](),
			Secret:  []string{"/DefaultActions/*/AuthenticateOidcConfig/ClientSecret"},
			Ordered: []string{"/DefaultActions"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{
				Name:        "elasticloadbalancingv2:DescribeListeners",
				Permissions: []string{"elasticloadbalancing:DescribeListeners"},
				Absent:      []string{"LoadBalancerNotFound"},
			},
			loadBalancersOperation(),
			{
				Name:        "elasticloadbalancingv2:DescribeSSLPolicies",
				Permissions: []string{"elasticloadbalancing:DescribeSSLPolicies"},
			},
		},
		Collect: collect.Typed(collectListeners),
	}
}

// balancerListener is a listener with the name of its load balancer.
type balancerListener struct {
	types.Listener
	balancer string
}

func collectListeners(ctx context.Context, s *session, t *collect.Task) error {
	all, err := s.loadBalancers(ctx, t)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var listeners []balancerListener
	err = collect.Each(ctx, all, func(ctx context.Context, lb types.LoadBalancer) error {
		p := elbv2.NewDescribeListenersPaginator(s.elbv2(), &elbv2.DescribeListenersInput{
			LoadBalancerArn: lb.LoadBalancerArn, PageSize: aws.Int32(400),
		})
		err := pages(ctx, t, "elasticloadbalancingv2:DescribeListeners", p, func(page *elbv2.DescribeListenersOutput) error {
			t.Listed(len(page.Listeners))
			mu.Lock()
			defer mu.Unlock()
			for _, l := range page.Listeners {
				listeners = append(listeners, balancerListener{l, aws.ToString(lb.LoadBalancerName)})
			}
			return nil
		})
		if collect.IsAbsent(err) {
			return nil // the load balancer was deleted, and its listeners with it
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.listeners(ctx, t, listeners)
}

func (s *session) listeners(ctx context.Context, t *collect.Task, listeners []balancerListener) error {
	var policies map[string]*SSLPolicy
	var unknown error
	if slices.ContainsFunc(listeners, func(l balancerListener) bool { return l.SslPolicy != nil }) {
		policies, unknown = s.sslPolicies(ctx, t)
	}
	for _, l := range listeners {
		sub := subject(aws.ToString(l.ListenerArn), l.balancer+" "+string(l.Protocol))
		doc := ListenerDoc{Listener: l.Listener}
		if l.SslPolicy != nil {
			doc.Policy = policies[*l.SslPolicy]
			if err := t.Miss(&sub, "Policy", unknown); err != nil {
				return err
			}
		}
		if err := s.emit(ctx, t, sub, doc); err != nil {
			return err
		}
	}
	return nil
}

// sslPolicies lists all security policies that the region offers, by name: what they take changes with time.
func (s *session) sslPolicies(ctx context.Context, t *collect.Task) (map[string]*SSLPolicy, error) {
	byName := map[string]*SSLPolicy{}
	in := &elbv2.DescribeSSLPoliciesInput{PageSize: aws.Int32(400)}
	for {
		out, err := ask(ctx, t, "elasticloadbalancingv2:DescribeSSLPolicies",
			func(ctx context.Context) (*elbv2.DescribeSSLPoliciesOutput, error) {
				return s.elbv2().DescribeSSLPolicies(ctx, in)
			})
		if err != nil {
			return nil, err
		}
		for _, p := range out.SslPolicies {
			byName[aws.ToString(p.Name)] = &SSLPolicy{p.Name, some(p.SslProtocols), some(p.Ciphers)}
		}
		if aws.ToString(out.NextMarker) == "" {
			return byName, nil
		}
		if aws.ToString(out.NextMarker) == aws.ToString(in.Marker) {
			return nil, errors.New("malformed answer: a page names itself as the next")
		}
		in = &elbv2.DescribeSSLPoliciesInput{PageSize: in.PageSize, Marker: out.NextMarker}
	}
}
