package simcloud

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// uriTemplate is how a REST operation is asked for: "/{Bucket}?policy".
type uriTemplate struct {
	segments []string
	query    url.Values
}

func parseURI(uri string) uriTemplate {
	path, query, _ := strings.Cut(uri, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = nil // no model has such a one
	}
	return uriTemplate{segmentsOf(path), values}
}

func segmentsOf(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// match returns the variables of a request's path, and how much of the template stood there literally.
func (u uriTemplate) match(segments []string, query url.Values) (vars map[string]string, weight int, ok bool) {
	greedy := len(u.segments) > 0 && strings.HasSuffix(u.segments[len(u.segments)-1], "+}")
	if len(segments) != len(u.segments) && !(greedy && len(segments) > len(u.segments)) {
		return nil, 0, false
	}
	for name, v := range u.query {
		if got, asked := query[name]; !asked || v[0] != "" && !slices.Contains(got, v[0]) {
			return nil, 0, false
		}
		weight++
	}
	vars = map[string]string{}
	for i, want := range u.segments {
		got := segments[i]
		if greedy && i == len(u.segments)-1 {
			got = strings.Join(segments[i:], "/")
		}
		name, variable := strings.CutPrefix(want, "{")
		if !variable {
			if want != got {
				return nil, 0, false
			}
			weight++
			continue
		}
		v, err := url.PathUnescape(got)
		if err != nil {
			return nil, 0, false
		}
		vars[strings.TrimRight(name, "+}")] = v
	}
	return vars, weight, true
}

// decode reads the input of a call, under the names that the SDK gives its members. What the operation's model does not
// have stays under the name that it came with.
func (k *awsCall) decode() *awsFail {
	malformed := &awsFail{400, "SerializationException", "the request's body cannot be read"}
	k.in = map[string]any{}
	if k.model.Metadata.Protocol == "query" || k.model.Metadata.Protocol == "ec2" {
		k.decodeForm()
		return nil
	}
	if len(k.body) > 0 && k.model.Metadata.Protocol != "rest-xml" {
		var v any
		err := json.Unmarshal(k.body, &v)
		body, isObject := v.(map[string]any)
		if err != nil || !isObject {
			return malformed
		}
		for wire, v := range body {
			name, r := k.inputMember("", wire)
			k.in[name] = input(r, v)
		}
	}
	if k.operation.Input == nil {
		return nil
	}
	for member, r := range k.operation.Input.Members {
		switch r.Location {
		case "uri":
			k.in[goName(member)] = k.vars[r.wire]
		case "querystring":
			if v, asked := k.form[r.wire]; asked && r.Type == "list" {
				k.in[goName(member)] = input(r, v)
			} else if asked {
				k.in[goName(member)] = input(r, v[0])
			}
		case "header":
			if v := k.Header.Get(r.wire); v != "" {
				k.in[goName(member)] = input(r, v)
			}
		}
	}
	return nil
}

// inputMember finds an input member by place and name on the wire.
func (k *awsCall) inputMember(location, wire string) (string, *apiRef) {
	if k.operation.Input != nil {
		for member, r := range k.operation.Input.Members {
			if r.wire == wire && r.Location == location {
				return goName(member), r
			}
		}
	}
	return wire, nil
}

// input makes of a decoded value what the model says it is: numbers are int, members called as in the SDK.
func input(r *apiRef, v any) any {
	if r == nil {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for wire, e := range v {
			name, member := wire, r.Value
			for m, ref := range r.Members {
				if ref.wire == wire {
					name, member = goName(m), ref
				}
			}
			out[name] = input(member, e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = input(r.Member, e)
		}
		return out
	case []string:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = input(r.Member, e)
		}
		return out
	case float64:
		if r.Type == "integer" || r.Type == "long" {
			return int(v)
		}
	case string:
		switch r.Type {
		case "integer", "long":
			if n, err := strconv.Atoi(v); err == nil {
				return n
			}
		case "boolean":
			return v == "true"
		}
	}
	return v
}

// decodeForm reads the parameters of the query protocols.
func (k *awsCall) decodeForm() {
	f := form{k.form, k.model.Metadata.Protocol == "ec2", map[string]bool{"Action": true, "Version": true}}
	if k.operation.Input != nil {
		if in, ok := f.value(k.operation.Input, "").(map[string]any); ok {
			k.in = in
		}
	}
	for name, v := range k.form {
		if !f.read[name] {
			k.in[name] = v[0]
		}
	}
}

// form is the parameters of a query: "Filter.1.Value.2" is a value's place.
type form struct {
	url.Values
	ec2  bool
	read map[string]bool
}

// has reports whether there is anything at a place or below it.
func (f form) has(at string) bool {
	for name := range f.Values {
		if name == at || strings.HasPrefix(name, at+".") {
			return true
		}
	}
	return false
}

// value reads what stands at a place; nil when nothing does.
func (f form) value(r *apiRef, at string) any {
	below := func(name string) string { return strings.TrimPrefix(at+"."+name, ".") }
	switch r.Type {
	case "structure":
		out := map[string]any{}
		for member, m := range r.Members {
			name := m.wire
			if f.ec2 {
				if name = goName(m.wire); m.QueryName != "" {
					name = m.QueryName
				}
			}
			if f.has(below(name)) {
				out[goName(member)] = f.value(m, below(name))
			}
		}
		return out
	case "list":
		f.read[at] = true // an empty list is sent as its name alone
		in := at
		if !f.ec2 && !r.flat() {
			in = below("member")
			if r.Member.LocationName != "" {
				in = below(r.Member.LocationName)
			}
		}
		out := []any{}
		for n := 1; f.has(fmt.Sprintf("%s.%d", in, n)); n++ {
			out = append(out, f.value(r.Member, fmt.Sprintf("%s.%d", in, n)))
		}
		return out
	}
	f.read[at] = true
	return input(r, f.Get(at))
}

// text returns an input member as text, "" when it is not given.
func (k *awsCall) text(name string) string {
	if v, ok := k.in[name]; ok {
		return scalar(v)
	}
	return ""
}

// texts returns an input member that is a list, or a single value as a list of one.
func (k *awsCall) texts(name string) []string {
	switch v := k.in[name].(type) {
	case nil:
		return nil
	case []any:
		out := make([]string, len(v))
		for i, e := range v {
			out[i] = scalar(e)
		}
		return out
	default:
		return []string{scalar(v)}
	}
}
