package main

import (
	"strings"
	"testing"

	"exhibit/internal/store"
)

func TestCheckText(t *testing.T) {
	for want, r := range map[string]store.Report{
		"3 entries, 7 objects, 2 lists with 9 items, 1 states: all good\n":                         {Entries: 3, Objects: 7, Lists: 2, Items: 9, States: 1},
		"0 entries, 7 objects (4 of them disposed of), 0 lists with 0 items, 0 states: all good\n": {Objects: 7, Disposed: 4},
		"log: torn\n0 entries, 0 objects, 0 lists with 0 items, 0 states: 1 problem\n": {
			Problems: []store.Problem{{Where: "log", Reason: "torn"}}},
	} {
		var out strings.Builder
		if err := checkText(&out, r); err != nil || out.String() != want {
			t.Errorf("%+v: %q %v, want %q", r, out.String(), err, want)
		}
	}
}
