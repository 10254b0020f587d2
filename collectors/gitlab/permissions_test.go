package gitlab

import "testing"

func TestPermissions(t *testing.T) {
	want := `{
  "role": "Owner",
  "scopes": [
    "read_api"
  ]
}
`
	if got := (Provider{}).Permissions(); got != want {
		t.Errorf("permissions:\n%s\nwant:\n%s", got, want)
	}
}
