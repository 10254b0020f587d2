package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

const orgSection = "organization: true\nrole: audit/read\nexternal_id: shop\nsession_name: evidence"

func TestOrganizationTellsOfEveryAccount(t *testing.T) {
	c := newCompany("ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "ACTIVE")
	c.noRole = []string{home, "100000000003"}
	run, snaps := c.collect(t, orgSection+"\nexclude_accounts: {'100000000005': wiped every night, '999999999999': left us}",
		"aws.account.region")
	refused := "the role arn:aws:iam::100000000003:role/audit/read cannot be taken: AccessDenied: " +
		"needs sts:AssumeRole, and the role to trust the caller with this external id"
	want := `aws:100000000001 ok false
aws:100000000001:eu-west-1 ok false
aws:100000000002 ok true
aws:100000000002:eu-west-1 ok true
aws:100000000003 denied true ` + refused + `
aws:100000000003:* denied true ` + refused + `
aws:100000000004 not-enabled true the account's state is SUSPENDED
aws:100000000005 excluded true left out by exclude_accounts: wiped every night
aws:999999999999 excluded <nil> left out by exclude_accounts: left us; the organisation has no such account`
	if got := said(run); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if run.Outcome != evidence.OutcomeDenied {
		t.Errorf("the run ended %s", run.Outcome)
	}
	var callers []string
	for _, s := range snaps {
		callers = append(callers, fmt.Sprintf("%s %s %s", s.Scope.ID(), s.Outcome, s.Origin.Caller.Account))
	}
	if got, want := strings.Join(callers, ", "), "aws:100000000001 ok 100000000001, aws:100000000002 ok 100000000002, "+
		"aws:100000000003 denied 100000000001"; got != want {
		t.Errorf("snapshots %s, want %s", got, want)
	}
	if c.external != "shop evidence" {
		t.Errorf("roles were asked for with %q", c.external)
	}
}

func TestOrganizationNamesTheRegionsThatWereAskedForWhereItCannotEnter(t *testing.T) {
	c := newCompany("ACTIVE", "ACTIVE")
	c.noRole = []string{"100000000002"}
	run, _ := c.collect(t, orgSection+"\nregions: [eu-west-1, eu-central-2]", "aws.account.region")
	var got []string
	for _, s := range run.Scopes {
		got = append(got, s.Scope.ID()+" "+string(s.Outcome))
	}
	want := "aws:100000000001 ok, aws:100000000001:eu-central-2 not-enabled, aws:100000000001:eu-west-1 ok, " +
		"aws:100000000002 denied, aws:100000000002:eu-central-2 denied, aws:100000000002:eu-west-1 denied"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestOrganizationBelowUnits(t *testing.T) {
	c := newCompany("ACTIVE", "ACTIVE", "ACTIVE")
	c.units = map[string]string{"ou-exam-11111111": "r-exam", "ou-exam-22222222": "ou-exam-11111111"}
	c.placed = map[string]string{home: "r-exam", "100000000002": "ou-exam-11111111", "100000000003": "ou-exam-22222222"}
	run, _ := c.collect(t, orgSection+"\norganizational_units: [ou-exam-11111111]", "aws.account.region")
	if got := run.Scopes[0]; got.Outcome != evidence.OutcomeExcluded || got.Reason != "not beneath ou-exam-11111111" {
		t.Errorf("the account outside: %+v", got)
	}
	if len(run.Scopes) != 5 || run.Outcome != evidence.OutcomeOK {
		t.Errorf("%s", said(run))
	}
}

// TestAccountPoliciesAreAskedForOnceAndAbove holds that members are not asked what binds them, and nobody twice.
func TestAccountPoliciesAreAskedForOnceAndAbove(t *testing.T) {
	c := newCompany("ACTIVE", "ACTIVE", "ACTIVE")
	c.controls = "ENABLED"
	c.units = map[string]string{"ou-exam-11111111": "r-exam"}
	c.placed = map[string]string{home: "r-exam", "100000000002": "ou-exam-11111111", "100000000003": "r-exam"}
	docs := c.accountPolicies(t)
	for account, want := range map[string]string{
		home:           "false ROOT[] ACCOUNT[]",
		"100000000002": "true ROOT[] ORGANIZATIONAL_UNIT[guard] ACCOUNT[]",
		"100000000003": "true ROOT[] ACCOUNT[]",
	} {
		if docs[account] != want {
			t.Errorf("%s: %s, want %s", account, docs[account], want)
		}
	}
	for _, op := range []string{"DescribeOrganization", "ListRoots", "ListPolicies", "DescribePolicy", "ListTargetsForPolicy"} {
		if n := c.asked[home+" "+op]; n != 1 {
			t.Errorf("%s was asked %d times", op, n)
		}
		if n := c.asked["100000000002 "+op] + c.asked["100000000003 "+op]; n != 0 {
			t.Errorf("%s was asked %d times in members", op, n)
		}
	}
	c.controls = "PENDING_ENABLE"
	if docs := c.accountPolicies(t); docs["100000000002"] != "false" {
		t.Errorf("policies that are not enabled: %v", docs)
	}
}

// accountPolicies returns what is said to bind each account.
func (c *company) accountPolicies(t *testing.T) map[string]string {
	t.Helper()
	batch := collecttest.NewMemory()
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "org", Provider: Provider{}, Decode: decoder(orgSection)}},
		Batch:   batch, Transport: c, Getenv: homeEnv, Only: []string{accountPoliciesType}, RedactionKey: []byte("k"),
		Limits: collect.Limits{Pace: math.Inf(1)},
	})
	if err != nil || run.Outcome != evidence.OutcomeOK {
		t.Fatal(err, said(run))
	}
	_, all, err := batch.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for _, subjects := range all {
		for _, object := range subjects {
			var s struct {
				Name string
				Doc  AccountPoliciesDoc
			}
			if err := json.Unmarshal(object, &s); err != nil || s.Doc.Bound == nil {
				t.Fatal(err, string(object))
			}
			words := []string{fmt.Sprint(*s.Doc.Bound)}
			for _, l := range s.Doc.Levels {
				var names []string
				for _, p := range l.Policies {
					names = append(names, *p.Name)
				}
				words = append(words, fmt.Sprint(l.Type, names))
			}
			docs[s.Name] = strings.Join(words, " ")
		}
	}
	return docs
}

