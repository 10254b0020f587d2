package simcloud

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// inventoryService is AWS Config where it tells of resources. It records in every region that does not say otherwise.
func inventoryService() awsService {
	resources := kind{name: "resources", key: "resourceId", regional: true}
	return awsService{name: "configservice", signing: "config", kinds: []kind{resources}, ops: awsOps{
		"DescribeConfigurationRecorderStatus": setting{regional: true, part: "ConfigurationRecordersStatus",
			member: "ConfigurationRecordersStatus",
			usual:  []any{map[string]any{"Name": "default", "Recording": true, "LastStatus": "SUCCESS"}}},
		"DescribeConfigurationRecorders": setting{regional: true, part: "ConfigurationRecorders", usual: []any{},
			member: "ConfigurationRecorders"},
		"DescribeDeliveryChannels": setting{regional: true, part: "DeliveryChannels", usual: []any{},
			member: "DeliveryChannels"},
		"SelectResourceConfig": selectResources{resources},
	}}
}

// selectResources answers the two kinds of query that AWS Config is asked here: how many there are of each type, and
// everything about some types. Rows are JSON in text. A file resources.json says what AWS Config has recorded; a member
// "count" of one of them names the file of the region whose things it stands for.
type selectResources struct{ kind }

// quoted finds the types that a query names.
var quoted = regexp.MustCompile(`'([^']*)'`)

func (s selectResources) answer(k *awsCall) (awsOut, *awsFail) {
	expression := k.text("Expression")
	fields, where, _ := strings.Cut(strings.TrimPrefix(expression, "SELECT "), " WHERE resourceType IN ")
	var wanted []string
	for _, m := range quoted.FindAllStringSubmatch(where, -1) {
		wanted = append(wanted, m[1])
	}
	all := s.all(k)
	counts := map[string]int{}
	var rows []any
	for i := range all.Len() {
		d := all.At(i).doc
		typ := scalar(d["resourceType"])
		if of, ok := d["count"].(string); ok {
			counts[typ] += k.regional(of).Len()
			continue
		}
		counts[typ]++
		if slices.Contains(wanted, typ) {
			rows = append(rows, row(d))
		}
	}
	switch {
	case where != "":
	case expression == "SELECT resourceType, COUNT(*) GROUP BY resourceType":
		fields = "resourceType, COUNT(*)"
		for _, typ := range slices.Sorted(maps.Keys(counts)) {
			rows = append(rows, row(map[string]any{"resourceType": typ, "COUNT(*)": counts[typ]}))
		}
	default:
		return awsOut{}, &awsFail{400, "InvalidExpressionException", "simcloud does not know the query " + expression}
	}
	out, fail := k.values(rows, "Results", "Expression")
	if fail != nil {
		return out, fail
	}
	var named []any
	for _, f := range strings.Split(fields, ", ") {
		named = append(named, map[string]any{"Name": f})
	}
	out.doc["QueryInfo"] = map[string]any{"SelectFields": named}
	return out, nil
}

// row is a document as a row of AWS Config.
func row(doc map[string]any) string {
	b, err := json.Marshal(doc)
	if err != nil {
		return "" // documents come from JSON
	}
	return string(b)
}
