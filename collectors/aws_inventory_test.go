package collectors_test

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"exhibit/collectors/aws"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
	"exhibit/internal/simcloud"
)

// rewriting changes the answers to some operations.
type rewriting map[string]func(body []byte) []byte

// RoundTrip implements http.RoundTripper.
func (r rewriting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	change, ok := r[collect.Called(req.Context())]
	if err != nil || !ok {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	body = change(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	resp.Header.Del("X-Amz-Crc32")
	resp.Header.Del("X-Amzn-Errortype") // the body says it too
	return resp, nil
}

// inventory collects the demo's first account with what a section adds, some answers being changed.
func inventory(t *testing.T, cloud *simcloud.Cloud, section string, changed rewriting) (evidence.Run, memory) {
	t.Helper()
	b := memory{collecttest.NewMemory()}
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "aws", Provider: aws.Provider{}, Decode: func(into any) error {
			return yaml.Load([]byte(section+"\nendpoint: "+cloud.URL("aws")), into, yaml.WithKnownFields())
		}}},
		Batch: b.Memory, RedactionKey: make([]byte, 32), Trigger: "simulation", Limits: collect.Limits{Pace: math.Inf(1)},
		Now: cloud.Now, Getenv: awsEnv(cloud.Accounts("aws")[0]), Transport: changed,
	})
	if err != nil {
		t.Fatal(err)
	}
	return run, b
}

// recounted returns what the inventory of a region says of a collector's list, and that list.
func recounted(t *testing.T, b memory, region, collector string) (evidence.Recount, evidence.Snapshot) {
	t.Helper()
	var r evidence.Recount
	var list evidence.Snapshot
	for _, s := range b.snapshots(t) {
		for _, c := range s.Completeness.Recounts {
			if s.Scope.Region == region && c.Collector == collector {
				r = c
			}
		}
	}
	for _, s := range b.snapshots(t) {
		if s.Collector == collector && s.Scope.ID() == r.Scope {
			list = s
		}
	}
	if r.Scope == "" {
		t.Fatalf("no list of %s was held against what is known in %s", collector, region)
	}
	return r, list
}

// TestInventory holds that what AWS Config knows and no collector reads is collected, that of the rest only numbers are
// kept, and that those are the numbers that the collectors listed. Where it is off, nobody asks.
func TestInventory(t *testing.T) {
	cloud := start(t, 2)
	_, b := inventory(t, cloud, "regions: [eu-west-1]\ninventory: config", nil)
	for _, collector := range []string{"aws.ec2.vpc", "aws.ec2.security-group", "aws.ec2.volume", "aws.iam.user", "aws.s3.bucket"} {
		r, list := recounted(t, b, "eu-west-1", collector)
		if r.Counted == 0 || !r.Agrees() || r.Counted != list.Completeness.Listed || !list.Completeness.Whole() {
			t.Errorf("%s: %+v, %+v", collector, r, list.Completeness)
		}
		if second := list.Completeness.SecondCount; second == nil || second.Count != r.Counted {
			t.Errorf("%s: the second count is %+v", collector, second)
		}
	}
	resources := b.subjects(t, "aws.inventory.resource")
	if len(resources) != 3 {
		t.Errorf("%d resources, want 3", len(resources))
	}
	if !slices.ContainsFunc(resources, func(s evidence.Subject) bool {
		return slices.ContainsFunc(s.Redacted, func(r evidence.Redaction) bool {
			return r.Path == "/configuration/ContainerDefinitions/0/Environment/0/Value"
		})
	}) {
		t.Error("the settings of a container are kept as they are")
	}
	cloud.ResetCounts()
	_, b = inventory(t, cloud, "regions: [eu-west-1]", nil)
	counts := cloud.Counts()
	if n := counts["configservice:SelectResourceConfig"] + counts["configservice:DescribeConfigurationAggregators"]; n != 0 ||
		len(b.subjects(t, "aws.inventory.resource")) != 0 {
		t.Errorf("it is off and was asked for %d times", n)
	}
}

// TestInventoryFindsWhatIsMissed drops things out of answers that are well-formed all the same: the inventory knows them.
func TestInventoryFindsWhatIsMissed(t *testing.T) {
	cloud := start(t, 2)
	bucket := regexp.MustCompile(`(?s)<Buckets>\s*<Bucket>.*?</Bucket>`) // the first of every page
	vpcs := regexp.MustCompile(`(?s)<vpcSet>.*</vpcSet>`)
	_, b := inventory(t, cloud, "regions: [eu-west-1]\ninventory: config", rewriting{
		"s3:ListBuckets":   func(body []byte) []byte { return bucket.ReplaceAll(body, []byte("<Buckets>")) },
		"ec2:DescribeVpcs": func(body []byte) []byte { return vpcs.ReplaceAll(body, []byte("<vpcSet></vpcSet>")) },
	})
	for collector, missed := range map[string]int{"aws.s3.bucket": 7, "aws.ec2.vpc": 2} {
		r, list := recounted(t, b, "eu-west-1", collector)
		if r.Missed != missed || len(r.IDs) != missed || r.Beyond != 0 {
			t.Errorf("%s: %+v", collector, r)
		}
		if c := list.Completeness; c.SecondCount == nil || c.SecondCount.Count != c.Listed+missed || c.Whole() {
			t.Errorf("%s: the list passes for whole: %+v", collector, c)
		}
	}
	if r, _ := recounted(t, b, "eu-west-1", "aws.ec2.volume"); !r.Agrees() {
		t.Errorf("volumes: %+v", r)
	}
}

