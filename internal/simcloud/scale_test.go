package simcloud

import (
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// sweep makes the calls that a collector makes, and returns how many subjects it saw.
func sweep(t testing.TB, c *Cloud) (subjects int, ids map[string]bool) {
	t.Helper()
	ids = map[string]bool{}
	see := func(id *string) { subjects++; ids[*id] = true }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cfg := awsConfig(c, ScaleAccount, ScaleRegion)
	vms, users, buckets := ec2.NewFromConfig(cfg), iam.NewFromConfig(cfg), s3.NewFromConfig(cfg)
	for p := ec2.NewDescribeSecurityGroupsPaginator(vms, &ec2.DescribeSecurityGroupsInput{}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		must(err)
		for _, g := range out.SecurityGroups {
			see(g.GroupId)
		}
	}
	for p := ec2.NewDescribeVolumesPaginator(vms, &ec2.DescribeVolumesInput{}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		must(err)
		for _, v := range out.Volumes {
			see(v.VolumeId)
		}
	}
	own := &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}
	for p := ec2.NewDescribeSnapshotsPaginator(vms, own); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		must(err)
		for _, s := range out.Snapshots {
			see(s.SnapshotId)
			_, err := vms.DescribeSnapshotAttribute(t.Context(), &ec2.DescribeSnapshotAttributeInput{SnapshotId: s.SnapshotId,
				Attribute: ec2types.SnapshotAttributeNameCreateVolumePermission})
			must(err)
		}
	}
	for p := iam.NewGetAccountAuthorizationDetailsPaginator(users,
		&iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(1000)}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		must(err)
		for _, u := range out.UserDetailList {
			see(u.Arn)
			keys, err := users.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: u.UserName})
			must(err)
			if *keys.AccessKeyMetadata[0].UserName != *u.UserName {
				t.Errorf("key of %s listed for %s", *keys.AccessKeyMetadata[0].UserName, *u.UserName)
			}
			_, err = users.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: u.UserName})
			must(err)
		}
		for _, r := range out.RoleDetailList {
			see(r.Arn)
		}
		for _, p := range out.Policies {
			see(p.Arn)
		}
	}
	for p := s3.NewListBucketsPaginator(buckets, &s3.ListBucketsInput{MaxBuckets: aws.Int32(1000)}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		must(err)
		for _, b := range out.Buckets {
			see(b.Name)
			_, err := buckets.GetBucketAcl(t.Context(), &s3.GetBucketAclInput{Bucket: b.Name})
			must(err)
			_, err = buckets.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: b.Name})
			must(err)
			_, err = buckets.GetBucketLogging(t.Context(), &s3.GetBucketLoggingInput{Bucket: b.Name})
			must(err)
			_, err = buckets.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: b.Name})
			must(err)
			_, err = buckets.GetBucketOwnershipControls(t.Context(), &s3.GetBucketOwnershipControlsInput{Bucket: b.Name})
			must(err)
			_, err = buckets.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: b.Name})
			must(err)
			_, _ = buckets.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: b.Name}) // some have none
			_, _ = buckets.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: b.Name})
			_, _ = buckets.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: b.Name})
		}
	}
	return subjects, ids
}

func TestScale(t *testing.T) {
	const n = 500
	c := start(t, Scale(n, 1), Options{PageSize: 40})
	subjects, ids := sweep(t, c)
	if subjects != n || len(ids) != n {
		t.Errorf("%d subjects with %d ids, want %d", subjects, len(ids), n)
	}
	if per := float64(c.Requests()) / n; per < 1.0 || per > 1.4 {
		t.Errorf("%.2f requests a subject", per)
	}
}

