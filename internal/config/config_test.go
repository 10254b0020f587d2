package config

import (
	"errors"
	"io/fs"
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
		if strings.Contains(file, "acceptance-") {
			_, err = parseAcceptance("x.yaml", "x", data)
		} else {
			_, err = Parse("x.yaml", data, providers)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
	}
}

func TestReadAcceptances(t *testing.T) {
	dir := t.TempDir()
	const text = `requester: ann@example.com
approver: ben@example.com
owner: web@example.com
reason: published on purpose
category: waiver
check: aws.s3.bucket-not-public
scope: aws:111122223333
subjects: ["arn:aws:s3:::press-kit"]
start: 2026-01-01
end: 2026-01-31
zone: Europe/Berlin
`
	if err := os.WriteFile(filepath.Join(dir, "press-kit.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadAcceptances(dir)
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	a := got[0]
	if a.ID != "press-kit" || a.Start.Format("2006-01-02T15:04Z") != "2025-12-31T23:00Z" || a.End.Format("2006-01-02T15:04Z") != "2026-01-31T23:00Z" {
		t.Errorf("%+v: want the start of the first day and the end of the last, in Berlin", a)
	}
	if _, err := ReadAcceptances(filepath.Join(dir, "none")); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
	if got, err := ReadAcceptances(""); err != nil || got != nil {
		t.Errorf("no folder: %v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("store: a\nsources:\n  - {name: a, aws: {}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := Parse("x.yaml", data, providers); err == nil && c.Store == "" {
			t.Error("accepted without a store")
		}
		_, _ = parseAcceptance("x.yaml", "x", data) // must not panic
	})
}
