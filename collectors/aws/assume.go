package aws

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"exhibit/internal/collect"
)

// errNoCredentials is returned when the default chain holds none.
var errNoCredentials = errors.New(
	"no AWS credentials: set a profile, the AWS_* variables, or run where a role is attached")

// renewal is how long before their end a role's credentials are renewed, so that no request leaves with ones that end
// on the way.
const renewal = 5 * time.Minute

// again is how long after a failure it is tried again.
const again = 30 * time.Second

// assumed gives a role's credentials for an hour at a time.
type assumed struct {
	client *sts.Client
	input  sts.AssumeRoleInput
	now    func() time.Time
	end    time.Time // of the credentials that were given last; the cache asks for one at a time
}

// assume returns credentials of the role, got through the caller's own and renewed as long as they are asked for.
func assume(base aws.Config, env collect.Env, s section, arn string) aws.CredentialsProvider {
	base.HTTPClient = authClient(env)
	a := &assumed{client: sts.NewFromConfig(base), now: env.Now}
	a.input = sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("exhibit")}
	if s.SessionName != "" {
		a.input.RoleSessionName = &s.SessionName
	}
	if s.ExternalID != "" {
		a.input.ExternalId = &s.ExternalID
	}
	return aws.NewCredentialsCache(a, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = renewal })
}

// roleError says that a role's credentials could not be got.
type roleError struct {
	arn     string
	renewed bool // there were some before
	err     error
}

func (e *roleError) Error() string {
	if e.renewed {
		return fmt.Sprintf("renew the credentials of %s: %v", e.arn, e.err)
	}
	return fmt.Sprintf("assume %s: %v", e.arn, e.err)
}

// Unwrap returns the SDK's error.
func (e *roleError) Unwrap() error { return e.err }

// Retrieve implements aws.CredentialsProvider.
func (a *assumed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	out, err := a.client.AssumeRole(ctx, &a.input)
	if err != nil {
		return aws.Credentials{}, &roleError{*a.input.RoleArn, !a.end.IsZero(), err}
	}
	c := out.Credentials
	if c == nil || c.AccessKeyId == nil || c.SecretAccessKey == nil || c.SessionToken == nil || c.Expiration == nil {
		return aws.Credentials{}, &roleError{*a.input.RoleArn, !a.end.IsZero(), errors.New("the answer holds no credentials")}
	}
	a.end = *c.Expiration
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		CanExpire: true, Expires: *c.Expiration, Source: "AssumeRole",
	}, nil
}

// HandleFailToRefresh implements aws.HandleFailRefreshCredentialsCacheStrategy: credentials that are still good are used
// to their end, with another try at renewing them every so often; then it is an error.
func (a *assumed) HandleFailToRefresh(_ context.Context, old aws.Credentials, err error) (aws.Credentials, error) {
	now := a.now()
	if !old.HasKeys() || !now.Before(a.end) {
		return aws.Credentials{}, err
	}
	old.Expires = now.Add(again)
	if a.end.Before(old.Expires) {
		old.Expires = a.end
	}
	old.Expires = old.Expires.Add(renewal) // which the cache takes off again
	return old, nil
}