// TestInventoryThroughAnAggregator holds that a region that an aggregator has is asked for there, that the others are asked
// themselves, and that an aggregator that lags behind has nothing whole.
func TestInventoryThroughAnAggregator(t *testing.T) {
	cloud := start(t, 2)
	const section = "inventory: config"
	run, b := inventory(t, cloud, section, nil)
	if run.Outcome != evidence.OutcomeOK {
		t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	counts := cloud.Counts()
	if counts["configservice:DescribeConfigurationAggregators"] != 3 || counts["configservice:SelectAggregateResourceConfig"] == 0 {
		t.Errorf("asked %v", counts)
	}
	for region, op := range map[string]string{"eu-central-1": "configservice:SelectAggregateResourceConfig",
		"eu-west-1": "configservice:SelectResourceConfig"} {
		if r, list := recounted(t, b, region, "aws.ec2.vpc"); r.Operation != op || !r.Agrees() || !list.Completeness.Whole() {
			t.Errorf("%s: %+v, %+v", region, r, list.Completeness)
		}
	}
	if !slices.ContainsFunc(b.subjects(t, "aws.inventory.resource"), func(s evidence.Subject) bool {
		return strings.HasSuffix(s.ID, "workgroup/primary")
	}) {
		t.Error("what only the aggregator told of is not there")
	}
	for _, status := range []string{"OUTDATED", "FAILED"} {
		_, b := inventory(t, cloud, section, rewriting{"configservice:DescribeConfigurationAggregatorSourcesStatus": func(body []byte) []byte {
			return bytes.ReplaceAll(body, []byte("SUCCEEDED"), []byte(status))
		}})
		for _, s := range b.snapshots(t) {
			if s.Collector != "aws.inventory.resource" {
				continue
			}
			if want := s.Scope.Region != "eu-central-1"; s.Listed() != want {
				t.Errorf("%s: %s ended %s", status, s.Scope.ID(), s.Outcome)
			}
		}
	}
	if err := cloud.Fault("configservice:DescribeConfigurationAggregators", simcloud.Fault{Kind: simcloud.Denied}); err != nil {
		t.Fatal(err)
	}
	_, b = inventory(t, cloud, section, nil)
	if r, _ := recounted(t, b, "eu-central-1", "aws.ec2.vpc"); r.Operation != "configservice:SelectResourceConfig" {
		t.Errorf("where aggregators may not be asked for: %+v", r)
	}
}

// TestCloudControl holds that what Cloud Control lists is collected beside what collectors read, whose lists are held
// against it; that a type that its service refuses costs nothing of the others and is said; and that a value in plain words
// is not kept.
func TestCloudControl(t *testing.T) {
	cloud := start(t, 2)
	const section = "regions: [eu-central-1, eu-west-1]\ninventory: cloudcontrol"
	run, b := inventory(t, cloud, section, nil)
	if run.Outcome != evidence.OutcomeOK {
		t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	for region, collector := range map[string]string{"eu-west-1": "aws.ec2.vpc", "eu-central-1": "aws.s3.bucket"} {
		r, list := recounted(t, b, region, collector)
		if !r.Agrees() || r.Late != 0 || r.Counted == 0 || !list.Completeness.Whole() {
			t.Errorf("%s: %+v, %+v", collector, r, list.Completeness)
		}
	}
	ids := func(b memory) (ids []string) {
		for _, s := range b.subjects(t, "aws.cloudcontrol.resource") {
			ids = append(ids, s.ID)
			if strings.Contains(string(s.Doc), "prod") {
				t.Errorf("the value is kept: %s", s.Doc)
			}
		}
		slices.Sort(ids)
		return ids
	}
	if got := ids(b); !slices.Equal(got, []string{"AWS::ECS::Cluster/ledger", "AWS::SSM::Parameter//ledger/stage"}) {
		t.Errorf("collected %v", got)
	}
	refuse := rewriting{"cloudcontrol:ListResources": func(body []byte) []byte {
		body = bytes.ReplaceAll(body, []byte("TypeNotFoundException"), []byte("AccessDeniedException"))
		return bytes.ReplaceAll(body, []byte("The type AWS::WorkSpaces::WorkspacesPool cannot be found."),
			[]byte("Handler returned status FAILED: User: me is not authorized to perform: workspaces:DescribeWorkspacesPools "+
				"(HandlerErrorCode: AccessDenied)"))
	}}
	run, b = inventory(t, cloud, section, refuse)
	if got := ids(b); len(got) != 2 {
		t.Errorf("where one type is refused there is %v", got)
	}
	for _, s := range b.snapshots(t) {
		if s.Collector != "aws.cloudcontrol.resource" {
			continue
		}
		want := evidence.OutcomeDenied
		if s.Scope.Region == "eu-central-1" {
			want = evidence.OutcomeEmpty
		}
		if s.Outcome != want {
			t.Errorf("%s ended %s, want %s", s.Scope.ID(), s.Outcome, want)
		}
	}
	for _, s := range run.Scopes {
		if s.Scope.Region == "eu-west-1" && !strings.Contains(s.Reason, "AWS::WorkSpaces::WorkspacesPool (needs workspaces:DescribeWorkspacesPools)") {
			t.Errorf("%s ended %s: %q", s.Scope.ID(), s.Outcome, s.Reason)
		}
	}
}
