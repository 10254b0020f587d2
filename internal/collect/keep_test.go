package collect

import (
	"fmt"
	"testing"

	"exhibit/internal/evidence"
)

func TestBare(t *testing.T) {
	for address, want := range map[string]string{
		"https://user:CANARY@git.example.com/a@b.git": "https://git.example.com/a@b.git",
		"https://token@git.example.com":               "https://git.example.com",
		"https://git.example.com/x?private_token=CAN": "https://git.example.com/x",
		"https://a:b@git.example.com/x?token=CANARY":  "https://git.example.com/x",
		"!https://user:CAN@ARY@git.example.com/x":     "!https://git.example.com/x",
		"https://git.example.com/x@y":                 "https://git.example.com/x@y",
		"ssh://git@git.example.com/x":                 "ssh://git@git.example.com/x",
		"git@git.example.com:x/y":                     "git@git.example.com:x/y",
		"*":                                           "*",
	} {
		if got := Bare(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// TestKeepOnlyWhatTheShapeKnows holds that nothing else comes through, whatever stands in its place.
func TestKeepOnlyWhatTheShapeKnows(t *testing.T) {
	shape := evidence.ShapeOf[struct {
		Name string            `json:"name"`
		List []string          `json:"list"`
		Map  map[string]string `json:"map"`
		Deep struct {
			A bool `json:"a"`
		} `json:"deep"`
	}]()
	got := fmt.Sprint(KeepObject(map[string]any{
		"name": []any{"secret"}, "list": map[string]any{"x": "secret"}, "map": map[string]any{"k": "v"},
		"deep": map[string]any{"a": false, "b": "secret"}, "more": "secret",
	}, shape)) + fmt.Sprint(KeepObject(map[string]any{"list": "secret", "map": 7, "deep": "secret"}, shape))
	if want := "map[deep:map[a:false] list:map[] map:map[k:v] name:<nil>]map[deep:<nil> list:<nil> map:<nil>]"; got != want {
		t.Errorf("kept %s, want %s", got, want)
	}
}