// TestScaleAccountsAreEntered takes the role in every account of a generated organisation: each has its own things.
func TestScaleAccountsAreEntered(t *testing.T) {
	c := start(t, ScaleAccounts(3, 100, 1), Options{PageSize: 2})
	client := organizations.NewFromConfig(awsConfig(c, ScaleAccount, ScaleRegion))
	var accounts []string
	for p := organizations.NewListAccountsPaginator(client, &organizations.ListAccountsInput{}); p.HasMorePages(); {
		for _, a := range next(t, p.NextPage).Accounts {
			accounts = append(accounts, *a.Id)
		}
	}
	if !slices.Equal(accounts, c.Accounts("aws")) || len(accounts) != 3 || accounts[2] != ScaleAccountID(2) {
		t.Errorf("the organisation lists %v", accounts)
	}
	if roots := ask(t, client.ListRoots, &organizations.ListRootsInput{}).Roots; len(roots) != 1 {
		t.Errorf("the organisation has the roots %v", roots)
	}
	names := map[string]bool{}
	for _, id := range accounts {
		role := ask(t, sts.NewFromConfig(awsConfig(c, ScaleAccount, ScaleRegion)).AssumeRole,
			&sts.AssumeRoleInput{RoleArn: aws.String(AWSRole(id)), RoleSessionName: aws.String("exhibit")})
		cfg := awsConfig(c, ScaleAccount, ScaleRegion)
		cfg.Credentials = credentials.NewStaticCredentialsProvider(*role.Credentials.AccessKeyId,
			*role.Credentials.SecretAccessKey, *role.Credentials.SessionToken)
		for p := iam.NewListPoliciesPaginator(iam.NewFromConfig(cfg), &iam.ListPoliciesInput{}); p.HasMorePages(); {
			for _, policy := range next(t, p.NextPage).Policies {
				names[*policy.Arn] = true
				if !strings.HasPrefix(*policy.Arn, "arn:aws:iam::"+id+":") {
					t.Errorf("account %s lists %s", id, *policy.Arn)
				}
				version := ask(t, iam.NewFromConfig(cfg).GetPolicyVersion,
					&iam.GetPolicyVersionInput{PolicyArn: policy.Arn, VersionId: policy.DefaultVersionId}).PolicyVersion
				if document, err := url.QueryUnescape(*version.Document); err != nil || !strings.Contains(document, ":"+id+":") {
					t.Errorf("%s: %s, %v", *policy.Arn, document, err)
				}
			}
		}
	}
	if len(names) != 30 {
		t.Errorf("%d policies, want 10 in each account", len(names))
	}
}

func TestScaleIsLazyAndRepeatable(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	a, err := New(Scale(100000, 7), Options{})
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 2<<20 {
		t.Errorf("100,000 subjects take %d bytes before anybody asks", grown)
	}
	b, err := New(Scale(100000, 7), Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := "aws/" + ScaleAccount + "/users"
	page := func(c *Cloud, i int) string {
		return string(c.world.Load().list(path).At(i).append(nil, "x", func(dst []byte, d map[string]any) []byte {
			return append(dst, jsonText(d)...)
		}))
	}
	for i := range 8000 {
		if page(a, i) != page(b, i) {
			t.Fatalf("user %d differs between two clouds", i)
		}
	}
	if err := b.SetDay(1); err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i := range 8000 {
		if page(a, i) != page(b, i) {
			changed++
		}
	}
	if changed < 60 || changed > 80 {
		t.Errorf("%d of 8000 users changed in a day", changed)
	}
}

// BenchmarkServe measures the cloud's own cost for a request, the client's included, over one connection a processor.
func BenchmarkServe(b *testing.B) {
	c := start(b, Scale(10000, 1), Options{})
	id, _ := AWSKey(ScaleAccount)
	sign := "AWS4-HMAC-SHA256 Credential=" + id + "/20260703/" + ScaleRegion + "/s3/aws4_request, Signature=0"
	b.RunParallel(func(pb *testing.PB) {
		client := bare(c, sign)
		for pb.Next() {
			if err := client("/scale-bucket-000000017?acl"); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkSweep is the real SDK's cost for everything about 1,000 subjects, one call after the other.
func BenchmarkSweep(b *testing.B) {
	c := start(b, Scale(1000, 1), Options{})
	for b.Loop() {
		sweep(b, c)
	}
	b.ReportMetric(float64(c.Requests())/b.Elapsed().Seconds(), "requests/s")
}

// TestScaleAccounts holds that each generated account has its own things, and that the first is Scale's.
func TestScaleAccounts(t *testing.T) {
	c := start(t, ScaleAccounts(3, 100, 1), Options{})
	if got := len(c.Accounts("aws")); got != 3 {
		t.Errorf("%d accounts, want 3", got)
	}
	w, one := c.world.Load(), start(t, Scale(100, 1), Options{}).world.Load()
	for i := range 3 {
		id := ScaleAccountID(i)
		users := w.list("aws", id, "users")
		if users.Len() != one.list("aws", ScaleAccount, "users").Len() {
			t.Errorf("%s has %d users", id, users.Len())
		}
		text := string(users.At(0).append(nil, "x", func(dst []byte, d map[string]any) []byte { return append(dst, jsonText(d)...) }))
		if !strings.Contains(text, id) || i > 0 && strings.Contains(text, ScaleAccount) {
			t.Errorf("a user of %s is %s", id, text)
		}
	}
}
