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
	resp, err := g.next.RoundTrip(req.WithContext(collect.WithOperation(ctx, service+":"+name)))
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
	case "ec2", "iam", "sts":
		return operation + "Response"
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
	root string
	head io.Reader // nil until checked
}

// headLength holds an XML declaration and the root's start tag.
const headLength = 512

func (r *rooted) Read(p []byte) (int, error) {
	if r.head == nil {
		b := make([]byte, headLength)
		n, err := io.ReadFull(r.ReadCloser, b)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, err
		}
		if !bytes.Contains(b[:n], []byte("<"+r.root)) {
			return 0, fmt.Errorf("malformed answer: it is no %s", r.root)
		}
		r.head = bytes.NewReader(b[:n])
	}
	n, err := r.head.Read(p)
	if err == io.EOF {
		return r.ReadCloser.Read(p)
	}
	return n, err
}
