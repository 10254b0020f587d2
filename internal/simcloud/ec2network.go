package simcloud

// ec2Networks are the kinds and operations of what traffic goes through.
func ec2Networks() ([]kind, awsOps) {
	acls := ec2Kind("network-acls", "NetworkAclId", "InvalidNetworkAclID.NotFound")
	tables := ec2Kind("route-tables", "RouteTableId", "InvalidRouteTableID.NotFound")
	interfaces := ec2Kind("network-interfaces", "NetworkInterfaceId", "InvalidNetworkInterfaceID.NotFound")
	prefixes := ec2Kind("prefix-lists", "PrefixListId", "InvalidPrefixListID.NotFound")
	endpoints := ec2Kind("vpc-endpoints", "VpcEndpointId", "InvalidVpcEndpointId.NotFound")
	peerings := ec2Kind("vpc-peerings", "VpcPeeringConnectionId", "InvalidVpcPeeringConnectionID.NotFound")
	byVPC := map[string]string{"vpc-id": "VpcId"}
	return []kind{acls, tables, interfaces, prefixes, endpoints, peerings}, awsOps{
		"DescribeNetworkAcls":           list{kind: acls, keys: "NetworkAclIds", usual: 1000, filters: byVPC},
		"DescribeRouteTables":           list{kind: tables, keys: "RouteTableIds", usual: 100, filters: byVPC},
		"DescribeNetworkInterfaces":     list{kind: interfaces, keys: "NetworkInterfaceIds", usual: 1000, filters: byVPC},
		"DescribeVpcEndpoints":          list{kind: endpoints, keys: "VpcEndpointIds", usual: 1000, filters: byVPC},
		"DescribeVpcPeeringConnections": list{kind: peerings, keys: "VpcPeeringConnectionIds", usual: 1000},
		"GetManagedPrefixListEntries":   within{kind: prefixes, by: "PrefixListId", from: "Entries"},
	}
}

// ec2Machines are the kinds and operations of instances and images.
func ec2Machines() ([]kind, awsOps) {
	instances := ec2Kind("instances", "InstanceId", "InvalidInstanceID.NotFound")
	images := ec2Kind("images", "ImageId", "InvalidAMIID.NotFound")
	return []kind{instances, images}, awsOps{
		"DescribeInstances": list{kind: instances, keys: "InstanceIds", usual: 1000, view: view{make: reservation}},
		"DescribeImages": list{kind: images, keys: "ImageIds", usual: 1000,
			ignore: []string{"Owners", "IncludeDeprecated", "IncludeDisabled"}},
	}
}

// reservation is the launch that one instance came of.
func reservation(d map[string]any) map[string]any {
	id := scalar(d["InstanceId"])
	return map[string]any{"ReservationId": "r-" + id[len("i-"):], "Instances": []any{d}}
}
