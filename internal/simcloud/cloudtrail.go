package simcloud

import (
	"net/http"
	"slices"
	"strings"
)

func cloudTrailOps() awsOps {
	return awsOps{
		"DescribeTrails": describeTrails,
		"GetTrailStatus": onTrail(func(d map[string]any) map[string]any {
			status, _ := d["Status"].(map[string]any)
			return status
		}),
		"GetEventSelectors": onTrail(func(d map[string]any) map[string]any {
			return only(d, "EventSelectors", "AdvancedEventSelectors", "TrailARN")
		}),
	}
}

func trailFields(d map[string]any) map[string]any {
	return without(d, "Status", "EventSelectors", "AdvancedEventSelectors")
}

// describeTrails shows the trails of the region and, unless told otherwise, the shadows of those of other regions. It
// never pages.
func describeTrails(k *awsCall) ([]byte, *awsFail) {
	shadows := k.in["includeShadowTrails"] != false
	names, _ := k.in["trailNameList"].([]any)
	all := k.list("trails").Where(func(d map[string]any) bool {
		if len(names) > 0 && !slices.Contains(names, d["Name"]) && !slices.Contains(names, d["TrailARN"]) {
			return false
		}
		return d["HomeRegion"] == k.region || shadows && d["IsMultiRegionTrail"] == true
	})
	return k.jsonList("trailList", all, window{0, all.Len(), ""}, trailFields, nil), nil
}

func onTrail(f func(map[string]any) map[string]any) func(*awsCall) ([]byte, *awsFail) {
	return func(k *awsCall) ([]byte, *awsFail) {
		name := k.text("Name") + k.text("TrailName")
		short := name[strings.LastIndexByte(name, '/')+1:]
		it, ok := k.list("trails").Find(short)
		if !ok || it.doc["HomeRegion"] != k.region && it.doc["IsMultiRegionTrail"] != true {
			return nil, &awsFail{http.StatusBadRequest, "TrailNotFoundException", "Unknown trail: " + name}
		}
		return it.append(nil, "cloudtrail:"+k.op, func(dst []byte, d map[string]any) []byte {
			return append(dst, awsJSON(f(d))...)
		}), nil
	}
}

func accountOps() awsOps {
	return awsOps{"ListRegions": func(k *awsCall) ([]byte, *awsFail) {
		all := k.list("regions")
		token := k.text("NextToken")
		w, ok := k.c.page(k.op, all.Len(), token, k.asked("MaxResults"), 50, 50)
		if !ok {
			return nil, &awsFail{http.StatusBadRequest, "ValidationException", "Invalid NextToken"}
		}
		more := map[string]any{}
		if w.Next != "" {
			more["NextToken"] = w.Next
		}
		return k.jsonList("Regions", all, w, func(d map[string]any) map[string]any {
			return map[string]any{"RegionName": d["RegionName"], "RegionOptStatus": optStatus(d["OptInStatus"])}
		}, more), nil
	}}
}

// optStatus says EC2's opt-in status in the words of the account API.
func optStatus(v any) string {
	switch v {
	case "opted-in":
		return "ENABLED"
	case "not-opted-in":
		return "DISABLED"
	}
	return "ENABLED_BY_DEFAULT"
}
