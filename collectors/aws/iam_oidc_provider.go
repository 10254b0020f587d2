package aws

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// OIDCProviderDoc is an OpenID Connect provider whose tokens roles of the account may trust.
type OIDCProviderDoc struct {
	Arn            *string
	Url            *string
	ClientIDList   []string
	ThumbprintList []string
	CreateDate     *time.Time
	Tags           []types.Tag
}

func iamOIDCProvider() collect.Collector {
	const get = "iam:GetOpenIDConnectProvider"
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.iam.oidc-provider",
			Title: "OpenID Connect provider in IAM",
			Doc:   evidence.ShapeOf[OIDCProviderDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "iam:ListOpenIDConnectProviders", Permissions: []string{"iam:ListOpenIDConnectProviders"}},
			{Name: get, Permissions: []string{get}, Absent: []string{"NoSuchEntity"}},
		},
		Collect: collect.Typed(collectOIDCProviders),
	}
}

func collectOIDCProviders(ctx context.Context, s *session, t *collect.Task) error {
	out, err := ask(ctx, t, "iam:ListOpenIDConnectProviders",
		func(ctx context.Context) (*iam.ListOpenIDConnectProvidersOutput, error) {
			return s.iam().ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
		})
	if err != nil {
		return err
	}
	t.Listed(len(out.OpenIDConnectProviderList)) // one answer holds all: the API has no pages
	return collect.Each(ctx, out.OpenIDConnectProviderList,
		func(ctx context.Context, p types.OpenIDConnectProviderListEntry) error {
			return s.oidcProvider(ctx, t, p.Arn)
		})
}

func (s *session) oidcProvider(ctx context.Context, t *collect.Task, arn *string) error {
	_, name, _ := strings.Cut(aws.ToString(arn), ":oidc-provider/")
	sub := subject(aws.ToString(arn), name)
	doc := OIDCProviderDoc{Arn: arn}
	err := t.Call(ctx, "iam:GetOpenIDConnectProvider", func(ctx context.Context) error {
		out, err := s.iam().GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		if err == nil {
			doc.Url, doc.CreateDate, doc.Tags = out.Url, out.CreateDate, out.Tags
			doc.ClientIDList, doc.ThumbprintList = some(out.ClientIDList), some(out.ThumbprintList)
			sub.Tags = iamTags(out.Tags)
		}
		return err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	for _, key := range []string{"Url", "ClientIDList", "ThumbprintList", "CreateDate", "Tags"} {
		if err := t.Miss(&sub, key, err); err != nil {
			return err
		}
	}
	return s.emit(ctx, t, sub, doc)
}
