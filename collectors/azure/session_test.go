package azure

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// The token must go nowhere but to the list that was asked for.
func TestNext(t *testing.T) {
	base, _ := url.Parse("https://management.azure.com")
	c := &client{base: base}
	l := list{path: "/subscriptions/s/providers/Microsoft.Storage/storageAccounts", version: "v"}
	first := c.url(l.path, l.version)
	for name, tt := range map[string]struct{ link, want, err string }{
		"last page": {"", "", ""},
		"next page": {"https://management.azure.com" + l.path + "?api-version=v&$skiptoken=2",
			"https://management.azure.com" + l.path + "?api-version=v&$skiptoken=2", ""},
		"port and case differ": {"https://management.azure.com:443" + strings.ToLower(l.path) + "?$skiptoken=2",
			"https://management.azure.com" + l.path + "?$skiptoken=2", ""},
		"another host": {"https://evil.example.com" + l.path + "?$skiptoken=2",
			"https://management.azure.com" + l.path + "?$skiptoken=2", ""},
		"another list": {"https://management.azure.com/subscriptions/s/resources?$skiptoken=2", "", "leads to"},
		"itself":       {first, "", "itself"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.next(l, first, tt.link)
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("next %q, error %v; want %q, %q", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	for _, tt := range []struct {
		status  int
		code    string
		outcome evidence.Outcome
	}{
		{403, "AuthorizationFailed", evidence.OutcomeDenied},
		{401, "ExpiredAuthenticationToken", evidence.OutcomeExpired},
		{429, "TooManyRequests", evidence.OutcomeThrottled},
		{409, "MissingSubscriptionRegistration", evidence.OutcomeNotEnabled},
		{404, "SubscriptionNotFound", evidence.OutcomeFailed},
		{503, "", evidence.OutcomeFailed},
	} {
		err := &azcore.ResponseError{StatusCode: tt.status, ErrorCode: tt.code}
		if outcome, code := (Provider{}).Classify(fmt.Errorf("ask: %w", err)); outcome != tt.outcome || code == "" {
			t.Errorf("%d %s is %s %s, want %s", tt.status, tt.code, outcome, code, tt.outcome)
		}
	}
	if outcome, _ := (Provider{}).Classify(&tokenError{errors.New("no credential")}); outcome != evidence.OutcomeExpired {
		t.Errorf("no token is %s, want expired", outcome)
	}
	unreachable := &tokenError{&net.OpError{Op: "dial", Err: errors.New("no route")}}
	if outcome, _ := (Provider{}).Classify(unreachable); outcome != "" {
		t.Errorf("a directory that cannot be reached is %s, want nothing", outcome)
	}
	if outcome, _ := (Provider{}).Classify(errors.New("connection reset")); outcome != "" {
		t.Errorf("an error that is not Azure's is %s, want nothing", outcome)
	}
}

func TestClaims(t *testing.T) {
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	for name, tt := range map[string]struct {
		in   string
		want evidence.Identity
	}{
		"user": {token(`{"upn":"ann@acme.example","tid":"t","oid":"o"}`), evidence.Identity{ID: "ann@acme.example", Account: "t", Kind: "user"}},
		"app":  {token(`{"idtyp":"app","appid":"a","tid":"t","oid":"o"}`), evidence.Identity{ID: "a", Account: "t", Kind: "app"}},
		"none": {"opaque", evidence.Identity{}},
		"bad":  {"a.!.c", evidence.Identity{}},
	} {
		if got := claims(tt.in); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no tenant":       {func(c *Config) { c.Tenant = "" }, "tenant is required"},
		"nothing":         {func(c *Config) { c.Subscriptions = nil }, "subscriptions is required"},
		"all and one":     {func(c *Config) { c.Subscriptions = []string{"a", "all"} }, "stands alone"},
		"twice":           {func(c *Config) { c.Subscriptions = []string{"a", "A"} }, "twice"},
		"a path":          {func(c *Config) { c.Subscriptions = []string{"../x"} }, "no id"},
		"unknown cloud":   {func(c *Config) { c.Cloud = "mars" }, "cloud"},
		"token over http": {func(c *Config) { c.Endpoint = "http://management.example.com" }, "https only"},
		"no token":        {func(c *Config) { c.TokenEnv = "UNSET" }, "set the environment variable UNSET"},
		"fine":            {func(*Config) {}, ""},
		"loopback":        {func(c *Config) { c.Endpoint = "http://127.0.0.1:1" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Provider{}.Open(t.Context(), func(v any) error {
				c := v.(*Config)
				*c = Config{Tenant: "t", Subscriptions: []string{"all"}, TokenEnv: "AZURE_TOKEN"}
				tt.change(c)
				return nil
			}, collect.Env{
				Transport: &http.Transport{},
				Getenv:    func(name string) string { return map[string]string{"AZURE_TOKEN": "t"}[name] },
			})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func FuzzClaims(f *testing.F) {
	f.Add("e30.e30.c2ln")
	f.Fuzz(func(t *testing.T, token string) { claims(token) })
}
