package aws

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	build "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	pipeline "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
)

// TestWithheld holds that what people write into settings as they like, and secrets with it, is not kept.
func TestWithheld(t *testing.T) {
	script := build.ProjectSource{Buildspec: aws.String("version: 0.2\nenv: { variables: { KEY: hunter2 } }")}
	file := build.ProjectSource{Buildspec: aws.String("ci/buildspec.yml")}
	withoutScript(&script)
	withoutScript(&file)
	withoutScript(nil)
	if script.Buildspec != nil || aws.ToString(file.Buildspec) != "ci/buildspec.yml" {
		t.Errorf("kept %v and %v", script.Buildspec, file.Buildspec)
	}

	p := &pipeline.PipelineDeclaration{
		Variables: []pipeline.PipelineVariableDeclaration{{Name: aws.String("KEY"), DefaultValue: aws.String("hunter2")}},
		Stages: []pipeline.StageDeclaration{{Actions: []pipeline.ActionDeclaration{
			{Commands: []string{"curl -H hunter2"}, ActionTypeId: &pipeline.ActionTypeId{Owner: pipeline.ActionOwnerAws},
				Configuration: map[string]string{"Parameters": "hunter2", "Input": "hunter2", "StackSetName": "base"}},
			{ActionTypeId: &pipeline.ActionTypeId{Owner: pipeline.ActionOwnerCustom},
				Configuration: map[string]string{"Key": "hunter2"}},
		}}},
	}
	withoutInputs(p)
	actions := p.Stages[0].Actions
	if p.Variables[0].DefaultValue != nil || actions[0].Commands != nil || len(actions[0].Configuration) != 1 ||
		actions[0].Configuration["StackSetName"] != "base" || len(actions[1].Configuration) != 0 {
		t.Errorf("kept %+v, %+v", p.Variables, actions)
	}

	text := `{"resourceType":"T","resourceId":"x","configuration":{"parameters":["hunter2"]},"supplementaryConfiguration":{"a":"hunter2"}}`
	doc, err := described("AWS::CloudFormation::Stack", text)
	if err != nil || strings.Contains(string(doc), "hunter2") || !strings.Contains(string(doc), `"resourceId":"x"`) {
		t.Errorf("kept %s, %v", doc, err)
	}
	if doc, err := described("AWS::EC2::CustomerGateway", text); err != nil || string(doc) != text {
		t.Errorf("kept %s, %v", doc, err)
	}
}

// TestDeliveriesKeepNoTexts holds that what people wrote into runs and deployments is not kept: the recordings say
// "withheld" wherever they may write.
func TestDeliveriesKeepNoTexts(t *testing.T) {
	for _, typ := range []string{"aws.codepipeline.execution", "aws.codedeploy.deployment"} {
		b, err := os.ReadFile("testdata/" + typ + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var recorded struct{ Exchanges, Subjects json.RawMessage }
		if err := json.Unmarshal(b, &recorded); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(recorded.Exchanges), "withheld") || strings.Contains(string(recorded.Subjects), "withheld") {
			t.Errorf("%s: texts are kept, or there are none", typ)
		}
	}
}

// TestEventRegions holds that global events are asked for once, whatever regions are collected.
func TestEventRegions(t *testing.T) {
	for _, c := range []struct {
		h         history
		region    string
		collected []string
		want      string
	}{
		{history{}, "eu-central-1", []string{"eu-central-1"}, "us-east-1"},
		{history{regional: true}, "eu-central-1", []string{"eu-central-1"}, "eu-central-1"},
		{history{regional: true, global: true}, "eu-central-1", []string{"eu-central-1", "us-east-1"}, "eu-central-1"},
		{history{regional: true, global: true}, "eu-central-1", []string{"eu-central-1", "eu-west-1"}, "eu-central-1 us-east-1"},
		{history{regional: true, global: true}, "eu-west-1", []string{"eu-central-1", "eu-west-1"}, "eu-west-1"},
	} {
		s := &session{partition: "aws", cfg: aws.Config{Region: c.region}, collected: c.collected}
		if got := strings.Join(c.h.regions(s), " "); got != c.want {
			t.Errorf("%+v in %s of %v asks %q, want %q", c.h, c.region, c.collected, got, c.want)
		}
	}
}

// TestEventsKeepNoEnvironment holds that the values of environments are dropped from events, and nothing else.
func TestEventsKeepNoEnvironment(t *testing.T) {
	for record, want := range map[string]string{
		`{"requestParameters":{"containerDefinitions":[{"environment":[{"name":"A","value":"x"}],"cpu":1.50}]}}`:                                  `{"requestParameters":{"containerDefinitions":[{"cpu":1.50,"environment":[{"name":"A"}]}]}}`,
		`{"requestParameters":{"overrides":{"containerOverrides":[{"environment":[{"name":"A","value":"x"}]}]}}}`:                                 `{"requestParameters":{"overrides":{"containerOverrides":[{"environment":[{"name":"A"}]}]}}}`,
		`{"responseElements":{"environment":{"variables":{"A":"x"}}}}`:                                                                            `{"responseElements":{"environment":{"variables":{}}}}`,
		`{"requestParameters":{"environment":{"image":"i","environmentVariables":[{"name":"A","value":"x","type":"PLAINTEXT"}]}}}`:                `{"requestParameters":{"environment":{"environmentVariables":[{"name":"A","type":"PLAINTEXT"}]}}}`,
		`{"requestParameters":{"runtimeEnvironmentVariables":{"A":"x"},"environmentName":"prod"},"userIdentity":{"environment":{"name":"kept"}}}`: `{"requestParameters":{"environmentName":"prod","runtimeEnvironmentVariables":{}},"userIdentity":{"environment":{"name":"kept"}}}`,
		`{"requestParameters":{"value":"kept"}}`: `{"requestParameters":{"value":"kept"}}`,
	} {
		if got, err := withoutEnvironment([]byte(record)); err != nil || string(got) != want {
			t.Errorf("%s\n got %s, %v\nwant %s", record, got, err, want)
		}
	}
}
