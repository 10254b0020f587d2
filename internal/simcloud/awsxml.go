package simcloud

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// dialect is how a service writes SDK members as XML.
type dialect struct {
	// names are elements that are not called like their member; a member of a certain thing stands as "Thing.Member".
	names map[string]string
	// items are the elements of a list by the list's member; item is all others'.
	items map[string]string
	item  string
	// flat lists have no element of their own.
	flat map[string]bool
	// lower begins elements with a small letter.
	lower bool
	// documents are policy texts, percent-encoded.
	documents bool
}

// The dialects are only read.
var (
	queryDialect = dialect{item: "member", documents: true}
	ec2Dialect   = dialect{item: "item", lower: true, names: map[string]string{
		"Tags": "tagSet", "Attachments": "attachmentSet", "UserIdGroupPairs": "groups", "StateMessage": "statusMessage",
		"SecurityGroups.Description": "groupDescription", "Volumes.State": "status", "Attachments.State": "status",
		"Snapshots.State": "status", "Regions.Endpoint": "regionEndpoint", "Vpcs": "vpcSet", "FlowLogs": "flowLogSet",
		"SecurityGroups": "securityGroupInfo", "Volumes": "volumeSet", "Snapshots": "snapshotSet",
		"Regions": "regionInfo", "CreateVolumePermissions": "createVolumePermission",
	}}
	s3Dialect = dialect{item: "member", flat: map[string]bool{"Rules": true}, names: map[string]string{
		"Grants": "AccessControlList", "Rules": "Rule", "MFADelete": "MfaDelete",
	}, items: map[string]string{"Grants": "Grant", "TargetGrants": "Grant", "Buckets": "Bucket", "Rules": "Rule"}}
)

// element returns what a member of a thing is called on the wire.
func (d *dialect) element(thing, member string) string {
	if n, ok := d.names[thing+"."+member]; ok {
		return n
	}
	if n, ok := d.names[member]; ok {
		return n
	}
	if d.lower && member != "" {
		return strings.ToLower(member[:1]) + member[1:]
	}
	return member
}

// members appends the members of a thing, in order of name.
func (d *dialect) members(dst []byte, thing string, doc map[string]any) []byte {
	for _, m := range slices.Sorted(maps.Keys(doc)) {
		dst = d.member(dst, thing, m, doc[m])
	}
	return dst
}

func (d *dialect) member(dst []byte, thing, m string, v any) []byte {
	el := d.element(thing, m)
	if d.documents && strings.HasSuffix(m, "Document") {
		return wrap(dst, el, strings.ReplaceAll(url.QueryEscape(policyText(v)), "+", "%20"))
	}
	switch v := v.(type) {
	case nil:
		return dst
	case map[string]any:
		if m == "SummaryMap" {
			return summary(dst, v)
		}
		open := el
		if m == "Grantee" {
			open = fmt.Sprintf(`Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="%s"`, v["Type"])
			v = without(v, "Type")
		}
		dst = append(append(append(dst, '<'), open...), '>')
		return closing(d.members(dst, m, v), el)
	case []any:
		if !d.flat[m] {
			dst = opening(dst, el)
		}
		for _, e := range v {
			dst = d.listed(dst, m, e)
		}
		if !d.flat[m] {
			dst = closing(dst, el)
		}
		return dst
	default:
		return wrap(dst, el, scalar(v))
	}
}

// listed appends one element of the list that a member is.
func (d *dialect) listed(dst []byte, member string, v any) []byte {
	el := d.items[member]
	if el == "" {
		el = d.item
	}
	if doc, ok := v.(map[string]any); ok {
		return closing(d.members(opening(dst, el), member, doc), el)
	}
	return wrap(dst, el, scalar(v))
}

// summary appends the one map that IAM has.
func summary(dst []byte, m map[string]any) []byte {
	dst = opening(dst, "SummaryMap")
	for _, k := range slices.Sorted(maps.Keys(m)) {
		dst = closing(wrap(wrap(opening(dst, "entry"), "key", k), "value", scalar(m[k])), "entry")
	}
	return closing(dst, "SummaryMap")
}

// queryXML returns the members of an answer of IAM or STS.
func queryXML(doc map[string]any) []byte { return queryDialect.members(nil, "", doc) }

func opening(dst []byte, el string) []byte { return append(append(append(dst, '<'), el...), '>') }
func closing(dst []byte, el string) []byte { return append(append(append(dst, "</"...), el...), '>') }

func wrap(dst []byte, el, text string) []byte {
	return closing(append(opening(dst, el), escape(text)...), el)
}

func escape(s string) string {
	if !strings.ContainsAny(s, "<>&\"'\n\r\t") {
		return s
	}
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

func scalar(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}

// policyText returns a policy as the text that the API keeps; an estate may write it as text or as an object.
func policyText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(jsonText(v))
}

// jsonText encodes what was decoded from JSON, which always works.
func jsonText(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("simcloud: " + err.Error())
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// without returns the document less some members.
func without(doc map[string]any, members ...string) map[string]any {
	out := maps.Clone(doc)
	for _, m := range members {
		delete(out, m)
	}
	return out
}

// only returns some members of the document.
func only(doc map[string]any, members ...string) map[string]any {
	out := make(map[string]any, len(members))
	for _, m := range members {
		if v, ok := doc[m]; ok {
			out[m] = v
		}
	}
	return out
}
