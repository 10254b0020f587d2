package aws

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// errNoCredentials is returned when the default chain holds none.
var errNoCredentials = errors.New(
	"no AWS credentials: set a profile, the AWS_* variables, or run where a role is attached")

// assumed gives a role's credentials for an hour at a time.
type assumed struct {
	client          *sts.Client
	arn, externalID string
}

// Retrieve implements aws.CredentialsProvider.
func (a *assumed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	in := &sts.AssumeRoleInput{RoleArn: &a.arn, RoleSessionName: aws.String("exhibit")}
	if a.externalID != "" {
		in.ExternalId = &a.externalID
	}
	out, err := a.client.AssumeRole(ctx, in)
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("assume %s: %w", a.arn, err)
	}
	c := out.Credentials
	if c == nil || c.AccessKeyId == nil || c.SecretAccessKey == nil || c.SessionToken == nil || c.Expiration == nil {
		return aws.Credentials{}, fmt.Errorf("assume %s: the answer holds no credentials", a.arn)
	}
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		CanExpire: true, Expires: *c.Expiration, Source: "AssumeRole",
	}, nil
}
