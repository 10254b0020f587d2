package simcloud

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func ec2Ops() awsOps {
	list := func(kind, member string, filters map[string]string, byID string) func(*awsCall) ([]byte, *awsFail) {
		return func(k *awsCall) ([]byte, *awsFail) {
			all, fail := k.filtered(k.regional(kind), filters, byID)
			if fail != nil {
				return nil, fail
			}
			return ec2Listing(member).items(k, all, nil)
		}
	}
	return awsOps{
		"DescribeVpcs":     list("vpcs", "Vpcs", map[string]string{"vpc-id": "VpcId"}, "VpcId"),
		"DescribeFlowLogs": list("flow-logs", "FlowLogs", map[string]string{"resource-id": "ResourceId"}, "FlowLogId"),
		"DescribeSecurityGroups": list("security-groups", "SecurityGroups",
			map[string]string{"vpc-id": "VpcId", "group-name": "GroupName"}, "GroupId"),
		"DescribeVolumes":           list("volumes", "Volumes", map[string]string{"status": "State"}, "VolumeId"),
		"DescribeSnapshots":         describeSnapshots,
		"DescribeSnapshotAttribute": snapshotAttribute,
		"DescribeRegions":           describeRegions,
		"GetEbsEncryptionByDefault": func(k *awsCall) ([]byte, *awsFail) {
			on := k.w.object("aws", k.account, k.region, "settings")["EbsEncryptionByDefault"] == true
			return ec2Dialect.member(nil, "", "EbsEncryptionByDefault", on), nil
		},
		"GetSnapshotBlockPublicAccessState": func(k *awsCall) ([]byte, *awsFail) {
			state, ok := k.w.object("aws", k.account, k.region, "settings")["SnapshotBlockPublicAccess"].(map[string]any)
			if !ok {
				state = map[string]any{"State": "unblocked"}
			}
			return ec2Dialect.members(nil, "", state), nil
		},
	}
}

// filtered applies Filter.N.* and the plain ids of a describe call. A filter that is not known is an error, so that a
// caller never takes a whole list for a filtered one.
func (k *awsCall) filtered(all items, filters map[string]string, byID string) (items, *awsFail) {
	if ids := k.values(byID); len(ids) > 0 {
		var found []item
		for _, id := range ids {
			it, ok := all.Find(id)
			if !ok {
				return nil, &awsFail{http.StatusBadRequest, "Invalid" + strings.TrimSuffix(byID, "Id") + "ID.NotFound",
					"The id '" + id + "' does not exist"}
			}
			found = append(found, it)
		}
		all = newMemItems(found)
	}
	for n := 1; ; n++ {
		name := k.form.Get(fmt.Sprintf("Filter.%d.Name", n))
		if name == "" {
			return all, nil
		}
		member, ok := filters[name]
		if !ok {
			return nil, &awsFail{http.StatusBadRequest, "InvalidParameterValue", "The filter '" + name + "' is invalid"}
		}
		values := k.values(fmt.Sprintf("Filter.%d.Value", n))
		all = all.Where(func(d map[string]any) bool { return slices.Contains(values, scalar(d[member])) })
	}
}

// values returns the list parameter NAME.1, NAME.2 and so on.
func (k *awsCall) values(name string) []string {
	var out []string
	for n := 1; ; n++ {
		v := k.form.Get(fmt.Sprintf("%s.%d", name, n))
		if v == "" {
			return out
		}
		out = append(out, v)
	}
}

func describeRegions(k *awsCall) ([]byte, *awsFail) {
	all := k.list("regions")
	if k.form.Get("AllRegions") != "true" {
		all = all.Where(func(d map[string]any) bool { return d["OptInStatus"] != "not-opted-in" })
	}
	out := opening(nil, "regionInfo") // never paged
	for i := range all.Len() {
		out = ec2Dialect.listed(out, "Regions", all.At(i).doc)
	}
	return closing(out, "regionInfo"), nil
}

// describeSnapshots shows what the account owns. Asked for what anybody may restore, it shows what is shared with all.
func describeSnapshots(k *awsCall) ([]byte, *awsFail) {
	all, fail := k.filtered(k.regional("snapshots"), map[string]string{"volume-id": "VolumeId", "status": "State"},
		"SnapshotId")
	if fail != nil {
		return nil, fail
	}
	if owners := k.values("Owner"); len(owners) > 0 && !slices.Contains(owners, "self") &&
		!slices.Contains(owners, k.account) {
		all = memItems{}
	}
	if slices.Contains(k.values("RestorableBy"), "all") {
		all = all.Where(func(d map[string]any) bool {
			shared, _ := d["CreateVolumePermissions"].([]any)
			return slices.ContainsFunc(shared, func(p any) bool { return p.(map[string]any)["Group"] == "all" })
		})
	}
	return ec2Listing("Snapshots").items(k, all, func(d map[string]any) map[string]any {
		return without(d, "CreateVolumePermissions")
	})
}

func snapshotAttribute(k *awsCall) ([]byte, *awsFail) {
	id := k.form.Get("SnapshotId")
	it, ok := k.regional("snapshots").Find(id)
	if !ok {
		return nil, &awsFail{http.StatusBadRequest, "InvalidSnapshot.NotFound", "The snapshot '" + id + "' does not exist."}
	}
	if k.form.Get("Attribute") != "createVolumePermission" {
		return nil, &awsFail{http.StatusBadRequest, "InvalidParameterValue", "unknown attribute"}
	}
	return it.append(nil, "ec2:attribute", func(dst []byte, doc map[string]any) []byte {
		shared, _ := doc["CreateVolumePermissions"].([]any)
		return ec2Dialect.members(dst, "", map[string]any{"SnapshotId": doc["SnapshotId"],
			"CreateVolumePermissions": append([]any{}, shared...)})
	}), nil
}
