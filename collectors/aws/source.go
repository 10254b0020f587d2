package aws

import (
	"context"
	"errors"
	"fmt"
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

// source is one opened section of exhibit.yaml.
type source struct {
	section section
	base    aws.Config
	env     collect.Env
	enc     *encoder
	caller  evidence.Identity
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{
		{Name: "sts:GetCallerIdentity"},
		{Name: "ec2:DescribeRegions", Permissions: []string{"ec2:DescribeRegions"}, Loses: collect.LosesRegions},
		{Name: "iam:ListAccountAliases", Permissions: []string{"iam:ListAccountAliases"}, Loses: collect.LosesNothing},
	}
}

// Caller implements collect.Source.
func (s *source) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	id, err := newSession(s, s.base, "").identity(ctx, t)
	if err != nil {
		return evidence.Identity{}, err
	}
	s.caller = id
	return id, nil
}

// Close implements collect.Source. The engine owns the connections.
func (s *source) Close() error { return nil }

// Accounts implements collect.Source: the configured accounts, or the caller's own.
func (s *source) Accounts(context.Context, *collect.Task) ([]collect.Account, error) {
	if len(s.section.Accounts) == 0 {
		return []collect.Account{s.entered(s.caller.Account, s.caller.ID, s.base)}, nil
	}
	var accounts []collect.Account
	partition := partitionOf(s.caller.ID)
	for _, account := range s.section.Accounts {
		role := s.section.Role
		if !strings.HasPrefix(role, "arn:") {
			role = fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, account, strings.TrimPrefix(role, "/"))
		}
		accounts = append(accounts, s.entered(account, role, s.base))
	}
	return accounts, nil
}

// entered is an account that is planned through the role, or as whoever the caller is. Its credentials are got, and its
// clients made, when it is planned.
func (s *source) entered(account, arn string, base aws.Config) collect.Account {
	return collect.Account{
		Scope: evidence.Scope{Provider: "aws", Account: account},
		Plan: func(ctx context.Context, t *collect.Task) ([]collect.ScopePlan, error) {
			if len(s.section.Accounts) > 0 {
				base.Credentials = assume(s.base, s.env, s.section, arn)
			}
			return s.account(ctx, t, newSession(s, base, ""), account, arn)
		},
	}
}

// account plans one account. What cannot be entered or listed is planned with its outcome.
func (s *source) account(
	ctx context.Context, t *collect.Task, home *session, account, arn string,
) ([]collect.ScopePlan, error) {
	home.account, home.partition = account, partitionOf(arn)
	scope := evidence.Scope{Provider: "aws", Account: account, Facts: map[string]any{"partition": home.partition}}
	plan := collect.ScopePlan{Scope: scope, Outcome: evidence.OutcomeOK, Session: home, Endpoint: home.host("")}
	if len(s.section.Accounts) > 0 {
		id, err := home.identity(ctx, t)
		if err == nil && id.Account != account {
			err = fmt.Errorf("the role %s leads into account %s", arn, id.Account)
		}
		if err != nil {
			plan.Outcome, plan.Reason = outcome(err)
			return []collect.ScopePlan{plan}, ctx.Err()
		}
	}
	plan.Scope.Name = home.alias(ctx, t)
	regional := plan
	plans := []collect.ScopePlan{plan}
	enabled, err := home.regions(ctx, t)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	wanted := s.section.regions
	switch {
	case err != nil && wanted == nil:
		regional.Scope.Region = "*" // stands for regions that nobody could name
		regional.Outcome, regional.Reason = outcome(err)
		return append(plans, regional), nil
	case wanted == nil:
		wanted = enabled
	}
	for _, region := range wanted {
		p := regional
		p.Scope.Region = region
		p.Session = newSession(s, home.cfg, region).of(home)
		p.Endpoint = home.host(region)
		if err == nil && !slices.Contains(enabled, region) {
			p.Outcome, p.Reason = evidence.OutcomeNotEnabled, "the account has not enabled the region"
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// outcome says how a scope cannot be tried.
func outcome(err error) (evidence.Outcome, string) {
	var e *collect.Error
	if errors.As(err, &e) {
		reason := e.Operation + ": " + e.Err.Error()
		if e.Permission != "" {
			reason = "needs " + e.Permission
		}
		return e.Outcome, reason
	}
	return evidence.OutcomeFailed, err.Error()
}

// identity asks who is asking.
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
