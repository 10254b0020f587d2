package simcloud

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/smithy-go"
)

// TestAWSFaultCodes holds every fault against the code that each protocol spells it with.
func TestAWSFaultCodes(t *testing.T) {
	c := start(t, demo(t), Options{})
	cfg := awsConfig(c, prod, "eu-west-1")
	ctx := t.Context()
	calls := []struct {
		op   string
		call func() error
		want map[FaultKind]string
	}{
		{"iam:ListUsers", func() error { _, err := iam.NewFromConfig(cfg).ListUsers(ctx, nil); return err },
			map[FaultKind]string{Denied: "AccessDenied", Throttled: "Throttling", Expired: "ExpiredToken",
				Unavailable: "ServiceUnavailable", Disabled: "OptInRequired"}},
		{"ec2:DescribeVpcs", func() error { _, err := ec2.NewFromConfig(cfg).DescribeVpcs(ctx, nil); return err },
			map[FaultKind]string{Denied: "UnauthorizedOperation", Throttled: "RequestLimitExceeded", Expired: "RequestExpired",
				Unavailable: "ServiceUnavailable", Disabled: "OptInRequired"}},
		{"s3:ListBuckets", func() error { _, err := s3.NewFromConfig(cfg).ListBuckets(ctx, nil); return err },
			map[FaultKind]string{Denied: "AccessDenied", Throttled: "SlowDown", Expired: "ExpiredToken",
				Unavailable: "ServiceUnavailable", Disabled: "NotSignedUp"}},
		{"s3control:GetPublicAccessBlock", func() error {
			_, err := s3control.NewFromConfig(cfg).GetPublicAccessBlock(ctx,
				&s3control.GetPublicAccessBlockInput{AccountId: aws.String(prod)})
			return err
		}, map[FaultKind]string{Denied: "AccessDenied", Throttled: "SlowDown", Expired: "ExpiredToken"}},
		{"kms:ListKeys", func() error { _, err := kms.NewFromConfig(cfg).ListKeys(ctx, &kms.ListKeysInput{}); return err },
			map[FaultKind]string{Denied: "AccessDeniedException", Throttled: "ThrottlingException",
				Expired: "ExpiredTokenException", Unavailable: "ServiceUnavailableException",
				Disabled: "SubscriptionRequiredException"}},
		{"cloudtrail:DescribeTrails", func() error {
			_, err := cloudtrail.NewFromConfig(cfg).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
			return err
		}, map[FaultKind]string{Denied: "AccessDeniedException", Throttled: "ThrottlingException",
			Expired: "ExpiredTokenException", Unavailable: "ServiceUnavailableException"}},
	}
	for _, k := range calls {
		if err := k.call(); err != nil {
			t.Fatalf("%s without a fault: %v", k.op, err)
		}
		for kind, want := range k.want {
			set(t, c, k.op, Fault{Kind: kind})
			err := k.call()
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != want {
				t.Errorf("%s %s: %v, want code %s", k.op, kind, err, want)
			}
			c.ClearFaults()
		}
	}
}

func set(t *testing.T, c *Cloud, op string, f Fault) {
	t.Helper()
	if err := c.Fault(op, f); err != nil {
		t.Fatal(err)
	}
}

