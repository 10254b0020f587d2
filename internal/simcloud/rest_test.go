package simcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"cloud.google.com/go/auth/credentials"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/monitor/armmonitor"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armsubscriptions"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"
	"github.com/google/go-github/v88/github"
	"google.golang.org/api/cloudresourcemanager/v3"
	"google.golang.org/api/compute/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/logging/v2"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

// fetch asks one URL with the provider's token.
func fetch(t *testing.T, c *Cloud, provider, path string, v any) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL(provider)+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+Token(provider))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if v != nil {
		if err := json.Unmarshal(body, v); err != nil {
			t.Fatalf("%s: %v in %s", path, err, body)
		}
	}
	return res
}

// sameJSON demands that what an official type decoded and encoded again holds all that the estate says of it.
func sameJSON(t *testing.T, where string, want []map[string]any, got any) {
	t.Helper()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&back); err != nil {
		t.Fatal(err)
	}
	natives := make([]any, len(want))
	for i, d := range want {
		natives[i] = native(d)
	}
	for _, d := range differences(where, norm(natives), norm(back)) {
		t.Error(d)
	}
}

func gcpOptions(t *testing.T, c *Cloud) []option.ClientOption {
	t.Helper()
	file, err := c.GCPKeyFile()
	if err != nil {
		t.Fatal(err)
	}
	creds, err := credentials.DetectDefault(&credentials.DetectOptions{CredentialsJSON: file, Client: http.DefaultClient,
		Scopes: []string{"https://www.googleapis.com/auth/cloud-platform"}, DisableAsyncRefresh: true,
		UseSelfSignedJWT: false})
	if err != nil {
		t.Fatal(err)
	}
	return []option.ClientOption{option.WithEndpoint(c.URL("gcp")), option.WithAuthCredentials(creds)}
}

