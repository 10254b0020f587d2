package daemon

import (
	"slices"
	"testing"

	"exhibit/internal/config"
)

// TestNeeds holds what a permission costs against three that are well known.
func TestNeeds(t *testing.T) {
	cat, err := LoadCatalog(config.Default("."))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Permissions(cat, "aws", "policy")
	if err != nil {
		t.Fatal(err)
	}
	lost := map[string][]string{}
	for _, n := range p.Needs {
		if len(n.Operations) == 0 {
			t.Errorf("nothing needs %s", n.Permission)
		}
		for _, k := range n.Lost.Checks {
			lost[n.Permission] = append(lost[n.Permission], k.Check)
		}
	}
	for _, c := range []struct {
		permission, loses, keeps string
	}{
		{"s3:GetBucketVersioning", "aws.s3.bucket-versioning", "aws.s3.bucket-tls-only"},
		{"s3:ListAllMyBuckets", "aws.s3.bucket-tls-only", "aws.ebs.volume-encrypted"},
		{"s3:GetBucketLogging", "aws.cloudtrail.bucket-access-logging", "aws.s3.bucket-versioning"}, // through related()
		{"ec2:DescribeRegions", "aws.ebs.volume-encrypted", "aws.iam.root-mfa"},
	} {
		if !slices.Contains(lost[c.permission], c.loses) || slices.Contains(lost[c.permission], c.keeps) {
			t.Errorf("without %s: %v, want %s and not %s", c.permission, lost[c.permission], c.loses, c.keeps)
		}
	}
}
