package simcloud

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// sdkClients returns the SDK's client of every service that has a model.
func sdkClients(cfg aws.Config) map[string]any {
	return map[string]any{
		"accessanalyzer": accessanalyzer.NewFromConfig(cfg),
		"account":        account.NewFromConfig(cfg),
		"acm":            acm.NewFromConfig(cfg),
		"apigateway":     apigateway.NewFromConfig(cfg),
		"autoscaling":    autoscaling.NewFromConfig(cfg),
		"backup":         backup.NewFromConfig(cfg),
		"cloudcontrol":   cloudcontrol.NewFromConfig(cfg),
		"cloudfront":     cloudfront.NewFromConfig(cfg),
		"cloudtrail":     cloudtrail.NewFromConfig(cfg),
		"cloudwatch": cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801) // as collectors ask
		}),
		"cloudwatchlogs":         cloudwatchlogs.NewFromConfig(cfg),
		"codebuild":              codebuild.NewFromConfig(cfg),
		"codedeploy":             codedeploy.NewFromConfig(cfg),
		"codepipeline":           codepipeline.NewFromConfig(cfg),
		"configservice":          configservice.NewFromConfig(cfg),
		"dynamodb":               dynamodb.NewFromConfig(cfg),
		"ec2":                    ec2.NewFromConfig(cfg),
		"ecr":                    ecr.NewFromConfig(cfg),
		"efs":                    efs.NewFromConfig(cfg),
		"eks":                    eks.NewFromConfig(cfg),
		"elasticloadbalancingv2": elasticloadbalancingv2.NewFromConfig(cfg),
		"guardduty":              guardduty.NewFromConfig(cfg),
		"iam":                    iam.NewFromConfig(cfg),
		"identitystore":          identitystore.NewFromConfig(cfg),
		"inspector2":             inspector2.NewFromConfig(cfg),
		"kms":                    kms.NewFromConfig(cfg),
		"lambda":                 lambda.NewFromConfig(cfg),
		"macie2":                 macie2.NewFromConfig(cfg),
		"opensearch":             opensearch.NewFromConfig(cfg),
		"organizations":          organizations.NewFromConfig(cfg),
		"rds":                    rds.NewFromConfig(cfg),
		"redshift":               redshift.NewFromConfig(cfg),
		"s3":                     s3.NewFromConfig(cfg),
		"s3control":              s3control.NewFromConfig(cfg),
		"secretsmanager":         secretsmanager.NewFromConfig(cfg),
		"securityhub":            securityhub.NewFromConfig(cfg),
		"sns":                    sns.NewFromConfig(cfg),
		"sqs":                    sqs.NewFromConfig(cfg),
		"ssm":                    ssm.NewFromConfig(cfg),
		"ssoadmin":               ssoadmin.NewFromConfig(cfg),
		"sts":                    sts.NewFromConfig(cfg),
		"wafv2":                  wafv2.NewFromConfig(cfg),
	}
}

// askSDK makes one call of a client by the operation's name, with an input in the SDK's member names.
func askSDK(ctx context.Context, client any, op string, in map[string]any) (any, error) {
	method := reflect.ValueOf(client).MethodByName(op)
	if !method.IsValid() {
		return nil, errors.New("the SDK has no operation " + op)
	}
	input := reflect.New(method.Type().In(1).Elem())
	assign(input.Elem(), in)
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), input})
	err, _ := out[1].Interface().(error)
	return out[0].Interface(), err
}

// assign sets a Go value to what JSON decoded to. What the SDK has no field for is left out.
func assign(to reflect.Value, v any) {
	if v == nil {
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		assign(to.Elem(), v)
	case reflect.Struct:
		if to.Type() == reflect.TypeFor[time.Time]() {
			to.Set(reflect.ValueOf(time.Date(2026, 7, 3, 0, 0, 0, 0, time.UTC)))
			return
		}
		m, _ := v.(map[string]any)
		for name, e := range m {
			if f := to.FieldByName(goName(name)); f.IsValid() {
				assign(f, e)
			}
		}
	case reflect.Slice:
		l, _ := v.([]any)
		for _, e := range l {
			one := reflect.New(to.Type().Elem()).Elem()
			assign(one, e)
			to.Set(reflect.Append(to, one))
		}
	case reflect.Interface: // the one union that an input needs
		to.Set(reflect.ValueOf(&types.MemberIdMemberUserId{Value: "111122223333"}))
	case reflect.Map:
		to.Set(reflect.MakeMap(to.Type()))
	case reflect.String:
		to.SetString(scalar(v))
	case reflect.Bool:
		b, _ := v.(bool)
		to.SetBool(b)
	case reflect.Int32, reflect.Int64:
		to.SetInt(1)
	}
}

// inputs makes inputs that the SDK sends: every required member has some value.
type inputs struct {
	service string
	whole   struct {
		Operations map[string]struct{ Input *apiRef }
		Shapes     map[string]struct {
			Type     string
			Required []string
			Members  map[string]*apiRef
			Member   *apiRef
			Enum     []string
			Union    bool
		}
	}
}

func inputsOf(t testing.TB, service string) *inputs {
	t.Helper()
	i := &inputs{service: service}
	supplement := readAny(t, filepath.Join("models", "supplement", service+".json"))
	b, err := json.Marshal(merge(wholeModel(t, service), supplement))
	if err == nil {
		err = json.Unmarshal(b, &i.whole)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// of returns an input of an operation with the members of given, where the operation has them.
func (i *inputs) of(op string, given map[string]any) map[string]any {
	ref := i.whole.Operations[op].Input
	if ref == nil {
		return nil
	}
	in, _ := i.sample(ref.Shape).(map[string]any)
	for name := range i.whole.Shapes[ref.Shape].Members {
		if v, ok := given[goName(name)]; ok {
			in[name] = v
		}
	}
	return in
}

func (i *inputs) sample(shape string) any {
	s := i.whole.Shapes[shape]
	switch s.Type {
	case "structure":
		out := map[string]any{}
		for _, m := range s.Required {
			out[m] = i.sample(s.Members[m].Shape)
		}
		return out
	case "list":
		return []any{i.sample(s.Member.Shape)}
	case "string":
		if len(s.Enum) > 0 {
			return s.Enum[0]
		}
		return "111122223333"
	}
	return true
}
