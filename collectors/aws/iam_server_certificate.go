package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ServerCertificateDoc is a TLS certificate that was uploaded to IAM. Its body and chain are never asked for.
type ServerCertificateDoc struct {
	types.ServerCertificateMetadata
}

func iamServerCertificate() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.iam.server-certificate",
			Title: "TLS certificate in IAM",
			Doc:   evidence.ShapeOf[ServerCertificateDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "iam:ListServerCertificates", Permissions: []string{"iam:ListServerCertificates"}},
			summaryOperation(),
		},
		Collect: collect.Typed(collectServerCertificates),
	}
}

func collectServerCertificates(ctx context.Context, s *session, t *collect.Task) error {
	const op = "iam:ListServerCertificates"
	p := iam.NewListServerCertificatesPaginator(s.iam(), &iam.ListServerCertificatesInput{MaxItems: aws.Int32(1000)})
	err := pages(ctx, t, op, p, func(page *iam.ListServerCertificatesOutput) error {
		t.Listed(len(page.ServerCertificateMetadataList))
		for _, c := range page.ServerCertificateMetadataList {
			sub := subject(aws.ToString(c.Arn), aws.ToString(c.ServerCertificateName))
			if err := s.emit(ctx, t, sub, ServerCertificateDoc{c}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.count(ctx, t, "ServerCertificates")
}
