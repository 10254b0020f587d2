package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGoldens renders the sample in every way. Run with -update after looking at what changed.
func TestGoldens(t *testing.T) {
	p := samplePosture(t)
	goldens(t, map[string]func(io.Writer) error{
		"posture.html":     func(w io.Writer) error { return HTML(w, p) },
		"posture.txt":      func(w io.Writer) error { return Text(w, p, TextOptions{}) },
		"narrow.txt":       func(w io.Writer) error { return Text(w, p, TextOptions{Width: 60, Limit: 3}) },
		"color.txt":        func(w io.Writer) error { return Text(w, p, TextOptions{Color: true}) },
		"requirements.txt": func(w io.Writer) error { return Requirements(w, p.Frameworks[0], TextOptions{}) },
		"changes.txt":      func(w io.Writer) error { return Changes(w, p.Changes, TextOptions{Width: 140}) },
		"exposures.txt":    func(w io.Writer) error { return Exposures(w, p.Exposures, TextOptions{Width: 140}) },
		"gaps.txt":         func(w io.Writer) error { return Gaps(w, p.Gaps, TextOptions{}) },
		"failures.csv":     func(w io.Writer) error { return FailuresCSV(w, p.Failures) },
		"observations.csv": func(w io.Writer) error { return ObservationsCSV(w, sampleInput().Observations) },
		"controls.csv":     func(w io.Writer) error { return ControlsCSV(w, p.Controls) },
		"requirements.csv": func(w io.Writer) error { return RequirementsCSV(w, p.Frameworks) },
		"exposures.csv":    func(w io.Writer) error { return ExposuresCSV(w, p.Exposures) },
		"changes.csv":      func(w io.Writer) error { return ChangesCSV(w, p.Changes) },
		"gaps.csv":         func(w io.Writer) error { return GapsCSV(w, p.Gaps) },
		"acceptances.csv":  func(w io.Writer) error { return AcceptancesCSV(w, p.Acceptances) },
		"access.csv":       func(w io.Writer) error { return AccessCSV(w, sampleReview()) },
		"access.txt":       func(w io.Writer) error { return AccessText(w, sampleReview(), TextOptions{Width: 200}) },
		"population.csv":   func(w io.Writer) error { return ChangeListCSV(w, samplePopulation()) },
		"population.txt":   func(w io.Writer) error { return ChangeListText(w, samplePopulation(), TextOptions{Width: 200}) },
		"metrics.csv":      func(w io.Writer) error { return MetricsCSV(w, p.Metrics) },
		"metrics.txt":      func(w io.Writer) error { return MetricsText(w, p.Metrics, TextOptions{Width: 140}) },
		"trends.txt":       func(w io.Writer) error { return TrendsText(w, sampleTrends(), TextOptions{Width: 160}) },
		"trend.txt":        func(w io.Writer) error { return TrendsText(w, sampleTrends()[:1], TextOptions{Width: 120}) },
		"sample.csv":       func(w io.Writer) error { return SampleCSV(w, samplePopulation().Draw(2, "=seed")) },
		"sample.txt": func(w io.Writer) error {
			return SampleText(w, samplePopulation().Draw(2, "Q1"), TextOptions{Width: 200})
		},
		"posture.json": func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", " ")
			return e.Encode(p)
		},
	})
}

// goldens holds what is written against the files of testdata.
func goldens(t *testing.T, files map[string]func(io.Writer) error) {
	t.Helper()
	for name, write := range files {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", path, diff)
			}
		})
	}
}
