package aws

import "strings"

// cloudControlTypes are the resource types that Cloud Control lists by their name alone, a service a line. Left out are
// those that only tell how two others belong together, those of services that an account subscribes to (which answer a
// question where they are off like a refusal), and of what other collectors read those whose ids Cloud Control has
// otherwise.
const cloudControlTypes = `
ACMPCA CertificateAuthority
APS Scraper Workspace
Amplify App Domain
ApiGateway ApiKey ClientCertificate DomainName DomainNameV2 RestApi UsagePlan VpcLink
ApiGatewayV2 Api DomainName VpcLink
AppConfig Application DeploymentStrategy ExtensionAssociation
AppFlow Connector ConnectorProfile Flow
AppRunner AutoScalingConfiguration ObservabilityConfiguration Service VpcConnector VpcIngressConnection
AppStream AppBlockBuilder DirectoryConfig ImageBuilder
AppSync Api DomainName GraphQLApi
Athena CapacityReservation DataCatalog NamedQuery WorkGroup
AutoScaling AutoScalingGroup LaunchConfiguration ScheduledAction
Backup Framework LogicallyAirGappedBackupVault ReportPlan RestoreTestingPlan
Batch ComputeEnvironment JobDefinition JobQueue SchedulingPolicy
Bedrock Agent ApplicationInferenceProfile DataAutomationProject Guardrail KnowledgeBase Prompt
Cassandra Keyspace Table
Chatbot MicrosoftTeamsChannelConfiguration SlackChannelConfiguration
CloudFormation Stack StackSet
CloudTrail Channel EventDataStore
CloudWatch CompositeAlarm Dashboard MetricStream
CodeArtifact Domain Repository
CodeBuild Fleet
CodeConnections Connection
CodeDeploy Application DeploymentConfig
CodePipeline CustomActionType Pipeline
CodeStarConnections Connection RepositoryLink
CodeStarNotifications NotificationRule
Cognito IdentityPool UserPool
Config AggregationAuthorization ConfigRule ConfigurationAggregator ConformancePack StoredQuery
DMS DataMigration DataProvider InstanceProfile MigrationProject ReplicationConfig
DSQL Cluster
DataBrew Dataset Job Project
DataSync Agent LocationEFS LocationNFS LocationObjectStorage LocationS3 LocationSMB Task
DocDBElastic Cluster
DynamoDB GlobalTable Table
EC2 CapacityReservation CarrierGateway CustomerGateway DHCPOptions EC2Fleet EIP EgressOnlyInternetGateway FlowLog Host
EC2 IPAM IPAMPool IPAMScope Instance InstanceConnectEndpoint InternetGateway KeyPair LaunchTemplate NatGateway NetworkAcl
EC2 NetworkInsightsAccessScope NetworkInsightsPath NetworkInterface PlacementGroup PrefixList RouteServer RouteTable
EC2 SecurityGroup SnapshotBlockPublicAccess SpotFleet Subnet TransitGateway TransitGatewayAttachment TransitGatewayConnect
EC2 TransitGatewayPeeringAttachment TransitGatewayRouteTable TransitGatewayVpcAttachment VPC VPCEndpoint
EC2 VPCEndpointService VPCPeeringConnection VPNConnection VPNGateway VerifiedAccessEndpoint VerifiedAccessGroup
EC2 VerifiedAccessInstance VerifiedAccessTrustProvider Volume
ECR PullThroughCacheRule RegistryPolicy RegistryScanningConfiguration ReplicationConfiguration Repository
ECR RepositoryCreationTemplate
ECS CapacityProvider Cluster Service TaskDefinition
EFS AccessPoint FileSystem
EKS Cluster
EMR SecurityConfiguration Studio WALWorkspace
EMRContainers VirtualCluster
EMRServerless Application
ElastiCache GlobalReplicationGroup ParameterGroup ServerlessCache SubnetGroup User UserGroup
ElasticBeanstalk Application ApplicationVersion ConfigurationTemplate Environment
ElasticLoadBalancingV2 LoadBalancer TargetGroup TrustStore
EventSchemas Discoverer Registry
Events ApiDestination Archive Connection Endpoint EventBus Rule
FIS ExperimentTemplate
FSx DataRepositoryAssociation
Glue Crawler Database Job Registry Schema Trigger
Grafana Workspace
ImageBuilder ContainerRecipe DistributionConfiguration ImagePipeline ImageRecipe InfrastructureConfiguration LifecyclePolicy
IoT Authorizer CACertificate Certificate DomainConfiguration Policy ProvisioningTemplate RoleAlias SecurityProfile Thing
IoT ThingGroup ThingType TopicRule TopicRuleDestination
KMS Alias Key
KafkaConnect Connector CustomPlugin WorkerConfiguration
Kendra Index
Kinesis Stream
KinesisAnalyticsV2 Application
KinesisFirehose DeliveryStream
LakeFormation DataCellsFilter Tag
Lambda CodeSigningConfig EventSourceMapping Function LayerVersion
Lex Bot
Lightsail Bucket Certificate Container Database Disk Distribution Instance LoadBalancer StaticIp
Location APIKey GeofenceCollection Map PlaceIndex RouteCalculator Tracker
Logs Delivery DeliveryDestination DeliverySource Destination Integration LogAnomalyDetector QueryDefinition ResourcePolicy
M2 Application Environment
MSK Cluster Configuration Replicator ServerlessCluster VpcConnection
MWAA Environment
MemoryDB ACL Cluster MultiRegionCluster ParameterGroup SubnetGroup User
Neptune DBCluster DBClusterParameterGroup DBParameterGroup DBSubnetGroup
NeptuneGraph Graph PrivateGraphEndpoint
NetworkFirewall Firewall FirewallPolicy RuleGroup TLSInspectionConfiguration VpcEndpointAssociation
OSIS Pipeline
Oam Link Sink
Omics ReferenceStore RunGroup SequenceStore Workflow
OpenSearchServerless Collection VpcEndpoint
PCAConnectorAD Connector DirectoryRegistration
PCAConnectorSCEP Connector
PCS Cluster
PaymentCryptography Alias Key
Pipes Pipe
QBusiness Application
RAM Permission ResourceShare
RDS CustomDBEngineVersion DBClusterParameterGroup DBParameterGroup DBProxy DBProxyEndpoint DBShardGroup DBSubnetGroup
RDS EventSubscription GlobalCluster Integration OptionGroup
RUM AppMonitor
Redshift Cluster ClusterParameterGroup ClusterSubnetGroup EndpointAccess EventSubscription Integration ScheduledAction
RedshiftServerless Namespace Workgroup
ResilienceHub App ResiliencyPolicy
ResourceExplorer2 Index View
ResourceGroups Group
RolesAnywhere CRL Profile TrustAnchor
Route53Profiles Profile
Route53Resolver FirewallDomainList FirewallRuleGroup OutpostResolver ResolverConfig ResolverDNSSECConfig ResolverEndpoint
Route53Resolver ResolverQueryLoggingConfig ResolverRule
S3 AccessGrantsInstance AccessPoint StorageLensGroup
S3Express AccessPoint DirectoryBucket
S3ObjectLambda AccessPoint
S3Tables TableBucket
SES ConfigurationSet ContactList DedicatedIpPool EmailIdentity MailManagerArchive MailManagerIngressPoint MailManagerRelay
SES MailManagerRuleSet MailManagerTrafficPolicy Template
SNS Subscription Topic
SQS Queue
SSM Association Document Parameter PatchBaseline ResourceDataSync
SSMContacts Contact
SSMIncidents ReplicationSet ResponsePlan
SageMaker App AppImageConfig Cluster Domain Endpoint FeatureGroup Image MlflowTrackingServer ModelPackageGroup
SageMaker MonitoringSchedule Pipeline Project Space StudioLifecycleConfig UserProfile
Scheduler Schedule ScheduleGroup
SecretsManager ResourcePolicy RotationSchedule Secret
ServiceCatalogAppRegistry Application AttributeGroup
Signer SigningProfile
StepFunctions Activity StateMachine
Synthetics Canary Group
Timestream Database InfluxDBInstance ScheduledQuery Table
Transfer Certificate Connector Profile Server WebApp Workflow
VerifiedPermissions PolicyStore
VpcLattice ResourceConfiguration ResourceGateway Service ServiceNetwork TargetGroup
WAFv2 LoggingConfiguration
WorkSpaces WorkspacesPool
WorkSpacesWeb BrowserSettings IpAccessSettings NetworkSettings Portal TrustStore UserSettings
XRay Group ResourcePolicy SamplingRule
`

// cloudControlGlobal are those that belong to no region. They are listed in one region only.
const cloudControlGlobal = `
CloudFront CachePolicy CloudFrontOriginAccessIdentity ContinuousDeploymentPolicy Distribution Function KeyGroup KeyValueStore
CloudFront OriginAccessControl OriginRequestPolicy PublicKey RealtimeLogConfig ResponseHeadersPolicy
GlobalAccelerator Accelerator CrossAccountAttachment
IAM Group InstanceProfile OIDCProvider Role SAMLProvider ServerCertificate User VirtualMFADevice
NetworkManager CoreNetwork GlobalNetwork
Route53 CidrCollection DNSSEC HealthCheck HostedZone
Route53RecoveryControl Cluster ControlPanel
Route53RecoveryReadiness Cell ReadinessCheck RecoveryGroup ResourceSet
S3 Bucket MultiRegionAccessPoint StorageLens
`

// typesIn reads a list of types.
func typesIn(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 {
			for _, name := range words[1:] {
				out = append(out, "AWS::"+words[0]+"::"+name)
			}
		}
	}
	return out
}
