package aws

import "exhibit/internal/collect"

// Collectors returns the explicit list: adding a subject type is one file and one line here.
func Collectors() []collect.Collector {
	return []collect.Collector{
		accountRegion(),
		iamAccount(),
		iamPasswordPolicy(),
		iamUser(),
		iamRole(),
		iamPolicy(),
		iamGroup(),
		iamManagedPolicy(),
		iamServerCertificate(),
		iamOIDCProvider(),
		accessanalyzerAnalyzer(),
		accessanalyzerFinding(),
		s3Account(),
		s3Bucket(),
		cloudtrailTrail(),
		kmsKey(),
		ec2VPC(),
		ec2SecurityGroup(),
		ec2Volume(),
		ec2Snapshot(),
		ec2RegionSettings(),
		rdsInstance(),
		rdsCluster(),
		rdsParameterGroup(),
		rdsSnapshot(),
		efsFileSystem(),
		dynamodbTable(),
		redshiftCluster(),
		opensearchDomain(),
		backupPlan(),
		backupProtectedResource(),
		backupVault(),
		secretsmanagerSecret(),
		sqsQueue(),
		snsTopic(),
		ecrRepository(),
	}
}
