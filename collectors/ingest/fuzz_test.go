package ingest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// fuzz holds that a reader never falls over, and that what it reads has only known words and ids.
func fuzz(f *testing.F, format string) {
	files, err := filepath.Glob(filepath.Join("testdata", format+"*.in"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no examples of %s: %v", format, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reports, err := Read("f", body, format)
		if err != nil {
			if !errors.Is(err, ErrReport) || reports != nil {
				t.Fatalf("%d reports beside error %v", len(reports), err)
			}
			return
		}
		for _, r := range reports {
			for _, one := range r.results {
				if !slices.Contains(outcomes[:], one.result) || !slices.Contains(severities[:], one.severity) {
					t.Errorf("result %q, severity %q", one.result, one.severity)
				}
				if one.rule == "" || one.resource == "" || len(one.id(r.tool)) > 2*longID {
					t.Errorf("rule %q, resource %q", one.rule, one.resource)
				}
			}
		}
	})
}

func FuzzSARIF(f *testing.F)        { fuzz(f, "sarif") }
func FuzzOCSF(f *testing.F)         { fuzz(f, "ocsf") }
func FuzzTrivy(f *testing.F)        { fuzz(f, "trivy") }
func FuzzCheckov(f *testing.F)      { fuzz(f, "checkov") }
func FuzzConftest(f *testing.F)     { fuzz(f, "conftest") }
func FuzzPolicyReport(f *testing.F) { fuzz(f, "policyreport") }
func FuzzJUnit(f *testing.F)        { fuzz(f, "junit") }