// TestOrganizationThatGrowsMeanwhile holds that an account that joined after all were listed is collected with its unit.
func TestOrganizationThatGrowsMeanwhile(t *testing.T) {
	c := newCompany("ACTIVE", "ACTIVE")
	c.joined = map[string]any{"Id": "100000000009", "Name": "new", "State": "ACTIVE", "Status": "ACTIVE"}
	c.placed = map[string]string{home: "r-exam", "100000000002": "ou-exam-11111111", "100000000009": "ou-exam-11111111"}
	run, _ := c.collect(t, orgSection+"\norganizational_units: [ou-exam-11111111]", "aws.account.region")
	if got := said(run); !strings.Contains(got, "aws:100000000009 ok") || !strings.Contains(got, "aws:100000000009:eu-west-1 ok") {
		t.Errorf("the account that joined is not there:\n%s", got)
	}
}

// TestOrganizationThatCannotBeListedIsNoSmallerOne holds that the caller's own account is not collected in its stead.
func TestOrganizationThatCannotBeListedIsNoSmallerOne(t *testing.T) {
	for code, want := range map[string]string{
		"AccessDeniedException: You don't have permissions to access this resource.": "aws: denied <nil> " +
			"organizations:ListAccounts: denied AccessDeniedException " +
			"(needs organizations:ListAccounts in the management account, or as a delegated administrator)",
		"AccessDeniedException": "aws: denied <nil> organizations:ListAccounts: denied AccessDeniedException " +
			"(needs organizations:ListAccounts)",
		"AWSOrganizationsNotInUseException": "aws: failed <nil> organizations:ListAccounts: " +
			"failed AWSOrganizationsNotInUseException",
	} {
		c := newCompany("ACTIVE")
		c.listErr = code
		run, snaps := c.collect(t, orgSection, "aws.account.region")
		if got := said(run); got != want || len(snaps) != 0 {
			t.Errorf("%s: %d snapshots, and\n%s\nwant\n%s", code, len(snaps), got, want)
		}
	}
}

func TestManagedRootIsUnknownWhenNotKnown(t *testing.T) {
	c := newCompany("ACTIVE", "ACTIVE")
	c.features = ""
	run, _ := c.collect(t, orgSection, "aws.account.region")
	for _, s := range run.Scopes {
		managed, known := s.Scope.Facts["managed_root"]
		if management := s.Scope.Account == home; known != management || management && managed != false {
			t.Errorf("%s: %v", s.Scope.ID(), s.Scope.Facts)
		}
	}
}

