package aws

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// PolicyDoc is a customer managed policy with the text of its default version.
type PolicyDoc struct {
	Arn                           *string
	PolicyName                    *string
	PolicyId                      *string
	Path                          *string
	Description                   *string
	AttachmentCount               *int32
	PermissionsBoundaryUsageCount *int32
	IsAttachable                  bool
	DefaultVersionId              *string
	CreateDate                    *time.Time
	UpdateDate                    *time.Time
	// Document is the default version's plain JSON text.
	Document *string
	Tags     []types.Tag
}

func iamPolicy() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.iam.policy",
			Title: "Customer managed IAM policy",
			Doc:   evidence.ShapeOf[PolicyDoc](),
		},
		Version: 1,
	}
}
