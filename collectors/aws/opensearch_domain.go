package aws

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	"github.com/aws/aws-sdk-go-v2/service/opensearch/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DomainDoc is an OpenSearch or Elasticsearch domain.
type DomainDoc struct {
	*types.DomainStatus
	Policy *string // the text of AccessPolicies, which moved here; absent when there is none
	Tags   []types.Tag
}

func (s *session) opensearch() *opensearch.Client {
	return client(s, "opensearch", func() *opensearch.Client { return opensearch.NewFromConfig(s.cfg) })
}

func opensearchDomain() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.opensearch.domain",
			Title: "OpenSearch domain",
			Doc:   evidence.ShapeOf[DomainDoc](),
			Volatile: []string{
				"/AutoTuneOptions/State", "/ChangeProgressDetails", "/DomainProcessingStatus", "/ModifyingProperties",
				"/Processing", "/ServiceSoftwareOptions", "/UpgradeProcessing",
			},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "opensearch:ListDomainNames", Permissions: []string{"es:ListDomainNames"}},
			{Name: "opensearch:DescribeDomains", Permissions: []string{"es:DescribeDomains"}},
			{
				Name: "opensearch:ListTags", Permissions: []string{"es:ListTags"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectDomains),
	}
}

// domainsAtOnce is how many domains one request may describe.
const domainsAtOnce = 5

func collectDomains(ctx context.Context, s *session, t *collect.Task) error {
	const op = "opensearch:ListDomainNames" // which has no pages
	out, err := ask(ctx, t, op, func(ctx context.Context) (*opensearch.ListDomainNamesOutput, error) {
		out, err := s.opensearch().ListDomainNames(ctx, &opensearch.ListDomainNamesInput{})
		if err == nil && out.DomainNames == nil {
			err = errNoResult
		}
		return out, err
	})
	if err != nil {
		return err
	}
	t.Listed(len(out.DomainNames))
	var names []string
	for _, d := range out.DomainNames {
		names = append(names, aws.ToString(d.DomainName))
	}
	return collect.Each(ctx, slices.Collect(slices.Chunk(names, domainsAtOnce)),
		func(ctx context.Context, names []string) error { return s.domains(ctx, t, names) })
}

// domains describes some domains. One that the answer leaves out is gone.
func (s *session) domains(ctx context.Context, t *collect.Task, names []string) error {
	const op = "opensearch:DescribeDomains"
	out, err := ask(ctx, t, op, func(ctx context.Context) (*opensearch.DescribeDomainsOutput, error) {
		out, err := s.opensearch().DescribeDomains(ctx, &opensearch.DescribeDomainsInput{DomainNames: names})
		if err == nil && out.DomainStatusList == nil {
			err = errNoResult
		}
		return out, err
	})
	if err != nil {
		return s.undescribedDomains(ctx, t, names, err)
	}
	for _, d := range out.DomainStatusList {
		if !slices.Contains(names, aws.ToString(d.DomainName)) {
			return fmt.Errorf("describe the domains %v: the answer has %q", names, aws.ToString(d.DomainName))
		}
		if err := s.domain(ctx, t, d); err != nil {
			return err
		}
	}
	if gone := len(names) - len(out.DomainStatusList); gone > 0 {
		t.Exclude(deleted, gone)
	}
	return nil
}

// undescribedDomains tells of domains no more than that they are there.
func (s *session) undescribedDomains(ctx context.Context, t *collect.Task, names []string, err error) error {
	for _, name := range names {
		sub := subject(s.arn("es", "domain/"+name), name)
		if err := missAll[DomainDoc](t, &sub, err); err != nil {
			return err
		}
		if err := s.emit(ctx, t, sub, DomainDoc{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) domain(ctx context.Context, t *collect.Task, d types.DomainStatus) error {
	doc := DomainDoc{DomainStatus: &d}
	if aws.ToString(d.AccessPolicies) != "" {
		doc.Policy = d.AccessPolicies
	}
	d.AccessPolicies = nil
	sub := subject(aws.ToString(d.ARN), aws.ToString(d.DomainName))
	_, err := t.Part(ctx, &sub, "Tags", "opensearch:ListTags", func(ctx context.Context) error {
		out, err := s.opensearch().ListTags(ctx, &opensearch.ListTagsInput{ARN: d.ARN})
		if err == nil {
			doc.Tags = some(out.TagList)
			sub.Tags = tags(out.TagList, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
