package evidence

import (
	"encoding/json"
	"testing"
	"time"
)

type shapeBase struct {
	Name *string `json:"name,omitempty"`
}

type shapeDoc struct {
	shapeBase
	Count   int64 `json:"count,string"`
	Enabled *bool
	When    *time.Time
	Tags    map[string]string `json:"tags"`
	Rules   []shapeRule
	Raw     json.RawMessage
	hidden  int
	Skipped int `json:"-"`
}

type shapeRule struct {
	Port  float64
	Inner []*shapeRule
}

func TestShapeOf(t *testing.T) {
	s := ShapeOf[*shapeDoc]()
	for pointer, want := range map[string]ShapeKind{
		"": ShapeObject, "/name": ShapeString, "/count": ShapeString, "/Enabled": ShapeBool, "/When": ShapeString,
		"/tags": ShapeMap, "/tags/x": ShapeString, "/Rules": ShapeList, "/Rules/*/Port": ShapeNumber,
		"/Rules/0/Inner/1/Inner": ShapeList, "/Raw": ShapeAny, "/Raw/deep/down": ShapeAny,
	} {
		got := s.At(pointer)
		if got == nil || got.Kind != want {
			t.Errorf("At(%q) = %+v, want %s", pointer, got, want)
		}
	}
	for _, pointer := range []string{"/hidden", "/Skipped", "/Name", "/Enabled/x", "/Rules/*/port"} {
		if got := s.At(pointer); got != nil {
			t.Errorf("At(%q) = %+v, want nothing", pointer, got)
		}
	}
}
