package strictyaml

import "testing"

// TestPlain holds that mistakes are told without the names of Go types.
func TestPlain(t *testing.T) {
	type section struct {
		Regions string `yaml:"regions"`
	}
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "regions: all\nregoins: all\n", "f.yaml:2:1: unknown key regoins"},
		{"a list for text", "regions: [all]\n", "f.yaml:1:10: cannot construct a list into string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out section
			err := Decode("f.yaml", []byte(c.text), &out)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
