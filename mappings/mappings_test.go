package mappings_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"exhibit/mappings"
)

// TestEveryRequirement compares each mapping with the list of the framework's own ids, in the framework's order, so that
// a requirement can neither be left out nor be invented.
func TestEveryRequirement(t *testing.T) {
	counts := map[string]int{"soc2@2017-2022": 61, "iso27001@2022": 93, "cis-aws@3.0": 62, "cis-aws@5.0": 63,
		"cis-aws@6.0": 63, "cis-aws@7.0": 70, "cis-github@1.2": 120}
	files, err := fs.Glob(mappings.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(counts) {
		t.Errorf("%d mappings are shipped and %d are counted here: %v", len(files), len(counts), files)
	}
	for _, file := range files {
		key := strings.TrimSuffix(file, ".yaml")
		t.Run(key, func(t *testing.T) {
			want, err := os.ReadFile("testdata/" + key + ".ids")
			if err != nil {
				t.Fatal(err)
			}
			got := requirements(t, file)
			if len(got) != counts[key] {
				t.Errorf("%d requirements, want %d", len(got), counts[key])
			}
			if d := cmp.Diff(strings.Fields(string(want)), got); d != "" {
				t.Errorf("ids (-framework +mapping):\n%s", d)
			}
		})
	}
}

// requirements returns the ids in the order of the file, as text: 1.10 is not 1.1.
func requirements(t *testing.T, file string) []string {
	t.Helper()
	data, err := mappings.FS.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Requirements yaml.Node `yaml:"requirements"`
	}
	if err := yaml.Load(data, &doc); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := 0; i+1 < len(doc.Requirements.Content); i += 2 {
		id := doc.Requirements.Content[i]
		if id.Tag != "!!str" {
			t.Errorf("line %d: id %s is read as %s: quote it", id.Line, id.Value, id.Tag)
		}
		ids = append(ids, id.Value)
	}
	return ids
}
