package daemon

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestLayers(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	l := layers{
		fstest.MapFS{"identity/mfa.yaml": file("own"), "shop/till.yaml": file("own")},
		fstest.MapFS{"identity/mfa.yaml": file("built in"), "identity/keys.yaml": file("built in")},
	}
	var got []string
	err := fs.WalkDir(l, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(l, p)
		got = append(got, p+"="+string(b))
		return err
	})
	const want = "identity/keys.yaml=built in identity/mfa.yaml=own shop/till.yaml=own"
	if s := strings.Join(got, " "); err != nil || s != want {
		t.Errorf("got %s, %v, want %s", s, err, want)
	}
	if _, err := fs.ReadDir(l, "none"); err == nil {
		t.Error("a folder that no layer has could be read")
	}
}
