package simcloud

import (
	"slices"
	"strconv"
	"time"
)

func trailKind() kind {
	return kind{name: "trails", key: "Name", parts: []string{"Status", "EventSelectors", "AdvancedEventSelectors"},
		missing: awsFail{code: "TrailNotFoundException", message: "Unknown trail: %s"}}
}

// eventKind is the event history of a region: records of CloudTrail, the newest first.
func eventKind() kind { return kind{name: "events", key: "eventID", regional: true} }

func cloudTrailService() awsService {
	return awsService{name: "cloudtrail", signing: "cloudtrail", kinds: []kind{trailKind(), eventKind()}, ops: awsOps{
		"LookupEvents": list{kind: eventKind(), ignore: []string{"LookupAttributes", "StartTime", "EndTime"}, usual: 50,
			where: lookedUp, view: view{make: lookupEvent}},
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

// lookedUp reports whether an event has happened, is kept still, and is what the call looks up.
func lookedUp(k *awsCall, d map[string]any) bool {
	at, err := time.Parse(time.RFC3339, scalar(d["eventTime"]))
	if err != nil || at.After(k.w.now) || at.Before(k.w.now.AddDate(0, 0, -90)) || !k.between(at) {
		return false
	}
	attributes, _ := k.in["LookupAttributes"].([]any)
	for _, a := range attributes {
		a, _ := a.(map[string]any)
		if lookupValue(d, scalar(a["AttributeKey"])) != scalar(a["AttributeValue"]) {
			return false
		}
	}
	return true
}

// between reports whether a time is within StartTime and EndTime, which are seconds since 1970.
func (k *awsCall) between(at time.Time) bool {
	seconds := float64(at.Unix())
	from, errFrom := strconv.ParseFloat(k.text("StartTime"), 64)
	to, errTo := strconv.ParseFloat(k.text("EndTime"), 64)
	return (errFrom != nil || seconds >= from) && (errTo != nil || seconds <= to)
}

// lookupValue is what an event is looked up by.
func lookupValue(d map[string]any, key string) string {
	identity, _ := d["userIdentity"].(map[string]any)
	switch key {
	case "EventId":
		return scalar(d["eventID"])
	case "EventName":
		return scalar(d["eventName"])
	case "EventSource":
		return scalar(d["eventSource"])
	case "ReadOnly":
		return scalar(d["readOnly"])
	case "Username":
		if identity["type"] == "Root" {
			return "root"
		}
		return scalar(identity["userName"])
	}
	return "simcloud does not look up by " + key
}

// lookupEvent is what LookupEvents tells of a record.
func lookupEvent(d map[string]any) map[string]any {
	out := map[string]any{
		"EventId": d["eventID"], "EventName": d["eventName"], "EventSource": d["eventSource"], "EventTime": d["eventTime"],
		"ReadOnly": scalar(d["readOnly"]), "Resources": []any{}, "CloudTrailEvent": string(jsonText(d)),
	}
	if name := lookupValue(d, "Username"); name != "" && name != scalar(nil) {
		out["Username"] = name
	}
	return out
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
	notSet := &awsFail{code: "ResourceNotFoundException", message: "No contact of the inputted alternate contact type found."}
	return awsService{name: "account", signing: "account", ops: awsOps{
		"GetContactInformation": setting{part: "Contact", member: "ContactInformation", absent: notSet},
		"GetAlternateContact": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			all, _ := k.object()["AlternateContacts"].(map[string]any)
			one, set := all[k.text("AlternateContactType")]
			if !set {
				return awsOut{}, notSet
			}
			return awsOut{doc: map[string]any{"AlternateContact": one}}, nil
		}),
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
