package assess

import "testing"

func TestPortRangeIncludes(t *testing.T) {
	for text, want := range map[string]bool{
		"22": true, "20-30": true, "22-22": true, "*": true, "0-65535": true, " 20 - 30 ": true,
		"": false, "-": false, "23": false, "220": false, "30-20": false, "23-65535": false, "ssh": false, "22-": false, "-22": false,
	} {
		if got := portRangeIncludes(text, 22); got != want {
			t.Errorf("portRangeIncludes(%q, 22) = %v, want %v", text, got, want)
		}
	}
}
