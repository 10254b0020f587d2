package gitlab

import (
	"net/http"
	"testing"
)

func TestFollowing(t *testing.T) {
	link := func(s string) http.Header { return http.Header{"Link": {s}} }
	for name, tt := range map[string]struct {
		header http.Header
		items  int
		want   string // the query of the next page; "error" is none
	}{
		"a number":              {http.Header{"X-Next-Page": {"2"}}, 100, "page=2"},
		"the last":              {http.Header{"X-Next-Page": {""}}, 100, ""},
		"a cursor":              {link(`<https://evil.example/x?cursor=abc&a=b>; rel="next"`), 100, "cursor=abc"},
		"the first, then next":  {link(`<https://g/x?page=1>; rel="first", <https://g/x?id_after=9>; rel="next"`), 20, "id_after=9"},
		"the last of a keyset":  {link(`<https://g/x?page=1>; rel="first"`), 100, ""},
		"nothing, and not full": {http.Header{}, 99, ""},
		"nothing, and full":     {http.Header{}, 100, "error"},
		"no number":             {http.Header{"X-Next-Page": {"two"}}, 100, "error"},
		"backwards":             {http.Header{"X-Next-Page": {"1"}}, 100, "error"},
		"an address of nothing": {link(`<https://g/x>; rel="next"`), 100, "error"},
		"no address":            {link(`<:>; rel="next"`), 100, "error"},
	} {
		next, err := following(tt.header, tt.items)
		got := next.Encode()
		if err != nil {
			got = "error"
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, tt.want, err)
		}
	}
}
