package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// sampleMetrics has a metric of every shape.
func sampleMetrics() []evidence.Metric {
	at := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	w := evidence.Window{From: at(1), To: at(91)}
	day := evidence.Duration(24 * time.Hour)
	return []evidence.Metric{
		{Name: "score", Title: "Score", Formula: "observations that pass / observations that pass or fail", Unit: evidence.UnitPart,
			Period: w, Numerator: 95, Denominator: 99, Before: &evidence.Part{Numerator: 90, Denominator: 93},
			Movements: []evidence.Movement{{Cause: evidence.CauseSubject, Tally: evidence.Tally{Pass: 7, Fail: -1}},
				{Cause: evidence.CausePermission, Tally: evidence.Tally{Pass: -3, Unknown: 3}},
				{Cause: evidence.CauseRule, Tally: evidence.Tally{Pass: 1, Fail: 2}}}},
		{Name: "freshness", Title: "Evidence that is fresh", Formula: "fresh series / series that a control reads", Unit: evidence.UnitPart,
			Period: w, Numerator: 1, Denominator: 3, Unknown: 1, Counted: []string{"prod-aws|aws.iam.user|aws:111122223333"},
			Others: []string{"b", "c"}, Excluded: []evidence.Excluded{{Reason: "left out by the configuration", Count: 2}}},
		{Name: "time-to-fix", Of: "critical", Title: "Time to fix", Formula: "median and 90th percentile", Unit: evidence.UnitTime,
			Period: w, Numerator: 3, Denominator: 4, Median: &evidence.Spread{Least: 2 * day, Most: 4 * day},
			P90: &evidence.Spread{Least: 17 * day, Open: true}},
		{Name: "time-to-fix", Of: "high", Title: "Time to fix", Formula: "median and 90th percentile", Unit: evidence.UnitTime,
			Period: w, Because: "no failure of this severity was there in the period"},
		{Name: "repeat-offenders", Title: "Failures that a guardrail would prevent", Formula: "the same check in several subjects",
			Unit: evidence.UnitPart, Period: w, Numerator: 5, Denominator: 7, Ranking: []evidence.Rank{
				{Check: "aws.s3.bucket-public", Severity: evidence.Critical, Owner: "web", Subjects: 2, Failures: 3},
				{Check: "aws.iam.key-age", Severity: evidence.Medium, Subjects: 2, Failures: 2}}},
	}
}

func sampleTrends() []evidence.Trend {
	points := func(last int, moved ...evidence.Movement) []evidence.TrendPoint {
		var out []evidence.TrendPoint
		for d := range 90 {
			p := evidence.TrendPoint{AsOf: time.Date(2026, 1, 1+d, 6, 0, 0, 0, time.UTC), Tally: evidence.Tally{Pass: 90 + d/10, Fail: 10 - d/10}}
			if d == 40 {
				p.Movements = moved
			}
			if d >= 80 {
				p.Tally = evidence.Tally{Pass: last, Fail: 100 - last, Unknown: 2}
			}
			out = append(out, p)
		}
		return out
	}
	return []evidence.Trend{
		{Kind: "control", Name: "public-storage", Points: points(70, evidence.Movement{Cause: evidence.CauseRule, Tally: evidence.Tally{Pass: -20, Fail: 20}},
			evidence.Movement{Cause: evidence.CauseSubject, Tally: evidence.Tally{Pass: 3, Fail: -3}})},
		{Kind: "control", Name: "never-judged", Points: []evidence.TrendPoint{{AsOf: time.Date(2026, 1, 1, 6, 0, 0, 0, time.UTC),
			Tally: evidence.Tally{Unknown: 3}}}},
	}
}

// trendsOf makes trends of the texts of metrics.
func trendsOf(p *Posture) []evidence.Trend {
	var out []evidence.Trend
	for _, m := range p.Metrics {
		out = append(out, evidence.Trend{Kind: m.Name, Name: m.Of, Points: []evidence.TrendPoint{{Tally: evidence.Tally{Pass: 1},
			Movements: m.Movements}}})
	}
	return out
}

func hostileMetrics(s string) []evidence.Metric {
	day := evidence.Spread{Least: 1, Most: 2}
	return []evidence.Metric{
		{Name: s, Of: s, Title: s, Formula: s, Unit: evidence.UnitPart, Numerator: 1, Denominator: 2, Counted: []string{s}, Others: []string{s},
			Excluded: []evidence.Excluded{{Reason: s, Count: 1}}, Movements: []evidence.Movement{{Cause: evidence.Cause(s), Tally: evidence.Tally{Pass: 1}}},
			Ranking: []evidence.Rank{{Check: s, Severity: evidence.Severity(s), Owner: s, Subjects: 2, Failures: 2}}},
		{Name: s, Of: s, Title: s, Formula: s, Unit: evidence.Unit(s), Because: s, Median: &day, P90: &day},
	}
}

// TestSpark draws what was judged and what was not.
func TestSpark(t *testing.T) {
	p := func(pass, fail int) evidence.TrendPoint {
		return evidence.TrendPoint{Tally: evidence.Tally{Pass: pass, Fail: fail}}
	}
	for _, tc := range []struct {
		points []evidence.TrendPoint
		want   string
	}{
		{nil, ""},
		{[]evidence.TrendPoint{p(1, 1), p(2, 2)}, "▄▄"},
		{[]evidence.TrendPoint{p(0, 4), p(0, 0), p(2, 2), p(4, 0)}, "▁·▅█"},
	} {
		if got := spark(tc.points, 10); got != tc.want {
			t.Errorf("%v is %s, want %s", tc.points, got, tc.want)
		}
	}
	many := make([]evidence.TrendPoint, 1000)
	for i := range many {
		many[i] = p(i, 1000-i)
	}
	if got := []rune(spark(many, 25)); len(got) != 25 || got[0] != '▁' || got[len(got)-1] != '█' {
		t.Errorf("of many points there are %d: %s", len(got), string(got))
	}
}

// TestMetricsOfNothing says so.
func TestMetricsOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := MetricsText(&b, nil, TextOptions{}); err != nil || !strings.Contains(b.String(), "no metrics") {
		t.Errorf("%v %q", err, b.String())
	}
	b.Reset()
	if err := TrendsText(&b, []evidence.Trend{{Kind: "all"}}, TextOptions{}); err != nil || !strings.Contains(b.String(), "nothing was assessed") {
		t.Errorf("%v %q", err, b.String())
	}
}
