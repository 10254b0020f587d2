package simcloud

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

func all(d map[string]any) map[string]any { return d }

func TestEC2(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 3})
	client := ec2.NewFromConfig(awsConfig(c, prod, "eu-west-1"))
	at := func(kind string) []map[string]any { return docs(c, "aws", prod, "eu-west-1", kind) }

	var vpcs []ec2types.Vpc
	for p := ec2.NewDescribeVpcsPaginator(client, &ec2.DescribeVpcsInput{}); p.HasMorePages(); {
		vpcs = append(vpcs, next(t, p.NextPage).Vpcs...)
	}
	same(t, "vpcs", shown(at("vpcs"), all), vpcs)
	var logs []ec2types.FlowLog
	for p := ec2.NewDescribeFlowLogsPaginator(client, &ec2.DescribeFlowLogsInput{}); p.HasMorePages(); {
		logs = append(logs, next(t, p.NextPage).FlowLogs...)
	}
	same(t, "flow logs", shown(at("flow-logs"), all), logs)
	var groups []ec2types.SecurityGroup
	pages := 0
	for p := ec2.NewDescribeSecurityGroupsPaginator(client, &ec2.DescribeSecurityGroupsInput{}); p.HasMorePages(); pages++ {
		groups = append(groups, next(t, p.NextPage).SecurityGroups...)
	}
	same(t, "groups", shown(at("security-groups"), all), groups)
	if want := (len(groups) + 2) / 3; pages != want {
		t.Errorf("%d pages of security groups, want %d", pages, want)
	}
	var volumes []ec2types.Volume
	for p := ec2.NewDescribeVolumesPaginator(client, &ec2.DescribeVolumesInput{}); p.HasMorePages(); {
		volumes = append(volumes, next(t, p.NextPage).Volumes...)
	}
	same(t, "volumes", shown(at("volumes"), all), volumes)
	var snapshots []ec2types.Snapshot
	for p := ec2.NewDescribeSnapshotsPaginator(client,
		&ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}); p.HasMorePages(); {
		snapshots = append(snapshots, next(t, p.NextPage).Snapshots...)
	}
	same(t, "snapshots", shown(at("snapshots"), func(d map[string]any) map[string]any {
		return without(d, "CreateVolumePermissions")
	}), snapshots)
	state := ask(t, client.GetSnapshotBlockPublicAccessState, &ec2.GetSnapshotBlockPublicAccessStateInput{})
	same(t, "block", c.world.Load().object("aws", prod, "eu-west-1", "settings")["SnapshotBlockPublicAccess"], state)
	if e := ask(t, client.GetEbsEncryptionByDefault, &ec2.GetEbsEncryptionByDefaultInput{}); !*e.EbsEncryptionByDefault {
		t.Error("encryption by default is off")
	}
	regions := ask(t, client.DescribeRegions, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	same(t, "regions", shown(docs(c, "aws", prod, "regions"), all), regions.Regions)
	if on := ask(t, client.DescribeRegions, &ec2.DescribeRegionsInput{}).Regions; len(on) != len(regions.Regions)-1 {
		t.Errorf("%d regions are on", len(on))
	}
	made := &ec2.DescribeVolumesInput{NextToken: aws.String("x")}
	if got := code(t, client.DescribeVolumes, made); got != "InvalidNextToken" {
		t.Errorf("a made-up token: %s", got)
	}
	off := ec2.NewFromConfig(awsConfig(c, prod, "af-south-1"))
	if got := code(t, off.DescribeVpcs, &ec2.DescribeVpcsInput{}); got != "AuthFailure" {
		t.Errorf("a region that is off: %s", got)
	}
	one := ask(t, client.DescribeVpcs, &ec2.DescribeVpcsInput{VpcIds: []string{*vpcs[1].VpcId}}).Vpcs
	if len(one) != 1 || *one[0].VpcId != *vpcs[1].VpcId {
		t.Errorf("asked for one network, got %v", one)
	}
	if got := code(t, client.DescribeVpcs, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0"}}); got != "InvalidVpcID.NotFound" {
		t.Errorf("an unknown network: %s", got)
	}
	of := &ec2.DescribeFlowLogsInput{Filter: []ec2types.Filter{{Name: aws.String("resource-id"),
		Values: []string{*vpcs[0].VpcId}}}}
	if logs := ask(t, client.DescribeFlowLogs, of).FlowLogs; len(logs) != 1 || *logs[0].ResourceId != *vpcs[0].VpcId {
		t.Errorf("flow logs of one network: %v", logs)
	}
	filter := &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: aws.String("colour"), Values: []string{"red"}}}}
	if got := code(t, client.DescribeVpcs, filter); got != "InvalidParameterValue" {
		t.Errorf("an unknown filter: %s", got)
	}
}

