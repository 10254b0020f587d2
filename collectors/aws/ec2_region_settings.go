package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RegionSettingsDoc is what EC2 holds for the whole account in one region.
type RegionSettingsDoc struct {
	EbsEncryptionByDefault    *bool
	EbsDefaultKmsKeyId        *string
	SnapshotBlockPublicAccess *SnapshotBlockPublicAccess
	ImageBlockPublicAccess    *ImageBlockPublicAccess
	InstanceMetadataDefaults  *types.InstanceMetadataDefaultsResponse
}

// SnapshotBlockPublicAccess is whether snapshots may be shared with everyone.
type SnapshotBlockPublicAccess struct {
	State types.SnapshotBlockPublicAccessState
}

// ImageBlockPublicAccess is whether images may be shared with everyone.
type ImageBlockPublicAccess struct {
	State     string
	ManagedBy types.ManagedBy
}

func ec2RegionSettings() collect.Collector {
	operations := make([]collect.Operation, 0, len(regionQuestions()))
	for _, q := range regionQuestions() {
		operations = append(operations, collect.Operation{Name: q.op, Permissions: []string{q.op}})
	}
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.region-settings",
			Title: "EC2 settings of a region",
			Doc:   evidence.ShapeOf[RegionSettingsDoc](),
		},
		Version:    2,
		Regional:   true,
		Operations: operations,
		Collect:    collect.Typed(collectRegionSettings),
	}
}

// regionQuestion is one setting of a region. IAM names its permission as the API names the operation.
type regionQuestion struct {
	key, op string
	ask     func(ctx context.Context, c *ec2.Client, doc *RegionSettingsDoc) error
}

func regionQuestions() []regionQuestion {
	return []regionQuestion{
		{"EbsEncryptionByDefault", "ec2:GetEbsEncryptionByDefault",
			func(ctx context.Context, c *ec2.Client, doc *RegionSettingsDoc) error {
				out, err := c.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
				if err == nil {
					doc.EbsEncryptionByDefault = out.EbsEncryptionByDefault
				}
				return err
			}},
		{"EbsDefaultKmsKeyId", "ec2:GetEbsDefaultKmsKeyId",
			func(ctx context.Context, c *ec2.Client, doc *RegionSettingsDoc) error {
				out, err := c.GetEbsDefaultKmsKeyId(ctx, &ec2.GetEbsDefaultKmsKeyIdInput{})
				if err == nil {
					doc.EbsDefaultKmsKeyId = out.KmsKeyId
				}
				return err
			}},
		{"SnapshotBlockPublicAccess", "ec2:GetSnapshotBlockPublicAccessState",
			func(ctx context.Context, c *ec2.Client, doc *RegionSettingsDoc) error {
				out, err := c.GetSnapshotBlockPublicAccessState(ctx, &ec2.GetSnapshotBlockPublicAccessStateInput{})
				if err == nil && out.State != "" {
					doc.SnapshotBlockPublicAccess = &SnapshotBlockPublicAccess{State: out.State}
				}
				return err
			}},
		{"ImageBlockPublicAccess", "ec2:GetImageBlockPublicAccessState",
			func(ctx context.Context, c *ec2.Client, doc *RegionSettingsDoc) error {
				out, err := c.GetImageBlockPublicAccessState(ctx, &ec2.GetImageBlockPublicAccessStateInput{})
				if err == nil && out.ImageBlockPublicAccessState != nil {
					doc.ImageBlockPublicAccess = &ImageBlockPublicAccess{
						State: aws.ToString(out.ImageBlockPublicAccessState), ManagedBy: out.ManagedBy,
					}
				}
				return err
			}},
		{"InstanceMetadataDefaults", "ec2:GetInstanceMetadataDefaults",
			func(ctx context.Context, c *ec2.Client, doc *RegionSettingsDoc) error {
				out, err := c.GetInstanceMetadataDefaults(ctx, &ec2.GetInstanceMetadataDefaultsInput{})
				if err == nil {
					doc.InstanceMetadataDefaults = out.AccountLevel
				}
				return err
			}},
	}
}

func collectRegionSettings(ctx context.Context, s *session, t *collect.Task) error {
	sub := subject(s.ec2ARN("region-settings", t.Scope().Region), t.Scope().Region)
	var doc RegionSettingsDoc
	for _, q := range regionQuestions() {
		_, err := t.Part(ctx, &sub, q.key, q.op, func(ctx context.Context) error { return q.ask(ctx, s.ec2(), &doc) })
		if err != nil {
			return err
		}
	}
	t.Listed(1)
	return s.emit(ctx, t, sub, doc)
}
