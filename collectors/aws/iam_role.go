package aws

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RoleDoc is an IAM role with who may take it and what it may do. Policy documents are plain JSON text.
type RoleDoc struct {
	Arn                      *string
	RoleName                 *string
	RoleId                   *string
	Path                     *string
	CreateDate               *time.Time
	AssumeRolePolicyDocument *string
	AttachedPolicies         []types.AttachedPolicy
	InlinePolicies           []types.PolicyDetail
	PermissionsBoundary      *types.AttachedPermissionsBoundary
	RoleLastUsed             *types.RoleLastUsed
	Tags                     []types.Tag
}

func iamRole() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.iam.role",
			Title:    "IAM role",
			Doc:      evidence.ShapeOf[RoleDoc](),
			Volatile: []string{"/RoleLastUsed"},
		},
		Version: 1,
	}
}
