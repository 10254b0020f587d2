package collectors_test

import (
	"slices"
	"testing"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// TestInventory holds that what AWS Config knows and no collector reads is collected, that of the rest only numbers are
// kept, and that those are the numbers that the collectors listed. Where it is off, nobody asks.
func TestInventory(t *testing.T) {
	cloud := start(t, 2)
	_, b := collectAWS(t, cloud, "regions: [eu-west-1]\ninventory: config", collect.Limits{})
	listed, others := map[string]int{}, map[string]int(nil)
	for _, s := range b.snapshots(t) {
		if s.Scope.Region != "" {
			listed[s.Collector] = s.Completeness.Listed
		}
		if s.Collector == "aws.inventory.resource" {
			others = s.Completeness.Others
		}
	}
	for _, collector := range []string{"aws.ec2.vpc", "aws.ec2.security-group", "aws.ec2.volume"} {
		if others[collector] == 0 || others[collector] != listed[collector] {
			t.Errorf("%s: AWS Config counts %d, %d were listed", collector, others[collector], listed[collector])
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
	_, b = collectAWS(t, cloud, "regions: [eu-west-1]", collect.Limits{})
	if n := cloud.Counts()["configservice:SelectResourceConfig"]; n != 0 || len(b.subjects(t, "aws.inventory.resource")) != 0 {
		t.Errorf("it is off and was asked for %d times", n)
	}
}
