package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// FunctionDoc is a Lambda function's configuration without its code. The values of its environment variables are
// redacted; their names stay.
type FunctionDoc struct {
	types.FunctionConfiguration
	Policy             *string // the resource policy's JSON text; absent when there is none
	FunctionUrlConfigs []types.FunctionUrlConfig
}

func lambdaFunction() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.lambda.function",
			Title:  "Lambda function",
			Doc:    evidence.ShapeOf[FunctionDoc](),
			Secret: []string{"/Environment/Variables/*"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "lambda:ListFunctions", Permissions: []string{"lambda:ListFunctions"}},
			{
				Name: "lambda:GetPolicy", Permissions: []string{"lambda:GetPolicy"},
				Absent: []string{"ResourceNotFoundException"},
			},
			{
				Name: "lambda:ListFunctionUrlConfigs", Permissions: []string{"lambda:ListFunctionUrlConfigs"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectFunctions),
	}
}

func (s *session) lambda() *lambda.Client {
	return client(s, "lambda", func() *lambda.Client { return lambda.NewFromConfig(s.cfg) })
}

func collectFunctions(ctx context.Context, s *session, t *collect.Task) error {
	p := lambda.NewListFunctionsPaginator(s.lambda(), &lambda.ListFunctionsInput{MaxItems: aws.Int32(50)})
	return pages(ctx, t, "lambda:ListFunctions", p, func(page *lambda.ListFunctionsOutput) error {
		t.Listed(len(page.Functions))
		return collect.Each(ctx, page.Functions, func(ctx context.Context, f types.FunctionConfiguration) error {
			return s.function(ctx, t, f)
		})
	})
}

func (s *session) function(ctx context.Context, t *collect.Task, f types.FunctionConfiguration) error {
	sub := subject(aws.ToString(f.FunctionArn), aws.ToString(f.FunctionName))
	doc := FunctionDoc{FunctionConfiguration: f}
	if err := readEnvironment(t, &sub, &doc); err != nil {
		return err
	}
	_, err := t.Part(ctx, &sub, "Policy", "lambda:GetPolicy", func(ctx context.Context) error {
		out, err := s.lambda().GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: f.FunctionArn})
		if err == nil {
			doc.Policy = out.Policy
		}
		return err
	})
	if err != nil {
		return err
	}
	urls := []types.FunctionUrlConfig{}
	p := lambda.NewListFunctionUrlConfigsPaginator(s.lambda(), &lambda.ListFunctionUrlConfigsInput{
		FunctionName: f.FunctionArn, MaxItems: aws.Int32(50),
	})
	err = pages(ctx, t, "lambda:ListFunctionUrlConfigs", p, func(page *lambda.ListFunctionUrlConfigsOutput) error {
		urls = append(urls, page.FunctionUrlConfigs...)
		return nil
	})
	if err == nil || collect.IsAbsent(err) {
		doc.FunctionUrlConfigs = urls
	} else if err := t.Miss(&sub, "FunctionUrlConfigs", err); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

// readEnvironment records that the variables are missing where the list has an error in their place: those under a
// customer's key are shown only to who may decrypt with it.
func readEnvironment(t *collect.Task, sub *evidence.Subject, doc *FunctionDoc) error {
	if doc.Environment == nil || doc.Environment.Error == nil {
		return nil
	}
	code := aws.ToString(doc.Environment.Error.ErrorCode)
	doc.Environment = nil
	e := &collect.Error{
		Operation: "lambda:ListFunctions", Outcome: evidence.OutcomeFailed, Code: code,
		Err: errors.New("the variables cannot be decrypted"),
	}
	if outcome, ok := byCode(code); ok {
		e.Outcome = outcome
	}
	if e.Outcome == evidence.OutcomeDenied {
		e.Permission = "kms:Decrypt"
	}
	return t.Miss(sub, "Environment", e)
}
