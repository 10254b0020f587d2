package simcloud

import (
	"maps"
	"slices"
)

func regionKind() kind { return kind{name: "regions", key: "RegionName"} }

// ec2Kind is a kind of regional things; an id that nothing has is told by a code of its own.
func ec2Kind(name, key, missing string, parts ...string) kind {
	return kind{name: name, key: key, regional: true, parts: parts, missing: awsFail{code: missing, message: "The id '%s' does not exist"}}
}

func ec2Service() awsService {
	vpcs := ec2Kind("vpcs", "VpcId", "InvalidVpcID.NotFound")
	logs := ec2Kind("flow-logs", "FlowLogId", "InvalidFlowLogId.NotFound")
	groups := ec2Kind("security-groups", "GroupId", "InvalidGroup.NotFound")
	volumes := ec2Kind("volumes", "VolumeId", "InvalidVolume.NotFound")
	snapshots := ec2Kind("snapshots", "SnapshotId", "InvalidSnapshot.NotFound", "CreateVolumePermissions")
	all := awsService{name: "ec2", signing: "ec2", kinds: []kind{regionKind(), vpcs, logs, groups, volumes, snapshots}, ops: awsOps{
		"DescribeVpcs": list{kind: vpcs, keys: "VpcIds", usual: 1000, filters: map[string]string{"vpc-id": "VpcId"}},
		"DescribeFlowLogs": list{kind: logs, keys: "FlowLogIds", usual: 1000,
			filters: map[string]string{"resource-id": "ResourceId"}},
		"DescribeSecurityGroups": list{kind: groups, keys: "GroupIds", usual: 1000,
			filters: map[string]string{"vpc-id": "VpcId", "group-name": "GroupName"}},
		"DescribeVolumes": list{kind: volumes, keys: "VolumeIds", usual: 1000, filters: map[string]string{"status": "State"}},
		"DescribeSnapshots": list{kind: snapshots, keys: "SnapshotIds", usual: 1000,
			filters: map[string]string{"volume-id": "VolumeId", "status": "State"},
			ignore:  []string{"OwnerIds", "RestorableByUserIds"}, where: ownSnapshot},
		"DescribeSnapshotAttribute": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			if k.text("Attribute") != "createVolumePermission" {
				return awsOut{}, &awsFail{400, "InvalidParameterValue", "unknown attribute"}
			}
			return get{kind: snapshots, by: "SnapshotId",
				view: view{only: []string{"SnapshotId", "CreateVolumePermissions"}}}.answer(k)
		}),
		"DescribeRegions": list{kind: regionKind(), member: "Regions", ignore: []string{"AllRegions"},
			where: func(k *awsCall, d map[string]any) bool {
				return k.in["AllRegions"] == true || d["OptInStatus"] != "not-opted-in"
			}},
		"GetEbsEncryptionByDefault": setting{regional: true, part: "EbsEncryptionByDefault", usual: false,
			member: "EbsEncryptionByDefault"},
		"GetSnapshotBlockPublicAccessState": setting{regional: true, part: "SnapshotBlockPublicAccess",
			usual: map[string]any{"State": "unblocked"}},
		"GetEbsDefaultKmsKeyId": setting{regional: true, part: "EbsDefaultKmsKeyId", usual: "alias/aws/ebs",
			member: "KmsKeyId"},
		"GetImageBlockPublicAccessState": setting{regional: true, part: "ImageBlockPublicAccess",
			usual: map[string]any{"ImageBlockPublicAccessState": "unblocked"}},
		"GetInstanceMetadataDefaults": setting{regional: true, part: "InstanceMetadataDefaults", usual: map[string]any{},
			member: "AccountLevel"},
	}}
	for _, more := range []func() ([]kind, awsOps){ec2Networks, ec2Machines} {
		kinds, ops := more()
		all.kinds = append(all.kinds, kinds...)
		maps.Copy(all.ops, ops)
	}
	return all
}

// ownSnapshot holds of what the account owns. Asked for what anybody may restore, of what is shared with all.
func ownSnapshot(k *awsCall, d map[string]any) bool {
	if owners := k.texts("OwnerIds"); len(owners) > 0 && !slices.Contains(owners, "self") &&
		!slices.Contains(owners, k.account) {
		return false
	}
	shared, _ := d["CreateVolumePermissions"].([]any)
	return !slices.Contains(k.texts("RestorableByUserIds"), "all") ||
		slices.ContainsFunc(shared, func(p any) bool { return p.(map[string]any)["Group"] == "all" })
}
