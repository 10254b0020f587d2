package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// S3AccountDoc is what S3 holds for the whole account. PublicAccessBlock is absent when none is set.
type S3AccountDoc struct {
	PublicAccessBlock *types.PublicAccessBlockConfiguration
}

func s3Account() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.s3.account",
			Title: "S3 settings of the account",
			Doc:   evidence.ShapeOf[S3AccountDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{{
			Name: "s3control:GetPublicAccessBlock", Permissions: []string{"s3:GetAccountPublicAccessBlock"},
			Absent: []string{"NoSuchPublicAccessBlockConfiguration"},
		}},
		Collect: collect.Typed(collectS3Account),
	}
}

func collectS3Account(ctx context.Context, s *session, t *collect.Task) error {
	out, err := ask(ctx, t, "s3control:GetPublicAccessBlock",
		func(ctx context.Context) (*s3control.GetPublicAccessBlockOutput, error) {
			return s.s3control().GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: &s.account})
		})
	var doc S3AccountDoc
	switch {
	case collect.IsAbsent(err):
	case err != nil:
		return err
	default:
		doc.PublicAccessBlock = out.PublicAccessBlockConfiguration
	}
	t.Listed(1)
	return s.emit(ctx, t, subject("arn:"+s.partition+":s3::"+s.account+":account", s.account), doc)
}
