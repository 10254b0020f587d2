package simcloud

import (
	"net/http"
	"strconv"
	"strings"
)

// s3Operation reads bucket and operation from path and query.
func (k *awsCall) s3Operation() awsOps {
	if k.URL.Path == "/v20180820/configuration/publicAccessBlock" {
		k.service, k.op = "s3control", "GetPublicAccessBlock"
		return k.c.aws["s3control"]
	}
	k.bucket = strings.Trim(k.URL.Path, "/")
	if k.bucket == "" {
		k.op = "ListBuckets"
	}
	for _, p := range k.c.s3Parts {
		if _, asked := k.form[p.query]; asked && k.bucket != "" {
			k.op = p.op
		}
	}
	if k.Method == http.MethodHead {
		k.op = "HeadBucket"
	}
	return k.c.aws["s3"]
}

// s3Part is a sub-resource of a bucket, and the member of the estate's bucket that it answers.
type s3Part struct {
	query, op, member, root string
	missing                 awsFail // answered when the member is absent; without code the answer is empty
}

func s3Parts() []s3Part {
	gone := func(code string) awsFail {
		return awsFail{http.StatusNotFound, code, "The configuration does not exist"}
	}
	return []s3Part{
		{"publicAccessBlock", "GetPublicAccessBlock", "PublicAccessBlock", "PublicAccessBlockConfiguration",
			gone("NoSuchPublicAccessBlockConfiguration")},
		{"policy", "GetBucketPolicy", "Policy", "", gone("NoSuchBucketPolicy")},
		{"policyStatus", "GetBucketPolicyStatus", "PolicyStatus", "PolicyStatus", gone("NoSuchBucketPolicy")},
		{"acl", "GetBucketAcl", "Acl", "AccessControlPolicy", awsFail{}},
		{"encryption", "GetBucketEncryption", "Encryption", "ServerSideEncryptionConfiguration",
			gone("ServerSideEncryptionConfigurationNotFoundError")},
		{"versioning", "GetBucketVersioning", "Versioning", "VersioningConfiguration", awsFail{}},
		{"logging", "GetBucketLogging", "Logging", "BucketLoggingStatus", awsFail{}},
		{"ownershipControls", "GetBucketOwnershipControls", "Ownership", "OwnershipControls",
			gone("OwnershipControlsNotFoundError")},
		{"tagging", "GetBucketTagging", "Tagging", "Tagging", gone("NoSuchTagSet")},
		{"location", "GetBucketLocation", "Region", "LocationConstraint", awsFail{}},
	}
}

func s3Ops() awsOps {
	ops := awsOps{"ListBuckets": listBuckets, "HeadBucket": func(k *awsCall) ([]byte, *awsFail) {
		_, fail := k.findBucket(true)
		return nil, fail
	}}
	for _, p := range s3Parts() {
		ops[p.op] = func(k *awsCall) ([]byte, *awsFail) {
			it, fail := k.findBucket(p.op != "GetBucketLocation")
			if fail != nil {
				return nil, fail
			}
			if it.doc[p.member] == nil && p.missing.code != "" {
				return nil, &p.missing
			}
			return it.append(nil, p.op, p.render), nil
		}
	}
	return ops
}

const s3Namespace = `xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

func (p s3Part) render(dst []byte, doc map[string]any) []byte {
	v := doc[p.member]
	switch p.member {
	case "Policy":
		return append(dst, policyText(v)...)
	case "Region":
		if v == "us-east-1" {
			return append(dst, "<LocationConstraint "+s3Namespace+"/>"...)
		}
		return append(dst, "<LocationConstraint "+s3Namespace+">"+scalar(v)+"</LocationConstraint>"...)
	}
	m, _ := v.(map[string]any)
	dst = opening(dst, p.root+" "+s3Namespace)
	return closing(s3Dialect.members(dst, "", m), p.root)
}

// findBucket finds the bucket of a call; home tells whether it answers in its own region only.
func (k *awsCall) findBucket(home bool) (item, *awsFail) {
	it, ok := k.list("buckets").Find(k.bucket)
	if !ok {
		return it, &awsFail{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}
	}
	if region := scalar(it.doc["Region"]); home && region != k.region {
		return it, &awsFail{http.StatusMovedPermanently, "PermanentRedirect", region}
	}
	return it, nil
}

func listBuckets(k *awsCall) ([]byte, *awsFail) {
	all := k.list("buckets")
	region, prefix := k.form.Get("bucket-region"), k.form.Get("prefix")
	if region != "" || prefix != "" {
		all = all.Where(func(d map[string]any) bool {
			return (region == "" || d["Region"] == region) && strings.HasPrefix(scalar(d["Name"]), prefix)
		})
	}
	asked, _ := strconv.Atoi(k.form.Get("max-buckets")) // what is no number is nothing said
	w, ok := k.c.page("ListBuckets", all.Len(), k.form.Get("continuation-token"), asked, 10000, 10000)
	if !ok {
		return nil, badToken("s3")
	}
	paged := asked > 0 || region != "" || prefix != "" || w.From > 0
	out := opening(nil, "ListAllMyBucketsResult "+s3Namespace)
	out = s3Dialect.member(out, "", "Owner", map[string]any{"ID": canonicalUser(k.account)})
	out = opening(out, "Buckets")
	for i := w.From; i < w.To; i++ {
		out = all.At(i).append(out, "ListBuckets"+strconv.FormatBool(paged), func(dst []byte, d map[string]any) []byte {
			shown := only(d, "Name", "CreationDate")
			shown["BucketArn"] = "arn:aws:s3:::" + scalar(d["Name"])
			if paged { // S3 names the region only to callers that page or filter
				shown["BucketRegion"] = d["Region"]
			}
			return s3Dialect.listed(dst, "Buckets", shown)
		})
	}
	out = closing(out, "Buckets")
	if w.Next != "" {
		out = wrap(out, "ContinuationToken", w.Next)
	}
	return closing(out, "ListAllMyBucketsResult"), nil
}

// canonicalUser is the 64 hexadecimal digits by which S3 knows an account.
func canonicalUser(account string) string { return strings.Repeat("0", 64-len(account)) + account }

func s3ControlOps() awsOps {
	return awsOps{"GetPublicAccessBlock": func(k *awsCall) ([]byte, *awsFail) {
		if id := k.Header.Get("X-Amz-Account-Id"); id != "" && id != k.account {
			return nil, k.fault(Denied)
		}
		block, ok := k.object()["PublicAccessBlock"].(map[string]any)
		if !ok {
			return nil, &awsFail{http.StatusNotFound, "NoSuchPublicAccessBlockConfiguration",
				"The public access block configuration was not found"}
		}
		out := opening(nil, `PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"`)
		return closing(s3Dialect.members(out, "", block), "PublicAccessBlockConfiguration"), nil
	}}
}
