package azuredevops

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

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
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // ids keep all their digits
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read an object of the answer: %w", err)
	}
	if doc == nil {
		return nil, errors.New("read an object of the answer: it is null")
	}
	strip(doc)
	for _, key := range drop {
		delete(doc, key)
	}
	return doc, nil
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(key string, _ any) bool { return dropped(key) })
		for _, e := range v {
			strip(e)
		}
	case []any:
		for _, e := range v {
			strip(e)
		}
	}
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