// TestCredentialsAreRenewedInMidRun lets a list take longer than the credentials last.
func TestCredentialsAreRenewedInMidRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany("ACTIVE", "ACTIVE")
		c.slow, c.pages = 50*time.Second, 150
		run, _ := c.collect(t, orgSection, "aws.ec2.volume")
		if run.Outcome != evidence.OutcomeOK {
			t.Errorf("%s", said(run))
		}
		if c.sessions < 6 { // two hours in each account, an hour less the margin at a time
			t.Errorf("credentials were got %d times", c.sessions)
		}
	})
}

// TestCredentialsThatCannotBeRenewedEndTheAccount holds that what was not seen is said to be so, and why.
func TestCredentialsThatCannotBeRenewedEndTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany("ACTIVE", "ACTIVE")
		c.noRole, c.revoked = []string{home}, true
		c.slow, c.pages = 50*time.Second, 150
		begin := time.Now()
		run, snaps := c.collect(t, orgSection, "aws.ec2.volume")
		if run.Outcome != evidence.OutcomeExpired {
			t.Errorf("the run ended %s:\n%s", run.Outcome, said(run))
		}
		for _, s := range snaps {
			want := evidence.OutcomeEmpty
			if s.Scope.Account != home {
				want = evidence.OutcomeExpired
			}
			if s.Outcome != want {
				t.Errorf("%s ended %s, want %s", s.Scope.ID(), s.Outcome, want)
			}
		}
		if n := c.asked["100000000002 DescribeVolumes"]; n < 60 || time.Since(begin) < time.Hour {
			t.Errorf("%d pages were read in %v: credentials are good to their end", n, time.Since(begin))
		}
	})
}

// TestSessionsAreLetGoOf holds that neither the source nor its accounts hold on to a session.
func TestSessionsAreLetGoOf(t *testing.T) {
	c := newCompany("ACTIVE", "ACTIVE", "ACTIVE")
	var held []weak.Pointer[session]
	var accounts []collect.Account
	keep := planner{Provider: Provider{}, each: func(a []collect.Account, plans []collect.ScopePlan) {
		accounts = a
		for _, p := range plans {
			held = append(held, weak.Make(p.Session.(*session)))
		}
	}}
	_, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "org", Provider: &keep, Decode: decoder(orgSection)}},
		Batch:   collecttest.NewMemory(), Transport: c, Getenv: homeEnv, Only: []string{"aws.account.region"},
		Limits: collect.Limits{Pace: math.Inf(1), Accounts: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	alive := func() (n int) {
		for _, p := range held {
			if p.Value() != nil {
				n++
			}
		}
		return n
	}
	for range 100 {
		if runtime.GC(); alive() == 0 {
			break
		}
	}
	if len(held) != 6 || alive() != 0 {
		t.Errorf("%d of %d sessions are alive", alive(), len(held))
	}
	runtime.KeepAlive(accounts)
	runtime.KeepAlive(keep.source)
}

// planner is the provider with an ear at its plans.
type planner struct {
	Provider
	collect.Source
	source *source
	each   func([]collect.Account, []collect.ScopePlan)
}

func (p *planner) Operations() []collect.Operation { return Provider{}.Operations() }

func (p *planner) Open(ctx context.Context, decode func(any) error, env collect.Env) (collect.Source, error) {
	var err error
	p.Source, err = Provider{}.Open(ctx, decode, env)
	if err == nil {
		p.source = p.Source.(*source)
	}
	return p, err
}

func (p *planner) Accounts(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	list, err := p.Source.Accounts(ctx, t)
	wrapped := make([]collect.Account, len(list))
	for i, a := range list {
		plan := func(ctx context.Context, t *collect.Task) ([]collect.ScopePlan, error) {
			plans, err := a.Plan(ctx, t)
			p.each(list, plans)
			return plans, err
		}
		wrapped[i] = collect.Account{Scope: a.Scope, Plan: plan}
	}
	return wrapped, err
}

func TestRoleIn(t *testing.T) {
	for _, tc := range []struct{ role, partition, want string }{
		{"read", "aws", "arn:aws:iam::123456789012:role/read"},
		{"/audit/read", "aws-us-gov", "arn:aws-us-gov:iam::123456789012:role/audit/read"},
		{"audit/read", "aws-cn", "arn:aws-cn:iam::123456789012:role/audit/read"},
		{"arn:{partition}:iam::{account}:role/read-{account}", "aws", "arn:aws:iam::123456789012:role/read-123456789012"},
		{"arn:aws:iam::{account}:role/x/read", "aws", "arn:aws:iam::123456789012:role/x/read"},
	} {
		s := section{Role: tc.role}
		if got := s.roleIn(tc.partition, "123456789012"); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.role, got, tc.want)
		}
	}
}
