package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

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

// configCounts counts the region's resources by type.
func (s *session) configCounts(ctx context.Context, t *collect.Task) (map[string]int, error) {
	counts := map[string]int{}
	const count = "SELECT resourceType, COUNT(*) GROUP BY resourceType"
	err := s.selectConfig(ctx, t, count, func(page []string) error {
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

// selectConfig asks AWS Config and hands over the rows page by page.
func (s *session) selectConfig(ctx context.Context, t *collect.Task, expression string, f func(page []string) error) error {
	in := &configservice.SelectResourceConfigInput{Expression: &expression, Limit: 100}
	p := configservice.NewSelectResourceConfigPaginator(s.config(), in)
	return pages(ctx, t, "configservice:SelectResourceConfig", p, func(page *configservice.SelectResourceConfigOutput) error {
		if page.QueryInfo == nil {
			return errors.New("malformed answer: it does not say which fields were asked for")
		}
		return f(page.Results)
	})
}

// deepTypes are the resource types that another collector reads, with what it calls them.
func deepTypes() map[string]string {
	all := map[string]string{
		"AWS::ACM::Certificate":                     "aws.acm.certificate",
		"AWS::AutoScaling::AutoScalingGroup":        "aws.autoscaling.group",
		"AWS::Backup::BackupPlan":                   "aws.backup.plan",
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
		"AWS::IAM::Policy":                          "aws.iam.policy",
		"AWS::IAM::Role":                            "aws.iam.role",
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
