package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"exhibit/internal/collect"
)

func (s *session) config() *configservice.Client {
	return client(s, "configservice", func() *configservice.Client { return configservice.NewFromConfig(s.cfg) })
}

func recorderStatusOperation() collect.Operation {
	return collect.Operation{Name: "configservice:DescribeConfigurationRecorderStatus",
		Permissions: []string{"config:DescribeConfigurationRecorderStatus"}}
}

// recorderStatus asks what records in the region, once for all collectors.
func (s *session) recorderStatus(ctx context.Context, t *collect.Task) ([]types.ConfigurationRecorderStatus, error) {
	op := recorderStatusOperation().Name
	status, err := collect.Once(ctx, t, "recorder-status", func(ctx context.Context) ([]types.ConfigurationRecorderStatus, error) {
		out, err := ask(ctx, t, op, func(ctx context.Context) (*configservice.DescribeConfigurationRecorderStatusOutput, error) {
			return s.config().DescribeConfigurationRecorderStatus(ctx, nil)
		})
		if err != nil {
			return nil, err
		}
		return some(out.ConfigurationRecordersStatus), nil
	})
	if err == nil {
		t.Relies(op)
	}
	return status, err
}

// recording reports whether AWS Config records in the region: what it knows is old otherwise.
func (s *session) recording(ctx context.Context, t *collect.Task) (bool, error) {
	status, err := s.recorderStatus(ctx, t)
	for _, r := range status {
		if r.Recording {
			return true, err
		}
	}
	return false, err
}

// configQuery asks what AWS Config knows of the region: the aggregator that has it, else the region itself.
type configQuery struct {
	*session
	aggregator *aggregator
}

const configSelect = "configservice:SelectResourceConfig"

// op is the operation that answers.
func (q configQuery) op() string {
	if q.aggregator != nil {
		return aggregateSelect
	}
	return configSelect
}

// counts counts the region's resources by type.
func (q configQuery) counts(ctx context.Context, t *collect.Task) (map[string]int, error) {
	counts := map[string]int{}
	err := q.rows(ctx, t, "resourceType, COUNT(*)", nil, func(page []string) error {
		for _, text := range page {
			var row struct {
				ResourceType string `json:"resourceType"`
				Count        *int   `json:"COUNT(*)"`
			}
			if err := json.Unmarshal([]byte(text), &row); err != nil {
				return fmt.Errorf("malformed answer: a count is no JSON object: %w", err)
			}
			if row.ResourceType == "" || row.Count == nil {
				return errors.New("malformed answer: a count has no type or no number")
			}
			counts[row.ResourceType] += *row.Count
		}
		return nil
	})
	return counts, err
}

// rows asks for fields of the resources of some types, or for numbers by type, and hands over the rows page by page.
func (q configQuery) rows(
	ctx context.Context, t *collect.Task, fields string, resourceTypes []string, f func(page []string) error,
) error {
	var where []string
	if q.aggregator != nil {
		regions := "'" + q.cfg.Region + "'"
		if len(q.collected) > 0 && q.collected[0] == q.cfg.Region {
			regions += ", 'global'" // what has no region is asked for once
		}
		where = append(where, "accountId = '"+q.account+"'", "awsRegion IN ("+regions+")")
	}
	if resourceTypes != nil {
		where = append(where, "resourceType IN ('"+strings.Join(resourceTypes, "', '")+"')")
	}
	expression := "SELECT " + fields
	if len(where) > 0 {
		expression += " WHERE " + strings.Join(where, " AND ")
	}
	if resourceTypes == nil {
		expression += " GROUP BY resourceType"
	}
	answer := func(info *types.QueryInfo, rows []string) error {
		if info == nil {
			return errors.New("malformed answer: it does not say which fields were asked for")
		}
		return f(rows)
	}
	if a := q.aggregator; a != nil {
		in := &configservice.SelectAggregateResourceConfigInput{Expression: &expression, Limit: 100,
			ConfigurationAggregatorName: a.ConfigurationAggregatorName}
		p := configservice.NewSelectAggregateResourceConfigPaginator(a.home.config(), in)
		return pages(ctx, t.In(a.home.cfg.Region), aggregateSelect, p,
			func(page *configservice.SelectAggregateResourceConfigOutput) error {
				return answer(page.QueryInfo, page.Results)
			})
	}
	in := &configservice.SelectResourceConfigInput{Expression: &expression, Limit: 100}
	p := configservice.NewSelectResourceConfigPaginator(q.config(), in)
	return pages(ctx, t, configSelect, p,
		func(page *configservice.SelectResourceConfigOutput) error {
			return answer(page.QueryInfo, page.Results)
		})
}

