package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"exhibit/internal/collect"
)

// cloudtrailS3Change is every change of who may reach a bucket and of how it keeps what is in it.
func cloudtrailS3Change() collect.Collector {
	return history{
		typ: "aws.cloudtrail.s3-change", title: "Change of a bucket's protection", regional: true,
		source: "s3.amazonaws.com", attribute: types.LookupAttributeKeyEventName,
		values: []string{
			"CreateBucket", "DeleteBucket", "PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl",
			"PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock",
			"PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock",
			"PutBucketOwnershipControls", "DeleteBucketOwnershipControls",
			"PutBucketEncryption", "DeleteBucketEncryption", "PutBucketVersioning", "PutBucketLogging",
		},
	}.collector()
}
