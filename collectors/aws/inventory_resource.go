package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ResourceDoc is a resource as AWS Config describes it, under AWS Config's own names. Its configuration is the service's
// own, of whatever shape.
type ResourceDoc struct {
	ResourceType               string          `json:"resourceType"`
	ResourceID                 string          `json:"resourceId"`
	ResourceName               string          `json:"resourceName"`
	ARN                        string          `json:"arn"`
	AccountID                  string          `json:"accountId"`
	Region                     string          `json:"awsRegion"`
	AvailabilityZone           string          `json:"availabilityZone"`
	ResourceCreationTime       string          `json:"resourceCreationTime"`
	Tags                       []ResourceTag   `json:"tags"`
	Configuration              json.RawMessage `json:"configuration"`
	SupplementaryConfiguration json.RawMessage `json:"supplementaryConfiguration"`
}

// ResourceTag is a tag as AWS Config writes it.
type ResourceTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

const inventoryType = "aws.inventory.resource"

// inventoryFields are what is asked of each resource. When it was last looked at is left out: that is no change of it.
const inventoryFields = "resourceType, resourceId, resourceName, arn, accountId, awsRegion, availabilityZone, " +
	"resourceCreationTime, tags, configuration, supplementaryConfiguration"

// inventoryResource lists every resource that AWS Config knows and no other collector reads, so that all there is has a
// history. Of what other collectors read it takes the numbers, which are held against theirs, and where they differ the ids.
func inventoryResource() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  inventoryType,
			Title: "Resource known to AWS Config",
			Doc:   evidence.ShapeOf[ResourceDoc](),
			Secret: []string{ // settings of programs, which hold secrets more often than not
				"/configuration/environment/variables/*",
				"/configuration/environment/environmentVariables/*/value",
				"/configuration/containerDefinitions/*/environment/*/value",
				"/configuration/ContainerDefinitions/*/Environment/*/Value",
				"/configuration/Environment/Variables/*",
				"/configuration/userData",
				"/configuration/UserData",
				"/configuration/LaunchTemplateData/UserData",
			},
		},
		Version:  1,
		Regional: true,
		Last:     true,
		Operations: []collect.Operation{
			{Name: configSelect, Permissions: []string{"config:SelectResourceConfig"}},
			{Name: aggregateSelect, Permissions: []string{"config:SelectAggregateResourceConfig"}},
			recorderStatusOperation(),
		},
		Collect: collect.Typed(collectResources),
	}
}

// inventoryLimit bounds the resources of one region. More are no inventory but a failed one: a part must not look whole.
const inventoryLimit = 50_000

func collectResources(ctx context.Context, s *session, t *collect.Task) error {
	recording, err := s.recording(ctx, t)
	if err != nil {
		return err
	}
	if !recording {
		return &collect.Error{Operation: recorderStatusOperation().Name, Outcome: evidence.OutcomeSkipped,
			Err: errors.New("AWS Config records nothing here: what it knows is old, or nothing")}
	}
	q := configQuery{session: s}
	if q.aggregator, err = gatheredBy(s.gathering, s.account, s.cfg.Region); err != nil {
		return err
	}
	counts, err := q.counts(ctx, t)
	if err == nil && len(counts) == 0 && q.aggregator != nil {
		q.aggregator = nil // where something is recorded there is something, as a rule: the region itself must know
		counts, err = q.counts(ctx, t)
	}
	if err != nil {
		return err
	}
	deep := deepTypes()
	var wanted, differing []string
	total, judged := 0, 0
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		switch collector := deep[typ]; {
		case collector != "":
			if agrees, compared := t.Agrees(collector, counts[typ]); compared && !agrees {
				differing = append(differing, typ)
			} else {
				t.Recount(collector, q.op(), counts[typ])
			}
		case judgement(typ):
			judged += counts[typ]
		default:
			wanted = append(wanted, typ)
			total += counts[typ]
		}
	}
	if total > inventoryLimit {
		return fmt.Errorf("list resources: there are %d, more than %d", total, inventoryLimit)
	}
	if judged > 0 {
		t.Listed(judged)
		t.Exclude("no resource: what a service found out about others", judged)
	}
	t.SecondCount(q.op(), total+judged)
	for types := range slices.Chunk(wanted, typesAtOnce) {
		if err := q.resourcesOf(ctx, t, types); err != nil {
			return err
		}
	}
	if len(differing) == 0 {
		return nil
	}
	return q.compare(ctx, t, differing, deep)
}

