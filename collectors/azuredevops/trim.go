package azuredevops

import (
	"encoding/json"
	"maps"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// dropped reports whether a key only leads to another answer of the API, or is an address of a person or a machine. What
// leads a person somewhere (webUrl) is kept.
func dropped(key string) bool {
	switch key {
	case "_links", "url", "href", "reviewerUrl", "imageUrl", "profileUrl", "remoteUrl", "sshUrl", "uniqueName", "mailAddress",
		"principalName", "directoryAlias", "email", "ipAddress":
		return true
	}
	return false
}

// trim returns raw, an object, without what is dropped at any depth and without the named top-level keys.
func trim(raw json.RawMessage, drop ...string) (map[string]any, error) {
	return collect.Trim(raw, dropped, drop...)
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
