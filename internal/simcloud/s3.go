package simcloud

import (
	"net/http"
	"strings"
)

func s3Service() awsService {
	buckets := kind{name: "buckets", key: "Name",
		missing: awsFail{404, "NoSuchBucket", "The specified bucket does not exist"}}
	part := func(member, under, absent string) awsAnswer {
		g := get{kind: buckets, by: "Bucket", part: member, member: under}
		if absent != "" {
			g.absent = &awsFail{http.StatusNotFound, absent, "The configuration does not exist"}
		}
		return home{g}
	}
	return awsService{name: "s3", signing: "s3", kinds: []kind{buckets}, ops: awsOps{
		"ListBuckets": listBuckets{buckets},
		"GetPublicAccessBlock": part("PublicAccessBlock", "PublicAccessBlockConfiguration",
			"NoSuchPublicAccessBlockConfiguration"),
		"GetBucketPolicy":       part("Policy", "Policy", "NoSuchBucketPolicy"),
		"GetBucketPolicyStatus": part("PolicyStatus", "PolicyStatus", "NoSuchBucketPolicy"),
		"GetBucketAcl":          part("Acl", "", ""),
		"GetBucketEncryption": part("Encryption", "ServerSideEncryptionConfiguration",
			"ServerSideEncryptionConfigurationNotFoundError"),
		"GetBucketVersioning": part("Versioning", "", ""),
		"GetObjectLockConfiguration": part("ObjectLock", "ObjectLockConfiguration",
			"ObjectLockConfigurationNotFoundError"),
		"GetBucketLifecycleConfiguration": part("Lifecycle", "", "NoSuchLifecycleConfiguration"),
		"GetBucketLogging":                part("Logging", "", ""),
		"GetBucketOwnershipControls":      part("Ownership", "OwnershipControls", "OwnershipControlsNotFoundError"),
		"GetBucketTagging":                part("Tagging", "", "NoSuchTagSet"),
		"GetBucketLocation": get{kind: buckets, by: "Bucket", view: view{make: func(d map[string]any) map[string]any {
			if d["Region"] == "us-east-1" {
				return nil // S3's way to say the oldest region
			}
			return map[string]any{"LocationConstraint": d["Region"]}
		}}},
	}}
}

// home answers for a bucket in its own region only.
type home struct{ get }

func (h home) answer(k *awsCall) (awsOut, *awsFail) {
	it, fail := h.find(k, k.text(h.by))
	if fail != nil {
		return awsOut{}, fail
	}
	if region := scalar(it.doc["Region"]); region != k.region {
		return awsOut{}, &awsFail{http.StatusMovedPermanently, "PermanentRedirect", region}
	}
	return h.get.answer(k)
}

type listBuckets struct{ kind }

func (l listBuckets) answer(k *awsCall) (awsOut, *awsFail) {
	all, region, prefix := l.all(k), k.text("BucketRegion"), k.text("Prefix")
	if region != "" || prefix != "" {
		all = all.Where(func(d map[string]any) bool {
			return (region == "" || d["Region"] == region) && strings.HasPrefix(scalar(d["Name"]), prefix)
		})
	}
	// S3 names the region only to callers that page or filter.
	paged := len(k.in) > 0
	name := k.rendering()
	if paged {
		name += "+"
	}
	one := func(dst []byte, i int, enc encode) ([]byte, error) {
		return all.At(i).render(dst, name, func(dst []byte, d map[string]any) ([]byte, error) {
			shown := only(d, "Name", "CreationDate")
			shown["BucketArn"] = "arn:aws:s3:::" + scalar(d["Name"])
			if paged {
				shown["BucketRegion"] = d["Region"]
			}
			return enc(dst, shown)
		})
	}
	out, fail := k.page(all.Len(), one, "Buckets", 10000, "BucketRegion", "Prefix")
	if fail == nil {
		out.doc["Owner"] = map[string]any{"ID": canonicalUser(k.account)}
	}
	return out, fail
}

// canonicalUser is the 64 hexadecimal digits by which S3 knows an account.
func canonicalUser(account string) string { return strings.Repeat("0", 64-len(account)) + account }

func s3ControlService() awsService {
	block := setting{part: "PublicAccessBlock", member: "PublicAccessBlockConfiguration", absent: &awsFail{
		404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"}}
	return awsService{name: "s3control", signing: "s3", ops: awsOps{
		"GetPublicAccessBlock": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			if id := k.text("AccountId"); id != "" && id != k.account {
				return awsOut{}, k.fault(Denied)
			}
			return block.answer(k)
		}),
	}}
}
