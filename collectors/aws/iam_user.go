package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// UserDoc is an IAM user with everything that lets it in.
type UserDoc struct {
	types.User
	AccessKeys       []types.AccessKeyMetadata
	MFADevices       []types.MFADevice
	Groups           []string
	AttachedPolicies []types.AttachedPolicy
	InlinePolicies   []types.PolicyDetail // PolicyDocument is plain JSON text, not percent-encoded
	// Credential is the user's row of the credential report, which may be up to four hours old: a user that is younger
	// has none.
	Credential *Credential
}

func iamUser() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.iam.user",
			Title:    "IAM user",
			Doc:      evidence.ShapeOf[UserDoc](),
			Secret:   []string{"/AccessKeys/*/AccessKeyId"},
			Volatile: append(credentialVolatile("/Credential"), "/PasswordLastUsed"),
		},
		Version: 1,
	}
}
