package collectors_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/collectors/aws"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
	"exhibit/internal/simcloud"
)

// collectAWS collects the demo's first AWS account, as its own user or, with a section, through a role; all of it, or only
// some types.
func collectAWS(
	t *testing.T, cloud *simcloud.Cloud, section string, limits collect.Limits, only ...string,
) (evidence.Run, memory) {
	t.Helper()
	b := memory{collecttest.NewMemory()}
	if limits.Pace == 0 {
		limits.Pace = math.Inf(1)
	}
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "aws", Provider: aws.Provider{}, Decode: func(into any) error {
			return yaml.Load([]byte(section+"\nendpoint: "+cloud.URL("aws")), into, yaml.WithKnownFields())
		}}},
		Batch: b.Memory, RedactionKey: make([]byte, 32), Trigger: "simulation", Limits: limits, Now: cloud.Now,
		Getenv: awsEnv(cloud.Accounts("aws")[0]), Only: only,
	})
	if err != nil {
		t.Fatal(err)
	}
	return run, b
}

func awsEnv(account string) func(string) string {
	id, secret := simcloud.AWSKey(account)
	return func(name string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "eu-west-1"}[name]
	}
}

func TestSimulatedAWS(t *testing.T) {
	cloud := start(t, 2)
	run, b := collectAWS(t, cloud, "inventory: [config, cloudcontrol]", collect.Limits{})
	if run.Outcome != evidence.OutcomeOK {
		t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	for _, s := range b.snapshots(t) {
		if !s.Listed() || !s.Completeness.Whole() {
			t.Errorf("%s in %s ended %s: %+v", s.Collector, s.Scope.ID(), s.Outcome, s.Completeness)
		}
	}
	for _, c := range (aws.Provider{}).Collectors() {
		subjects := b.subjects(t, c.Type())
		if len(subjects) == 0 {
			t.Errorf("no %s was collected", c.Type())
		}
		for _, s := range subjects {
			if len(s.Missing) > 0 {
				t.Errorf("%s %s: missing %+v", s.Type, s.ID, s.Missing)
			}
			var doc any
			if err := json.Unmarshal(s.Doc, &doc); err != nil {
				t.Fatal(err)
			}
			conforms(t, s.Type+" "+s.ID, doc, c.Schema.Doc)
		}
	}
}

// TestSimulatedAWSThroughARole enters every account of the company, and one that nobody may enter.
func TestSimulatedAWSThroughARole(t *testing.T) {
	cloud := start(t, 0)
	accounts := cloud.Accounts("aws")
	section := fmt.Sprintf("role: exhibit-read\naccounts: ['%s', '999999999999']\nregions: [eu-west-1]",
		strings.Join(accounts, "', '"))
	run, _ := collectAWS(t, cloud, section, collect.Limits{})

	got := map[string]evidence.Outcome{}
	for _, s := range run.Scopes {
		got[s.Scope.ID()] = s.Outcome
	}
	for _, a := range accounts {
		if !got["aws:"+a].Seen() || got["aws:"+a+":eu-west-1"] != evidence.OutcomeOK {
			t.Errorf("account %s: %v", a, got)
		}
	}
	if got["aws:999999999999"] != evidence.OutcomeDenied {
		t.Errorf("the foreign account: %v", run.Scopes)
	}
}

// TestSimulatedAWSOrganization collects the company as its management account sees it. What belongs to the organisation is
// asked there and nowhere else.
func TestSimulatedAWSOrganization(t *testing.T) {
	cloud := start(t, 0)
	section := "organization: true\nrole: exhibit-read\nregions: [eu-west-1]"
	run, b := collectAWS(t, cloud, section, collect.Limits{})
	if run.Outcome != evidence.OutcomeOK || len(run.Scopes) != 4 {
		t.Errorf("%s: %+v", run.Outcome, run.Scopes)
	}
	home := cloud.Accounts("aws")[0]
	for _, s := range run.Scopes {
		if want := s.Scope.Account != home; s.Scope.Facts["managed_root"] != want {
			t.Errorf("%s: managed root is %v, want %v", s.Scope.ID(), s.Scope.Facts["managed_root"], want)
		}
	}
	for _, s := range b.snapshots(t) {
		service := strings.Split(s.Collector, ".")[1]
		if s.Collector == "aws.organizations.account-policies" { // of each account, and asked for above it
			continue
		}
		if slices.Contains([]string{"organizations", "ssoadmin", "identitystore"}, service) && s.Scope.Account != home {
			t.Errorf("%s was asked in %s", s.Collector, s.Scope.ID())
		}
	}
	if levels := b.subjects(t, "aws.organizations.account-policies"); len(levels) != 2 {
		t.Errorf("what binds accounts is known of %d", len(levels))
	}
	if err := cloud.Fault("organizations:ListAccounts", simcloud.Fault{Kind: simcloud.Denied}); err != nil {
		t.Fatal(err)
	}
	run, _ = collectAWS(t, cloud, section, collect.Limits{})
	if len(run.Scopes) != 1 || run.Scopes[0].Outcome != evidence.OutcomeDenied || run.Scopes[0].Scope.Account != "" {
		t.Errorf("accounts that may not be listed: %+v", run.Scopes)
	}
}

// TestSimulatedAWSMember holds that a member is told of its organisation what members are told, and that this is whole.
func TestSimulatedAWSMember(t *testing.T) {
	cloud := start(t, 0)
	section := "role: " + simcloud.AWSRole(cloud.Accounts("aws")[1]) + "\nregions: [eu-west-1]"
	run, b := collectAWS(t, cloud, section, collect.Limits{})
	if run.Outcome != evidence.OutcomeNotEnabled {
		t.Errorf("%s: %+v", run.Outcome, run.Scopes)
	}
	subjects := b.subjects(t, "aws.organizations.organization")
	if len(subjects) != 1 || subjects[0].Missing["EnabledFeatures"].Outcome != evidence.OutcomeNotEnabled {
		t.Errorf("%+v", subjects)
	}
}

// TestSimulatedAWSDenials denies one operation after the other.
func TestSimulatedAWSDenials(t *testing.T) {
	cloud := start(t, 3)
	for _, c := range (aws.Provider{}).Collectors() {
		for _, op := range c.Operations {
			if c.Type() == "aws.sts.identity" {
				continue // without it nothing is collected at all
			}
			if op.Name == "s3:GetBucketLocation" {
				continue // asked only when the list does not tell, which recordings cover
			}
			if op.Name == "configservice:SelectAggregateResourceConfig" {
				continue // asked only where there is an aggregator
			}
			t.Run(c.Type()+"/"+op.Name, func(t *testing.T) {
				if err := cloud.Fault(op.Name, simcloud.Fault{Kind: simcloud.Denied}); err != nil {
					t.Fatal(err)
				}
				defer cloud.ClearFaults()
				run, b := collectAWS(t, cloud, "regions: [eu-west-1]\ninventory: [config, cloudcontrol]", collect.Limits{}, c.Type())
				if run.Outcome != evidence.OutcomeDenied {
					t.Errorf("run ended %s, want denied", run.Outcome)
				}
				for _, s := range b.snapshots(t) {
					for _, o := range s.Completeness.Operations {
						if o.Name == op.Name && o.Permission == strings.Join(op.Permissions, ", ") && o.Permission != "" {
							return
						}
					}
				}
				t.Errorf("no snapshot says that %s needs %v", op.Name, op.Permissions)
			})
		}
	}
}

// TestSimulatedAWSDeadRegion holds that a region without answers costs little and hides nothing of the others.
func TestSimulatedAWSDeadRegion(t *testing.T) {
	cloud := start(t, 0)
	dead := ""
	run, _ := collectAWS(t, cloud, "", collect.Limits{})
	for _, s := range run.Scopes {
		if s.Scope.Region != "" {
			dead = s.Scope.Region
		}
	}
	if err := cloud.Fault("*", simcloud.Fault{Kind: simcloud.Unreachable, Region: dead}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	run, _ = collectAWS(t, cloud, "", collect.Limits{Call: time.Second})
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("a dead region cost %v", took)
	}
	for _, s := range run.Scopes {
		want := evidence.OutcomeOK
		if s.Scope.Region == dead {
			want = evidence.OutcomeUnreachable
		}
		if s.Scope.Region != "" && s.Outcome != want {
			t.Errorf("%s: %q %s, want %q", s.Scope.ID(), s.Outcome, s.Reason, want)
		}
	}
}

// TestSimulatedAWSThroughAProfile reads the shared configuration: a profile that takes a role with another's keys.
func TestSimulatedAWSThroughAProfile(t *testing.T) {
	cloud := start(t, 0)
	account := cloud.Accounts("aws")[1]
	id, secret := simcloud.AWSKey(cloud.Accounts("aws")[0])
	dir := t.TempDir()
	keys, settings := filepath.Join(dir, "credentials"), filepath.Join(dir, "config")
	for file, text := range map[string]string{
		keys: fmt.Sprintf("[base]\naws_access_key_id = %s\naws_secret_access_key = %s\n", id, secret),
		settings: fmt.Sprintf("[profile audit]\nrole_arn = %s\nsource_profile = base\nregion = eu-west-1\n",
			simcloud.AWSRole(account)),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "aws", Provider: aws.Provider{}, Decode: func(into any) error {
			return yaml.Load([]byte("profile: audit\nregions: [eu-west-1]"), into, yaml.WithKnownFields())
		}}},
		Batch: collecttest.NewMemory(), RedactionKey: make([]byte, 32), Limits: collect.Limits{Pace: math.Inf(1)}, Now: cloud.Now,
		Getenv: func(name string) string {
			return map[string]string{
				"AWS_SHARED_CREDENTIALS_FILE": keys, "AWS_CONFIG_FILE": settings, "AWS_ENDPOINT_URL": cloud.URL("aws"),
			}[name]
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !run.Outcome.Seen() || run.Scopes[0].Scope.Account != account {
		t.Errorf("%q: %+v", run.Outcome, run.Scopes)
	}
}
