package daemon

import (
	"reflect"
	"testing"

	"exhibit/internal/evidence"
)

func TestEconomyOf(t *testing.T) {
	got := EconomyOf(evidence.Run{Scopes: []evidence.ScopeOutcome{
		{Source: "b", Requests: 3}, {Source: "a", Requests: 5, Subjects: 10}, {Source: "a", Requests: 5, Subjects: 30},
	}})
	want := []Economy{{"a", 10, 40, 250}, {"b", 3, 0, 0}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
