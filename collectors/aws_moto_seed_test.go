//go:build moto

package collectors_test

import (
	"path"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// motoAccount is the account that moto serves when it is told no other.
const motoAccount = "123456789012"

// seedMoto makes a few things and returns them as "type id".
func seedMoto(t *testing.T, cfg sdk.Config) []string {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var made []string
	buckets := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: sdk.String("moto-papers"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: motoRegion}})
	must(err)
	made = append(made, "aws.s3.bucket arn:aws:s3:::moto-papers")

	people := iam.NewFromConfig(cfg)
	_, err = people.CreateUser(ctx, &iam.CreateUserInput{UserName: sdk.String("ann")})
	must(err)
	_, err = people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: sdk.String("ann")})
	must(err)
	made = append(made, "aws.iam.user arn:aws:iam::"+motoAccount+":user/ann")

	key, err := kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{})
	must(err)
	made = append(made, "aws.kms.key "+*key.KeyMetadata.Arn)

	network, err := ec2.NewFromConfig(cfg).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: sdk.String("10.9.0.0/16")})
	must(err)
	made = append(made, "aws.ec2.vpc arn:aws:ec2:"+motoRegion+":"+motoAccount+":vpc/"+*network.Vpc.VpcId)

	queue, err := sqs.NewFromConfig(cfg).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: sdk.String("orders")})
	must(err)
	made = append(made, "aws.sqs.queue arn:aws:sqs:"+motoRegion+":"+motoAccount+":"+path.Base(*queue.QueueUrl))

	topic, err := sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: sdk.String("alarms")})
	must(err)
	made = append(made, "aws.sns.topic "+*topic.TopicArn)

	table, err := dynamodb.NewFromConfig(cfg).CreateTable(ctx, &dynamodb.CreateTableInput{TableName: sdk.String("carts"),
		BillingMode: dbtypes.BillingModePayPerRequest,
		KeySchema:   []dbtypes.KeySchemaElement{{AttributeName: sdk.String("id"), KeyType: dbtypes.KeyTypeHash}},
		AttributeDefinitions: []dbtypes.AttributeDefinition{
			{AttributeName: sdk.String("id"), AttributeType: dbtypes.ScalarAttributeTypeS}}})
	must(err)
	made = append(made, "aws.dynamodb.table "+*table.TableDescription.TableArn)

	secret, err := secretsmanager.NewFromConfig(cfg).CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: sdk.String("ledger"), SecretString: sdk.String("moto")})
	must(err)
	made = append(made, "aws.secretsmanager.secret "+*secret.ARN)

	images, err := ecr.NewFromConfig(cfg).CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: sdk.String("web")})
	must(err)
	made = append(made, "aws.ecr.repository "+*images.Repository.RepositoryArn)

	database, err := rds.NewFromConfig(cfg).CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: sdk.String("ledger"), DBInstanceClass: sdk.String("db.t3.micro"), Engine: sdk.String("postgres"),
		AllocatedStorage: sdk.Int32(20), MasterUsername: sdk.String("owner"), MasterUserPassword: sdk.String("moto-moto-moto")})
	must(err)
	made = append(made, "aws.rds.db-instance "+*database.DBInstance.DBInstanceArn)
	return made
}
