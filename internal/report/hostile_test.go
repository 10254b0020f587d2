package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// hostile is text that tries to leave an element, an attribute, a style sheet, a cell and a terminal line.
const hostile = "</style></title><script>alert(1)</script>\"' onload=alert(1) x='{}<img src=x onerror=alert(1)>&lt;\x1b[31m\x00\u202egnp.exe\r\n=cmd|'/c calc'!A1\xff"

// everyText sets every text of an input to s, keys of maps among them.
func hostileInput(s string) Input {
	scope := evidence.Scope{Provider: s, Account: s, Region: s, Name: s}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := evidence.Window{From: at.Add(-time.Hour), To: at}
	o := evidence.Observation{Control: s, Check: s, Type: s, Subject: s, Name: s, Scope: s, Reason: s, Verdict: evidence.Fail,
		Facts: map[string]json.RawMessage{s: json.RawMessage(`"` + s + `"`)}}
	unknown, odd := o, o
	unknown.Verdict, odd.Verdict = evidence.Unknown, evidence.Verdict(s)
	unknown.Missing = []evidence.Missing{{Operation: s, Outcome: evidence.Outcome(s), Permission: s, Code: s}}
	acceptance := evidence.RiskAcceptance{ID: s, Requester: s, Approver: s + "2", Owner: s + "3", Reason: s, Category: s, Check: s, Scope: s, Subjects: []string{s},
		Compensating: []string{s}, Start: at.Add(-time.Hour), End: at.Add(time.Hour)}
	inEffect := acceptance
	inEffect.Compensating = nil
	field := evidence.FieldChange{Path: s, Before: json.RawMessage(`"` + s + `"`), After: json.RawMessage(s)}
	return Input{
		Title: s, Tool: s, Period: w, Assessment: evidence.Assessment{AsOf: at, Evaluator: s},
		Controls: []evidence.Control{{ID: s, Domain: s, Title: s, Statement: s, Owner: s, Manual: s, Checks: []evidence.Check{
			{ID: s, Title: s, Subject: s, Severity: evidence.Severity(s), Remediation: s}}}},
		Frameworks: []evidence.Framework{{ID: s, Version: s, Title: s, Requirements: []evidence.Requirement{
			{ID: s, Title: s, Controls: []string{s}, Checks: []string{s + "9"}, Strength: s, Manual: s, None: s}, {ID: s, Title: s, None: s}}}},
		Observations: seq([]evidence.Observation{o, unknown, odd}),
		Findings: seq([]evidence.Finding{{Control: s, Scope: s, Status: evidence.Status(s), Severity: evidence.Severity(s), Reasons: []string{s, s},
			Counts: map[evidence.Verdict]int{evidence.Verdict(s): 1}}}),
		Scopes: []evidence.ScopeOutcome{{Source: s, Scope: scope, Outcome: evidence.Outcome(s), Reason: s, Snapshots: map[evidence.Outcome]int{evidence.Outcome(s): 1}}},
		Snapshots: []evidence.Snapshot{{Collector: s, Source: s, Scope: scope, Window: w, Outcome: evidence.Outcome(s), Completeness: evidence.Completeness{
			Operations: []evidence.Operation{{Name: s, Outcome: evidence.Outcome(s), Permission: s, Errors: []string{s}}}, SecondCount: &evidence.SecondCount{Operation: s, Count: 7}}}},
		Acceptances:  []evidence.RiskAcceptance{acceptance, inEffect},
		Attestations: []evidence.Attestation{{ID: s, Control: s, Scope: s, Author: s, Statement: s, Period: w, Expires: at}},
		Exposures:    []evidence.Exposure{{Control: s, Check: s, Scope: s, Type: s, Subject: s, Name: s, Severity: evidence.Severity(s), FirstBad: at, LastBad: at, FirstGood: at, Ended: s}},
		Changes: []evidence.Change{{What: s, Cause: evidence.Cause(s), Scope: s, Type: s, Subject: s, Name: s, Control: s, Check: s, Before: s, After: s, Reason: s, Between: w,
			Preceding: &evidence.Preceding{ID: s, Repository: s, Environment: s, By: []string{s}}},
			{What: "subject-changed", Cause: evidence.CauseSubject, Scope: s, Subject: s, Fields: slices.Repeat([]evidence.FieldChange{field}, 12)},
			{What: "requirement", Cause: evidence.CauseMapping, Name: s, Before: s, After: s}},
		Gaps:    []evidence.Gap{{Series: s, Window: w, Reason: evidence.Outcome(s)}},
		History: []evidence.Assessment{{AsOf: at, Evaluator: s, Totals: map[evidence.Verdict]int{evidence.Verdict(s): 3}, Statuses: map[evidence.Status]int{evidence.Status(s): 3}}},
	}
}

