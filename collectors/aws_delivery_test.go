package collectors_test

import (
	"math"
	"slices"
	"testing"

	"go.yaml.in/yaml/v4"

	"exhibit/collectors/aws"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
	"exhibit/internal/simcloud"
)

// collectDeliveries collects the runs and deployments of AWS once, after what past holds.
func collectDeliveries(t *testing.T, cloud *simcloud.Cloud, past *collecttest.Memory, only ...string) memory {
	t.Helper()
	b := memory{collecttest.NewMemory()}
	config := collect.Config{
		Sources: []collect.OpenSource{{Name: "aws", Provider: aws.Provider{}, Decode: func(into any) error {
			return yaml.Load([]byte("regions: [eu-west-1]\nendpoint: "+cloud.URL("aws")), into, yaml.WithKnownFields())
		}}},
		RedactionKey: make([]byte, 32), Trigger: "simulation", Limits: collect.Limits{Pace: math.Inf(1)}, Now: cloud.Now,
		Getenv: awsEnv(cloud.Accounts("aws")[0]), Only: only,
	}
	if past != nil {
		config.Past, b = past, memory{past.Follow()}
	}
	config.Batch = b.Memory
	run, err := collect.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if run.Outcome != evidence.OutcomeOK {
		t.Fatalf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	return b
}

// TestDeliveriesByMark holds that what a series of collections holds is what one look at the end finds, and that what is
// known is not asked for again.
func TestDeliveriesByMark(t *testing.T) {
	cloud := start(t, 0)
	kinds := []string{"aws.codepipeline.execution", "aws.codedeploy.deployment"}
	var past *collecttest.Memory
	for _, day := range []int{5, 20, 60} {
		if err := cloud.SetDay(day); err != nil {
			t.Fatal(err)
		}
		past = collectDeliveries(t, cloud, past, kinds...).Memory
	}
	fresh := collectDeliveries(t, cloud, nil, kinds...)
	for _, kind := range kinds {
		ids := func(b memory) (out []string) {
			for _, s := range b.subjects(t, kind) {
				out = append(out, s.ID)
			}
			slices.Sort(out)
			return out
		}
		series, whole := ids(memory{past}), ids(fresh)
		if len(whole) < 3 || !slices.Equal(series, whole) {
			t.Errorf("%s: the series holds %v, one look %v", kind, series, whole)
		}
	}
	cloud.ResetCounts()
	collectDeliveries(t, cloud, past, kinds...)
	counts := cloud.Counts()
	if counts["codepipeline:ListPipelineExecutions"] == 0 || counts["codedeploy:ListDeployments"] == 0 {
		t.Errorf("nothing was listed: %v", counts)
	}
	if n := counts["codepipeline:ListActionExecutions"] + counts["codedeploy:BatchGetDeployments"]; n != 0 {
		t.Errorf("%d calls about what is known: %v", n, counts)
	}
}
