package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ManagedInstanceDoc is a node that Systems Manager manages, with how its patches were found when last looked at.
type ManagedInstanceDoc struct {
	types.InstanceInformation
	// PatchState is absent for a node that was never scanned.
	PatchState *types.InstancePatchState
}

func ssmManagedInstance() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ssm.managed-instance",
			Title: "Managed node",
			Doc:   evidence.ShapeOf[ManagedInstanceDoc](),
			// An agent reports every few minutes.
			Volatile: []string{
				"/LastPingDateTime", "/LastAssociationExecutionDate", "/LastSuccessfulAssociationExecutionDate", "/PingStatus",
				"/AssociationStatus", "/AssociationOverview", "/IsLatestVersion", "/PatchState",
			},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ssm:DescribeInstanceInformation", Permissions: []string{"ssm:DescribeInstanceInformation"}},
			{Name: "ssm:DescribeInstancePatchStates", Permissions: []string{"ssm:DescribeInstancePatchStates"}},
		},
		Collect: collect.Typed(collectManagedInstances),
	}
}

func (s *session) ssm() *ssm.Client {
	return client(s, "ssm", func() *ssm.Client { return ssm.NewFromConfig(s.cfg) })
}

// managedPage is the largest page of nodes, and the most that may be asked for their patches at once.
const managedPage = 50

func collectManagedInstances(ctx context.Context, s *session, t *collect.Task) error {
	p := ssm.NewDescribeInstanceInformationPaginator(s.ssm(), &ssm.DescribeInstanceInformationInput{
		MaxResults: aws.Int32(managedPage),
	})
	return pages(ctx, t, "ssm:DescribeInstanceInformation", p, func(page *ssm.DescribeInstanceInformationOutput) error {
		t.Listed(len(page.InstanceInformationList))
		states, unknown := s.patchStates(ctx, t, page.InstanceInformationList)
		for _, v := range page.InstanceInformationList {
			id := aws.ToString(v.InstanceId)
			sub := subject("arn:"+s.partition+":ssm:"+s.cfg.Region+":"+s.account+":managed-instance/"+id, id)
			doc := ManagedInstanceDoc{InstanceInformation: v}
			if unknown == nil {
				doc.PatchState = states[id]
			} else if err := t.Miss(&sub, "PatchState", unknown); err != nil {
				return err
			}
			if err := s.emit(ctx, t, sub, doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// patchStates asks for the patches of one page of nodes.
func (s *session) patchStates(
	ctx context.Context, t *collect.Task, nodes []types.InstanceInformation,
) (map[string]*types.InstancePatchState, error) {
	states := map[string]*types.InstancePatchState{}
	if len(nodes) == 0 {
		return states, nil
	}
	ids := make([]string, 0, len(nodes))
	for _, n := range nodes {
		ids = append(ids, aws.ToString(n.InstanceId))
	}
	p := ssm.NewDescribeInstancePatchStatesPaginator(s.ssm(), &ssm.DescribeInstancePatchStatesInput{
		InstanceIds: ids, MaxResults: aws.Int32(100),
	})
	err := pages(ctx, t, "ssm:DescribeInstancePatchStates", p, func(page *ssm.DescribeInstancePatchStatesOutput) error {
		for i := range page.InstancePatchStates {
			states[aws.ToString(page.InstancePatchStates[i].InstanceId)] = &page.InstancePatchStates[i]
		}
		return nil
	})
	return states, err
}
