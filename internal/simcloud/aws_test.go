package simcloud

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func awsConfig(c *Cloud, account, region string) aws.Config {
	id, secret := AWSKey(account)
	return aws.Config{Region: region, BaseEndpoint: aws.String(c.URL("aws")), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""), HTTPClient: loopback(c)}
}

// loopback reaches the cloud under any name: S3 Control puts the account before the host.
func loopback(c *Cloud) *http.Client {
	host := strings.TrimPrefix(c.URL("aws"), "http://")
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", host)
	}
	return &http.Client{Transport: &steady{http.Transport{DialContext: dial}}}
}

// steady keeps net/http from closing a connection under a quick answer: the SDK closes a request's body when the answer
// begins, and the body's WriteTo then fails.
type steady struct{ http.Transport }

func (s *steady) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req = req.Clone(req.Context())
		req.Body = struct{ io.ReadCloser }{req.Body}
	}
	return s.Transport.RoundTrip(req)
}

// ask makes one SDK call that must work.
func ask[I, O, Opt any](t *testing.T, call func(context.Context, I, ...Opt) (O, error), in I) O {
	t.Helper()
	out, err := call(t.Context(), in)
	if err != nil {
		t.Fatalf("%T: %v", in, err)
	}
	return out
}

// next turns a paginator's page.
func next[O, Opt any](t *testing.T, page func(context.Context, ...Opt) (O, error)) O {
	t.Helper()
	out, err := page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// code makes one SDK call that must fail, and returns the error's code.
func code[I, O, Opt any](t *testing.T, call func(context.Context, I, ...Opt) (O, error), in I) string {
	t.Helper()
	_, err := call(t.Context(), in)
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("%T: want an API error, got %v", in, err)
	}
	return api.ErrorCode()
}

// docs returns the estate's documents under a path.
func docs(c *Cloud, path ...string) []map[string]any {
	l := c.world.Load().list(path...)
	out := make([]map[string]any, l.Len())
	for i := range out {
		out[i] = l.At(i).doc
	}
	return out
}

func shown(all []map[string]any, fields func(map[string]any) map[string]any) any {
	out := make([]any, len(all))
	for i, d := range all {
		out[i] = fields(d)
	}
	return out
}

func elements(v any) []any { l, _ := v.([]any); return l }

func TestIdentity(t *testing.T) {
	c := start(t, demo(t), Options{})
	cfg := awsConfig(c, prod, "eu-west-1")
	client := sts.NewFromConfig(cfg)
	who := ask(t, client.GetCallerIdentity, &sts.GetCallerIdentityInput{})
	if *who.Account != prod || *who.Arn != "arn:aws:iam::"+prod+":user/exhibit-read" {
		t.Errorf("caller is %s in %s", *who.Arn, *who.Account)
	}
	role := ask(t, client.AssumeRole, &sts.AssumeRoleInput{RoleArn: aws.String(AWSRole(staging)),
		RoleSessionName: aws.String("exhibit")})
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*role.Credentials.AccessKeyId,
		*role.Credentials.SecretAccessKey, *role.Credentials.SessionToken)
	who = ask(t, sts.NewFromConfig(cfg).GetCallerIdentity, &sts.GetCallerIdentityInput{})
	if *who.Account != staging {
		t.Errorf("assumed role is in %s", *who.Account)
	}
	if got := code(t, client.AssumeRole, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::1:role/x"),
		RoleSessionName: aws.String("exhibit")}); got != "AccessDenied" {
		t.Errorf("assuming a foreign role: %s", got)
	}
	foreign := sts.NewFromConfig(awsConfig(c, "999999999999", "eu-west-1"))
	if got := code(t, foreign.GetCallerIdentity, &sts.GetCallerIdentityInput{}); got != "InvalidClientTokenId" {
		t.Errorf("a key of no account: %s", got)
	}
}

func TestIAMUsers(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 2})
	client := iam.NewFromConfig(awsConfig(c, prod, "us-east-1"))
	users := docs(c, "aws", prod, "users")
	var got []iamtypes.User
	pages := 0
	for p := iam.NewListUsersPaginator(client, &iam.ListUsersInput{}); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, out.Users...)
	}
	if want := (len(users) + 1) / 2; pages != want {
		t.Errorf("%d pages, want %d", pages, want)
	}
	same(t, "users", shown(users, fields(userFields())), got)
	for _, u := range users {
		name := aws.String(u["UserName"].(string))
		keys := ask(t, client.ListAccessKeys, &iam.ListAccessKeysInput{UserName: name}).AccessKeyMetadata
		var want []any
		for _, k := range elements(u["AccessKeys"]) {
			k := k.(map[string]any)
			want = append(want, without(k, "LastUsed"))
			used := ask(t, client.GetAccessKeyLastUsed,
				&iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(k["AccessKeyId"].(string))})
			if k["LastUsed"] != nil {
				same(t, *name+" last used", k["LastUsed"], used.AccessKeyLastUsed)
			}
			if *used.UserName != *name {
				t.Errorf("key of %s said to be of %s", *name, *used.UserName)
			}
		}
		same(t, *name+" keys", want, keys)
		same(t, *name+" devices", u["MFADevices"], ask(t, client.ListMFADevices,
			&iam.ListMFADevicesInput{UserName: name}).MFADevices)
		same(t, *name+" policies", u["AttachedPolicies"], ask(t, client.ListAttachedUserPolicies,
			&iam.ListAttachedUserPoliciesInput{UserName: name}).AttachedPolicies)
		groups := ask(t, client.ListGroupsForUser, &iam.ListGroupsForUserInput{UserName: name}).Groups
		if len(groups) != len(elements(u["Groups"])) {
			t.Errorf("%s is in %d groups", *name, len(groups))
		}
		inline := ask(t, client.ListUserPolicies, &iam.ListUserPoliciesInput{UserName: name}).PolicyNames
		for i, p := range elements(u["InlinePolicies"]) {
			p := p.(map[string]any)
			one := ask(t, client.GetUserPolicy, &iam.GetUserPolicyInput{UserName: name, PolicyName: &inline[i]})
			sameDocument(t, p["PolicyDocument"], one.PolicyDocument)
		}
		one := ask(t, client.GetUser, &iam.GetUserInput{UserName: name}).User
		wantUser := only(u, userFields()...)
		wantUser["Tags"] = u["Tags"]
		same(t, *name, wantUser, one)
	}
	if got := code(t, client.ListAccessKeys, &iam.ListAccessKeysInput{UserName: aws.String("nobody")}); got != "NoSuchEntity" {
		t.Errorf("an unknown user: %s", got)
	}
	if got := code(t, client.ListUsers, &iam.ListUsersInput{Marker: aws.String("x")}); got != "ValidationError" {
		t.Errorf("a made-up marker: %s", got)
	}
}