// writers is every rendering.
func writers(p *Posture, observations func() Input) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"html":      func(w io.Writer) error { return HTML(w, p) },
		"text":      func(w io.Writer) error { return Text(w, p, TextOptions{Width: 90}) },
		"failures":  func(w io.Writer) error { return Failures(w, p.Failures, TextOptions{}) },
		"changes":   func(w io.Writer) error { return Changes(w, p.Changes, TextOptions{}) },
		"exposures": func(w io.Writer) error { return Exposures(w, p.Exposures, TextOptions{}) },
		"gaps":      func(w io.Writer) error { return Gaps(w, p.Gaps, TextOptions{}) },
		"requirements": func(w io.Writer) error {
			for _, f := range p.Frameworks {
				if err := Requirements(w, f, TextOptions{}); err != nil {
					return err
				}
			}
			return nil
		},
		"failures.csv":     func(w io.Writer) error { return FailuresCSV(w, p.Failures) },
		"observations.csv": func(w io.Writer) error { return ObservationsCSV(w, observations().Observations) },
		"controls.csv":     func(w io.Writer) error { return ControlsCSV(w, p.Controls) },
		"requirements.csv": func(w io.Writer) error { return RequirementsCSV(w, p.Frameworks) },
		"exposures.csv":    func(w io.Writer) error { return ExposuresCSV(w, p.Exposures) },
		"changes.csv":      func(w io.Writer) error { return ChangesCSV(w, p.Changes) },
		"gaps.csv":         func(w io.Writer) error { return GapsCSV(w, p.Gaps) },
		"acceptances.csv":  func(w io.Writer) error { return AcceptancesCSV(w, p.Acceptances) },
		"metrics":          func(w io.Writer) error { return MetricsText(w, p.Metrics, TextOptions{}) },
		"metrics.csv":      func(w io.Writer) error { return MetricsCSV(w, p.Metrics) },
		"trends":           func(w io.Writer) error { return TrendsText(w, trendsOf(p), TextOptions{}) },
	}
}

var (
	tag       = regexp.MustCompile(`<(/?)([a-z0-9]+)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*(/?)>`)
	reference = regexp.MustCompile(`(?:href="|url\()([^")]*)`)
	attribute = regexp.MustCompile(`\s([a-zA-Z-]+)=?`)
)

// wellFormed fails the test unless the page is made of known elements and attributes, properly nested, with every other < and
// > escaped, and points nowhere out of itself.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	page = strings.Replace(page, style, "", 1)
	nested(t, page, `html head meta title style body div header p h1 h2 h3 dl dt dd nav ul li a main section small svg rect path
		desc defs pattern figure figcaption span details summary table thead tbody tr th td code br strong footer del ins`,
		`lang charset name content http-equiv class role aria-label aria-hidden aria-labelledby href id viewBox preserveAspectRatio
		x y width height rx d fill patternUnits patternTransform scope data-h open`, "#")
}

// nested is wellFormed for some elements and attributes, and references with a prefix.
func nested(t *testing.T, page, elements, attributes, prefix string) {
	t.Helper()
	page = strings.TrimPrefix(page, "<!doctype html>")
	known, allowed := strings.Fields(elements), strings.Fields(attributes)
	var open []string
	rest := tag.ReplaceAllStringFunc(page, func(m string) string {
		g := tag.FindStringSubmatch(m)
		name := g[2]
		if !slices.Contains(known, name) {
			t.Errorf("unknown element %s", m)
		}
		for _, a := range attribute.FindAllStringSubmatch(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(g[3], ""), -1) {
			if !slices.Contains(allowed, a[1]) {
				t.Errorf("attribute %s in %s", a[1], m)
			}
		}
		for _, r := range reference.FindAllStringSubmatch(g[3], -1) {
			if !strings.HasPrefix(r[1], prefix) {
				t.Errorf("%s points out of the page", m)
			}
		}
		switch {
		case name == "meta" || name == "br" || name == "img" || g[4] == "/":
		case g[1] == "":
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("%s closes %v", m, open)
		default:
			open = open[:len(open)-1]
		}
		return ""
	})
	if len(open) > 0 {
		t.Errorf("left open: %v", open)
	}
	if i := strings.IndexAny(rest, "<>"); i >= 0 {
		t.Errorf("unescaped: %q", rest[max(0, i-60):min(len(rest), i+60)])
	}
}

