package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var providers = []string{"aws", "file"}

func TestParse(t *testing.T) {
	const text = `store: data/e.db
acceptances: /srv/acceptances
sources:
  - name: prod
    aws: { profile: audit, regions: [eu-west-1] }
  - name: papers
    file:
`
	c, err := Parse("/etc/exhibit/exhibit.yaml", []byte(text), providers)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct{ name, got, want string }{
		{"store", c.Store, "/etc/exhibit/data/e.db"},
		{"key", c.Key, "/etc/exhibit/data/e.key"},
		{"acceptances", c.Acceptances, "/srv/acceptances"},
	} {
		if p.got != p.want {
			t.Errorf("%s is %s, want %s", p.name, p.got, p.want)
		}
	}
	s, err := c.Find("prod")
	if err != nil {
		t.Fatal(err)
	}
	var section struct {
		Profile string   `yaml:"profile"`
		Regions []string `yaml:"regions"`
	}
	if err := s.Decode(&section); err != nil || section.Profile != "audit" || len(section.Regions) != 1 {
		t.Errorf("section %+v, %v", section, err)
	}
	var strict struct {
		Profile string `yaml:"profile"`
	}
	if err := s.Decode(&strict); err == nil || !strings.Contains(err.Error(), "exhibit.yaml:5:") || !strings.Contains(err.Error(), "regions") {
		t.Errorf("unknown key in a section: %v, want its line and name", err)
	}
	if p, err := c.Find("papers"); err != nil || p.Provider != "file" {
		t.Errorf("papers: %+v, %v", p, err)
	}
	if _, err := c.Find("test"); err == nil || !strings.Contains(err.Error(), "prod, papers") {
		t.Errorf("unknown source: %v, want the known ones named", err)
	}
}

// TestBadFiles reads one file for each mistake; its first line is the message that must appear, with the place.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(data), "\n")
		want, ok := strings.CutPrefix(first, "# want ")
		if !ok {
			t.Fatalf("%s: the first line does not say what is wanted", file)
		}
		c := Default(".")
		switch {
		case strings.Contains(file, "acceptance-"):
			_, err = parseAcceptance("x.yaml", "x", data, c.Acceptance)
		case strings.Contains(file, "attestation-"):
			_, err = parseAttestation("x.yaml", "x", data, c.Attestation)
		default:
			_, err = Parse("x.yaml", data, providers)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("store: a\nsources:\n  - {name: a, aws: {}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := Parse("x.yaml", data, providers); err == nil && c.Store == "" {
			t.Error("accepted without a store")
		}
		c := Default(".")
		_, _ = parseAcceptance("x.yaml", "x", data, c.Acceptance) // must not panic
		_, _ = parseAttestation("x.yaml", "x", data, c.Attestation)
	})
}
