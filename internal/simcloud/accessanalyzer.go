package simcloud

import "slices"

// accessAnalyzerService has a region's analyzers, and what they found in a file of its own: a finding's AnalyzerArn says
// whose it is.
func accessAnalyzerService() awsService {
	gone := awsFail{code: "ResourceNotFoundException", message: "There is no %s"}
	analyzers := kind{name: "analyzers", key: "Arn", regional: true, missing: gone}
	findings := kind{name: "access-findings", key: "Id", regional: true, parts: []string{"AnalyzerArn"}, missing: gone}
	return awsService{name: "accessanalyzer", signing: "access-analyzer", kinds: []kind{analyzers, findings}, ops: awsOps{
		"ListAnalyzers": list{kind: analyzers, equal: map[string]string{"Type": "Type"}},
		"ListFindingsV2": list{kind: findings, equal: map[string]string{"AnalyzerArn": "AnalyzerArn"},
			where: wantedFinding},
	}}
}

// wantedFinding applies the filter by status.
func wantedFinding(k *awsCall, f map[string]any) bool {
	filter, _ := k.in["Filter"].(map[string]any)
	status, _ := filter["status"].(map[string]any)
	unwanted, _ := status["Neq"].([]any)
	return !slices.Contains(unwanted, any(scalar(f["Status"])))
}
