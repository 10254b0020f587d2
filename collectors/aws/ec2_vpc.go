package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// VPCDoc is a VPC with the flow logs on it as a whole.
type VPCDoc struct {
	types.Vpc
	FlowLogs []types.FlowLog
}

func ec2VPC() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.vpc",
			Title: "VPC",
			Doc:   evidence.ShapeOf[VPCDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeVpcs", Permissions: []string{"ec2:DescribeVpcs"}},
			{Name: "ec2:DescribeFlowLogs", Permissions: []string{"ec2:DescribeFlowLogs"}},
		},
		Collect: collect.Typed(collectVPCs),
	}
}

func collectVPCs(ctx context.Context, s *session, t *collect.Task) error {
	logs, unknown := s.flowLogs(ctx, t)
	p := ec2.NewDescribeVpcsPaginator(s.ec2(), &ec2.DescribeVpcsInput{MaxResults: aws.Int32(ec2Page)})
	return pages(ctx, t, "ec2:DescribeVpcs", p, func(page *ec2.DescribeVpcsOutput) error {
		t.Listed(len(page.Vpcs))
		for _, v := range page.Vpcs {
			id := aws.ToString(v.VpcId)
			doc := VPCDoc{Vpc: v, FlowLogs: logs[id]}
			sub := subject(s.ec2ARN("vpc", id), nameTag(v.Tags, id))
			sub.Tags = ec2Tags(v.Tags)
			if unknown != nil {
				doc.FlowLogs = nil
				if err := t.Miss(&sub, "FlowLogs", unknown); err != nil {
					return err
				}
			} else if doc.FlowLogs == nil {
				doc.FlowLogs = []types.FlowLog{}
			}
			if err := s.emit(ctx, t, sub, doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// flowLogs lists all flow logs of the region once, by what they are on, rather than VPC by VPC.
func (s *session) flowLogs(ctx context.Context, t *collect.Task) (map[string][]types.FlowLog, error) {
	logs := map[string][]types.FlowLog{}
	p := ec2.NewDescribeFlowLogsPaginator(s.ec2(), &ec2.DescribeFlowLogsInput{MaxResults: aws.Int32(ec2Page)})
	err := pages(ctx, t, "ec2:DescribeFlowLogs", p, func(page *ec2.DescribeFlowLogsOutput) error {
		for _, l := range page.FlowLogs {
			id := aws.ToString(l.ResourceId)
			logs[id] = append(logs[id], l)
		}
		return nil
	})
	return logs, err
}