func TestGCP(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 2})
	ctx, o, project := t.Context(), gcpOptions(t, c), c.Accounts("gcp")[0]

	projects, err := cloudresourcemanager.NewService(ctx, o...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := projects.Projects.Get("projects/" + project).Do()
	if err != nil || p.ProjectId != project || p.State != "ACTIVE" {
		t.Fatalf("project %v, %v", p, err)
	}
	iam, err := projects.Projects.GetIamPolicy("projects/"+project, &cloudresourcemanager.GetIamPolicyRequest{}).Do()
	if err != nil {
		t.Fatal(err)
	}
	w := c.world.Load()
	sameJSON(t, "policy", []map[string]any{w.object("gcp", project, "iam-policy")}, []any{iam})

	gcs, err := storage.NewService(ctx, append(o, option.WithEndpoint(c.URL("gcp")+"/storage/v1/"))...)
	if err != nil {
		t.Fatal(err)
	}
	var buckets []*storage.Bucket
	if err := gcs.Buckets.List(project).Pages(ctx, func(b *storage.Buckets) error {
		buckets = append(buckets, b.Items...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "buckets", docs(c, "gcp", project, "gcs-buckets"), buckets)
	for i, d := range docs(c, "gcp", project, "gcs-buckets") {
		policy, err := gcs.Buckets.GetIamPolicy(buckets[i].Name).Do()
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, "bucket policy", []map[string]any{d["IamPolicy"].(map[string]any)}, []any{policy})
	}

	nets, err := compute.NewService(ctx, append(o, option.WithEndpoint(c.URL("gcp")+"/compute/v1/"))...)
	if err != nil {
		t.Fatal(err)
	}
	var walls []*compute.Firewall
	pages := 0
	if err := nets.Firewalls.List(project).Pages(ctx, func(l *compute.FirewallList) error {
		walls = append(walls, l.Items...)
		pages++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	walled := docs(c, "gcp", project, "firewalls")
	for i := range walled { // the type of this version does not know the older member any more
		walled[i] = without(walled[i], "enableLogging")
	}
	sameJSON(t, "firewalls", walled, walls)
	if pages != 3 {
		t.Errorf("%d pages", pages)
	}

	logs, err := logging.NewService(ctx, o...)
	if err != nil {
		t.Fatal(err)
	}
	var sinks []*logging.LogSink
	if err := logs.Projects.Sinks.List("projects/"+project).Pages(ctx, func(l *logging.ListSinksResponse) error {
		sinks = append(sinks, l.Sinks...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "sinks", docs(c, "gcp", project, "sinks"), sinks)

	if err := c.Fault("compute.firewalls.list", Fault{Kind: Disabled}); err != nil {
		t.Fatal(err)
	}
	_, err = nets.Firewalls.List(project).Do()
	var api *googleapi.Error
	if !errors.As(err, &api) || api.Code != 403 || len(api.Details) == 0 ||
		api.Details[0].(map[string]any)["reason"] != "SERVICE_DISABLED" {
		t.Errorf("a service that is off: %v", err)
	}
}

func TestGCPRefusesForeignAssertions(t *testing.T) {
	c, other := start(t, demo(t), Options{}), start(t, demo(t), Options{})
	refused(t, other, "token_uri", c.URL("gcp")+"/token") // another cloud's key
	refused(t, c, "client_email", "nobody@example.com")
}

// refused demands that a key file with one member changed gets no token.
func refused(t *testing.T, c *Cloud, member, value string) {
	t.Helper()
	file, err := c.GCPKeyFile()
	if err != nil {
		t.Fatal(err)
	}
	var key map[string]string
	if err := json.Unmarshal(file, &key); err != nil {
		t.Fatal(err)
	}
	key[member] = value
	file, err = json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	creds, err := credentials.DetectDefault(&credentials.DetectOptions{CredentialsJSON: file, Client: http.DefaultClient,
		Scopes: []string{"x"}, DisableAsyncRefresh: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := creds.Token(t.Context()); err == nil {
		t.Errorf("a key file with another %s got a token", member)
	}
}

// armToken is a credential that needs no authority.
type armToken struct{}

func (armToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: Token("azure")}, nil
}

// armOptions let the SDK, which sends tokens over TLS only, reach the cloud's plain address.
func armOptions(c *Cloud) *arm.ClientOptions {
	return &arm.ClientOptions{ClientOptions: policy.ClientOptions{
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: c.URL("azure"), Audience: "simulated"}}},
		InsecureAllowCredentialWithHTTP: true,
		Retry:                           policy.RetryOptions{MaxRetries: -1},
	}, DisableRPRegistration: true}
}

func TestAzure(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 3})
	ctx, o, sub := t.Context(), armOptions(c), c.Accounts("azure")[0]
	at := func(kind string) []map[string]any { return docs(c, "azure", sub, kind) }

	subs, err := armsubscriptions.NewClient(armToken{}, o)
	if err != nil {
		t.Fatal(err)
	}
	one, err := subs.Get(ctx, sub, nil)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "subscription", []map[string]any{c.world.Load().object("azure", sub, "subscription")},
		[]any{one.Subscription})

	assignments, err := armauthorization.NewRoleAssignmentsClient(sub, armToken{}, o)
	if err != nil {
		t.Fatal(err)
	}
	var roles []*armauthorization.RoleAssignment
	pages := 0
	for p := assignments.NewListForSubscriptionPager(nil); p.More(); pages++ {
		l, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		roles = append(roles, l.Value...)
	}
	sameJSON(t, "assignments", at("role-assignments"), roles)
	if pages != 4 {
		t.Errorf("%d pages of assignments", pages)
	}
	definitions, err := armauthorization.NewRoleDefinitionsClient(armToken{}, o)
	if err != nil {
		t.Fatal(err)
	}
	var defs []*armauthorization.RoleDefinition
	for p := definitions.NewListPager("subscriptions/"+sub, nil); p.More(); {
		l, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defs = append(defs, l.Value...)
	}
	wanted := at("role-definitions")
	for i, d := range wanted { // the type of this version lacks the read-only members that the API sends
		nothing := map[string]any{"createdOn": nil, "createdBy": nil, "updatedOn": nil, "updatedBy": nil}
		wanted[i] = merge(d, map[string]any{"properties": nothing}).(map[string]any)
	}
	sameJSON(t, "definitions", wanted, defs)

	accounts, err := armstorage.NewAccountsClient(sub, armToken{}, o)
	if err != nil {
		t.Fatal(err)
	}
	var stores []*armstorage.Account
	for p := accounts.NewListPager(nil); p.More(); {
		l, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		stores = append(stores, l.Value...)
	}
	sameJSON(t, "storage accounts", at("storage-accounts"), stores)

	groups, err := armnetwork.NewSecurityGroupsClient(sub, armToken{}, o)
	if err != nil {
		t.Fatal(err)
	}
	var nsgs []*armnetwork.SecurityGroup
	for p := groups.NewListAllPager(nil); p.More(); {
		l, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		nsgs = append(nsgs, l.Value...)
	}
	sameJSON(t, "security groups", at("network-security-groups"), nsgs)

	alerts, err := armmonitor.NewActivityLogAlertsClient(sub, armToken{}, o)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for p := alerts.NewListBySubscriptionIDPager(nil); p.More(); {
		l, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n += len(l.Value)
	}
	if n != len(at("activity-log-alerts")) {
		t.Errorf("%d alerts", n)
	}

	if err := c.Fault("storage.storageAccounts.list", Fault{Kind: Denied}); err != nil {
		t.Fatal(err)
	}
	_, err = accounts.NewListPager(nil).NextPage(ctx)
	var failed *azcore.ResponseError
	if !errors.As(err, &failed) || failed.ErrorCode != "AuthorizationFailed" || failed.StatusCode != 403 {
		t.Errorf("a denied list: %v", err)
	}
}

