package simcloud

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// echo answers every request with what it holds.
type echo struct{ response }

func (e *echo) Do(*http.Request) (*http.Response, error) {
	h := http.Header{}
	for i := 0; i+1 < len(e.header); i += 2 {
		h.Set(e.header[i], e.header[i+1])
	}
	return &http.Response{StatusCode: e.status, Header: h, Body: io.NopCloser(bytes.NewReader(e.body))}, nil
}

// mirror writes answers as simcloud does and reads them with the SDK.
type mirror struct {
	echo
	cloud   *Cloud
	clients map[string]any
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	c, err := New(demo(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := &mirror{cloud: c}
	m.clients = sdkClients(aws.Config{Region: "eu-west-1", HTTPClient: &m.echo, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIASIMULATED111122223333", "simulated", "")})
	return m
}

// holds demands that the SDK reads the document that an operation answers.
func (m *mirror) holds(t *testing.T, service, op string, in, doc map[string]any) {
	t.Helper()
	model, err := m.cloud.models.of(service)
	if err != nil {
		t.Fatal(err)
	}
	k := &awsCall{c: m.cloud, service: service, op: op, model: model, operation: model.Operations[op]}
	m.response = k.success(awsOut{doc: doc})
	got, err := askSDK(t.Context(), m.clients[service], op, in)
	if err != nil {
		t.Errorf("%s:%s: %v\n%s", service, op, err, m.body)
		return
	}
	same(t, service+":"+op, doc, got)
}

// TestDocumentedExamples holds simcloud and the SDK against every answer that Amazon documents of a modelled operation.
func TestDocumentedExamples(t *testing.T) {
	m := newMirror(t)
	tried := 0
	for service, operations := range modelled(t) {
		var all struct {
			Examples map[string][]struct{ Output map[string]any }
		}
		b, err := json.Marshal(readAny(t, filepath.Join(amazon(t, service), "examples-1.json")))
		if err == nil {
			err = json.Unmarshal(b, &all)
		}
		model, errModel := m.cloud.models.of(service)
		if err != nil || errModel != nil {
			t.Fatal(err, errModel)
		}
		in := inputsOf(t, service)
		for _, op := range slices.Compact(slices.Sorted(slices.Values(operations))) {
			for _, x := range all.Examples[op] {
				if x.Output != nil {
					doc, _ := asDocument(model.Operations[op].Output, x.Output).(map[string]any)
					m.holds(t, service, op, in.of(op, nil), doc)
					tried++
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d documented answers were found", tried)
	}
}

// TestEveryMember holds simcloud and the SDK against each other on an answer of every modelled operation that has all
// members of the model.
func TestEveryMember(t *testing.T) {
	m := newMirror(t)
	for service, operations := range modelled(t) {
		model, err := m.cloud.models.of(service)
		if err != nil {
			t.Fatal(err)
		}
		in := inputsOf(t, service)
		for _, op := range slices.Compact(slices.Sorted(slices.Values(operations))) {
			if out := model.Operations[op].Output; out != nil {
				doc, _ := in.full(out, 0).(map[string]any)
				m.holds(t, service, op, in.of(op, nil), doc)
			}
		}
	}
}

// full returns a value of a shape in which every member is set; what lies deep is left out.
func (i *inputs) full(r *apiRef, depth int) any {
	switch {
	case depth > 9:
		return nil
	case r.Type == "structure":
		out := map[string]any{}
		for _, member := range slices.Sorted(maps.Keys(r.Members)) {
			if v := i.full(r.Members[member], depth+1); v != nil && r.Members[member].Location != "statusCode" {
				out[goName(member)] = v
				if i.whole.Shapes[r.Shape].Union {
					break
				}
			}
		}
		return out
	case r.Type == "list":
		if v := i.full(r.Member, depth+1); v != nil {
			return []any{v}
		}
		return nil
	case r.Type == "map":
		key := "key"
		if enum := i.whole.Shapes[r.Key.Shape].Enum; len(enum) > 0 {
			key = enum[0]
		}
		if v := i.full(r.Value, depth+1); v != nil {
			return map[string]any{key: v}
		}
		return nil
	case r.Shape == "policyDocumentType":
		return nil
	case r.Type == "timestamp":
		return "2026-07-03T06:00:00Z"
	case r.Type == "boolean":
		return true
	case r.Type == "string":
		return i.sample(r.Shape)
	case r.Type == "blob":
		return "text"
	}
	return json.Number("7")
}

// asDocument returns a documented value as an estate would say it. Amazon's examples hold members that its own models do
// not have, times in many formats and numbers as text; what they cannot mean is left out.
func asDocument(r *apiRef, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			m := r.Value
			if r.Type == "structure" {
				if m = r.member(name); m == nil {
					continue
				}
				name = goName(name)
			}
			if m == nil {
				return nil
			}
			out[name] = asDocument(m, v[name])
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			if r.Member == nil {
				return nil
			}
			out = append(out, asDocument(r.Member, e))
		}
		return out
	}
	if r.Shape == "policyDocumentType" {
		return nil // the examples say no more than <URL-encoded-JSON>
	}
	return simple(r.Type, v)
}

func simple(kind string, v any) any {
	text := scalar(v)
	switch kind {
	case "timestamp":
		if f, ok := v.(float64); ok {
			return time.UnixMilli(int64(f * 1000)).UTC().Format(time.RFC3339Nano)
		}
		for _, layout := range []string{time.RFC3339, time.RFC1123, "Mon Jan 02 15:04:05 MST 2006", "2006-01-02T15:04:05",
			"2006-01-02"} {
			if at, err := time.Parse(layout, text); err == nil {
				return at.UTC().Format(time.RFC3339Nano)
			}
		}
		return nil
	case "integer", "long":
		if f, ok := v.(float64); ok {
			return json.Number(strconv.Itoa(int(f)))
		}
		if _, err := strconv.Atoi(text); err != nil {
			return nil
		}
		return json.Number(text)
	case "double", "float":
		return json.Number(text)
	case "boolean":
		return strings.EqualFold(text, "true")
	case "structure", "list", "map":
		return nil
	}
	return text
}
