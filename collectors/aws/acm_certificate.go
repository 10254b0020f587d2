package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// CertificateDoc is a certificate of AWS Certificate Manager with what uses it.
type CertificateDoc struct{ *types.CertificateDetail }

func acmCertificate() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.acm.certificate",
			Title:    "Certificate",
			Doc:      evidence.ShapeOf[CertificateDoc](),
			Volatile: []string{"/RenewalSummary/UpdatedAt", "/UpdateSummary"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "acm:ListCertificates", Permissions: []string{"acm:ListCertificates"}},
			{
				Name: "acm:DescribeCertificate", Permissions: []string{"acm:DescribeCertificate"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectCertificates),
	}
}

func (s *session) acm() *acm.Client {
	return client(s, "acm", func() *acm.Client { return acm.NewFromConfig(s.cfg) })
}

func collectCertificates(ctx context.Context, s *session, t *collect.Task) error {
	// Without the types of keys the list leaves out all but two of RSA.
	t.Params("acm:ListCertificates", map[string]string{"Includes.KeyTypes": "all"})
	p := acm.NewListCertificatesPaginator(s.acm(), &acm.ListCertificatesInput{
		Includes: &types.Filters{KeyTypes: types.KeyAlgorithm("").Values()}, MaxItems: aws.Int32(1000),
	})
	return pages(ctx, t, "acm:ListCertificates", p, func(page *acm.ListCertificatesOutput) error {
		t.Listed(len(page.CertificateSummaryList))
		return collect.Each(ctx, page.CertificateSummaryList, func(ctx context.Context, c types.CertificateSummary) error {
			return s.certificate(ctx, t, c)
		})
	})
}

func (s *session) certificate(ctx context.Context, t *collect.Task, c types.CertificateSummary) error {
	sub := subject(aws.ToString(c.CertificateArn), aws.ToString(c.DomainName))
	out, err := ask(ctx, t, "acm:DescribeCertificate", func(ctx context.Context) (*acm.DescribeCertificateOutput, error) {
		out, err := s.acm().DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: c.CertificateArn})
		if err == nil && out.Certificate == nil {
			err = errors.New("the answer describes no certificate")
		}
		return out, err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err != nil {
		if err := missAll[types.CertificateDetail](t, &sub, err); err != nil {
			return err
		}
		return s.emit(ctx, t, sub, CertificateDoc{})
	}
	for i := range out.Certificate.DomainValidationOptions {
		out.Certificate.DomainValidationOptions[i].ValidationEmails = nil // people's addresses, of no use here
	}
	out.Certificate.InUseBy = some(out.Certificate.InUseBy)
	return s.emit(ctx, t, sub, CertificateDoc{out.Certificate})
}
