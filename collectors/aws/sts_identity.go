package aws

import (
	"context"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// IdentityDoc is as whom the account was collected. The subject stays the same when the caller changes.
type IdentityDoc struct {
	Account *string
	Arn     *string
	UserId  *string
}

func stsIdentity() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.sts.identity",
			Title: "Identity that collects",
			Doc:   evidence.ShapeOf[IdentityDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "sts:GetCallerIdentity"}, // AWS answers it whatever the policies say
		},
		Collect: collect.Typed(collectIdentity),
	}
}

// collectIdentity keeps what was answered when the account was entered.
func collectIdentity(ctx context.Context, s *session, t *collect.Task) error {
	t.Relies("sts:GetCallerIdentity")
	t.Listed(1)
	sub := subject("arn:"+s.partition+":sts::"+s.account+":caller-identity", s.account)
	return s.emit(ctx, t, sub, IdentityDoc{Account: s.caller.Account, Arn: s.caller.Arn, UserId: s.caller.UserId})
}
