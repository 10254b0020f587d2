package collectors_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestOpenAPIHolds holds that the validator finds what is wrong: one that accepts everything proves nothing.
func TestOpenAPIHolds(t *testing.T) {
	var api openAPI
	if err := json.Unmarshal([]byte(`{"schemas": {
		"user": {"type": "object", "required": ["login", "node_id"], "properties": {"login": {"type": "string"}, "id": {"type": "integer"}}},
		"answer": {"type": "object", "properties": {
			"owner": {"$ref": "#/components/schemas/user"},
			"by": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/user"}]},
			"either": {"oneOf": [{"type": "string"}, {"type": "number"}]},
			"state": {"type": "string", "enum": ["on", "off"]},
			"list": {"type": "array", "items": {"type": "boolean"}},
			"rights": {"type": "object", "additionalProperties": {"type": "string"}},
			"any": {}
		}}}}`), &api); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		`{}`: "",
		`{"owner": {"login": "ann", "id": 1, "more": []}, "by": null, "any": null, "either": 1.5, "list": [true], "rights": {"a": "b"}}`: "",
		`[]`:                                  "want object",
		`{"owner": {"id": 1}}`:                "/owner has no login",
		`{"owner": null}`:                     "/owner is null",
		`{"owner": {"login": 1}}`:             "/owner/login is json.Number",
		`{"owner": {"login": "", "id": 1.5}}`: "/owner/id is json.Number, want integer",
		`{"by": {}}`:                          "/by has no login",
		`{"either": true}`:                    "/either is none of 2",
		`{"either": null}`:                    "/either is null",
		`{"state": "open"}`:                   `/state is "open"`,
		`{"list": [true, "x"]}`:               "/list/1 is string",
		`{"list": {}}`:                        "want array",
		`{"rights": {"a": true}}`:             "/rights/a is bool",
	} {
		err := api.holds("", api.Schemas["answer"], decoded(t, []byte(in)), left)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}
