package daemon

import (
	"slices"
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// TestDecided commits decisions and reads from them which tickets are open and which were overridden since when.
func TestDecided(t *testing.T) {
	app := newApp(t)
	word := &evidence.Override{By: "ann", Reason: "a fix"}
	for _, d := range []evidence.Decision{
		{Outcome: evidence.GateBlock, Override: word, Judged: 1, Open: []string{"a", "b"}}, // entry 1
		{Outcome: evidence.GatePass, Judged: 2, Open: []string{"c"}, Close: []string{"a"}},
		{Outcome: evidence.GateBlock, Override: word, Judged: 3, Open: []string{"a"}, Close: []string{"b"}},
	} {
		if err := app.Decided(d); err != nil {
			t.Fatal(err)
		}
	}
	err := app.Store.View(func(v *store.View) error {
		open, err := tickets(v)
		if err != nil || !slices.Equal(open, []string{"a", "c"}) {
			t.Errorf("open tickets are %q, %v; want a, which was asked for again, and c", open, err)
		}
		for _, tc := range []struct {
			after, before int64
			want          []int
		}{{0, 9, []int{1, 3}}, {1, 9, []int{3}}, {0, 3, []int{1}}, {3, 9, nil}} {
			list, err := overridden(v, tc.after, tc.before)
			var got []int
			for _, d := range list {
				got = append(got, d.Judged)
			}
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("after entry %d and before %d: %v, %v; want %v", tc.after, tc.before, got, err, tc.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
