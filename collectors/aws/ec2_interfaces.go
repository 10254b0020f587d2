package aws

import (
	"context"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
)

// GroupInterface is a network interface as far as it tells who can reach it.
type GroupInterface struct {
	NetworkInterfaceId *string
	InterfaceType      types.NetworkInterfaceType
	Status             types.NetworkInterfaceStatus
	Description        *string
	SubnetId           *string
	VpcId              *string
	InstanceId         *string
	// PublicIps are the public IPv4 addresses of all its private ones.
	PublicIps     []string
	Ipv6Addresses []string
	// DenyAllIgwTraffic is true where what comes from an internet gateway is dropped.
	DenyAllIgwTraffic *bool
}

func interfacesOperation() collect.Operation {
	return collect.Operation{
		Name: "ec2:DescribeNetworkInterfaces", Permissions: []string{"ec2:DescribeNetworkInterfaces"},
	}
}

// interfaces lists all network interfaces of the region once, by the security groups on them.
func (s *session) interfaces(ctx context.Context, t *collect.Task) (map[string][]GroupInterface, error) {
	const op = "ec2:DescribeNetworkInterfaces"
	byGroup, err := collect.Once(ctx, t, op, func(ctx context.Context) (map[string][]GroupInterface, error) {
		byGroup := map[string][]GroupInterface{}
		p := ec2.NewDescribeNetworkInterfacesPaginator(s.ec2(), &ec2.DescribeNetworkInterfacesInput{
			MaxResults: aws.Int32(ec2Page),
		})
		err := pages(ctx, t, op, p, func(page *ec2.DescribeNetworkInterfacesOutput) error {
			for _, v := range page.NetworkInterfaces {
				for _, g := range v.Groups {
					id := aws.ToString(g.GroupId)
					byGroup[id] = append(byGroup[id], groupInterface(v))
				}
			}
			return nil
		})
		return byGroup, err
	})
	if err == nil {
		t.Relies(op)
	}
	return byGroup, err
}

func groupInterface(v types.NetworkInterface) GroupInterface {
	g := GroupInterface{
		NetworkInterfaceId: v.NetworkInterfaceId, InterfaceType: v.InterfaceType, Status: v.Status,
		Description: v.Description, SubnetId: v.SubnetId, VpcId: v.VpcId, DenyAllIgwTraffic: v.DenyAllIgwTraffic,
		PublicIps: []string{}, Ipv6Addresses: []string{},
	}
	if v.Attachment != nil {
		g.InstanceId = v.Attachment.InstanceId
	}
	seen := map[string]bool{}
	add := func(a *types.NetworkInterfaceAssociation) {
		if a != nil && a.PublicIp != nil && !seen[*a.PublicIp] {
			seen[*a.PublicIp] = true
			g.PublicIps = append(g.PublicIps, *a.PublicIp)
		}
	}
	add(v.Association)
	for _, private := range v.PrivateIpAddresses {
		add(private.Association)
	}
	for _, six := range v.Ipv6Addresses {
		g.Ipv6Addresses = append(g.Ipv6Addresses, aws.ToString(six.Ipv6Address))
	}
	sort.Strings(g.PublicIps)
	return g
}
