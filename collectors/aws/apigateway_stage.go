package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// StageDoc is a stage of a REST API with the API that it serves. The values of its variables are redacted.
type StageDoc struct {
	types.Stage
	RestApi StageAPI
}

// StageAPI is the API that a stage serves.
type StageAPI struct {
	Id, Name                  *string
	EndpointConfiguration     *types.EndpointConfiguration
	Policy                    *string // the resource policy's JSON text
	DisableExecuteApiEndpoint bool
}

func apigatewayStage() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.apigateway.stage",
			Title:  "API Gateway stage",
			Doc:    evidence.ShapeOf[StageDoc](),
			Secret: []string{"/Variables/*", "/CanarySettings/StageVariableOverrides/*"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			// API Gateway has one permission for all that is read.
			{Name: "apigateway:GetRestApis", Permissions: []string{"apigateway:GET"}},
			{
				Name: "apigateway:GetStages", Permissions: []string{"apigateway:GET"},
				Absent: []string{"NotFoundException"},
			},
		},
		Collect: collect.Typed(collectStages),
	}
}

func (s *session) apigateway() *apigateway.Client {
	return client(s, "apigateway", func() *apigateway.Client { return apigateway.NewFromConfig(s.cfg) })
}

func collectStages(ctx context.Context, s *session, t *collect.Task) error {
	p := apigateway.NewGetRestApisPaginator(s.apigateway(), &apigateway.GetRestApisInput{Limit: aws.Int32(500)})
	return pages(ctx, t, "apigateway:GetRestApis", p, func(page *apigateway.GetRestApisOutput) error {
		return collect.Each(ctx, page.Items, func(ctx context.Context, api types.RestApi) error {
			return s.stages(ctx, t, api)
		})
	})
}

func (s *session) stages(ctx context.Context, t *collect.Task, api types.RestApi) error {
	out, err := ask(ctx, t, "apigateway:GetStages", func(ctx context.Context) (*apigateway.GetStagesOutput, error) {
		return s.apigateway().GetStages(ctx, &apigateway.GetStagesInput{RestApiId: api.Id})
	})
	if collect.IsAbsent(err) {
		return nil // the API was deleted, and its stages with it
	}
	if err != nil {
		return err
	}
	t.Listed(len(out.Item))
	for _, v := range out.Item {
		name := aws.ToString(v.StageName)
		// Stages have an ARN that names no account.
		sub := subject("arn:"+s.partition+":apigateway:"+s.cfg.Region+"::/restapis/"+aws.ToString(api.Id)+"/stages/"+name,
			aws.ToString(api.Name)+" "+name)
		sub.Tags = v.Tags
		doc := StageDoc{Stage: v, RestApi: StageAPI{
			api.Id, api.Name, api.EndpointConfiguration, api.Policy, api.DisableExecuteApiEndpoint,
		}}
		if err := s.emit(ctx, t, sub, doc); err != nil {
			return err
		}
	}
	return nil
}
