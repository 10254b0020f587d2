package daemon

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/bundle/verify"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// TestDemo lets the 90 days pass once and holds what the demo promises to show.
func TestDemo(t *testing.T) {
	days := 0
	demo, err := RunDemo(t.Context(), DemoOptions{
		Dir: t.TempDir(), Until: time.Date(2026, 11, 23, 6, 30, 0, 0, time.UTC), Getenv: os.Getenv,
		Progress: func(n, _ int) { days = n },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := demo.App.Close(); err != nil {
			t.Error(err)
		}
	})
	if days != 90 {
		t.Errorf("%d days passed", days)
	}
	var posture *report.Posture
	err = demo.App.Store.View(func(v *store.View) (err error) {
		posture, err = demo.App.Posture(v, demo.Period.To, demo.Period)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("scopes", func(t *testing.T) { demoScopes(t, posture) })
	t.Run("exposure", func(t *testing.T) { demoExposure(t, demo, posture) })
	t.Run("acceptance", func(t *testing.T) { demoAcceptance(t, posture) })
	t.Run("drift", func(t *testing.T) { demoDrift(t, demo) })
	t.Run("deployments", func(t *testing.T) { demoDeployments(t, demo) })
	t.Run("lost permission", func(t *testing.T) { demoLostPermission(t, demo) })
	t.Run("store", func(t *testing.T) {
		r, err := demo.App.Store.Check(t.Context(), func(int64, int64) {})
		if err != nil || len(r.Problems) > 0 {
			t.Errorf("%v %+v", err, r.Problems)
		}
	})
	t.Run("bundle", func(t *testing.T) { demoBundle(t, demo) })
	t.Run("reassess", func(t *testing.T) {
		r, err := demo.App.Reassess(t.Context(), demo.App.Catalog, demo.Period.To)
		if err != nil || len(r.Changes) > 0 || r.Same == 0 {
			t.Errorf("the same catalog over the same evidence: %d same, changes %+v, %v", r.Same, r.Changes, err)
		}
	})
}

func demoScopes(t *testing.T, p *report.Posture) {
	providers := map[string]int{}
	for _, s := range p.Scopes {
		providers[s.Scope.Provider]++
		if !s.Outcome.Seen() {
			t.Errorf("%s: %s %s", s.Scope.ID(), s.Outcome, s.Reason)
		}
	}
	for _, name := range []string{"aws", "azure", "gcp", "github"} {
		if providers[name] == 0 {
			t.Errorf("no scope of %s", name)
		}
	}
	if !p.Simulated {
		t.Error("the posture does not say that it is simulated")
	}
}

// demoExposure looks for the bucket that is open between two month ends at which all is green.
func demoExposure(t *testing.T, demo *Demo, p *report.Posture) {
	for _, e := range p.Exposures {
		if e.Check != "aws.s3.bucket-not-public" || e.Name != "larkspur-prod-media" {
			continue
		}
		least, most := time.Duration(e.Least).Hours()/24, time.Duration(e.Most).Hours()/24
		if e.Ended != "passed" || least < 1 || most > 3 || least >= most {
			t.Errorf("%+v: want between 1 and 3 days, and over", e)
		}
		for _, at := range []time.Time{e.LastGood, e.FirstGood} {
			if v := verdictOf(t, demo, at, e.Check, e.Subject); v != evidence.Pass {
				t.Errorf("at %s the bucket is %q, want pass", at, v)
			}
		}
		if v := verdictOf(t, demo, e.FirstBad, e.Check, e.Subject); v != evidence.Fail {
			t.Errorf("at %s the bucket is %q, want fail", e.FirstBad, v)
		}
		demoTurn(t, e.Opened, "sso-administrator/noor.castell", "DeleteBucketPublicAccessBlock", "PutBucketPolicy")
		demoTurn(t, e.Closed, "sso-administrator/mira.holt", "PutBucketPolicy", "PutBucketPublicAccessBlock")
		if e.ByLooks == nil || e.ByLooks.Least > e.Least || e.ByLooks.Most < e.Most {
			t.Errorf("the log did not narrow down how long: %+v", e)
		}
		return
	}
	t.Error("the open bucket was not found")
}

// demoTurn holds that the access log tells who turned something, and by what.
func demoTurn(t *testing.T, turn *evidence.Turn, by string, what ...string) {
	t.Helper()
	if turn == nil || len(turn.Acts) != len(what) {
		t.Errorf("turned by %+v, want %v", turn, what)
		return
	}
	for i, a := range turn.Acts {
		if a.By != by || a.What != what[i] {
			t.Errorf("act %d is %s by %s, want %s by %s", i, a.What, a.By, what[i], by)
		}
	}
}

func verdictOf(t *testing.T, demo *Demo, at time.Time, check, subject string) evidence.Verdict {
	t.Helper()
	var found evidence.Verdict
	err := demo.App.Store.View(func(v *store.View) error {
		a, err := AssessmentAt(v, at)
		if err != nil {
			return err
		}
		for o, err := range items[evidence.Observation](v, a.Observations) {
			if err != nil {
				return err
			}
			if o.Check == check && o.Subject == subject {
				found = o.Verdict
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func demoAcceptance(t *testing.T, p *report.Posture) {
	if len(p.Acceptances) != 1 || p.Acceptances[0].State != "lapsed" || p.Acceptances[0].Why != "ended" {
		t.Errorf("%+v: want one that ended", p.Acceptances)
	}
	i := slices.IndexFunc(p.Failures, func(f report.Failure) bool {
		return f.Name == "larkspur-public-site" && f.Check == "aws.s3.bucket-not-public"
	})
	if i < 0 || p.Failures[i].Accepted != "" {
		t.Error("the failure is not back after the acceptance ended")
	}
	merged := func(f report.Failure) bool { return f.Check == "github.pr.unapproved-merges" }
	if !slices.ContainsFunc(p.Failures, merged) {
		t.Error("the unreviewed merge was not found")
	}
}

// demoDrift holds that a day of mere noise is no drift, and that a day of change is.
func demoDrift(t *testing.T, demo *Demo) {
	at := func(day int) time.Time { return demo.Period.From.AddDate(0, 0, day) }
	changes := func(from, to int) []evidence.Change {
		var out []evidence.Change
		err := demo.App.Store.View(func(v *store.View) (err error) {
			out, err = demo.App.Drift(v, at(from), at(to))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, noise := range []int{12, 18} {
		for _, c := range changes(noise-1, noise) {
			if c.What == "subject-changed" {
				t.Errorf("day %d: %s %s %+v: rules in another order are no drift", noise, c.What, c.Name, c.Fields)
			}
		}
	}
	opened := func(c evidence.Change) bool {
		return c.What == "verdict" && c.Name == "larkspur-prod-media" && c.After == string(evidence.Fail) && c.Cause == evidence.CauseSubject
	}
	if !slices.ContainsFunc(changes(42, 43), opened) {
		t.Error("day 43: the bucket that opens is no drift")
	}
}

// demoLostPermission holds that what cannot be seen for four days is unknown, not passing and not resolved.
func demoLostPermission(t *testing.T, demo *Demo) {
	err := demo.App.Store.View(func(v *store.View) error {
		lost, err := demo.App.Posture(v, demo.Period.From.AddDate(0, 0, 56), evidence.Window{})
		if err != nil {
			return err
		}
		if len(lost.Unknowns) == 0 {
			t.Error("day 56: nothing is unknown")
		}
		for _, u := range lost.Unknowns {
			if strings.Contains(u.Reason, "before the first collection") {
				continue // what happened before exhibit was there, and is forgotten by now
			}
			if len(u.Missing) == 0 || u.Missing[0].Permission == "" {
				t.Errorf("day 56: %s is unknown and no permission is named: %+v", u.Check, u)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func demoBundle(t *testing.T, demo *Demo) {
	var first, second bytes.Buffer
	if _, err := demo.App.Bundle(t.Context(), &first, "soc2", demo.Period, demo.Period.To); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.App.Bundle(t.Context(), &second, "soc2", demo.Period, demo.Period.To); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same request gave two different bundles")
	}
	key := verify.Options{TrustedKey: demo.App.key.Verifier()}
	r, err := verify.Bundle(bytes.NewReader(first.Bytes()), int64(first.Len()), key)
	if err != nil || !r.OK() {
		t.Fatalf("%v %+v", err, r.Problems)
	}
	broken := first.Bytes()
	broken[len(broken)/2] ^= 1
	if r, err := verify.Bundle(bytes.NewReader(broken), int64(len(broken)), key); err == nil && r.OK() {
		t.Error("a flipped byte was not found")
	}
}
