package measure

import (
	"slices"
	"testing"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

func TestDrifted(t *testing.T) {
	deployed := func(id string, a *change.Aftermath) change.Deployed {
		if a != nil {
			a.Window.From = on(11)
		}
		return change.Deployed{ID: id, Environment: "production", Aftermath: a}
	}
	p := change.Population{Metrics: change.Metrics{Followed: &change.Followed{
		Rate: change.Rate{Part: 1, Of: 2, Unknown: 1}, Untied: 3, Unseen: 1}},
		Deployments: []change.Deployed{deployed("1", &change.Aftermath{Began: 2}), deployed("2", &change.Aftermath{}),
			deployed("3", &change.Aftermath{Perhaps: 1, Unknown: "who knows"}), deployed("4", nil)}}
	m := find(t, Metrics(Input{Changes: &p}), "drift-after-deployment", "")
	const want = "1/2 unknown 1; 3 no account is tied to their place; 1 their accounts were not looked at before and after"
	if got := brief(m); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !slices.Equal(m.Counted, []string{"2026-03-11 1 to production"}) || !slices.Equal(m.Others, []string{"2026-03-11 2 to production"}) {
		t.Errorf("counted %q, others %q", m.Counted, m.Others)
	}
	population := func(f *change.Followed) *change.Population {
		return &change.Population{Metrics: change.Metrics{Followed: f}}
	}
	for _, tc := range []struct {
		in   Input
		want string
	}{
		{Input{}, "0/0; not measurable: no changes are collected"},
		{Input{NoChanges: "the list was denied"}, "0/0; not measurable: the list was denied"},
		{Input{Changes: population(nil)}, "0/0; not measurable: the configuration ties no environment to an account"},
		{Input{Changes: population(&change.Followed{})}, "0/0; not measurable: no deployment to production ended in the period"},
		{Input{Changes: population(&change.Followed{Untied: 2})},
			"0/0; 2 no account is tied to their place; not measurable: of no deployment it is known"},
	} {
		if got := brief(find(t, Metrics(tc.in), "drift-after-deployment", "")); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}

// TestTurned holds that what a check began is not taken for the estate's doing.
func TestTurned(t *testing.T) {
	rules := []Ruled{{After: on(21), Until: on(22), Keys: map[string]bool{"aws:1|crypt|e": true}}}
	if !Turned(rules, failed("crypt", "e", evidence.High, 22, 23)) || Turned(rules, failed("crypt", "e", evidence.High, 24, 25)) ||
		Turned(rules, failed("crypt", "d", evidence.High, 22, 23)) {
		t.Error("of three failures, a check began the first alone")
	}
}
