package aws

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// BuildProjectDoc is a build project as it is set up. The values of its environment variables are not kept, whatever
// their type: a value that was meant to name a secret is now and then the secret.
type BuildProjectDoc struct{ types.Project }

func codebuildProject() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.codebuild.project",
			Title: "CodeBuild project",
			Doc:   evidence.ShapeOf[BuildProjectDoc](),
			Secret: []string{
				"/Environment/EnvironmentVariables/*/Value", "/Source/Auth/Resource", "/SecondarySources/*/Auth/Resource",
				"/Webhook/Secret",
			},
			Volatile: []string{"/Environment/DockerServer/Status"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "codebuild:ListProjects", Permissions: []string{"codebuild:ListProjects"}},
			{Name: "codebuild:BatchGetProjects", Permissions: []string{"codebuild:BatchGetProjects"}},
		},
		Collect: collect.Typed(collectBuildProjects),
	}
}

func (s *session) codebuild() *codebuild.Client {
	return client(s, "codebuild", func() *codebuild.Client { return codebuild.NewFromConfig(s.cfg) })
}

func collectBuildProjects(ctx context.Context, s *session, t *collect.Task) error {
	p := codebuild.NewListProjectsPaginator(s.codebuild(), &codebuild.ListProjectsInput{})
	return pages(ctx, t, "codebuild:ListProjects", p, func(page *codebuild.ListProjectsOutput) error {
		t.Listed(len(page.Projects))
		if len(page.Projects) == 0 {
			return nil
		}
		return s.buildProjects(ctx, t, page.Projects)
	})
}

// withoutScript forgets a build specification that is written into the project. It is a program, in which anything may
// stand, secrets among it; the name of a file is kept.
func withoutScript(s *types.ProjectSource) {
	if s != nil && strings.Contains(aws.ToString(s.Buildspec), "\n") {
		s.Buildspec = nil
	}
}

// buildProjects asks about one page of projects, which is as many as one question may name.
func (s *session) buildProjects(ctx context.Context, t *collect.Task, names []string) error {
	out, err := ask(ctx, t, "codebuild:BatchGetProjects",
		func(ctx context.Context) (*codebuild.BatchGetProjectsOutput, error) {
			out, err := s.codebuild().BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: names})
			if err == nil && len(out.Projects)+len(out.ProjectsNotFound) != len(names) {
				err = fmt.Errorf("malformed answer: %d projects were asked for, it tells of %d", len(names),
					len(out.Projects)+len(out.ProjectsNotFound))
			}
			return out, err
		})
	if err != nil {
		return err
	}
	if n := len(out.ProjectsNotFound); n > 0 {
		t.Exclude(deleted, n)
	}
	for _, p := range out.Projects {
		withoutScript(p.Source)
		for i := range p.SecondarySources {
			withoutScript(&p.SecondarySources[i])
		}
		sub := subject(aws.ToString(p.Arn), aws.ToString(p.Name))
		sub.Tags = tags(p.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
		if err := s.emit(ctx, t, sub, BuildProjectDoc{p}); err != nil {
			return err
		}
	}
	return nil
}