// TestRESTFaults holds every fault against the status and the word that tells it.
func TestRESTFaults(t *testing.T) {
	c := start(t, demo(t), Options{})
	project, sub, org := c.Accounts("gcp")[0], c.Accounts("azure")[0], c.Accounts("github")[0]
	type answer struct {
		status int
		word   string
	}
	for _, k := range []struct {
		provider, op, path string
		want               map[FaultKind]answer
	}{
		{"gcp", "storage.buckets.list", "/storage/v1/b?project=" + project, map[FaultKind]answer{
			Denied: {403, `"forbidden"`}, Throttled: {429, "rateLimitExceeded"}, Expired: {401, "UNAUTHENTICATED"},
			Unavailable: {503, "UNAVAILABLE"}, Disabled: {403, "SERVICE_DISABLED"}}},
		{"gcp", "compute.firewalls.list", "/compute/v1/projects/" + project + "/global/firewalls", map[FaultKind]answer{
			Denied: {403, "PERMISSION_DENIED"}, Throttled: {403, "rateLimitExceeded"}, Disabled: {403, "accessNotConfigured"}}},
		{"gcp", "logging.sinks.list", "/v2/projects/" + project + "/sinks", map[FaultKind]answer{
			Denied: {403, "IAM_PERMISSION_DENIED"}, Disabled: {403, "logging.googleapis.com"}}},
		{"azure", "network.networkSecurityGroups.listAll",
			"/subscriptions/" + sub + "/providers/Microsoft.Network/networkSecurityGroups?api-version=2024-05-01",
			map[FaultKind]answer{Denied: {403, "AuthorizationFailed"}, Throttled: {429, "TooManyRequests"},
				Expired: {401, "ExpiredAuthenticationToken"}, Unavailable: {503, "ServiceUnavailable"},
				Disabled: {409, "MissingSubscriptionRegistration"}}},
		{"github", "repos.listForOrg", "/orgs/" + org + "/repos", map[FaultKind]answer{
			Denied: {403, "not accessible"}, Throttled: {403, "rate limit"}, Expired: {401, "Bad credentials"},
			Unavailable: {503, "unavailable"}, Disabled: {403, "Upgrade to GitHub"}}},
	} {
		for kind, want := range k.want {
			set(t, c, k.op, Fault{Kind: kind, RetryAfter: 2 * time.Second})
			res, body := must(t, c, k.provider, k.path)
			if res.StatusCode != want.status || !strings.Contains(body, want.word) {
				t.Errorf("%s %s: %d %s, want %d and %s", k.op, kind, res.StatusCode, body, want.status, want.word)
			}
			later := res.Header.Get("Retry-After")
			if (later == "2") != (kind == Throttled || kind == Unavailable) {
				t.Errorf("%s %s: Retry-After %q", k.op, kind, later)
			}
			c.ClearFaults()
		}
	}
}

func must(t *testing.T, c *Cloud, provider, path string) (*http.Response, string) {
	t.Helper()
	res, body, err := try(t, c, provider, path)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

func try(t *testing.T, c *Cloud, provider, path string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL(provider)+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+Token(provider))
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, string(b), err
}

func TestBrokenConnections(t *testing.T) {
	c := start(t, demo(t), Options{})
	path := "/orgs/" + c.Accounts("github")[0] + "/repos"
	set(t, c, "repos.listForOrg", Fault{Kind: Truncated, First: 1})
	res, body, err := try(t, c, "github", path)
	if !errors.Is(err, io.ErrUnexpectedEOF) || res.StatusCode != 200 || body == "" {
		t.Errorf("truncated: %v with %d bytes", err, len(body))
	}
	c.ClearFaults()
	set(t, c, "repos.listForOrg", Fault{Kind: Reset})
	res, _, err = try(t, c, "github", path)
	if !errors.Is(err, syscall.ECONNRESET) || res == nil {
		t.Errorf("reset: %v, %v", res, err)
	}
	c.ClearFaults()
	set(t, c, "repos.listForOrg", Fault{Kind: Unreachable})
	res, _, err = try(t, c, "github", path)
	if !errors.Is(err, syscall.ECONNRESET) || res != nil {
		t.Errorf("unreachable: %v, %v", res, err)
	}
}

func TestFaultCounts(t *testing.T) {
	c := start(t, demo(t), Options{})
	path := "/orgs/" + c.Accounts("github")[0]
	set(t, c, "orgs.get", Fault{Kind: Unavailable, Skip: 1, First: 2})
	var got []int
	for range 4 {
		res, _ := must(t, c, "github", path)
		got = append(got, res.StatusCode)
	}
	if want := []int{200, 503, 503, 200}; !equal(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	if n := c.Counts()["orgs.get"]; n != 4 {
		t.Errorf("%d requests counted", n)
	}
	c.ResetCounts()
	if n := c.Requests(); n != 0 {
		t.Errorf("%d requests after a reset", n)
	}
	if err := c.Fault("orgs.get", Fault{Kind: "odd"}); err == nil {
		t.Error("an unknown kind was taken")
	}
}

func equal(a, b []int) bool {
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestSlow(t *testing.T) {
	c := start(t, demo(t), Options{Latency: 15 * time.Millisecond})
	set(t, c, "orgs.get", Fault{Kind: Slow, Latency: 25 * time.Millisecond})
	began := time.Now()
	res, _ := must(t, c, "github", "/orgs/"+c.Accounts("github")[0])
	if took := time.Since(began); res.StatusCode != 200 || took < 40*time.Millisecond {
		t.Errorf("%d after %s", res.StatusCode, took)
	}
}