// knownFields say of a resource what it is called and since when AWS Config knows of it.
const knownFields = "resourceType, resourceId, arn, resourceCreationTime, configurationItemCaptureTime"

// configLag is how late AWS Config may learn of a change: it records every change, or once a day.
const configLag = 36 * time.Hour

// compare holds what AWS Config knows of other collectors' subjects against their lists, thing by thing.
func (q configQuery) compare(ctx context.Context, t *collect.Task, types []string, deep map[string]string) error {
	known := map[string][]collect.Known{}
	err := q.rows(ctx, t, knownFields, types, func(page []string) error {
		for _, text := range page {
			var r struct {
				ResourceType, ResourceID, ARN, ResourceCreationTime, ConfigurationItemCaptureTime string
			}
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				return fmt.Errorf("malformed answer: a resource is no JSON object: %w", err)
			}
			if r.ResourceType == "" || r.ResourceID == "" {
				return errors.New("malformed answer: a resource has no type or no id")
			}
			k := collect.Known{Names: []string{r.ResourceID}}
			if r.ARN != "" {
				k.Names = []string{r.ARN, r.ResourceID}
			}
			// Neither is there for every type; without both it is not known since when.
			k.Since, _ = time.Parse(time.RFC3339, cmp.Or(r.ResourceCreationTime, r.ConfigurationItemCaptureTime))
			known[r.ResourceType] = append(known[r.ResourceType], k)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, typ := range types {
		if err := t.Compare(deep[typ], q.op(), known[typ], configLag); err != nil {
			return err
		}
	}
	return nil
}

// deepTypes are the resource types that another collector reads, with what it calls them.
func deepTypes() map[string]string {
	all := map[string]string{
		"AWS::ACM::Certificate":                     "aws.acm.certificate",
		"AWS::AccessAnalyzer::Analyzer":             "aws.accessanalyzer.analyzer",
		"AWS::AutoScaling::AutoScalingGroup":        "aws.autoscaling.group",
		"AWS::Backup::BackupPlan":                   "aws.backup.plan",
		"AWS::Backup::BackupVault":                  "aws.backup.vault",
		"AWS::CloudFront::Distribution":             "aws.cloudfront.distribution",
		"AWS::CodeBuild::Project":                   "aws.codebuild.project",
		"AWS::CodePipeline::Pipeline":               "aws.codepipeline.pipeline",
		"AWS::DynamoDB::Table":                      "aws.dynamodb.table",
		"AWS::EC2::Instance":                        "aws.ec2.instance",
		"AWS::EC2::NetworkAcl":                      "aws.ec2.network-acl",
		"AWS::EC2::RouteTable":                      "aws.ec2.route-table",
		"AWS::EC2::SecurityGroup":                   "aws.ec2.security-group",
		"AWS::EC2::VPC":                             "aws.ec2.vpc",
		"AWS::EC2::Volume":                          "aws.ec2.volume",
		"AWS::ECR::Repository":                      "aws.ecr.repository",
		"AWS::EFS::FileSystem":                      "aws.efs.file-system",
		"AWS::EKS::Cluster":                         "aws.eks.cluster",
		"AWS::ElasticLoadBalancingV2::Listener":     "aws.elbv2.listener",
		"AWS::ElasticLoadBalancingV2::LoadBalancer": "aws.elbv2.load-balancer",
		"AWS::IAM::Group":                           "aws.iam.group",
		"AWS::IAM::OIDCProvider":                    "aws.iam.oidc-provider",
		"AWS::IAM::Policy":                          "aws.iam.policy",
		"AWS::IAM::Role":                            "aws.iam.role",
		"AWS::IAM::ServerCertificate":               "aws.iam.server-certificate",
		"AWS::IAM::User":                            "aws.iam.user",
		"AWS::KMS::Key":                             "aws.kms.key",
		"AWS::Lambda::Function":                     "aws.lambda.function",
		"AWS::OpenSearch::Domain":                   "aws.opensearch.domain",
		"AWS::RDS::DBInstance":                      "aws.rds.db-instance",
		"AWS::RDS::DBSnapshot":                      "aws.rds.db-snapshot",
		"AWS::Redshift::Cluster":                    "aws.redshift.cluster",
		"AWS::S3::Bucket":                           "aws.s3.bucket",
		"AWS::SNS::Topic":                           "aws.sns.topic",
		"AWS::SQS::Queue":                           "aws.sqs.queue",
		"AWS::SecretsManager::Secret":               "aws.secretsmanager.secret",
	}
	maps.DeleteFunc(all, func(_, collector string) bool {
		return !slices.ContainsFunc(Collectors(), func(c collect.Collector) bool { return c.Type() == collector })
	})
	return all
}
