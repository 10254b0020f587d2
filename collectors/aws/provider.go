package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"exhibit/internal/collect"
)

// Provider is the kind of source that is one or more AWS accounts.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "aws" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector { return Collectors() }

// Check implements collect.Provider.
func (Provider) Check(decode func(any) error) error {
	_, err := readConfig(decode)
	return err
}

// Open implements collect.Provider.
func (Provider) Open(ctx context.Context, decode func(any) error, env collect.Env) (collect.Source, error) {
	s, err := readConfig(decode)
	if err != nil {
		return nil, err
	}
	base, err := load(ctx, s, env)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if base.Credentials == nil {
		return nil, errNoCredentials
	}
	if s.Role != "" && !s.many() {
		base.Credentials = assume(base, env, s, s.Role)
	}
	base.HTTPClient = gateway{env.Transport}
	return &source{section: s, base: base, env: env, enc: &encoder{}}, nil
}

// load reads the default chain: environment, shared configuration, container, instance. What env.Getenv says wins over
// the process's own environment.
func load(ctx context.Context, s section, env collect.Env) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithDefaultRegion("us-east-1"),
		config.WithLogger(logging.Nop{}), // whatever matters comes back as an error
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.RateLimiter = ratelimit.None // the engine paces; the SDK's bucket would starve after some failures
				o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(refusal)}, o.Retryables...)
			})
		}),
	}
	profile := s.Profile
	if profile == "" {
		profile = env.Getenv("AWS_PROFILE")
	}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	} else if key := env.Getenv("AWS_ACCESS_KEY_ID"); key != "" {
		options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
			key, env.Getenv("AWS_SECRET_ACCESS_KEY"), env.Getenv("AWS_SESSION_TOKEN"))))
	}
	if file := env.Getenv("AWS_SHARED_CREDENTIALS_FILE"); file != "" {
		options = append(options, config.WithSharedCredentialsFiles([]string{file}))
	}
	if file := env.Getenv("AWS_CONFIG_FILE"); file != "" {
		options = append(options, config.WithSharedConfigFiles([]string{file}))
	}
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if region := env.Getenv(name); region != "" {
			options = append(options, config.WithRegion(region))
		}
	}
	endpoint := s.Endpoint
	if endpoint == "" {
		endpoint = env.Getenv("AWS_ENDPOINT_URL")
	}
	if endpoint != "" {
		options = append(options, config.WithBaseEndpoint(endpoint))
	}
	cfg, err := config.LoadDefaultConfig(ctx, append(options, config.WithHTTPClient(authClient(env)))...)
	if err != nil {
		// With a CA bundle configured the SDK insists on its own client for obtaining credentials.
		own := config.WithHTTPClient(awshttp.NewBuildableClient())
		if cfg, again := config.LoadDefaultConfig(ctx, append(options, own)...); again == nil {
			return cfg, nil
		}
	}
	return cfg, err
}

// refusal ends the tries of a request that was refused. Where the clocks of the two sides differ, the SDK takes every
// AccessDeniedException for a matter of the signature's time, and pauses and sends it again. Only one that speaks of the
// signature is worth that.
func refusal(err error) aws.Ternary {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "AccessDeniedException" &&
		!strings.Contains(strings.ToLower(api.ErrorMessage()), "signature") {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// attempts is how often a request is sent before its error counts.
const attempts = 5

func authClient(env collect.Env) *http.Client { return &http.Client{Transport: env.AuthTransport} }
