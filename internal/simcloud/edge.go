package simcloud

import "maps"

func cloudFrontService() awsService {
	distributions := kind{name: "distributions", key: "Id", parts: []string{"DistributionConfig"},
		missing: awsFail{code: "NoSuchDistribution", message: "The specified distribution does not exist."}}
	return awsService{name: "cloudfront", signing: "cloudfront", kinds: []kind{distributions}, ops: awsOps{
		"ListDistributions": list{kind: distributions},
		"GetDistributionConfig": get{kind: distributions, by: "Id", part: "DistributionConfig",
			member: "DistributionConfig"},
	}}
}

func apiGatewayService() awsService {
	apis := kind{name: "rest-apis", key: "Id", regional: true, parts: []string{"Stages"},
		missing: awsFail{code: "NotFoundException", message: "Invalid API identifier specified"}}
	return awsService{name: "apigateway", signing: "apigateway", kinds: []kind{apis}, ops: awsOps{
		"GetRestApis": list{kind: apis},
		"GetStages":   within{kind: apis, by: "RestApiId", from: "Stages", member: "Item"},
	}}
}

// logDeliveries are the deliveries of CloudWatch Logs and where they begin.
func logDeliveries() ([]kind, awsOps) {
	sources := kind{name: "delivery-sources", key: "Name", regional: true}
	deliveries := kind{name: "deliveries", key: "Id", regional: true}
	return []kind{sources, deliveries}, awsOps{
		"DescribeDeliverySources": list{kind: sources},
		"DescribeDeliveries":      list{kind: deliveries},
	}
}

func cloudWatchLogsService() awsService {
	kinds, ops := logDeliveries()
	more, groups := logGroups()
	kinds = append(kinds, more...)
	maps.Copy(ops, groups)
	return awsService{name: "cloudwatchlogs", signing: "logs", kinds: kinds, ops: ops}
}