func TestHostileTextStaysText(t *testing.T) {
	in := func() Input { return hostileInput(hostile) }
	p, err := Build(in())
	if err != nil {
		t.Fatal(err)
	}
	p.Metrics = hostileMetrics(hostile)
	for name, write := range writers(p, in) {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			got := b.String()
			switch {
			case name == "html":
				wellFormed(t, got)
				if strings.Contains(got, "<script") || strings.Contains(got, "<img") {
					t.Error("an element of the text came through")
				}
				fallthrough
			case !strings.HasSuffix(name, ".csv"):
				if strings.ContainsAny(got, "\x1b\x00\u202e\r") {
					t.Error("a control character came through")
				}
			default:
				rows, err := csv.NewReader(strings.NewReader(got)).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				if len(rows) < 2 {
					t.Error("no row")
				}
			}
		})
	}
}

func TestFormulasAreDisarmed(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "＝1", "|calc", "%0A"} {
		if got := guard(s); got != "'"+s {
			t.Errorf("guard(%q) = %q", s, got)
		}
	}
	for _, s := range []string{"", "a=1", "arn:aws:s3:::x", "2026-01-01", "12"} {
		if got := guard(s); got != s {
			t.Errorf("guard(%q) = %q", s, got)
		}
	}
	var b bytes.Buffer
	in := hostileInput("=1+1")
	p, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	p.Metrics = hostileMetrics("=1+1")
	for name, write := range writers(p, func() Input { return hostileInput("=1+1") }) {
		if !strings.HasSuffix(name, ".csv") {
			continue
		}
		b.Reset()
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			for _, c := range r {
				if strings.HasPrefix(c, "=") {
					t.Errorf("%s: %q", name, c)
				}
			}
		}
	}
}

// TestEveryStatusRenders holds that no verdict, status, outcome, cause or severity, of this version or a later one, fails an
// export or goes unnamed on the page.
func TestEveryStatusRenders(t *testing.T) {
	words := []string{"pass", "fail", "unknown", "not-applicable", "satisfied", "not-satisfied", "indeterminate", "manual", "not-covered",
		"ok", "empty", "denied", "expired", "throttled", "not-enabled", "unreachable", "failed", "skipped",
		"subject", "rule", "mapping", "scope", "permission", "collector", "low", "medium", "high", "critical", "", "of-a-later-version"}
	for _, word := range words {
		t.Run(word, func(t *testing.T) {
			in := hostileInput(word)
			o := evidence.Observation{Control: "c", Check: "k", Verdict: evidence.Verdict(word), Scope: word}
			build := func() Input {
				in := hostileInput(word)
				in.Observations = seq([]evidence.Observation{o})
				return in
			}
			in = build()
			p, err := Build(in)
			if err != nil {
				t.Fatal(err)
			}
			p.Metrics = hostileMetrics(word)
			for name, write := range writers(p, build) {
				var b bytes.Buffer
				if err := write(&b); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if name == "html" {
					wellFormed(t, b.String())
					if !strings.Contains(b.String(), label(word)) {
						t.Errorf("the page does not say %q", label(word))
					}
				}
			}
			if s := p.Score; s.Pass > 0 && word != "pass" {
				t.Errorf("%s was counted as passing", word)
			}
		})
	}
}

func TestEmptyPostureRenders(t *testing.T) {
	in := func() Input {
		return Input{Observations: seq[evidence.Observation](nil), Findings: seq[evidence.Finding](nil)}
	}
	p, err := Build(in())
	if err != nil {
		t.Fatal(err)
	}
	p.Metrics = hostileMetrics(hostile)
	for name, write := range writers(p, in) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "html" {
			wellFormed(t, b.String())
		}
	}
}

func TestSampleIsWellFormed(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, samplePosture(t)); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b.String())
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrorsAreReturned(t *testing.T) {
	for name, write := range writers(samplePosture(t), sampleInput) {
		if err := write(brokenWriter{}); !errors.Is(err, errBroken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
