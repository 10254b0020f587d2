package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RouteTableDoc is a route table with its routes and the subnets that follow it.
type RouteTableDoc struct{ types.RouteTable }

func ec2RouteTable() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.route-table",
			Title: "Route table",
			Doc:   evidence.ShapeOf[RouteTableDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeRouteTables", Permissions: []string{"ec2:DescribeRouteTables"}},
		},
		Collect: collect.Typed(collectRouteTables),
	}
}

// routeTablePage is the largest page that DescribeRouteTables gives.
const routeTablePage = 100

func collectRouteTables(ctx context.Context, s *session, t *collect.Task) error {
	p := ec2.NewDescribeRouteTablesPaginator(s.ec2(), &ec2.DescribeRouteTablesInput{
		MaxResults: aws.Int32(routeTablePage),
	})
	return pages(ctx, t, "ec2:DescribeRouteTables", p, func(page *ec2.DescribeRouteTablesOutput) error {
		t.Listed(len(page.RouteTables))
		for _, v := range page.RouteTables {
			v.Routes, v.Associations = some(v.Routes), some(v.Associations)
			id := aws.ToString(v.RouteTableId)
			sub := subject(s.ec2ARN("route-table", id), nameTag(v.Tags, id))
			sub.Tags = ec2Tags(v.Tags)
			if err := s.emit(ctx, t, sub, RouteTableDoc{v}); err != nil {
				return err
			}
		}
		return nil
	})
}
