package simcloud

func efsService() awsService {
	systems := kind{name: "file-systems", key: "FileSystemId", regional: true, parts: []string{"BackupPolicy"},
		missing: awsFail{code: "FileSystemNotFound", message: "File system '%s' does not exist."}}
	return awsService{name: "efs", signing: "elasticfilesystem", kinds: []kind{systems}, ops: awsOps{
		"DescribeFileSystems": list{kind: systems, keys: "FileSystemId"},
		"DescribeBackupPolicy": get{kind: systems, by: "FileSystemId", part: "BackupPolicy", member: "BackupPolicy",
			absent: &awsFail{code: "PolicyNotFound", message: "None of the backup policies exist."}},
	}}
}

func dynamoService() awsService {
	tables := kind{name: "tables", key: "TableName", regional: true, parts: []string{"ContinuousBackups", "Tags"},
		missing: awsFail{code: "ResourceNotFoundException", message: "Requested resource not found: Table: %s not found"}}
	return awsService{name: "dynamodb", signing: "dynamodb", kinds: []kind{tables}, ops: awsOps{
		"ListTables":    list{kind: tables, view: view{as: "TableName"}},
		"DescribeTable": get{kind: tables, by: "TableName", member: "Table"},
		"DescribeContinuousBackups": get{kind: tables, by: "TableName", part: "ContinuousBackups",
			member: "ContinuousBackupsDescription"},
		"ListTagsOfResource": within{kind: tables, by: "ResourceArn", from: "Tags", member: "Tags"},
	}}
}

func redshiftService() awsService {
	clusters := kind{name: "warehouses", key: "ClusterIdentifier", regional: true, parts: []string{"LoggingStatus"},
		missing: awsFail{code: "ClusterNotFound", message: "Cluster %s not found."}}
	return awsService{name: "redshift", signing: "redshift", kinds: []kind{clusters}, ops: awsOps{
		"DescribeClusters":      list{kind: clusters, keys: "ClusterIdentifier"},
		"DescribeLoggingStatus": get{kind: clusters, by: "ClusterIdentifier", part: "LoggingStatus"},
	}}
}

func openSearchService() awsService {
	domains := kind{name: "domains", key: "DomainName", regional: true, parts: []string{"Tags"},
		missing: awsFail{code: "ResourceNotFoundException", message: "Domain not found: %s"}}
	return awsService{name: "opensearch", signing: "es", kinds: []kind{domains}, ops: awsOps{
		"ListDomainNames": list{kind: domains, member: "DomainNames", view: view{only: []string{"DomainName"}}},
		"DescribeDomains": batch{kind: domains, by: "DomainNames", member: "DomainStatusList"},
		"ListTags":        within{kind: domains, by: "ARN", from: "Tags", member: "TagList"},
	}}
}
