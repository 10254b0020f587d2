package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// company is an organisation behind a transport. Access keys are "HOME" and, for the n-th session in an account,
// "S-ACCOUNT-N". The caller is in account 100000000001, which manages it.
type company struct {
	accounts []map[string]any
	units    map[string]string // a unit's parent
	placed   map[string]string // an account's parent
	features string
	noRole   []string // accounts that nobody may enter
	listErr  string   // the code, and the message, with which accounts are not listed
	lasts    time.Duration
	slow     time.Duration // how long an answer takes
	pages    int           // of volumes
	revoked  bool          // no role is given any more

	mu       sync.Mutex
	sessions int
	ends     map[string]time.Time
	asked    map[string]int
	external string
}

const home = "100000000001"

var keyOf = regexp.MustCompile(`Credential=([^/]+)/`)

// RoundTrip implements http.RoundTripper.
func (c *company) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	time.Sleep(c.slow)
	c.mu.Lock()
	defer c.mu.Unlock()
	key := keyOf.FindStringSubmatch(req.Header.Get("Authorization"))[1]
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	target := req.Header.Get("X-Amz-Target")
	op := form.Get("Action") + target[strings.LastIndex(target, ".")+1:]
	account := home
	if key != "HOME" {
		account = strings.Split(key, "-")[1]
		if !time.Now().Before(c.ends[key]) {
			return answer(req, 400, "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>"), nil
		}
	}
	if req.URL.Path == "/listRegions" {
		return answer(req, 200, `{"Regions":[{"RegionName":"eu-west-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}]}`), nil
	}
	c.asked[account+" "+op]++
	if target != "" {
		return c.organization(req, op, body), nil
	}
	status, text := c.query(op, account, form)
	return answer(req, status, text), nil
}

func answer(req *http.Request, status int, text string) *http.Response {
	return &http.Response{StatusCode: status, Request: req, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}
}

// query answers the XML protocols.
func (c *company) query(op, account string, form url.Values) (int, string) {
	switch op {
	case "AssumeRole":
		account = strings.Split(form.Get("RoleArn"), ":")[4]
		c.external = form.Get("ExternalId") + " " + form.Get("RoleSessionName")
		if c.revoked && c.sessions > 0 || slices.Contains(c.noRole, account) {
			return 403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
		}
		c.sessions++
		key := fmt.Sprintf("S-%s-%d", account, c.sessions)
		c.ends[key] = time.Now().Add(c.lasts)
		return 200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" + key + "</AccessKeyId><SecretAccessKey>x" +
			"</SecretAccessKey><SessionToken>x</SessionToken><Expiration>" + c.ends[key].UTC().Format(time.RFC3339) +
			"</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
	case "GetCallerIdentity":
		return 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::" + account +
			":assumed-role/x/exhibit</Arn><Account>" + account + "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
	case "ListAccountAliases":
		return 200, "<ListAccountAliasesResponse><ListAccountAliasesResult/></ListAccountAliasesResponse>"
	case "ListOrganizationsFeatures":
		if c.features == "" {
			return 403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
		}
		return 200, "<ListOrganizationsFeaturesResponse><ListOrganizationsFeaturesResult><EnabledFeatures><member>" + c.features +
			"</member></EnabledFeatures></ListOrganizationsFeaturesResult></ListOrganizationsFeaturesResponse>"
	case "DescribeRegions":
		return 200, "<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required" +
			"</optInStatus></item></regionInfo></DescribeRegionsResponse>"
	case "DescribeVolumes":
		n, err := strconv.Atoi(form.Get("NextToken"))
		if err != nil {
			n = 0
		}
		next := ""
		if n+1 < c.pages {
			next = fmt.Sprintf("<nextToken>%d</nextToken>", n+1)
		}
		return 200, "<DescribeVolumesResponse><volumeSet/>" + next + "</DescribeVolumesResponse>"
	}
	return 400, "<ErrorResponse><Error><Code>InvalidAction</Code><Message>" + op + "</Message></Error></ErrorResponse>"
}

