package gitlab

import (
	"encoding/json"
	"maps"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// dropped reports whether a key only leads to another answer of the API, or is an address of a person or a machine.
// What leads a person somewhere is kept.
func dropped(key string) bool {
	switch key {
	case "web_url", "external_url":
		return false
	case "_links", "url", "email", "public_email", "commit_email", "author_email", "committer_email", "ip_address",
		"extern_uid", "service_desk_address", "ssh_url_to_repo", "http_url_to_repo", "import_url", "runners_token", "token":
		return true
	}
	return strings.HasSuffix(key, "_url") || strings.HasSuffix(key, "_html")
}

// trim returns raw, an object, without what is dropped at any depth and without the named top-level keys.
func trim(raw json.RawMessage, drop ...string) (map[string]any, error) {
	return collect.Trim(raw, dropped, drop...)
}

// trimmed is trim for shapes. It changes s.
func trimmed(s *evidence.Shape, drop ...string) *evidence.Shape {
	return collect.TrimShape(s, dropped, drop...)
}

// with adds the shapes of further answers to a document's shape.
func with(s *evidence.Shape, more map[string]*evidence.Shape) *evidence.Shape {
	maps.Copy(s.Fields, more)
	return s
}

// listOf is the shape of a list.
func listOf(elem *evidence.Shape) *evidence.Shape {
	return &evidence.Shape{Kind: evidence.ShapeList, Name: "[]" + elem.Name, Elem: elem}
}
