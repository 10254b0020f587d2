package daemon

import (
	"errors"
	"strings"
	"testing"
	"time"

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
