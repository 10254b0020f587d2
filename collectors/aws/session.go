package aws

import (
	"context"
	"net/url"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyendpoints "github.com/aws/smithy-go/endpoints"

	"exhibit/internal/collect"
)

// session is one account in one region, or the account itself in the region where global services answer. Clients are
// made when first asked for, and are garbage with the session.
type session struct {
	account, partition string
	// collected are the regions that are collected of the account; it is set in a region's session.
	collected []string
	// gathering are the aggregators of AWS Config that may have the region; it is set in a region's session.
	gathering []*aggregator
	// caller is as whom the account is collected; it is set in the account's session.
	caller *sts.GetCallerIdentityOutput
	// central is set where what the organisation shares may be asked for, whoever owns it.
	central bool
	// above asks about the organisation in the account's stead; nil where the account is not collected as one of an
	// organisation, and can only ask itself.
	above *session
	// wide is set in a session whose answers are the same for all accounts.
	wide bool
	cfg  aws.Config
	enc  *encoder

	mu      sync.Mutex
	clients map[string]any // by service, and region where it differs
}

func newSession(s *source, cfg aws.Config, region string) *session {
	if region != "" {
		cfg.Region = region
	}
	return &session{cfg: cfg, enc: s.enc, clients: map[string]any{}}
}

// of makes the session one of the same account as home.
func (s *session) of(home *session) *session {
	s.account, s.partition, s.central = home.account, home.partition, home.central
	return s
}

func client[C any](s *session, key string, make func() C) C {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clients[key]
	if !ok {
		c = make()
		s.clients[key] = c
	}
	return c.(C)
}

func (s *session) iam() *iam.Client {
	return client(s, "iam", func() *iam.Client { return iam.NewFromConfig(s.cfg) })
}

func (s *session) ec2() *ec2.Client {
	return client(s, "ec2", func() *ec2.Client { return ec2.NewFromConfig(s.cfg) })
}

func (s *session) kms() *kms.Client {
	return client(s, "kms", func() *kms.Client { return kms.NewFromConfig(s.cfg) })
}

// cloudtrail returns a client for trails whose home is the region.
func (s *session) cloudtrail(region string) *cloudtrail.Client {
	return client(s, "cloudtrail|"+region, func() *cloudtrail.Client {
		return cloudtrail.NewFromConfig(s.cfg, func(o *cloudtrail.Options) { o.Region = region })
	})
}

// s3 returns a client for buckets in the region; empty is the session's own.
func (s *session) s3(region string) *s3.Client {
	return client(s, "s3|"+region, func() *s3.Client {
		return s3.NewFromConfig(s.cfg, func(o *s3.Options) {
			o.UsePathStyle = s.cfg.BaseEndpoint != nil // a stand-in has one host for all buckets
			if region != "" {
				o.Region = region
			}
		})
	})
}

func (s *session) s3control() *s3control.Client {
	return client(s, "s3control", func() *s3control.Client {
		return s3control.NewFromConfig(s.cfg, func(o *s3control.Options) {
			if s.cfg.BaseEndpoint != nil {
				o.EndpointResolverV2 = fixed(*s.cfg.BaseEndpoint)
			}
		})
	})
}

// fixed is an endpoint without the account's id before the host, which a stand-in on loopback cannot answer to.
type fixed string

// ResolveEndpoint implements s3control.EndpointResolverV2.
func (f fixed) ResolveEndpoint(context.Context, s3control.EndpointParameters) (smithyendpoints.Endpoint, error) {
	u, err := url.Parse(string(f))
	if err != nil {
		return smithyendpoints.Endpoint{}, err
	}
	return smithyendpoints.Endpoint{URI: *u}, nil
}

// once is collect.Once, for all accounts where the session asks in their stead.
func once[T any](
	ctx context.Context, t *collect.Task, s *session, key string, f func(ctx context.Context) (T, error),
) (T, error) {
	if s.wide {
		return collect.OnceForAll(ctx, t, key, f)
	}
	return collect.Once(ctx, t, key, f)
}

// ask makes one call and returns its answer.
func ask[Out any](
	ctx context.Context, t *collect.Task, op string, f func(ctx context.Context) (Out, error),
) (Out, error) {
	var out Out
	err := t.Call(ctx, op, func(ctx context.Context) (err error) {
		out, err = f(ctx)
		return err
	})
	return out, err
}

// askSwitch asks a service in a region to describe itself. That it is off there is an answer: on is false, and there is no
// error.
func askSwitch[Out any](
	ctx context.Context, t *collect.Task, op string, f func(ctx context.Context) (Out, error),
) (out Out, on bool, err error) {
	out, err = ask(ctx, t, op, f)
	return out, err == nil, unlessAbsent(err)
}

// pager is any paginator of the SDK.
type pager[Out, Opt any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*Opt)) (Out, error)
}

// pages makes one call a page and hands each to f.
func pages[Out, Opt any](
	ctx context.Context, t *collect.Task, op string, p pager[Out, Opt], f func(page Out) error,
) error {
	for p.HasMorePages() {
		page, err := ask(ctx, t, op, func(ctx context.Context) (Out, error) { return p.NextPage(ctx) })
		if err != nil {
			return err
		}
		if err := f(page); err != nil {
			return err
		}
	}
	return nil
}

// whole returns the items of all pages. Without an error it is a list, though there be nothing in it.
func whole[T, Out, Opt any](
	ctx context.Context, t *collect.Task, op string, p pager[Out, Opt], items func(page Out) []T,
) ([]T, error) {
	list := []T{}
	err := pages(ctx, t, op, p, func(page Out) error {
		list = append(list, items(page)...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