// sameDocument demands that a percent-encoded policy is the estate's text.
func sameDocument(t *testing.T, want any, got *string) {
	t.Helper()
	text, err := url.QueryUnescape(aws.ToString(got))
	if err != nil || text != policyText(want) {
		t.Errorf("policy document %q (%v), want %q", text, err, policyText(want))
	}
}

func TestS3(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 3})
	client := s3.NewFromConfig(awsConfig(c, prod, "us-east-1"))
	var got []map[string]any
	for p := s3.NewListBucketsPaginator(client, &s3.ListBucketsInput{MaxBuckets: aws.Int32(5)}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range out.Buckets {
			got = append(got, map[string]any{"Name": *b.Name, "Region": *b.BucketRegion,
				"CreationDate": b.CreationDate.UTC().Format("2006-01-02T15:04:05Z")})
		}
	}
	buckets := docs(c, "aws", prod, "buckets")
	want := shown(buckets, func(d map[string]any) map[string]any { return only(d, "Name", "Region", "CreationDate") })
	same(t, "buckets", want, got)
	for _, b := range buckets {
		name := aws.String(b["Name"].(string))
		region := b["Region"].(string)
		loc := ask(t, client.GetBucketLocation, &s3.GetBucketLocationInput{Bucket: name})
		if string(loc.LocationConstraint) != region {
			t.Errorf("%s lies in %q", *name, loc.LocationConstraint)
		}
		if got := code(t, client.GetBucketAcl, &s3.GetBucketAclInput{Bucket: name}); got != "PermanentRedirect" {
			t.Errorf("%s answered in another region: %s", *name, got)
		}
		home := s3.NewFromConfig(awsConfig(c, prod, region))
		bucketParts(t, home, name, b)
	}
	if got := code(t, client.GetBucketAcl, &s3.GetBucketAclInput{Bucket: aws.String("nobodys")}); got != "NoSuchBucket" {
		t.Errorf("an unknown bucket: %s", got)
	}
	block := ask(t, s3control.NewFromConfig(awsConfig(c, prod, "eu-west-1")).GetPublicAccessBlock,
		&s3control.GetPublicAccessBlockInput{AccountId: aws.String(prod)})
	same(t, "account block", c.world.Load().object("aws", prod, "account")["PublicAccessBlock"],
		block.PublicAccessBlockConfiguration)
}

func bucketParts(t *testing.T, client *s3.Client, name *string, b map[string]any) {
	t.Helper()
	acl := ask(t, client.GetBucketAcl, &s3.GetBucketAclInput{Bucket: name})
	same(t, *name+" acl", b["Acl"], acl)
	version := ask(t, client.GetBucketVersioning, &s3.GetBucketVersioningInput{Bucket: name})
	same(t, *name+" versioning", b["Versioning"], version)
	logging := ask(t, client.GetBucketLogging, &s3.GetBucketLoggingInput{Bucket: name})
	same(t, *name+" logging", b["Logging"], logging)
	enc := ask(t, client.GetBucketEncryption, &s3.GetBucketEncryptionInput{Bucket: name})
	same(t, *name+" encryption", b["Encryption"], enc.ServerSideEncryptionConfiguration)
	own := ask(t, client.GetBucketOwnershipControls, &s3.GetBucketOwnershipControlsInput{Bucket: name})
	same(t, *name+" ownership", b["Ownership"], own.OwnershipControls)
	if b["PublicAccessBlock"] != nil {
		block := ask(t, client.GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: name})
		same(t, *name+" block", b["PublicAccessBlock"], block.PublicAccessBlockConfiguration)
	} else if got := code(t, client.GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: name}); got !=
		"NoSuchPublicAccessBlockConfiguration" {
		t.Errorf("%s without a block: %s", *name, got)
	}
	if b["Policy"] == nil {
		if got := code(t, client.GetBucketPolicy, &s3.GetBucketPolicyInput{Bucket: name}); got != "NoSuchBucketPolicy" {
			t.Errorf("%s without a policy: %s", *name, got)
		}
		return
	}
	policy := ask(t, client.GetBucketPolicy, &s3.GetBucketPolicyInput{Bucket: name})
	if *policy.Policy != policyText(b["Policy"]) {
		t.Errorf("%s policy %s", *name, *policy.Policy)
	}
	status := ask(t, client.GetBucketPolicyStatus, &s3.GetBucketPolicyStatusInput{Bucket: name})
	same(t, *name+" policy status", b["PolicyStatus"], status.PolicyStatus)
}