func githubClient(t *testing.T, c *Cloud, token string) *github.Client {
	t.Helper()
	base := c.URL("github") + "/"
	client, err := github.NewClient(github.WithURLs(&base, nil), github.WithAuthToken(token))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestGitHub(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 3})
	ctx, client, org := t.Context(), githubClient(t, c, Token("github")), c.Accounts("github")[0]

	var repos []*github.Repository
	pages := 0
	for opt := (&github.RepositoryListByOrgOptions{}); ; pages++ {
		page, res, err := client.Repositories.ListByOrg(ctx, org, opt)
		if err != nil {
			t.Fatal(err)
		}
		repos = append(repos, page...)
		if res.NextPage == 0 {
			break
		}
		opt.Page = res.NextPage
	}
	if len(repos) != len(docs(c, "github", org, "repositories")) || pages != 2 {
		t.Fatalf("%d repositories on %d pages", len(repos), pages+1)
	}
	for i, d := range docs(c, "github", org, "repositories") {
		name := repos[i].GetName()
		full, _, err := client.Repositories.Get(ctx, org, name)
		if err != nil {
			t.Fatal(err)
		}
		// go-github has no member for the short counts.
		sameJSON(t, name, []map[string]any{without(githubRepository(native(d)), "forks", "homepage", "license")}, []any{full})
		on, _, err := client.Repositories.GetVulnerabilityAlerts(ctx, org, name)
		if err != nil || on != (d["VulnerabilityAlerts"] == true) {
			t.Errorf("%s: alerts %v, %v", name, on, err)
		}
	}
	if err := c.SetDay(36); err != nil {
		t.Fatal(err)
	}
	protection, _, err := client.Repositories.GetBranchProtection(ctx, org, "ledger-service", "main")
	if err != nil || !protection.GetEnforceAdmins().Enabled {
		t.Fatalf("protection %v, %v", protection, err)
	}
	_, _, err = client.Repositories.GetBranchProtection(ctx, org, "quote-engine", "main")
	if !errors.Is(err, github.ErrBranchNotProtected) {
		t.Errorf("an unprotected branch: %v", err)
	}
	rules, _, err := client.Repositories.ListRulesForBranch(ctx, org, "quote-engine", "main", nil)
	if err != nil || len(rules.PullRequest) != 1 || len(rules.NonFastForward) != 1 ||
		rules.PullRequest[0].Parameters.RequiredApprovingReviewCount != 1 {
		t.Errorf("rules %v, %v", rules, err)
	}
	if err := c.SetDay(70); err != nil {
		t.Fatal(err)
	}
	rules, _, err = client.Repositories.ListRulesForBranch(ctx, org, "quote-engine", "main", nil)
	if err != nil || len(rules.PullRequest) != 0 || len(rules.NonFastForward) != 1 {
		t.Errorf("rules of a ruleset that is only evaluated: %v, %v", rules, err)
	}
	rules, _, err = client.Repositories.ListRulesForBranch(ctx, org, "infrastructure", "main", nil)
	if err != nil || len(rules.PullRequest) != 0 || len(rules.RequiredStatusChecks) != 1 {
		t.Errorf("rules %v, %v", rules, err)
	}
	set, _, err := client.Repositories.GetRuleset(ctx, org, "infrastructure", 8801, false)
	if err != nil || len(set.BypassActors) != 1 {
		t.Errorf("ruleset %v, %v", set, err)
	}
}

