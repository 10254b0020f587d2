package aws

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// source is one opened section of exhibit.yaml. It holds on to no account's session.
type source struct {
	section section
	base    aws.Config
	env     collect.Env
	enc     *encoder
	caller  evidence.Identity
	said    *sts.GetCallerIdentityOutput // the answer that caller was read from

	gathering aggregators
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return append([]collect.Operation{
		{Name: "sts:GetCallerIdentity"},
		{Name: "ec2:DescribeRegions", Permissions: []string{"ec2:DescribeRegions"}, Loses: collect.LosesRegions},
		{Name: "iam:ListAccountAliases", Permissions: []string{"iam:ListAccountAliases"}, Loses: collect.LosesNothing},
	}, append(memberOperations(), aggregatorOperations()...)...)
}

// Caller implements collect.Source.
func (s *source) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	home := newSession(s, s.base, "")
	id, err := home.identity(ctx, t)
	if err != nil {
		return evidence.Identity{}, err
	}
	s.caller, s.said = id, home.caller
	return id, nil
}

// Close implements collect.Source. The engine owns the connections.
func (s *source) Close() error { return nil }

// Accounts implements collect.Source: the organisation's accounts, the configured ones, or the caller's own.
func (s *source) Accounts(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	if s.section.Organization {
		return s.members(ctx, t)
	}
	if len(s.section.Accounts) == 0 {
		return []collect.Account{s.open(place{account: s.caller.Account, arn: s.caller.ID})}, nil
	}
	var accounts []collect.Account
	partition := partitionOf(s.caller.ID)
	for _, account := range s.section.Accounts {
		accounts = append(accounts, s.open(place{account: account, arn: s.section.roleIn(partition, account), enter: true}))
	}
	return accounts, nil
}

// identity asks who is asking, and keeps the answer.
func (s *session) identity(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	var out *sts.GetCallerIdentityOutput
	err := t.Call(ctx, "sts:GetCallerIdentity", func(ctx context.Context) (err error) {
		out, err = sts.NewFromConfig(s.cfg).GetCallerIdentity(ctx, nil)
		if err == nil && (out.Arn == nil || out.Account == nil) {
			err = errors.New("the answer names no account")
		}
		return err
	})
	if err != nil {
		return evidence.Identity{}, err
	}
	s.caller = out
	return evidence.Identity{ID: *out.Arn, Account: *out.Account, Kind: kindOf(*out.Arn)}, nil
}

// aliases lists the account's names for people, of which it has one at most, once for its plan and its collectors.
func (s *session) aliases(ctx context.Context, t *collect.Task) ([]string, error) {
	const op = "iam:ListAccountAliases"
	names, err := collect.Once(ctx, t, "aliases", func(ctx context.Context) ([]string, error) {
		names := []string{}
		p := iam.NewListAccountAliasesPaginator(s.iam(), &iam.ListAccountAliasesInput{})
		err := pages(ctx, t, op, p, func(page *iam.ListAccountAliasesOutput) error {
			names = append(names, page.AccountAliases...)
			return nil
		})
		return names, err
	})
	if err == nil {
		t.Relies(op)
	}
	return names, err
}

// alias returns the account's name for people, if it has one that we may see.
func (s *session) alias(ctx context.Context, t *collect.Task) string {
	names, err := s.aliases(ctx, t)
	if err != nil || len(names) == 0 {
		return ""
	}
	return names[0]
}

// allRegions lists the regions that the account could use, once for its plan and its collectors.
func (s *session) allRegions(ctx context.Context, t *collect.Task) ([]ec2types.Region, error) {
	const op = "ec2:DescribeRegions"
	regions, err := collect.Once(ctx, t, "regions", func(ctx context.Context) ([]ec2types.Region, error) {
		out, err := ask(ctx, t, op, func(ctx context.Context) (*ec2.DescribeRegionsOutput, error) {
			out, err := s.ec2().DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
			if err == nil && !slices.ContainsFunc(out.Regions, enabled) {
				err = errors.New("the answer names no region that is enabled")
			}
			return out, err
		})
		if err != nil {
			return nil, err
		}
		return out.Regions, nil
	})
	if err == nil {
		t.Relies(op)
	}
	return regions, err
}

// regions lists the regions that the account has enabled, sorted.
func (s *session) regions(ctx context.Context, t *collect.Task) ([]string, error) {
	all, err := s.allRegions(ctx, t)
	var names []string
	for _, r := range all {
		if enabled(r) {
			names = append(names, *r.RegionName)
		}
	}
	sort.Strings(names)
	return names, err
}

// enabled reports whether the account may use the region.
func enabled(r ec2types.Region) bool {
	return r.RegionName != nil && aws.ToString(r.OptInStatus) != "not-opted-in"
}

// partitionOf returns the partition of an ARN, "aws" if it has none.
func partitionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 3); len(parts) == 3 && parts[1] != "" {
		return parts[1]
	}
	return "aws"
}

// kindOf tells what kind of caller an ARN names.
func kindOf(arn string) string {
	switch {
	case strings.Contains(arn, ":assumed-role/"):
		return "role"
	case strings.Contains(arn, ":user/"):
		return "user"
	case strings.HasSuffix(arn, ":root"):
		return "root"
	}
	return ""
}

// host names who will answer: the custom endpoint's host, or AWS's domain in the region.
func (s *session) host(region string) string {
	if s.cfg.BaseEndpoint != nil {
		if u, err := url.Parse(*s.cfg.BaseEndpoint); err == nil {
			return u.Host
		}
	}
	domain := "amazonaws.com"
	if s.partition == "aws-cn" {
		domain = "amazonaws.com.cn"
	}
	if region == "" {
		return domain
	}
	return region + "." + domain
}
