package assess

import (
	"testing"

	"cel.dev/cel-go/common/types"
)

func TestCIDR(t *testing.T) {
	tests := []struct {
		f    func(string) (bool, error)
		name string
		in   string
		want string
	}{
		{cidrIsAny, "any", "0.0.0.0/0", "true"}, {cidrIsAny, "any", "::/0", "true"}, {cidrIsAny, "any", "1.2.3.4/0", "true"},
		{cidrIsAny, "any", "0.0.0.0/1", "false"}, {cidrIsAny, "any", "0.0.0.0", "false"}, {cidrIsAny, "any", "*", "error"},
		{cidrIsAny, "any", "", "error"}, {cidrIsAny, "any", "::ffff:0:0/96", "true"},
		{cidrIsPublic, "public", "0.0.0.0/0", "true"}, {cidrIsPublic, "public", "8.8.8.8/32", "true"},
		{cidrIsPublic, "public", "10.0.0.0/8", "false"}, {cidrIsPublic, "public", "10.0.0.0/7", "true"},
		{cidrIsPublic, "public", "172.31.255.255", "false"}, {cidrIsPublic, "public", "172.32.0.0/16", "true"},
		{cidrIsPublic, "public", "192.168.1.0/24", "false"}, {cidrIsPublic, "public", "100.64.0.0/10", "false"},
		{cidrIsPublic, "public", "169.254.169.254", "false"}, {cidrIsPublic, "public", "127.0.0.1", "false"},
		{cidrIsPublic, "public", "fd00::/8", "false"}, {cidrIsPublic, "public", "2001:db8::1", "false"},
		{cidrIsPublic, "public", "2600::/12", "true"}, {cidrIsPublic, "public", "::/0", "true"},
		{cidrIsPublic, "public", "::ffff:10.0.0.1", "false"}, {cidrIsPublic, "public", "fe80::1%eth0", "error"},
		{cidrIsPublic, "public", "10.0.0.0/33", "error"}, {cidrIsPublic, "public", "010.0.0.0/8", "error"},
	}
	for _, tt := range tests {
		got, err := tt.f(tt.in)
		text := map[bool]string{true: "true", false: "false"}[got]
		if err != nil {
			text = "error"
		}
		if text != tt.want {
			t.Errorf("%s(%q) = %s (%v), want %s", tt.name, tt.in, text, err, tt.want)
		}
	}
	contains := []struct {
		outer, inner string
		want         bool
	}{
		{"10.0.0.0/8", "10.1.0.0/16", true}, {"10.0.0.0/8", "10.0.0.0/8", true}, {"10.0.0.0/8", "10.0.0.0/7", false},
		{"10.0.0.0/8", "11.0.0.1", false}, {"0.0.0.0/0", "::1", false}, {"::/0", "0.0.0.0/0", false},
		{"10.9.9.9/8", "10.1.1.1", true}, {"10.0.0.1", "10.0.0.1/32", true}, {"::ffff:10.0.0.0/104", "10.1.1.1", true},
	}
	for _, tt := range contains {
		if got, err := cidrContains(tt.outer, tt.inner); err != nil || got != tt.want {
			t.Errorf("cidrContains(%s, %s) = %v, %v; want %v", tt.outer, tt.inner, got, err, tt.want)
		}
	}
}

func TestDays(t *testing.T) {
	if got := days(types.Int(90)); got.(types.Duration).Hours() != 90*24 {
		t.Errorf("90 days are %v", got)
	}
	if !types.IsError(days(types.Int(1 << 40))) {
		t.Error("days may overflow")
	}
}

func TestDidYouMean(t *testing.T) {
	tests := []struct{ got, want string }{
		{"Nmae", `, did you mean "Name"?`}, {"name", `, did you mean "Name"?`}, {"Encrypton", `, did you mean "Encryption"?`},
		{"Zzzz", ""}, {"Name", ""}, {"", ""},
	}
	for _, tt := range tests {
		if got := didYouMean(tt.got, []string{"Encryption", "Name", "Versioning"}); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.got, got, tt.want)
		}
	}
}
