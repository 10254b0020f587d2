package simcloud

// awsService is one service of AWS: what its things are called in an estate, and what answers its operations.
type awsService struct {
	name    string // as collectors name it: the service id of the SDK in small letters, without spaces
	signing string // as requests to it are signed
	kinds   []kind
	ops     awsOps
}

// awsOps are operations by name.
type awsOps map[string]awsAnswer

// awsServices lists everything that simcloud knows of AWS. To answer a further operation:
//
//  1. Give it a line in the service's ops: a list, a get of one thing or of a part of it, a list within a thing, a batch,
//     a setting of an account or region, a constant, or an awsFunc where nothing of that fits. Names of members are those
//     of the SDK's Go types, for input and output alike. How they stand on the wire, the protocol's envelope, paging,
//     statuses of errors and every fault come from Amazon's model and need no line.
//  2. If its things are new, declare their kind: the file's name, the member that is their key, the parts of a document
//     that other operations answer, and what is said of a key that nothing has.
//  3. Put documents into testdata/estates/demo/aws/ACCOUNT/[REGION/]KIND.json. A member that the model does not have
//     makes the operation answer 500 and say which.
//  4. If the operation is not in models/operations.txt, write the model anew: go test ./internal/simcloud -run
//     TestModelsAreCurrent -update. What is newer than Amazon's module goes to models/supplement.
//
// A new service is a function like those below and a line here.
func awsServices() []awsService {
	return []awsService{
		inventoryService(), cloudControlService(),
		accessAnalyzerService(), accountService(), cloudTrailService(), ec2Service(), iamService(), kmsService(), s3Service(), s3ControlService(),
		stsService(),
		backupService(), dynamoService(), ecrService(), efsService(), openSearchService(), rdsService(), redshiftService(),
		secretsService(), snsService(), sqsService(),
		identitystoreService(), organizationsService(), ssoadminService(),
		acmService(), apiGatewayService(), autoScalingService(), cloudFrontService(), cloudWatchLogsService(), eksService(),
		elasticLoadBalancingService(), lambdaService(), ssmService(), wafService(),
		cloudWatchService(), guardDutyService(), inspectorService(),
		macieService(), securityHubService(),
		codeBuildService(), codeDeployService(), codePipelineService(),
	}
}
