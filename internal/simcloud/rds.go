package simcloud

import "slices"

func rdsService() awsService {
	instances := kind{name: "db-instances", key: "DBInstanceIdentifier", regional: true,
		missing: awsFail{code: "DBInstanceNotFound", message: "DBInstance %s not found."}}
	clusters := kind{name: "db-clusters", key: "DBClusterIdentifier", regional: true,
		missing: awsFail{code: "DBClusterNotFoundFault", message: "DBCluster %s not found."}}
	snapshots := kind{name: "db-snapshots", key: "DBSnapshotIdentifier", regional: true, parts: []string{"Attributes"},
		missing: awsFail{code: "DBSnapshotNotFound", message: "DBSnapshot %s not found."}}
	clusterSnapshots := kind{name: "db-cluster-snapshots", key: "DBClusterSnapshotIdentifier", regional: true,
		parts:   []string{"Attributes"},
		missing: awsFail{code: "DBClusterSnapshotNotFoundFault", message: "DBClusterSnapshot %s not found."}}
	groups := kind{name: "db-parameter-groups", key: "DBParameterGroupName", regional: true,
		parts: []string{"Parameters"}, missing: awsFail{code: "DBParameterGroupNotFound", message: "%s not found."}}
	clusterGroups := kind{name: "db-cluster-parameter-groups", key: "DBClusterParameterGroupName", regional: true,
		parts: []string{"Parameters"}, missing: awsFail{code: "DBParameterGroupNotFound", message: "%s not found."}}
	return awsService{name: "rds", signing: "rds",
		kinds: []kind{instances, clusters, snapshots, clusterSnapshots, groups, clusterGroups},
		ops: awsOps{
			"DescribeDBInstances": list{kind: instances, keys: "DBInstanceIdentifier"},
			"DescribeDBClusters":  list{kind: clusters, keys: "DBClusterIdentifier"},
			"DescribeDBSnapshots": list{kind: snapshots, keys: "DBSnapshotIdentifier",
				equal: map[string]string{"SnapshotType": "SnapshotType"}},
			"DescribeDBClusterSnapshots": list{kind: clusterSnapshots, keys: "DBClusterSnapshotIdentifier",
				equal: map[string]string{"SnapshotType": "SnapshotType"}},
			"DescribeDBParameterGroups":        list{kind: groups, keys: "DBParameterGroupName"},
			"DescribeDBClusterParameterGroups": list{kind: clusterGroups, keys: "DBClusterParameterGroupName"},
			"DescribeDBParameters":             parameters{groups},
			"DescribeDBClusterParameters":      parameters{clusterGroups},
			"DescribeDBSnapshotAttributes":     sharing{snapshots, "DBSnapshotAttributes"},
			"DescribeDBClusterSnapshotAttributes": sharing{clusterSnapshots,
				"DBClusterSnapshotAttributes"},
		}}
}

// sharing answers with whom a snapshot is shared: all of it stands in a structure that is called as the list in it.
type sharing struct {
	kind
	member string
}

func (s sharing) answer(k *awsCall) (awsOut, *awsFail) {
	return get{kind: s.kind, by: s.key, member: s.member + "Result",
		view: view{make: func(d map[string]any) map[string]any {
			return map[string]any{s.key: d[s.key], s.member: d["Attributes"]}
		}}}.answer(k)
}

// parameters answers those of a group that have the source and the names that are asked for.
type parameters struct{ kind }

func (p parameters) answer(k *awsCall) (awsOut, *awsFail) {
	it, fail := p.find(k, k.text(p.key))
	if fail != nil {
		return awsOut{}, fail
	}
	var names []any
	filters, _ := k.in["Filters"].([]any)
	for _, f := range filters {
		f, _ := f.(map[string]any)
		if f["Name"] != "parameter-name" {
			return awsOut{}, &awsFail{400, "InvalidParameterValue", "Unrecognized filter name"}
		}
		names, _ = f["Values"].([]any)
	}
	all, _ := it.doc["Parameters"].([]any)
	all = slices.DeleteFunc(slices.Clone(all), func(e any) bool {
		d, _ := e.(map[string]any)
		source := k.text("Source")
		return source != "" && d["Source"] != source || names != nil && !slices.Contains(names, d["ParameterName"])
	})
	return k.values(all, "Parameters", p.key, "Source", "Filters")
}