// typesAtOnce keeps a query below the 4,096 characters that it may have.
const typesAtOnce = 40

// resourcesOf emits the resources of some types.
func (q configQuery) resourcesOf(ctx context.Context, t *collect.Task, types []string) error {
	return q.rows(ctx, t, inventoryFields, types, func(page []string) error {
		t.Listed(len(page))
		for _, text := range page {
			var r ResourceDoc
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				return fmt.Errorf("malformed answer: a resource is no JSON object: %w", err)
			}
			if r.ResourceType == "" || r.ResourceID == "" {
				return errors.New("malformed answer: a resource has no type or no id")
			}
			doc, err := described(r.ResourceType, text)
			if err != nil {
				return err
			}
			sub := evidence.Subject{ID: r.ARN, Name: r.ResourceName, Doc: doc, Tags: map[string]string{}}
			if sub.ID == "" || !strings.HasPrefix(sub.ID, "arn:") {
				sub.ID = r.ResourceType + "/" + r.ResourceID // not every type has ARNs
			}
			if sub.Name == "" {
				sub.Name = r.ResourceID
			}
			for _, tag := range r.Tags {
				sub.Tags[tag.Key] = tag.Value
			}
			if err := t.Emit(ctx, sub); err != nil {
				return err
			}
		}
		return nil
	})
}

// withheld are the types whose settings hold secrets in plain words as a rule: parameters of stacks and jobs, variables of
// programs, keys of tunnels. That they are there is kept, and what they are called; how they are set is not.
func withheld(typ string) bool {
	return slices.Contains([]string{
		"AWS::CloudFormation::Stack", "AWS::Batch::JobDefinition", "AWS::Glue::Job", "AWS::AppRunner::Service", "AWS::Amplify::App",
		"AWS::Amplify::Branch", "AWS::SageMaker::Model", "AWS::ElasticBeanstalk::Environment",
		"AWS::ElasticBeanstalk::ConfigurationTemplate", "AWS::EC2::VPNConnection", "AWS::RDS::DBCluster",
		"AWS::RDS::DBClusterSnapshot", "AWS::DMS::Endpoint", "AWS::DirectoryService::MicrosoftAD", "AWS::StepFunctions::StateMachine",
		"AWS::SSM::Document", "AWS::AppConfig::HostedConfigurationVersion", "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
		"AWS::SSM::Parameter", "AWS::ApiGateway::ApiKey", "AWS::Events::Connection", "AWS::Synthetics::Canary",
		"AWS::MWAA::Environment", "AWS::KafkaConnect::Connector", "AWS::KafkaConnect::WorkerConfiguration",
		"AWS::AppFlow::ConnectorProfile", "AWS::AppStream::DirectoryConfig", "AWS::CloudFormation::StackSet",
		"AWS::CloudFront::Function", "AWS::DMS::DataProvider", "AWS::DataSync::LocationObjectStorage", "AWS::DataSync::LocationSMB",
		"AWS::EC2::SpotFleet", "AWS::EC2::VerifiedAccessTrustProvider", "AWS::EMRServerless::Application",
		"AWS::IoT::TopicRule", "AWS::IoT::TopicRuleDestination", "AWS::KinesisAnalyticsV2::Application",
		"AWS::Lightsail::Container", "AWS::Lightsail::Database", "AWS::Lightsail::Instance", "AWS::Location::APIKey",
		"AWS::M2::Application", "AWS::OSIS::Pipeline", "AWS::Omics::Workflow", "AWS::Pipes::Pipe",
		"AWS::SageMaker::StudioLifecycleConfig", "AWS::Transfer::Connector",
	}, typ)
}

// described is the document of a resource as it came, without its settings where they are withheld.
func described(typ, text string) (json.RawMessage, error) {
	if !withheld(typ) {
		return json.RawMessage(text), nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return nil, fmt.Errorf("malformed answer: a resource is no JSON object: %w", err)
	}
	delete(members, "configuration")
	delete(members, "supplementaryConfiguration")
	return json.Marshal(members)
}

// judgement tells the types that AWS Config keeps beside resources: what it or a service concluded, which changes with
// every look.
func judgement(typ string) bool {
	return slices.Contains([]string{
		"AWS::Config::ResourceCompliance", "AWS::Config::ConformancePackCompliance", "AWS::SSM::AssociationCompliance",
		"AWS::SSM::PatchCompliance", "AWS::SSM::FileData", "AWS::SSM::ManagedInstanceInventory",
	}, typ)
}
