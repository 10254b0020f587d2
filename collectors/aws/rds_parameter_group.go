package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DBParameterGroupDoc is a parameter group of instances. Parameters are those that somebody set and those that checks
// read, which are there with their default too; a name that the engine does not know is in no list.
type DBParameterGroupDoc struct {
	types.DBParameterGroup
	Parameters []types.Parameter
}

// DBClusterParameterGroupDoc is a parameter group of clusters.
type DBClusterParameterGroupDoc struct {
	types.DBClusterParameterGroup
	Parameters []types.Parameter
}

// anyParameterGroup has the members of both kinds of group.
type anyParameterGroup struct {
	DBParameterGroupDoc
	DBClusterParameterGroupDoc
}

// namedParameters are those that checks read whether or not somebody set them: the ones that demand TLS, by engine.
func namedParameters() []string {
	return []string{"neptune_enforce_ssl", "rds.force_ssl", "require_secure_transport", "tls"}
}

// asked says for the record which parameters are asked for.
func asked() map[string]string {
	return map[string]string{"either Source": "user", "or Filters parameter-name": strings.Join(namedParameters(), ",")}
}

func rdsParameterGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.rds.db-parameter-group",
			Title: "Database parameter group",
			Doc:   evidence.ShapeOf[anyParameterGroup](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "rds:DescribeDBParameterGroups", Permissions: []string{"rds:DescribeDBParameterGroups"}},
			{Name: "rds:DescribeDBClusterParameterGroups", Permissions: []string{"rds:DescribeDBClusterParameterGroups"}},
			{
				Name: "rds:DescribeDBParameters", Permissions: []string{"rds:DescribeDBParameters"},
				Absent: []string{"DBParameterGroupNotFound"},
			},
			{
				Name: "rds:DescribeDBClusterParameters", Permissions: []string{"rds:DescribeDBClusterParameters"},
				Absent: []string{"DBParameterGroupNotFound"},
			},
		},
		Collect: collect.Typed(collectParameterGroups),
	}
}

// collectParameterGroups lists the two kinds one after the other. Each is asked for though the other was refused.
func collectParameterGroups(ctx context.Context, s *session, t *collect.Task) error {
	first := s.instanceGroups(ctx, t)
	if ctx.Err() != nil {
		return first
	}
	if err := s.clusterGroups(ctx, t); first == nil {
		return err
	}
	return first
}

func (s *session) instanceGroups(ctx context.Context, t *collect.Task) error {
	p := rds.NewDescribeDBParameterGroupsPaginator(s.rds(), &rds.DescribeDBParameterGroupsInput{
		MaxRecords: aws.Int32(rdsPage),
	})
	return pages(ctx, t, "rds:DescribeDBParameterGroups", p, func(page *rds.DescribeDBParameterGroupsOutput) error {
		t.Listed(len(page.DBParameterGroups))
		return collect.Each(ctx, page.DBParameterGroups, func(ctx context.Context, g types.DBParameterGroup) error {
			sub := subject(aws.ToString(g.DBParameterGroupArn), aws.ToString(g.DBParameterGroupName))
			parameters, there, err := s.parameters(ctx, t, &sub, s.instanceParameters)
			if !there || err != nil {
				return err
			}
			return s.emit(ctx, t, sub, DBParameterGroupDoc{DBParameterGroup: g, Parameters: parameters})
		})
	})
}

func (s *session) clusterGroups(ctx context.Context, t *collect.Task) error {
	p := rds.NewDescribeDBClusterParameterGroupsPaginator(s.rds(), &rds.DescribeDBClusterParameterGroupsInput{
		MaxRecords: aws.Int32(rdsPage),
	})
	const op = "rds:DescribeDBClusterParameterGroups"
	return pages(ctx, t, op, p, func(page *rds.DescribeDBClusterParameterGroupsOutput) error {
		t.Listed(len(page.DBClusterParameterGroups))
		return collect.Each(ctx, page.DBClusterParameterGroups,
			func(ctx context.Context, g types.DBClusterParameterGroup) error {
				sub := subject(aws.ToString(g.DBClusterParameterGroupArn), aws.ToString(g.DBClusterParameterGroupName))
				parameters, there, err := s.parameters(ctx, t, &sub, s.clusterParameters)
				if !there || err != nil {
					return err
				}
				return s.emit(ctx, t, sub, DBClusterParameterGroupDoc{DBClusterParameterGroup: g, Parameters: parameters})
			})
	})
}

// parameterQuery asks one group for the parameters of a source or, when that is empty, for the named ones.
type parameterQuery func(ctx context.Context, t *collect.Task, group, source *string, named []types.Filter) (
	[]types.Parameter, error)

// parameters asks for what somebody set, which in one of Amazon's own groups is nothing, and for the named ones. It
// reports whether the group is still there.
func (s *session) parameters(
	ctx context.Context, t *collect.Task, sub *evidence.Subject, query parameterQuery,
) ([]types.Parameter, bool, error) {
	var all []types.Parameter
	var err error
	if !strings.HasPrefix(sub.Name, "default.") {
		all, err = query(ctx, t, &sub.Name, aws.String("user"), nil)
	}
	if err == nil {
		var named []types.Parameter
		named, err = query(ctx, t, &sub.Name, nil, []types.Filter{
			{Name: aws.String("parameter-name"), Values: namedParameters()},
		})
		for _, p := range named {
			if !slices.ContainsFunc(all, func(q types.Parameter) bool {
				return aws.ToString(q.ParameterName) == aws.ToString(p.ParameterName)
			}) {
				all = append(all, p)
			}
		}
	}
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil, false, nil
	}
	if err != nil {
		return nil, true, t.Miss(sub, "Parameters", err)
	}
	return some(all), true, nil
}

func (s *session) instanceParameters(
	ctx context.Context, t *collect.Task, group, source *string, named []types.Filter,
) (all []types.Parameter, err error) {
	p := rds.NewDescribeDBParametersPaginator(s.rds(), &rds.DescribeDBParametersInput{
		DBParameterGroupName: group, Source: source, Filters: named, MaxRecords: aws.Int32(rdsPage),
	})
	const op = "rds:DescribeDBParameters"
	t.Params(op, asked())
	err = pages(ctx, t, op, p, func(page *rds.DescribeDBParametersOutput) error {
		all = append(all, page.Parameters...)
		return nil
	})
	return all, err
}

func (s *session) clusterParameters(
	ctx context.Context, t *collect.Task, group, source *string, named []types.Filter,
) (all []types.Parameter, err error) {
	p := rds.NewDescribeDBClusterParametersPaginator(s.rds(), &rds.DescribeDBClusterParametersInput{
		DBClusterParameterGroupName: group, Source: source, Filters: named, MaxRecords: aws.Int32(rdsPage),
	})
	const op = "rds:DescribeDBClusterParameters"
	t.Params(op, asked())
	err = pages(ctx, t, op, p, func(page *rds.DescribeDBClusterParametersOutput) error {
		all = append(all, page.Parameters...)
		return nil
	})
	return all, err
}
