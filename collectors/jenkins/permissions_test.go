package jenkins

import "testing"

func TestPermissions(t *testing.T) {
	want := `{
  "permissions": [
    "Job/ExtendedRead",
    "Job/Read",
    "Overall/Read",
    "Overall/SystemRead"
  ],
  "user": "exhibit"
}
`
	if got := (Provider{}).Permissions(); got != want {
		t.Errorf("permissions:\n%s\nwant:\n%s", got, want)
	}
}