func TestSharedSnapshot(t *testing.T) {
	c := start(t, demo(t), Options{})
	client := ec2.NewFromConfig(awsConfig(c, staging, "eu-west-1"))
	public := &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, RestorableByUserIds: []string{"all"}}
	if got := ask(t, client.DescribeSnapshots, public).Snapshots; len(got) != 0 {
		t.Fatalf("%d snapshots are public on day 0", len(got))
	}
	if err := c.SetDay(74); err != nil {
		t.Fatal(err)
	}
	got := ask(t, client.DescribeSnapshots, public).Snapshots
	if len(got) != 1 {
		t.Fatalf("%d snapshots are public on day 74", len(got))
	}
	shared := ask(t, client.DescribeSnapshotAttribute, &ec2.DescribeSnapshotAttributeInput{
		SnapshotId: got[0].SnapshotId, Attribute: ec2types.SnapshotAttributeNameCreateVolumePermission})
	if len(shared.CreateVolumePermissions) != 1 || shared.CreateVolumePermissions[0].Group != "all" {
		t.Errorf("shared with %v", shared.CreateVolumePermissions)
	}
}

func TestKMS(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 2})
	client := kms.NewFromConfig(awsConfig(c, prod, "eu-west-1"))
	keys := docs(c, "aws", prod, "eu-west-1", "keys")
	var got []any
	for p := kms.NewListKeysPaginator(client, &kms.ListKeysInput{}); p.HasMorePages(); {
		for _, k := range next(t, p.NextPage).Keys {
			got = append(got, map[string]any{"KeyId": *k.KeyId, "Arn": *k.KeyArn})
		}
	}
	same(t, "keys", shown(keys, func(d map[string]any) map[string]any { return only(d, "KeyId", "Arn") }), got)
	aliases := 0
	for p := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{}); p.HasMorePages(); {
		aliases += len(next(t, p.NextPage).Aliases)
	}
	if aliases != len(keys) {
		t.Errorf("%d aliases for %d keys", aliases, len(keys))
	}
	for _, k := range keys {
		id := aws.String(k["KeyId"].(string))
		meta := ask(t, client.DescribeKey, &kms.DescribeKeyInput{KeyId: id}).KeyMetadata
		same(t, *id, without(k, "Rotation", "Policy", "Aliases"), meta)
		policy := ask(t, client.GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: meta.Arn})
		if *policy.Policy != policyText(k["Policy"]) {
			t.Errorf("policy of %s: %s", *id, *policy.Policy)
		}
		if k["Rotation"] == nil {
			if got := code(t, client.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: id}); got !=
				"UnsupportedOperationException" {
				t.Errorf("rotation of a signing key: %s", got)
			}
			continue
		}
		same(t, *id+" rotation", k["Rotation"], ask(t, client.GetKeyRotationStatus,
			&kms.GetKeyRotationStatusInput{KeyId: id}))
	}
	if got := code(t, client.DescribeKey, &kms.DescribeKeyInput{KeyId: aws.String("x")}); got != "NotFoundException" {
		t.Errorf("an unknown key: %s", got)
	}
}

func TestCloudTrail(t *testing.T) {
	c := start(t, demo(t), Options{})
	client := cloudtrail.NewFromConfig(awsConfig(c, prod, "eu-west-1"))
	trails := docs(c, "aws", prod, "trails")
	got := ask(t, client.DescribeTrails, &cloudtrail.DescribeTrailsInput{}).TrailList
	same(t, "trails", shown(trails, func(d map[string]any) map[string]any { return without(d, trailKind().parts...) }), got)
	for i, d := range trails {
		status := ask(t, client.GetTrailStatus, &cloudtrail.GetTrailStatusInput{Name: got[i].TrailARN})
		same(t, "status", d["Status"], status)
		selectors := ask(t, client.GetEventSelectors, &cloudtrail.GetEventSelectorsInput{TrailName: got[i].Name})
		same(t, "selectors", d["EventSelectors"], selectors.EventSelectors)
	}
	away := cloudtrail.NewFromConfig(awsConfig(c, prod, "us-east-1"))
	if n := len(ask(t, away.DescribeTrails, &cloudtrail.DescribeTrailsInput{}).TrailList); n != 1 {
		t.Errorf("%d shadow trails", n)
	}
	own := &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)}
	if n := len(ask(t, away.DescribeTrails, own).TrailList); n != 0 {
		t.Errorf("%d trails of another region", n)
	}
	if got := code(t, client.GetTrailStatus, &cloudtrail.GetTrailStatusInput{Name: aws.String("x")}); got !=
		"TrailNotFoundException" {
		t.Errorf("an unknown trail: %s", got)
	}
}

func TestAccountRegions(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 2})
	client := account.NewFromConfig(awsConfig(c, prod, "us-east-1"))
	n := 0
	for p := account.NewListRegionsPaginator(client, &account.ListRegionsInput{}); p.HasMorePages(); {
		for _, r := range next(t, p.NextPage).Regions {
			n++
			if (*r.RegionName == "af-south-1") != (r.RegionOptStatus == "DISABLED") {
				t.Errorf("%s is %s", *r.RegionName, r.RegionOptStatus)
			}
		}
	}
	if n != 4 {
		t.Errorf("%d regions", n)
	}
}
