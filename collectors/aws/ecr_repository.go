package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RepositoryDoc is a private repository with how the registry that it is in scans. Policy is absent when there is none.
type RepositoryDoc struct {
	types.Repository
	RegistryScanning *types.RegistryScanningConfiguration
	Policy           *string // the repository policy's JSON text
	Tags             []types.Tag
}

func (s *session) ecr() *ecr.Client {
	return client(s, "ecr", func() *ecr.Client { return ecr.NewFromConfig(s.cfg) })
}

func ecrRepository() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ecr.repository",
			Title: "Container image repository",
			Doc:   evidence.ShapeOf[RepositoryDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			repositoriesOperation(),
			{
				Name: "ecr:GetRegistryScanningConfiguration", Permissions: []string{"ecr:GetRegistryScanningConfiguration"},
			},
			{
				Name: "ecr:GetRepositoryPolicy", Permissions: []string{"ecr:GetRepositoryPolicy"},
				Absent: []string{"RepositoryPolicyNotFoundException", noSuchRepository},
			},
			{
				Name: "ecr:ListTagsForResource", Permissions: []string{"ecr:ListTagsForResource"},
				Absent: []string{noSuchRepository},
			},
		},
		Collect: collect.Typed(collectRepositories),
	}
}

const opRepositories = "ecr:DescribeRepositories"

func repositoriesOperation() collect.Operation {
	return collect.Operation{Name: opRepositories, Permissions: []string{opRepositories}}
}

// repositories lists the region's repositories once for all collectors.
func (s *session) repositories(ctx context.Context, t *collect.Task) ([]types.Repository, error) {
	all, err := collect.Once(ctx, t, opRepositories, func(ctx context.Context) ([]types.Repository, error) {
		p := ecr.NewDescribeRepositoriesPaginator(s.ecr(), &ecr.DescribeRepositoriesInput{MaxResults: aws.Int32(1000)})
		return whole(ctx, t, opRepositories, p, func(page *ecr.DescribeRepositoriesOutput) []types.Repository {
			return page.Repositories
		})
	})
	if err == nil {
		t.Relies(opRepositories)
	}
	return all, err
}

// noSuchRepository is the code of a repository that was deleted since it was listed.
const noSuchRepository = "RepositoryNotFoundException"

func collectRepositories(ctx context.Context, s *session, t *collect.Task) error {
	const op = "ecr:GetRegistryScanningConfiguration"
	scanning, unknown := ask(ctx, t, op, func(ctx context.Context) (*ecr.GetRegistryScanningConfigurationOutput, error) {
		out, err := s.ecr().GetRegistryScanningConfiguration(ctx, &ecr.GetRegistryScanningConfigurationInput{})
		if err == nil && out.ScanningConfiguration == nil {
			err = errNoResult
		}
		return out, err
	})
	all, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(all))
	return collect.Each(ctx, all, func(ctx context.Context, v types.Repository) error {
		sub := subject(aws.ToString(v.RepositoryArn), aws.ToString(v.RepositoryName))
		doc := RepositoryDoc{Repository: v}
		if unknown == nil {
			doc.RegistryScanning = scanning.ScanningConfiguration
		} else if err := t.Miss(&sub, "RegistryScanning", unknown); err != nil {
			return err
		}
		there, err := s.repositoryParts(ctx, t, &sub, &doc)
		if !there || err != nil {
			return err
		}
		return s.emit(ctx, t, sub, doc)
	})
}

// repositoryParts asks what DescribeRepositories does not tell. It reports whether the repository is still there.
func (s *session) repositoryParts(
	ctx context.Context, t *collect.Task, sub *evidence.Subject, doc *RepositoryDoc,
) (bool, error) {
	err := t.Call(ctx, "ecr:GetRepositoryPolicy", func(ctx context.Context) error {
		out, err := s.ecr().GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: doc.RepositoryName})
		if err == nil && out.PolicyText == nil {
			err = errNoResult
		}
		if err == nil {
			doc.Policy = out.PolicyText
		}
		return err
	})
	if collect.IsAbsent(err, noSuchRepository) {
		t.Exclude(deleted, 1)
		return false, nil
	}
	if err := t.Miss(sub, "Policy", err); err != nil {
		return false, err
	}
	_, err = t.Part(ctx, sub, "Tags", "ecr:ListTagsForResource", func(ctx context.Context) error {
		out, err := s.ecr().ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: doc.RepositoryArn})
		if err == nil {
			doc.Tags = some(out.Tags)
			sub.Tags = tags(out.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
		}
		return err
	})
	return err == nil, err
}
