package ingest

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// detect tells a file's format from what stands in it.
func detect(body []byte) (string, error) {
	switch text := bytes.TrimSpace(body); text[0] {
	case '<':
		return "junit", nil
	case '{', '[':
		if err := shallow(body); err != nil {
			return "", err
		}
		keys, kind, err := firstKeys(body)
		if err != nil {
			return "", err
		}
		if format := formatOf(keys, kind, text[0] == '['); format != "" {
			return format, nil
		}
	default:
		if bytes.Contains(body, []byte("wgpolicyk8s.io/")) {
			return "policyreport", nil
		}
	}
	return "", wrong("expected one of %s; name it with format when it is one of them", strings.Join(Formats(), ", "))
}

// formatOf tells a format by the keys of the first object.
func formatOf(keys map[string]bool, kind string, list bool) string {
	switch {
	case keys["runs"] && !list:
		return "sarif"
	case keys["class_uid"] || keys["finding_info"]:
		return "ocsf"
	case keys["check_type"] && keys["results"], keys["checkov_version"] && keys["passed"]:
		return "checkov"
	case keys["SchemaVersion"] || keys["ArtifactName"]:
		return "trivy"
	case keys["filename"] && keys["successes"]:
		return "conftest"
	case keys["apiVersion"] && (strings.HasSuffix(kind, "PolicyReport") || strings.HasSuffix(kind, "List")):
		return "policyreport"
	}
	return ""
}

// firstKeys returns the keys of the first object, which is the value itself or the first of its list, and its kind.
func firstKeys(body []byte) (keys map[string]bool, kind string, err error) {
	keys = map[string]bool{}
	d := jsontext.NewDecoder(bytes.NewReader(body))
	token := func() jsontext.Token {
		t, e := d.ReadToken()
		if err == nil {
			err = e
		}
		return t
	}
	if token().Kind() == '[' && err == nil {
		token()
	}
	for err == nil && d.PeekKind() == '"' && d.StackDepth() > 0 {
		key := token().String()
		keys[key] = true
		value, e := d.ReadValue()
		if err == nil {
			err = e
		}
		if key == "kind" && value.Kind() == '"' {
			kind = textOf(value)
		}
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, "", jsonMistake(err, 0)
	}
	return keys, kind, nil
}

// textOf is what a JSON string says, and the text of any other value but null.
func textOf(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return ""
		}
		return string(text)
	case 'n', 0:
		return ""
	}
	return string(v)
}
