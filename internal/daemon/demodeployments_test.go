package daemon

import (
	"strings"
	"testing"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// demoDeployments holds that the demo tells of production deployments what began to fail after them: a bucket for partners,
// which an access log dates, and two failures of which looks leave open whether they came before. The day after the last one
// is not over.
func demoDeployments(t *testing.T, demo *Demo) {
	var p change.Population
	var metrics []evidence.Metric
	var changes []evidence.Change
	var digest *report.Digest
	err := demo.App.Store.View(func(v *store.View) (err error) {
		if p, err = demo.App.Changes(v, demo.Period.To, demo.Period, ""); err != nil {
			return err
		}
		if metrics, err = demo.App.Metrics(v, MetricsRequest{Period: demo.Period}); err != nil {
			return err
		}
		// The bucket is there since the 27th of October.
		morning := time.Date(2026, 10, 27, 6, 0, 0, 0, time.UTC)
		week := evidence.Window{From: morning.AddDate(0, 0, -3), To: morning.AddDate(0, 0, 3)}
		if changes, err = demo.App.Drift(v, week.From, week.To); err != nil {
			return err
		}
		digest, err = demo.App.DigestBetween(v, week, DigestRequest{Report: "r"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f := p.Metrics.Followed
	if f == nil || f.Part != 1 || f.Of < 10 || f.Unknown != 3 || f.Untied == 0 {
		t.Errorf("counted %+v", f)
	}
	for _, d := range p.Deployments {
		if a := d.Aftermath; a != nil && a.Began > 0 {
			if first := a.Failures[0]; first.Name != "larkspur-prod-partner-exchange" || !first.Certain || len(a.Failures) != 1 {
				t.Errorf("after %s began %+v", d.ID, a.Failures)
			}
		}
	}
	for _, m := range metrics {
		if m.Name == "drift-after-deployment" && (m.Numerator != f.Part || m.Denominator != f.Of || m.Unknown != f.Unknown ||
			len(m.Counted) != 1 || !strings.Contains(m.Counted[0], "ledger-service/deployments/")) {
			t.Errorf("the metric is %+v, the population says %+v", m, f)
		}
	}
	var told []*evidence.Preceding
	for _, c := range changes {
		if c.Preceding != nil {
			told = append(told, c.Preceding)
		}
	}
	for _, i := range digest.New {
		if i.Preceding != nil {
			told = append(told, i.Preceding)
		}
	}
	if len(told) != 2 {
		t.Fatalf("drift and digest tell of %d deployments, want one each", len(told))
	}
	for _, is := range told {
		if !is.Certain || is.Repository != "github.com/larkspur-freight/ledger-service" || is.Environment != "production" ||
			len(is.By) == 0 || time.Duration(is.Within) > 24*time.Hour || time.Duration(is.Within) < 22*time.Hour {
			t.Errorf("it followed %+v", is)
		}
	}
}
