package daemon

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/owner"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

const ownedConfig = `sources: [ { name: src, aws: {} } ]
people: { payments: { email: p@example.com }, web: { slack: "#web" }, platform: , security: }
owners:
  - { match: 'subject.tags.team != ""', owner: "{subject.tags.team}" }
  - { account: "2", owner: platform }
`

// ownedDay commits buckets with their teams, "" for none, in one account, and an assessment of them.
func ownedDay(t *testing.T, s *store.Store, day int, account string, teams map[string]string) {
	t.Helper()
	b, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Discard()
	at := storetest.Start().AddDate(0, 0, day)
	snap := evidence.Snapshot{Collector: "aws.s3.bucket", Source: "src", Outcome: evidence.OutcomeOK,
		Scope: evidence.Scope{Provider: "aws", Account: account}, Window: evidence.Window{From: at, To: at}}
	subjects := b.List(snap.Series(), "subject")
	for name, team := range teams {
		one := evidence.Subject{Type: "aws.s3.bucket", ID: "arn:aws:s3:::" + name, Name: name, Doc: []byte(`{}`)}
		if team != "" {
			one.Tags = map[string]string{"team": team}
		}
		object, err := evidence.Encode(one)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := subjects.Add(t.Context(), one.ID, object); err != nil {
			t.Fatal(err)
		}
	}
	if snap.Subjects, err = subjects.Close(); err != nil {
		t.Fatal(err)
	}
	snapshots := b.List("run|snapshots", "snapshot")
	object, err := evidence.Encode(snap)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := snapshots.Add(t.Context(), snap.Series(), object); err != nil {
		t.Fatal(err)
	}
	run := evidence.Run{ID: fmt.Sprint(day)}
	if run.Snapshots, err = snapshots.Close(); err != nil {
		t.Fatal(err)
	}
	entry, err := commit(b, evidence.KindRun, run, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		kind evidence.Kind
		body any
	}{
		{evidence.KindCatalog, Text{}},
		{evidence.KindAssessment, evidence.Assessment{Catalog: digestOf(t, Text{}), AsOf: at, View: entry + 1}},
	} {
		b, err := s.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer b.Discard()
		if _, err := commit(b, one.kind, one.body, at); err != nil {
			t.Fatal(err)
		}
	}
}

func digestOf(t *testing.T, v any) evidence.Digest {
	t.Helper()
	raw, err := evidence.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return evidence.Sum(raw)
}

