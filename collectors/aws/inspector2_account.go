package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	"github.com/aws/aws-sdk-go-v2/service/inspector2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// InspectorDoc is Inspector in one region: what it scans of the account, which may be nothing.
type InspectorDoc struct{ types.AccountState }

func inspector2Account() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.inspector2.account",
			Title: "Inspector in a region",
			Doc:   evidence.ShapeOf[InspectorDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "inspector2:BatchGetAccountStatus", Permissions: []string{"inspector2:BatchGetAccountStatus"}},
		},
		Collect: collect.Typed(collectInspector),
	}
}

func (s *session) inspector2() *inspector2.Client {
	return client(s, "inspector2", func() *inspector2.Client { return inspector2.NewFromConfig(s.cfg) })
}

func collectInspector(ctx context.Context, s *session, t *collect.Task) error {
	// Without accounts the answer is about the caller's own.
	out, err := ask(ctx, t, "inspector2:BatchGetAccountStatus",
		func(ctx context.Context) (*inspector2.BatchGetAccountStatusOutput, error) {
			out, err := s.inspector2().BatchGetAccountStatus(ctx, &inspector2.BatchGetAccountStatusInput{})
			switch {
			case err != nil || len(out.Accounts) == 1:
			case len(out.FailedAccounts) > 0:
				failed := out.FailedAccounts[0]
				err = fmt.Errorf("the account's status: %s %s", failed.ErrorCode, aws.ToString(failed.ErrorMessage))
			default:
				err = fmt.Errorf("malformed answer: it tells of %d accounts", len(out.Accounts))
			}
			return out, err
		})
	if err != nil {
		return err
	}
	t.Listed(1)
	sub := subject(s.arn("inspector2", "account"), s.cfg.Region)
	return s.emit(ctx, t, sub, InspectorDoc{out.Accounts[0]})
}
