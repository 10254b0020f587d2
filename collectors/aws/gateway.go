package aws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"

	"exhibit/internal/collect"
)

// gateway tells the engine's transport which operation a request is, and refuses answers to another question: the SDK
// reads any well-formed XML as an answer with nothing in it.
type gateway struct{ next http.RoundTripper }

// Do implements aws.HTTPClient.
func (g gateway) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	service := strings.ToLower(strings.ReplaceAll(awsmiddleware.GetServiceID(ctx), " ", ""))
	name := awsmiddleware.GetOperationName(ctx)
	collect.Asks(ctx, service+":"+name)
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if root := rootOf(service, name); root != "" && resp.StatusCode == http.StatusOK {
		resp.Body = &rooted{ReadCloser: resp.Body, root: root}
	}
	return resp, nil
}

// rootOf names the XML element that an operation's answer stands in; empty when it is not XML.
func rootOf(service, operation string) string {
	switch service {
	case "autoscaling", "ec2", "elasticloadbalancingv2", "iam", "rds", "redshift", "sns", "sts":
		return operation + "Response"
	case "cloudfront":
		switch operation {
		case "ListDistributions":
			return "DistributionList"
		case "GetDistributionConfig":
			return "DistributionConfig"
		}
	case "s3", "s3control":
		switch operation {
		case "ListBuckets":
			return "ListAllMyBucketsResult"
		case "GetPublicAccessBlock":
			return "PublicAccessBlockConfiguration"
		case "GetBucketAcl":
			return "AccessControlPolicy"
		case "GetBucketEncryption":
			return "ServerSideEncryptionConfiguration"
		case "GetBucketVersioning":
			return "VersioningConfiguration"
		case "GetBucketLogging":
			return "BucketLoggingStatus"
		case "GetBucketLocation":
			return "LocationConstraint"
		case "GetBucketLifecycleConfiguration":
			return "LifecycleConfiguration"
		case "GetBucketPolicyStatus":
			return "PolicyStatus"
		case "GetBucketTagging":
			return "Tagging"
		case "GetBucketOwnershipControls":
			return "OwnershipControls"
		case "GetObjectLockConfiguration":
			return "ObjectLockConfiguration"
		}
	}
	return ""
}

// rooted is an answer whose first bytes are held against the element that it must stand in.
type rooted struct {
	io.ReadCloser
	root    string
	head    []byte // what was read so far and had no root in it
	checked bool
}

// headLength holds an XML declaration and the root's start tag.
const headLength = 512

// Read implements io.Reader.
func (r *rooted) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if r.checked || n == 0 && err == nil {
		return n, err
	}
	begin := p[:n]
	if len(r.head) > 0 {
		begin = append(r.head, begin...)
	}
	switch {
	case hasRoot(begin, r.root):
		r.checked, r.head = true, nil
	case err != nil && err != io.EOF:
		return 0, err
	case err == io.EOF || len(begin) >= headLength:
		return 0, fmt.Errorf("malformed answer: it is no %s", r.root)
	default:
		r.head = append([]byte(nil), begin...) // a short read; what is handed on has no root yet
	}
	return n, err
}

// hasRoot reports whether the element begins in text.
func hasRoot(text []byte, root string) bool {
	for {
		i := bytes.IndexByte(text, '<')
		if i < 0 {
			return false
		}
		text = text[i+1:]
		if len(text) >= len(root) && string(text[:len(root)]) == root {
			return true
		}
	}
}
