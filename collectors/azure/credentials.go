package azure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// connect makes a client of the configured cloud. It asks for no token yet.
func connect(c Config, env collect.Env) (*client, error) {
	conf, err := configuration(c)
	if err != nil {
		return nil, err
	}
	service := conf.Services[cloud.ResourceManager]
	base, err := url.Parse(strings.TrimSuffix(service.Endpoint, "/"))
	if err != nil || base.Host == "" || base.Path != "" {
		return nil, fmt.Errorf("azure: endpoint %q: expected something like https://management.example.com", c.Endpoint)
	}
	if base.Scheme != "https" && !collect.Loopback(base) {
		return nil, fmt.Errorf("azure: endpoint %q: a token is sent over https only", c.Endpoint)
	}
	cred, err := credential(c, conf, env)
	if err != nil {
		return nil, err
	}
	arms, err := arm.NewClient("exhibit", "v1.0.0", cred, &arm.ClientOptions{
		ClientOptions: policy.ClientOptions{
			Cloud: conf,
			Transport: &http.Client{
				Transport:     env.Transport,
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			},
			Telemetry:                       policy.TelemetryOptions{ApplicationID: "exhibit"},
			InsecureAllowCredentialWithHTTP: collect.Loopback(base),
		},
		DisableRPRegistration: true, // it would write
	})
	if err != nil {
		return nil, fmt.Errorf("azure: make a client of %s: %w", base, err)
	}
	return &client{base: base, pipeline: arms.Pipeline(), credential: cred, scope: service.Audience + "/.default"}, nil
}

// configuration is the cloud's addresses.
func configuration(c Config) (cloud.Configuration, error) {
	conf, ok := map[string]cloud.Configuration{
		"": cloud.AzurePublic, "public": cloud.AzurePublic, "china": cloud.AzureChina, "government": cloud.AzureGovernment,
	}[c.Cloud]
	if !ok {
		return conf, fmt.Errorf("azure: cloud %q: expected public, china or government", c.Cloud)
	}
	if c.Endpoint != "" {
		manager := conf.Services[cloud.ResourceManager]
		manager.Endpoint = c.Endpoint
		conf.Services = map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: manager}
	}
	return conf, nil
}

// credential is the configured token, else what the default chain finds.
func credential(c Config, conf cloud.Configuration, env collect.Env) (azcore.TokenCredential, error) {
	if c.TokenEnv != "" {
		token := env.Getenv(c.TokenEnv)
		if token == "" {
			return nil, fmt.Errorf("azure: no token: set the environment variable %s", c.TokenEnv)
		}
		return wrapped{fixed{token, env.Now}}, nil
	}
	cred, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		ClientOptions: azcore.ClientOptions{Cloud: conf, Transport: &http.Client{Transport: env.AuthTransport}},
		TenantID:      c.Tenant,
	})
	if err != nil {
		return nil, fmt.Errorf("azure: find credentials: %w", err)
	}
	return wrapped{cred}, nil
}

// fixed is a token from outside. When it ends is not known.
type fixed struct {
	token string
	now   func() time.Time
}

// GetToken implements azcore.TokenCredential.
func (f fixed) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: f.token, ExpiresOn: f.now().Add(time.Hour)}, nil
}

// wrapped tells a failure to get a token from an answer of the API.
type wrapped struct{ azcore.TokenCredential }

// GetToken implements azcore.TokenCredential.
func (w wrapped) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := w.TokenCredential.GetToken(ctx, o)
	if err != nil {
		return token, &tokenError{err}
	}
	return token, nil
}

type tokenError struct{ err error }

func (e *tokenError) Error() string { return "get a token: " + e.err.Error() }

func (e *tokenError) Unwrap() error { return e.err }

// claims returns whom a token was issued to, as far as it says so. The directory's signature is the API's to check.
func claims(token string) evidence.Identity {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return evidence.Identity{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return evidence.Identity{}
	}
	var c struct {
		Object string `json:"oid"`
		Tenant string `json:"tid"`
		Type   string `json:"idtyp"`
		Name   string `json:"upn"`
		App    string `json:"appid"`
	}
	if json.Unmarshal(raw, &c) != nil {
		return evidence.Identity{}
	}
	switch {
	case c.Name != "":
		return evidence.Identity{ID: c.Name, Account: c.Tenant, Kind: "user"}
	case c.Type == "app":
		return evidence.Identity{ID: c.App, Account: c.Tenant, Kind: "app"}
	}
	return evidence.Identity{ID: c.Object, Account: c.Tenant, Kind: "token"}
}
