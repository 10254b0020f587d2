package simcloud

import "slices"

func trailKind() kind {
	return kind{name: "trails", key: "Name", parts: []string{"Status", "EventSelectors", "AdvancedEventSelectors"},
		missing: awsFail{code: "TrailNotFoundException", message: "Unknown trail: %s"}}
}

func cloudTrailService() awsService {
	return awsService{name: "cloudtrail", signing: "cloudtrail", kinds: []kind{trailKind()}, ops: awsOps{
		// The trails of the region and, unless told otherwise, the shadows of those of other regions. It never pages.
		"DescribeTrails": list{kind: trailKind(), member: "TrailList", ignore: []string{"IncludeShadowTrails", "TrailNameList"},
			where: func(k *awsCall, d map[string]any) bool {
				names := k.texts("TrailNameList")
				if len(names) > 0 && !slices.Contains(names, scalar(d["Name"])) && !slices.Contains(names, scalar(d["TrailARN"])) {
					return false
				}
				return d["HomeRegion"] == k.region || k.in["IncludeShadowTrails"] != false && d["IsMultiRegionTrail"] == true
			}},
		"GetTrailStatus": here{get{kind: trailKind(), by: "Name", part: "Status"}},
		"GetEventSelectors": here{get{kind: trailKind(), by: "TrailName",
			view: view{only: []string{"EventSelectors", "AdvancedEventSelectors", "TrailARN"}}}},
	}}
}

// here answers for trails that are in the call's region, as their home or by their shadow.
type here struct{ get }

func (h here) answer(k *awsCall) (awsOut, *awsFail) {
	out, fail := h.get.answer(k)
	if d := out.of; fail == nil && d.doc["HomeRegion"] != k.region && d.doc["IsMultiRegionTrail"] != true {
		return awsOut{}, &awsFail{code: h.missing.code, message: "Unknown trail: " + k.text(h.by)}
	}
	return out, fail
}

func accountService() awsService {
	return awsService{name: "account", signing: "account", ops: awsOps{
		"ListRegions": list{kind: regionKind(), usual: 50, view: view{make: func(d map[string]any) map[string]any {
			return map[string]any{"RegionName": d["RegionName"], "RegionOptStatus": optStatus(d["OptInStatus"])}
		}}},
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
