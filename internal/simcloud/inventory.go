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
		"DescribeConfigurationAggregators": setting{regional: true, part: "ConfigurationAggregators", usual: []any{},
			member: "ConfigurationAggregators"},
		"DescribeConfigurationAggregatorSourcesStatus": setting{regional: true, part: "AggregatedSourceStatusList",
			usual: []any{}, member: "AggregatedSourceStatusList"},
		"SelectAggregateResourceConfig": selectResources{resources},
	}}
}

// selectResources answers the kinds of query that AWS Config is asked here: how many there are of each type, and fields of
// all that there is of some types, in the region itself or through an aggregator. Rows are JSON in text. A file
// resources.json says what AWS Config has recorded; a member "count" of one of them names the file of the region, or with
// "global" of the account, whose things it stands for.
type selectResources struct{ kind }

// What a query asks for, where, and of which types.
var (
	selects   = regexp.MustCompile(`^SELECT (.+?)(?: WHERE (.+?))?(?: GROUP BY resourceType)?$`)
	condition = regexp.MustCompile(`^accountId = '([^']*)' AND awsRegion IN \('([^']*)'(?:, 'global')?\)(?: AND )?`)
	ofTypes   = regexp.MustCompile(`^resourceType IN \('(.*)'\)$`)
)

func (s selectResources) answer(k *awsCall) (awsOut, *awsFail) {
	expression := k.text("Expression")
	unknown := &awsFail{400, "InvalidExpressionException", "simcloud does not know the query " + expression}
	m := selects.FindStringSubmatch(expression)
	if m == nil {
		return awsOut{}, unknown
	}
	fields, where, account, region := m[1], m[2], k.account, k.region
	if in := condition.FindStringSubmatch(where); in != nil {
		account, region, where = in[1], in[2], strings.TrimPrefix(where, in[0])
	}
	of := ofTypes.FindStringSubmatch(where)
	counting := fields == "resourceType, COUNT(*)"
	if counting != (of == nil) || where != "" && of == nil {
		return awsOut{}, unknown
	}
	counts := map[string]int{}
	var rows []any
	for _, d := range s.recorded(k, account, region) {
		typ := scalar(d["resourceType"])
		counts[typ]++
		if of != nil && slices.Contains(strings.Split(of[1], "', '"), typ) {
			rows = append(rows, row(d))
		}
	}
	if counting {
		for _, typ := range slices.Sorted(maps.Keys(counts)) {
			rows = append(rows, row(map[string]any{"resourceType": typ, "COUNT(*)": counts[typ]}))
		}
	}
	out, fail := k.values(rows, "Results", "Expression", "ConfigurationAggregatorName")
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

// recorded is everything that AWS Config has recorded in a region.
func (s selectResources) recorded(k *awsCall, account, region string) []map[string]any {
	var out []map[string]any
	all := k.w.list("aws", account, region, s.name)
	for i := range all.Len() {
		d := all.At(i).doc
		of, counts := d["count"].(string)
		if !counts {
			out = append(out, d)
			continue
		}
		things := k.w.list("aws", account, region, of)
		if d["global"] == true {
			things = k.w.list("aws", account, of)
		}
		for j := range things.Len() {
			out = append(out, map[string]any{"resourceType": d["resourceType"], "resourceId": things.At(j).key,
				"resourceCreationTime": "2023-11-06T10:30:00.000Z"})
		}
	}
	return out
}

// cloudControlService is Cloud Control. A file controlled-resources.json says what it lists in a region, a type's own
// properties under Properties; a member "count" names the file whose things they are, as in resources.json.
func cloudControlService() awsService {
	resources := kind{name: "controlled-resources", key: "Identifier", regional: true}
	return awsService{name: "cloudcontrol", signing: "cloudcontrolapi", kinds: []kind{resources}, ops: awsOps{
		"ListResources": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			typ := k.text("TypeName")
			found := []any{}
			all := resources.all(k)
			for i := range all.Len() {
				d := all.At(i).doc
				if d["TypeName"] != typ {
					continue
				}
				if code, ok := d["Refused"].(string); ok {
					return awsOut{}, &awsFail{400, code, scalar(d["Message"])}
				}
				of, counts := d["count"].(string)
				if !counts {
					found = append(found, map[string]any{"Identifier": d["Identifier"], "Properties": row(properties(d))})
					continue
				}
				things := k.regional(of)
				if d["global"] == true {
					things = k.list(of)
				}
				for j := range things.Len() {
					found = append(found, map[string]any{"Identifier": things.At(j).key, "Properties": "{}"})
				}
			}
			out, fail := k.values(found, "ResourceDescriptions", "TypeName")
			if fail == nil {
				out.doc["TypeName"] = typ
			}
			return out, fail
		}),
	}}
}

func properties(d map[string]any) map[string]any {
	p, _ := d["Properties"].(map[string]any)
	return p
}

// row is a document as a row of AWS Config.
func row(doc map[string]any) string {
	b, err := json.Marshal(doc)
	if err != nil {
		return "" // documents come from JSON
	}
	return string(b)
}
