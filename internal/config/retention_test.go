package config

import (
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

const hours = 24 * evidence.Duration(time.Hour)

func TestRetention(t *testing.T) {
	c, err := Parse("exhibit.yaml", []byte(`retention:
  documents: 400d
  types: { "aws.*": 500d, "aws.iam.*": 800d, "github.*": 100d }
  holds:
    - { name: case-17, reason: the regulator asked, types: ["aws.*"], from: 2026-02-01 }
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := c.Retention
	for subjectType, want := range map[string]evidence.Duration{
		"aws.s3.bucket": 500 * hours, "aws.iam.user": 800 * hours, "github.repository": 100 * hours, "gcp.project": 400 * hours,
	} {
		if got := r.Keep(subjectType); got != want {
			t.Errorf("%s is kept %s, want %s", subjectType, got, want)
		}
	}
	if len(r.Holds) != 1 || r.Holds[0].From != time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) || r.Observations != 0 || r.IsZero() {
		t.Errorf("read %+v", r)
	}
	if !Default(".").Retention.IsZero() {
		t.Error("without a section, something is disposed of")
	}
}

func TestRetentionRefused(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"documents: 30d", `2:14: documents "30d": expected`},
		{"observations: soon", `2:17: observations "soon"`},
		{`types: { "[": 400d }`, `types: "[": expected a pattern`},
		{`types: { "aws.*": 1d }`, `types.aws.* "1d"`},
		{"keep: 400d", "keep"},
		{"holds: [{ name: a }]", "expected a name and a reason"},
		{"holds: [{ name: a, reason: b, from: May }]", `from "May": expected a day`},
		{`holds: [{ name: a, reason: b, types: ["["] }]`, "expected a pattern of subject types"},
		{"holds: [{ name: a, reason: b }, { name: a, reason: c }]", `hold "a" is named twice`},
		{"holds: [{ name: a, reason: b, until: never }]", "until"},
	} {
		_, err := Parse("exhibit.yaml", []byte("retention:\n  "+tt.text+"\n"), nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.text, err, tt.want)
		}
	}
}