// ownedEstate is two days of an account: on the second a bucket has another team, and one is gone.
func ownedEstate(t *testing.T) *App {
	t.Helper()
	cfg, err := config.Parse("exhibit.yaml", []byte(ownedConfig), []string{"aws"})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := LoadCatalog(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a := &App{Config: cfg, Catalog: cat, Store: storetest.New(t), text: &atomic.Pointer[keptText]{},
		now: func() time.Time { return storetest.Start().AddDate(0, 0, 9) }}
	teams := map[string]string{"media": "payments", "gone": "web", "bare": "", "lost": "ghosts"}
	for i := range 40 {
		teams[fmt.Sprintf("b-%02d", i)] = "web"
	}
	ownedDay(t, a.Store, 1, "1", teams)
	teams["media"], teams["bare"] = "web", "ghosts" // nobody goes by that name, so nobody owns it as before
	delete(teams, "gone")
	ownedDay(t, a.Store, 2, "1", teams)
	return a
}

func TestOwners(t *testing.T) {
	a := ownedEstate(t)
	const control = "mfa-privileged" // owned by security
	for _, tt := range []struct{ control, scope, name, want string }{
		{"", "aws:1", "media", "web"},
		{"", "aws:1", "b-07", "web"},
		{"", "aws:1", "gone", "web"}, // by its last version
		{"", "aws:1", "bare", ""},
		{control, "aws:1", "bare", "security"},
		{control, "aws:1", "lost", "security"}, // the tag names nobody
		{control, "aws:1", "", "security"},     // the population as a whole
		{control, "aws:2", "never-seen", "platform"},
		{control, "aws:2", "", "platform"},
	} {
		id := tt.name
		if id != "" {
			id = "arn:aws:s3:::" + id
		}
		err := a.Store.View(func(v *store.View) error {
			o := a.Owners(v)
			for round := range 2 { // looked up, and then as it was kept
				if got := o.Of(tt.control, tt.scope, "aws.s3.bucket", id); got != tt.want {
					t.Errorf("%s in %s, round %d: %q, want %q", tt.name, tt.scope, round, got, tt.want)
				}
			}
			return o.Err()
		})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestOwnersUnset holds that without people the owners that controls name stand.
func TestOwnersUnset(t *testing.T) {
	a := ownedEstate(t)
	a.Config = config.Default(t.TempDir())
	err := a.Store.View(func(v *store.View) error {
		o := a.Owners(v)
		if got := o.Of("mfa-privileged", "aws:1", "aws.s3.bucket", "arn:aws:s3:::media"); got != "security" {
			t.Errorf("%q", got)
		}
		return o.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

// TestOwnersOfMany asks for more subjects of a list than are looked up one by one.
func TestOwnersOfMany(t *testing.T) {
	a := ownedEstate(t)
	err := a.Store.View(func(v *store.View) error {
		o := a.Owners(v)
		for i := range 40 {
			if got := o.Of("", "aws:1", "aws.s3.bucket", fmt.Sprintf("arn:aws:s3:::b-%02d", i)); got != "web" {
				t.Errorf("bucket %d: %q", i, got)
			}
		}
		list := o.spots[spot{"aws.s3.bucket", "aws:1"}]
		if !list.whole || len(list.answers) != 43 {
			t.Errorf("%d answers kept: want the whole list of 43 at once", len(list.answers))
		}
		if got := o.Of("", "aws:1", "aws.s3.bucket", "arn:aws:s3:::gone"); got != "web" {
			t.Errorf("one that is gone: %q", got)
		}
		o.kept = keptAnswers
		if got := o.Of("", "aws:2", "aws.s3.bucket", ""); got != "platform" || o.kept != 1 {
			t.Errorf("%q, %d kept: want the others forgotten", got, o.kept)
		}
		if got := o.Of("", "aws:1", "aws.s3.bucket", "arn:aws:s3:::media"); got != "web" {
			t.Errorf("after all was forgotten: %q", got)
		}
		return o.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

// TestOwnersAt holds that what came later does not count.
func TestOwnersAt(t *testing.T) {
	a := ownedEstate(t)
	ownedDay(t, a.Store, 3, "1", map[string]string{"gone": "payments"}) // it is back, and all others are gone
	err := a.Store.View(func(v *store.View) error {
		for day, want := range map[int]string{2: "web", 3: "payments"} {
			one, err := AssessmentAt(v, storetest.Start().AddDate(0, 0, day))
			if err != nil {
				return err
			}
			o := a.ownersAt(v, one.View)
			if got := o.Of("", "aws:1", "aws.s3.bucket", "arn:aws:s3:::gone"); got != want || o.Err() != nil {
				t.Errorf("on day %d: %q, %v; want %q", day, got, o.Err(), want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOwnersReport(t *testing.T) {
	a := ownedEstate(t)
	err := a.Store.View(func(v *store.View) error {
		r, err := a.OwnersReport(v, storetest.Start())
		if err != nil {
			return err
		}
		want := Moved{Place{"aws.s3.bucket", "aws:1", "arn:aws:s3:::media", "media"}, "payments", "web", []string{"tags/team"}}
		if len(r.Moved) != 1 || fmt.Sprint(r.Moved[0]) != fmt.Sprint(want) {
			t.Errorf("moved %v, want %v", r.Moved, want)
		}
		if r.Subjects != 43 || len(r.Unowned) != 1 || r.Unowned[0].Count != 2 {
			t.Errorf("%d subjects, unowned %+v: want 43, of which 2", r.Subjects, r.Unowned)
		}
		if got := fmt.Sprint(r.Idle, r.Unreachable, r.Strangers[0].Word); got != "[payments] [platform security]ghosts" {
			t.Errorf("idle, unreachable and strangers are %s", got)
		}
		if len(r.Mapping.Unread) != 0 {
			t.Errorf("unread types %+v: buckets are read", r.Mapping.Unread)
		}
		blind := map[string]bool{}
		for _, g := range r.Mapping.Controls {
			blind[g.Control] = true
		}
		if !blind["mfa-privileged"] || blind["storage-not-public"] {
			t.Errorf("controls without evidence: %v; want those that are not about buckets", r.Mapping.Controls)
		}
		for _, g := range r.Mapping.Checks {
			if g.Type != "aws.s3.bucket" {
				t.Errorf("%+v: nothing of that type is collected, which is told of the control", g)
			}
		}
		if len(r.Mapping.Checks) == 0 || len(r.Mapping.Requirements) == 0 {
			t.Errorf("no check about buckets was ever judged here, and most requirements rest on other things: %+v", r.Mapping)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestExplainOwner(t *testing.T) {
	a := ownedEstate(t)
	err := a.Store.View(func(v *store.View) error {
		e, err := a.Owners(v).Explain(Place{Type: "aws.s3.bucket", Scope: "aws:1", ID: "arn:aws:s3:::lost"}, "mfa-privileged")
		if err != nil {
			return err
		}
		if e.Answer != (owner.Answer{Owner: "security", By: owner.ByControl}) || len(e.Steps) != 2 || e.Steps[0].Result != "names ghosts, not under people" {
			t.Errorf("%+v", e)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
