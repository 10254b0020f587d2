package daemon

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"exhibit/internal/bundle/verify"
	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// TestPrune disposes of what is old, keeps what was in force when the kept time began and what is held, and says so.
func TestPrune(t *testing.T) {
	o := newOffice(t)
	var versions []evidence.Digest
	look := func(d int, state string) {
		o.write("papers/plan.json", `{"state": "`+state+`"}`)
		o.day(d)
		shown := o.show()
		versions = append(versions, shown.Digest)
	}
	look(1, "draft")
	look(2, "final")
	look(3, "draft")
	look(200, "final")
	const days = 24 * evidence.Duration(time.Hour)
	o.Config.Retention = config.Retention{Documents: 90 * days, Observations: 90 * days,
		Holds: []evidence.Hold{{Name: "case-17", Reason: "the regulator asked", Types: []string{"file.*"}, From: march(2)}}}
	prune := func(dry bool) Pruned {
		t.Helper()
		res, err := o.Prune(t.Context(), PruneRequest{Who: "ann", DryRun: dry})
		if err != nil {
			t.Fatal(err)
		}
		if report, err := o.Store.Check(t.Context(), nil); err != nil || !report.OK() {
			t.Fatalf("the store does not verify: %v %+v", err, report.Problems)
		}
		return res
	}
	gone := func() (out string) {
		t.Helper()
		err := o.Store.View(func(v *store.View) error {
			for _, d := range versions {
				_, err := v.Object(d)
				switch {
				case err == nil:
					out += "."
				case errors.Is(err, store.ErrDisposed):
					out += "x"
				default:
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if res := prune(true); res.Entry != 0 || len(res.Disposal.Series) != 0 || len(res.Disposal.Holds) != 1 ||
		o.entries(evidence.KindDisposal) != 0 {
		t.Errorf("a dry run under a hold: %+v", res)
	}
	o.Config.Retention.Holds[0].From = march(3)
	res := prune(false) // march 2 was in force then, and is held
	if res.Entry == 0 || len(res.Disposal.Series) != 1 || res.Disposal.Series[0].Snapshots != 1 || res.Disposal.Who != "ann" {
		t.Errorf("disposed %+v", res)
	}
	if got := gone(); got != "...." { // what was seen again on a later day is the same document
		t.Errorf("gone are %s", got)
	}
	o.Config.Retention.Holds = nil
	look(201, "new")
	o.now = march(300)
	prune(false)
	if got := gone(); got != "xxxx." {
		t.Errorf("gone are %s of the versions, want all but the last", got)
	}
	if res := prune(false); res.Entry != 0 || res.Erased.Objects != 0 {
		t.Errorf("disposed once more: %+v", res)
	}
	o.remove("papers/plan.json")
	o.write("papers/other.json", `{"state": "final"}`)
	o.day(301)
	o.day(500)
	prune(false)
	if shown := o.show(); shown.Latest != nil || !strings.Contains(shown.Disposed, "by entry") {
		t.Errorf("a subject that is long gone shows %q %s", shown.Disposed, shown.Latest)
	}
}

// TestAfterPrune looks back for as long as evidence is kept, and further: what is there is told as ever, what is gone is
// said to be. A bundle tells what was disposed of, and verifies.
func TestAfterPrune(t *testing.T) {
	o := newOffice(t)
	for d := range 12 {
		o.write("papers/plan.json", fmt.Sprintf(`{"state": %q, "version": %d}`, []string{"draft", "final"}[d%2], d))
		o.day(1 + 20*d)
	}
	const days = 24 * evidence.Duration(time.Hour)
	o.Config.Retention = config.Retention{Documents: 90 * days, Observations: 90 * days}
	res, err := o.Prune(t.Context(), PruneRequest{Who: "ann"})
	if err != nil || res.Entry == 0 {
		t.Fatalf("%+v %v", res, err)
	}
	kept := evidence.Window{From: o.now.AddDate(0, 0, -90), To: o.now}
	err = o.Store.View(func(v *store.View) error {
		if _, err := o.Posture(v, o.now, kept); err != nil {
			t.Errorf("posture: %v", err)
		}
		if _, err := o.Trends(v, TrendRequest{Period: kept, Kind: "all"}); err != nil {
			t.Errorf("trend: %v", err)
		}
		if _, err := o.Metrics(v, MetricsRequest{Period: kept}); err != nil {
			t.Errorf("metrics: %v", err)
		}
		changes, err := o.Drift(v, kept.From, kept.To)
		if err != nil || len(changes) == 0 {
			t.Errorf("drift: %d changes, %v", len(changes), err)
		}
		if _, err := o.Drift(v, march(1), kept.To); !errors.Is(err, store.ErrDisposed) {
			t.Errorf("drift since what is gone: %v", err)
		}
		exposures, err := o.Exposures(v, evidence.Window{From: march(1), To: o.now}, o.now)
		if err != nil || len(exposures) != 6 {
			t.Errorf("%d exposures since the beginning, want 6: %v", len(exposures), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := o.Bundle(t.Context(), &out, "soc2", evidence.Window{From: o.now.AddDate(0, 0, -30), To: o.now}, o.now); err != nil {
		t.Fatal(err)
	}
	r, err := verify.Bundle(bytes.NewReader(out.Bytes()), int64(out.Len()), verify.Options{})
	if err != nil || !r.OK() {
		t.Errorf("the bundle does not verify: %v %+v", err, r)
	}
	files, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := files.Open("ledger/disposals.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if text, err := io.ReadAll(f); err != nil || !strings.Contains(string(text), `"who":"ann"`) {
		t.Errorf("the bundle's disposals: %s %v", text, err)
	}
}

// show is the plan.
func (o *office) show() (shown Shown) {
	o.t.Helper()
	err := o.Store.View(func(v *store.View) (err error) {
		shown, err = Show(v, Place{Type: "file.document", Scope: "file:papers", ID: "plan.json"})
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return shown
}
