package simcloud

// logGroups are log groups and their metric filters, with what answers for them.
func logGroups() ([]kind, awsOps) {
	groups := kind{name: "log-groups", key: "LogGroupName", regional: true}
	filters := kind{name: "metric-filters", key: "FilterName", regional: true}
	return []kind{groups, filters}, awsOps{
		"DescribeLogGroups": list{kind: groups, usual: 50},
		"DescribeMetricFilters": list{kind: filters, usual: 50, equal: map[string]string{
			"LogGroupName": "LogGroupName"}},
	}
}

func cloudWatchService() awsService {
	alarms := kind{name: "metric-alarms", key: "AlarmName", regional: true}
	return awsService{name: "cloudwatch", signing: "monitoring", kinds: []kind{alarms}, ops: awsOps{
		"DescribeAlarms": list{kind: alarms, member: "MetricAlarms", ignore: []string{"AlarmTypes"}},
	}}
}