func TestGitHubDeployments(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 3})
	ctx, client, org := t.Context(), githubClient(t, c, Token("github")), c.Accounts("github")[0]
	if err := c.SetDay(38); err != nil {
		t.Fatal(err)
	}
	_, _, err := client.Repositories.GetBranchProtection(ctx, org, "ledger-service", "main")
	if !errors.Is(err, github.ErrBranchNotProtected) {
		t.Errorf("protection should be off: %v", err)
	}
	deployments, _, err := client.Repositories.ListDeployments(ctx, org, "ledger-service", nil)
	if err != nil || deployments[0].GetSHA() != "761ad4a51cba4cd4fd0ae9a74026d9fd4d139eb3" {
		t.Fatalf("deployments %v, %v", deployments, err)
	}
	states, _, err := client.Repositories.ListDeploymentStatuses(ctx, org, "ledger-service", deployments[0].GetID(), nil)
	if err != nil || states[0].GetState() != "success" {
		t.Errorf("statuses %v, %v", states, err)
	}
	envs, _, err := client.Repositories.ListEnvironments(ctx, org, "ledger-service", nil)
	if err != nil || len(envs.Environments) != 1 || envs.Environments[0].GetCanAdminsBypass() {
		t.Errorf("environments %v, %v", envs, err)
	}
	var denied *github.ErrorResponse
	_, _, err = githubClient(t, c, "wrong").Repositories.Get(ctx, org, "ledger-service")
	if !errors.As(err, &denied) || denied.Response.StatusCode != 401 {
		t.Errorf("a wrong token: %v", err)
	}
	if err := c.Fault("repos.get", Fault{Kind: Throttled, First: 1}); err != nil {
		t.Fatal(err)
	}
	var limit *github.RateLimitError
	if _, _, err := client.Repositories.Get(ctx, org, "ledger-service"); !errors.As(err, &limit) {
		t.Errorf("a used-up rate: %v", err)
	}
}

func TestRESTHasNoOtherOperations(t *testing.T) {
	c := start(t, demo(t), Options{})
	for _, provider := range []string{"gcp", "azure", "github"} {
		if got := fetch(t, c, provider, "/nothing/of/the/kind?api-version=1", nil).StatusCode; got != 404 {
			t.Errorf("%s answers %d to an unknown path", provider, got)
		}
	}
	if n := c.Requests(); n != 0 {
		t.Errorf("%d requests counted", n)
	}
}
