package collecttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"exhibit/internal/evidence"
)

// Open is testdata/open.json: what every recording of the provider shares.
type Open struct {
	// Config is the provider's section of exhibit.yaml.
	Config json.RawMessage `json:"config"`
	// Env is the environment.
	Env       map[string]string `json:"env,omitempty"`
	Exchanges []Exchange        `json:"exchanges"`
}

// Recording is testdata/TYPE.json.
type Recording struct {
	// Comment says where the answers come from.
	Comment string `json:"comment,omitempty"`
	// Open answers instead of what open.json has for the same operations.
	Open      []Exchange `json:"open,omitempty"`
	Exchanges []Exchange `json:"exchanges"`
	// Outcome is the snapshot's; empty is "ok".
	Outcome evidence.Outcome `json:"outcome,omitempty"`
	// Excluded are the items left out, by reason.
	Excluded []evidence.Excluded `json:"excluded,omitempty"`
	// Subjects are the golden subjects as they are sealed, in order of id.
	Subjects []json.RawMessage `json:"subjects"`
}

// Exchange is one answer to all requests that match. Of several that match alike, each answers once, the last for
// ever.
type Exchange struct {
	// Operation is the declared operation that asks; empty for what obtains credentials.
	Operation string   `json:"operation,omitempty"`
	Request   Match    `json:"request"`
	Response  Response `json:"response"`
}

// Match selects requests. What is left out matches anything; a null value must be absent from the request.
type Match struct {
	Method string             `json:"method,omitempty"`
	Host   string             `json:"host,omitempty"`
	Path   string             `json:"path,omitempty"` // as it is sent, escaped
	Query  map[string]*string `json:"query,omitempty"`
	Form   map[string]*string `json:"form,omitempty"`
	Header map[string]string  `json:"header,omitempty"`
	// Body are top-level members of a JSON body, Variables those of a GraphQL query in it.
	Body      map[string]json.RawMessage `json:"body,omitempty"`
	Variables map[string]json.RawMessage `json:"variables,omitempty"`
}

// Response is what comes back.
type Response struct {
	Status int               `json:"status,omitempty"` // 0 is 200
	Header map[string]string `json:"header,omitempty"`
	// Body is text, or any JSON value, which is sent as it stands.
	Body json.RawMessage `json:"body,omitempty"`
}

// text returns the bytes of the body.
func (r Response) text() []byte {
	var s string
	if json.Unmarshal(r.Body, &s) == nil {
		return []byte(s)
	}
	return r.Body
}

func (r Response) http(req *http.Request, body []byte) *http.Response {
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	resp := &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Request: req, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
	for k, v := range r.Header {
		resp.Header.Set(k, v)
	}
	if resp.Header.Get("Content-Type") == "" {
		resp.Header.Set("Content-Type", contentType(body))
	}
	return resp
}

func contentType(body []byte) string {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return "text/xml"
	}
	return "application/json"
}

// matches reports whether the request is the one; body is its whole body.
func (m Match) matches(req *http.Request, body []byte) bool {
	if m.Method != "" && m.Method != req.Method || m.Host != "" && m.Host != req.URL.Host ||
		m.Path != "" && m.Path != req.URL.EscapedPath() {
		return false
	}
	for k, v := range m.Header {
		if req.Header.Get(k) != v {
			return false
		}
	}
	form, _ := url.ParseQuery(string(body))
	if !holds(req.URL.Query(), m.Query) || !holds(form, m.Form) {
		return false
	}
	return members(body, m.Body) && (len(m.Variables) == 0 || members(member(body, "variables"), m.Variables))
}

// members reports whether a JSON object has the members; a null one must not be there.
func members(object []byte, want map[string]json.RawMessage) bool {
	if len(want) == 0 {
		return true
	}
	var got map[string]json.RawMessage
	if json.Unmarshal(object, &got) != nil {
		return false
	}
	for k, v := range want {
		if value, ok := got[k]; string(v) == "null" && ok || string(v) != "null" && !same(value, v) {
			return false
		}
	}
	return true
}

// member returns one member of a JSON object.
func member(object []byte, key string) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(object, &all) != nil {
		return nil
	}
	return all[key]
}

func holds(got url.Values, want map[string]*string) bool {
	for k, v := range want {
		if v == nil && got.Has(k) || v != nil && (!got.Has(k) || got.Get(k) != *v) {
			return false
		}
	}
	return true
}

// same reports whether two JSON texts say the same.
func same(a, b json.RawMessage) bool {
	ca, err := evidence.Canonical(bytes.Clone(a))
	if err != nil {
		return false
	}
	cb, err := evidence.Canonical(bytes.Clone(b))
	return err == nil && bytes.Equal(ca, cb)
}

// read decodes a file of testdata strictly.
func read(name string, into any) error {
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("testdata/%s: %w", name, err)
	}
	return nil
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// write stores a recording with its golden subjects, for people to read.
func write(name string, r Recording) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	for _, escaped := range []struct{ from, to string }{{`\u003c`, "<"}, {`\u003e`, ">"}, {`\u0026`, "&"}} {
		data = []byte(strings.ReplaceAll(string(data), escaped.from, escaped.to))
	}
	return os.WriteFile(filepath.Join("testdata", name), append(data, '\n'), 0o644)
}
