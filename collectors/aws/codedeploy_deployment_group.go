package aws

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DeploymentGroupDoc is where and how an application is deployed.
type DeploymentGroupDoc struct{ types.DeploymentGroupInfo }

func codedeployDeploymentGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.codedeploy.deployment-group",
			Title:    "CodeDeploy deployment group",
			Doc:      evidence.ShapeOf[DeploymentGroupDoc](),
			Volatile: []string{"/LastAttemptedDeployment", "/LastSuccessfulDeployment", "/TargetRevision"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "codedeploy:ListApplications", Permissions: []string{"codedeploy:ListApplications"}},
			{
				Name: "codedeploy:ListDeploymentGroups", Permissions: []string{"codedeploy:ListDeploymentGroups"},
				Absent: []string{"ApplicationDoesNotExistException"},
			},
			{
				Name:        "codedeploy:BatchGetDeploymentGroups",
				Permissions: []string{"codedeploy:BatchGetDeploymentGroups"},
				Absent:      []string{"ApplicationDoesNotExistException"},
			},
		},
		Collect: collect.Typed(collectDeploymentGroups),
	}
}

func (s *session) codedeploy() *codedeploy.Client {
	return client(s, "codedeploy", func() *codedeploy.Client { return codedeploy.NewFromConfig(s.cfg) })
}

// deploymentGroupsAsked is how many groups one question may name.
const deploymentGroupsAsked = 100

func collectDeploymentGroups(ctx context.Context, s *session, t *collect.Task) error {
	p := codedeploy.NewListApplicationsPaginator(s.codedeploy(), &codedeploy.ListApplicationsInput{})
	return pages(ctx, t, "codedeploy:ListApplications", p, func(page *codedeploy.ListApplicationsOutput) error {
		return collect.Each(ctx, page.Applications, func(ctx context.Context, application string) error {
			p := codedeploy.NewListDeploymentGroupsPaginator(s.codedeploy(), &codedeploy.ListDeploymentGroupsInput{
				ApplicationName: &application,
			})
			err := pages(ctx, t, "codedeploy:ListDeploymentGroups", p,
				func(page *codedeploy.ListDeploymentGroupsOutput) error {
					t.Listed(len(page.DeploymentGroups))
					for names := range slices.Chunk(page.DeploymentGroups, deploymentGroupsAsked) {
						if err := s.deploymentGroups(ctx, t, application, names); err != nil {
							return err
						}
					}
					return nil
				})
			if collect.IsAbsent(err) {
				return nil // the application was deleted since it was listed
			}
			return err
		})
	})
}

// deploymentGroups asks about some groups of one application. Those that are not told of were deleted meanwhile.
func (s *session) deploymentGroups(ctx context.Context, t *collect.Task, application string, names []string) error {
	out, err := ask(ctx, t, "codedeploy:BatchGetDeploymentGroups",
		func(ctx context.Context) (*codedeploy.BatchGetDeploymentGroupsOutput, error) {
			return s.codedeploy().BatchGetDeploymentGroups(ctx, &codedeploy.BatchGetDeploymentGroupsInput{
				ApplicationName: &application, DeploymentGroupNames: names,
			})
		})
	switch {
	case collect.IsAbsent(err):
		t.Exclude(deleted, len(names))
		return nil
	case err != nil:
		return err
	}
	if aws.ToString(out.ErrorMessage) != "" && len(out.DeploymentGroupsInfo) < len(names) {
		return fmt.Errorf("describe the deployment groups of %s: the answer tells of %d of %d and of an error", application,
			len(out.DeploymentGroupsInfo), len(names))
	}
	if gone := len(names) - len(out.DeploymentGroupsInfo); gone > 0 {
		t.Exclude(deleted, gone)
	}
	for _, g := range out.DeploymentGroupsInfo {
		name := application + "/" + aws.ToString(g.DeploymentGroupName)
		sub := subject(s.arn("codedeploy", "deploymentgroup:"+name), name)
		if err := s.emit(ctx, t, sub, DeploymentGroupDoc{g}); err != nil {
			return err
		}
	}
	return nil
}
