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
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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
	joined   map[string]any    // an account that joined after all were listed; it is placed
	features string
	noRole   []string // accounts that nobody may enter
	listErr  string   // the code, and the message, with which accounts are not listed
	lasts    time.Duration
	slow     time.Duration // how long an answer takes
	pages    int           // of volumes
	revoked  bool          // no role is given any more
	controls string        // the status of service control policies

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
	body := io.NopCloser(strings.NewReader(text))
	return &http.Response{StatusCode: status, Request: req, Header: http.Header{}, Body: body}
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
		return 200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" + key + "</AccessKeyId>" +
			"<SecretAccessKey>x</SecretAccessKey><SessionToken>x</SessionToken><Expiration>" + c.ends[key].UTC().Format(time.RFC3339) +
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
		return 200, "<ListOrganizationsFeaturesResponse><ListOrganizationsFeaturesResult><EnabledFeatures><member>" +
			c.features + "</member></EnabledFeatures></ListOrganizationsFeaturesResult></ListOrganizationsFeaturesResponse>"
	case "DescribeRegions":
		return 200, "<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName>" +
			"<optInStatus>opt-in-not-required</optInStatus></item></regionInfo></DescribeRegionsResponse>"
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
		out["Organization"] = map[string]string{"Id": "o-exampleorgid", "MasterAccountId": home,
			"Arn": "arn:aws:organizations::" + home + ":organization/o-exampleorgid"}
	case "ListRoots":
		out["Roots"] = []any{map[string]any{"Id": "r-exam", "Name": "Root",
			"PolicyTypes": []any{map[string]string{"Type": "SERVICE_CONTROL_POLICY", "Status": c.controls}}}}
	case "ListPolicies":
		out["Policies"] = []any{map[string]string{"Id": "p-1", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY"}}
	case "DescribePolicy":
		out["Policy"] = map[string]any{"Content": "{}"}
	case "ListTargetsForPolicy":
		out["Targets"] = []any{map[string]string{"TargetId": "ou-exam-11111111", "Type": "ORGANIZATIONAL_UNIT"}}
	case "ListAccountsForParent":
		var list []map[string]any
		for _, a := range append(c.accounts[:len(c.accounts):len(c.accounts)], c.joined) {
			if a != nil && c.placed[a["Id"].(string)] == in.ParentId {
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
	c := &company{features: "RootCredentialsManagement", lasts: time.Hour}
	c.ends, c.asked = map[string]time.Time{}, map[string]int{}
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
		managed := s.Scope.Facts["managed_root"]
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %v %s", s.Scope.ID(), s.Outcome, managed, s.Reason)))
	}
	return strings.Join(lines, "\n")
}