// organization answers the JSON protocol.
func (c *company) organization(req *http.Request, op string, body []byte) *http.Response {
	var in struct{ NextToken, ParentId string }
	if err := json.Unmarshal(body, &in); err != nil {
		return answer(req, 400, `{"__type":"SerializationException"}`)
	}
	if op == "ListAccounts" && c.listErr != "" {
		code, message, _ := strings.Cut(c.listErr, ": ")
		return answer(req, 400, `{"__type":"`+code+`","Message":"`+message+`"}`)
	}
	out := map[string]any{}
	switch op {
	case "ListAccounts": // one page an account, the last first
		n := len(c.accounts) - 1
		if in.NextToken != "" {
			n, _ = strconv.Atoi(in.NextToken)
		}
		out["Accounts"] = c.accounts[n : n+1]
		if n > 0 {
			out["NextToken"] = strconv.Itoa(n - 1)
		}
	case "DescribeOrganization":
		out["Organization"] = map[string]string{"Id": "o-exampleorgid", "MasterAccountId": home}
	case "ListAccountsForParent":
		var list []map[string]any
		for _, a := range c.accounts {
			if c.placed[a["Id"].(string)] == in.ParentId {
				list = append(list, a)
			}
		}
		out["Accounts"] = list
	case "ListOrganizationalUnitsForParent":
		var list []map[string]string
		for unit, parent := range c.units {
			if parent == in.ParentId {
				list = append(list, map[string]string{"Id": unit})
			}
		}
		out["OrganizationalUnits"] = list
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return answer(req, 200, string(text))
}

func newCompany(states ...string) *company {
	c := &company{features: "RootCredentialsManagement", lasts: time.Hour, ends: map[string]time.Time{}, asked: map[string]int{}}
	for i, state := range states {
		c.accounts = append(c.accounts, map[string]any{
			"Id": fmt.Sprintf("1000000000%02d", i+1), "Name": fmt.Sprintf("account %d", i+1), "State": state,
		})
	}
	return c
}

// collect collects one subject type from the company.
func (c *company) collect(t *testing.T, section, only string) (evidence.Run, []evidence.Snapshot) {
	t.Helper()
	batch := collecttest.NewMemory()
	run, err := collect.Run(context.Background(), collect.Config{
		Sources: []collect.OpenSource{{Name: "org", Provider: Provider{}, Decode: decoder(section)}},
		Batch:   batch, RedactionKey: []byte("k"), Only: []string{only}, Transport: c, Getenv: homeEnv,
		Limits: collect.Limits{Pace: math.Inf(1), Collector: 24 * time.Hour, Tasks: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	snaps, _, err := batch.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	return run, snaps
}

func decoder(section string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(section), into, yaml.WithKnownFields()) }
}

func homeEnv(name string) string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": "HOME", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1",
	}[name]
}

// said returns what a run says of its scopes.
func said(run evidence.Run) string {
	var lines []string
	for _, s := range run.Scopes {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %v %s", s.Scope.ID(), s.Outcome, s.Scope.Facts["managed_root"], s.Reason)))
	}
	return strings.Join(lines, "\n")
}

const orgSection = "organization: true\nrole: audit/read\nexternal_id: shop\nsession_name: evidence"

func TestOrganizationTellsOfEveryAccount(t *testing.T) {
	c := newCompany("ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "ACTIVE")
	c.noRole = []string{home, "100000000003"}
	run, snaps := c.collect(t, orgSection+"\nexclude_accounts: {'100000000005': wiped every night, '999999999999': left us}",
		"aws.account.region")
	want := `aws:100000000001 ok false
aws:100000000001:eu-west-1 ok false
aws:100000000002 ok true
aws:100000000002:eu-west-1 ok true
aws:100000000003 denied true the role arn:aws:iam::100000000003:role/audit/read cannot be taken: AccessDenied: needs sts:AssumeRole, and the role to trust the caller with this external id
aws:100000000003:* denied true the role arn:aws:iam::100000000003:role/audit/read cannot be taken: AccessDenied: needs sts:AssumeRole, and the role to trust the caller with this external id
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

// TestOrganizationThatCannotBeListedIsNoSmallerOne holds that the caller's own account is not collected in its stead.
func TestOrganizationThatCannotBeListedIsNoSmallerOne(t *testing.T) {
	for code, want := range map[string]string{
		"AccessDeniedException: You don't have permissions to access this resource.": "aws: denied <nil> " +
			"organizations:ListAccounts: denied AccessDeniedException " +
			"(needs organizations:ListAccounts in the management account, or as a delegated administrator)",
		"AccessDeniedException": "aws: denied <nil> organizations:ListAccounts: denied AccessDeniedException " +
			"(needs organizations:ListAccounts)",
		"AWSOrganizationsNotInUseException": "aws: failed <nil> organizations:ListAccounts: failed AWSOrganizationsNotInUseException",
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
		wrapped[i] = collect.Account{Scope: a.Scope, Plan: func(ctx context.Context, t *collect.Task) ([]collect.ScopePlan, error) {
			plans, err := a.Plan(ctx, t)
			p.each(list, plans)
			return plans, err
		}}
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
