package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// VPCDoc is a VPC with the flow logs on it as a whole, its endpoints, and its peerings on either side.
type VPCDoc struct {
	types.Vpc
	FlowLogs           []types.FlowLog
	Endpoints          []types.VpcEndpoint
	PeeringConnections []types.VpcPeeringConnection
}

func ec2VPC() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.vpc",
			Title: "VPC",
			Doc:   evidence.ShapeOf[VPCDoc](),
		},
		Version:  2,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeVpcs", Permissions: []string{"ec2:DescribeVpcs"}},
			{Name: "ec2:DescribeFlowLogs", Permissions: []string{"ec2:DescribeFlowLogs"}},
			{Name: "ec2:DescribeVpcEndpoints", Permissions: []string{"ec2:DescribeVpcEndpoints"}},
			{
				Name:        "ec2:DescribeVpcPeeringConnections",
				Permissions: []string{"ec2:DescribeVpcPeeringConnections"},
			},
		},
		Collect: collect.Typed(collectVPCs),
	}
}

// vpcParts are the region's answers that belong to one VPC or another, by VPC, with why they are unknown.
type vpcParts struct {
	logs                            map[string][]types.FlowLog
	endpoints                       map[string][]types.VpcEndpoint
	peerings                        map[string][]types.VpcPeeringConnection
	noLogs, noEndpoints, noPeerings error
}

func collectVPCs(ctx context.Context, s *session, t *collect.Task) error {
	var parts vpcParts
	parts.logs, parts.noLogs = s.flowLogs(ctx, t)
	parts.endpoints, parts.noEndpoints = s.vpcEndpoints(ctx, t)
	parts.peerings, parts.noPeerings = s.peerings(ctx, t)
	p := ec2.NewDescribeVpcsPaginator(s.ec2(), &ec2.DescribeVpcsInput{MaxResults: aws.Int32(ec2Page)})
	return pages(ctx, t, "ec2:DescribeVpcs", p, func(page *ec2.DescribeVpcsOutput) error {
		t.Listed(len(page.Vpcs))
		for _, v := range page.Vpcs {
			id := aws.ToString(v.VpcId)
			doc := VPCDoc{Vpc: v}
			sub := subject(s.ec2ARN("vpc", id), nameTag(v.Tags, id))
			sub.Tags = ec2Tags(v.Tags)
			if err := parts.put(t, id, &sub, &doc); err != nil {
				return err
			}
			if err := s.emit(ctx, t, sub, doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// put hands the VPC its parts, or says that they are missing.
func (p *vpcParts) put(t *collect.Task, id string, sub *evidence.Subject, doc *VPCDoc) error {
	for _, part := range []struct {
		key     string
		unknown error
		put     func()
	}{
		{"FlowLogs", p.noLogs, func() { doc.FlowLogs = some(p.logs[id]) }},
		{"Endpoints", p.noEndpoints, func() { doc.Endpoints = some(p.endpoints[id]) }},
		{"PeeringConnections", p.noPeerings, func() { doc.PeeringConnections = some(p.peerings[id]) }},
	} {
		if part.unknown == nil {
			part.put()
		} else if err := t.Miss(sub, part.key, part.unknown); err != nil {
			return err
		}
	}
	return nil
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

func (s *session) vpcEndpoints(ctx context.Context, t *collect.Task) (map[string][]types.VpcEndpoint, error) {
	endpoints := map[string][]types.VpcEndpoint{}
	p := ec2.NewDescribeVpcEndpointsPaginator(s.ec2(), &ec2.DescribeVpcEndpointsInput{MaxResults: aws.Int32(ec2Page)})
	err := pages(ctx, t, "ec2:DescribeVpcEndpoints", p, func(page *ec2.DescribeVpcEndpointsOutput) error {
		for _, e := range page.VpcEndpoints {
			id := aws.ToString(e.VpcId)
			endpoints[id] = append(endpoints[id], e)
		}
		return nil
	})
	return endpoints, err
}

// peerings lists all peering connections of the region once, under the VPC at either end.
func (s *session) peerings(ctx context.Context, t *collect.Task) (map[string][]types.VpcPeeringConnection, error) {
	peerings := map[string][]types.VpcPeeringConnection{}
	p := ec2.NewDescribeVpcPeeringConnectionsPaginator(s.ec2(), &ec2.DescribeVpcPeeringConnectionsInput{
		MaxResults: aws.Int32(ec2Page),
	})
	err := pages(ctx, t, "ec2:DescribeVpcPeeringConnections", p, func(page *ec2.DescribeVpcPeeringConnectionsOutput) error {
		for _, c := range page.VpcPeeringConnections {
			for _, end := range []*types.VpcPeeringConnectionVpcInfo{c.RequesterVpcInfo, c.AccepterVpcInfo} {
				if end != nil {
					id := aws.ToString(end.VpcId)
					peerings[id] = append(peerings[id], c)
				}
			}
		}
		return nil
	})
	return peerings, err
}
