package catalog

import (
	"bytes"
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"exhibit/internal/evidence"
)

var update = flag.Bool("update", false, "write the golden files anew")

func testSchemas() []evidence.Schema {
	type bucket struct {
		Name    string
		Size    int64
		Ratio   float64
		Open    bool
		Created string
		Labels  map[string]string
		Grants  []struct{ Who string }
	}
	return []evidence.Schema{{Type: "aws.s3.bucket", Doc: evidence.ShapeOf[bucket]()},
		{Type: "file.document", Doc: &evidence.Shape{Kind: evidence.ShapeAny}}}
}

func loadGood(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load(os.DirFS("testdata/good"), testSchemas())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGood(t *testing.T) {
	c := loadGood(t)
	raw, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/good.json", append(raw, '\n'))
	results, err := c.RunCases(context.Background())
	if err != nil || len(results) != 7 {
		t.Fatalf("%d cases, %v", len(results), err)
	}
	for _, r := range results {
		if !r.OK() {
			t.Errorf("%s:%d:%d: %s, %s: expected %s, got %s (%s)", r.File, r.Line, r.Column, r.Check, r.Name, r.Expect, r.Got, r.Reason)
		}
	}
	if f, err := c.Framework("frame"); err != nil || f.Requirements[0].ID != "1.10" || f.Requirements[1].ID != "1.1" {
		t.Errorf("requirements out of order: %v, %v", f, err)
	}
	if _, err := c.Framework("fram"); err == nil || err.Error() != `framework "fram": unknown; there are frame@1.0` {
		t.Errorf("an unknown framework: %v", err)
	}
	if k, ok := c.Control("agreement"); !ok || k.Freshness.String() != "36h0m0s" {
		t.Errorf("control %v, %v", k, ok)
	}
}

// TestStoredCatalog judges by a catalog that was encoded, kept and decoded.
func TestStoredCatalog(t *testing.T) {
	c := loadGood(t)
	raw, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(raw, testSchemas())
	if err != nil {
		t.Fatal(err)
	}
	twice, err := again.Encode()
	if err != nil || !bytes.Equal(raw, twice) {
		t.Errorf("a decoded catalog encodes differently: %v\n%s\n%s", err, raw, twice)
	}
	a, errA := c.Digest()
	b, errB := again.Digest()
	if a != b || a.IsZero() || errA != nil || errB != nil {
		t.Errorf("digests %s and %s", a, b)
	}
	for _, k := range c.Cases {
		o, err := again.Evaluator().Case(context.Background(), k.Check, k.Input)
		if err != nil || o.Verdict != k.Expect {
			t.Errorf("%s %s: %s, %v", k.Check, k.Name, o.Verdict, err)
		}
	}
	for _, bad := range []string{"", "[]", `{"controls":[{"id":"a","checks":[{"id":"a.b","subject":"none","assert":"true"}]}]}`} {
		if _, err := Decode([]byte(bad), testSchemas()); err == nil {
			t.Errorf("%q is decoded", bad)
		}
	}
}

// TestBad reads each file of testdata/bad: files in txtar form that are laid over the good ones (an empty one is taken
// away), and at the end, as errors.txt, what must be said about them.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d bad catalogs, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fsys := fstest.MapFS{}
			good := os.DirFS("testdata/good")
			err = fs.WalkDir(good, ".", func(name string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				data, err := fs.ReadFile(good, name)
				fsys[name] = &fstest.MapFile{Data: data}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var want []byte
			at := -1
			for i, f := range archive.Files {
				switch {
				case f.Name == "errors.txt":
					want, at = f.Data, i
				case len(bytes.TrimSpace(f.Data)) == 0 && f.Name != "controls/storage/empty.yaml":
					delete(fsys, f.Name)
				default:
					fsys[f.Name] = &fstest.MapFile{Data: f.Data}
				}
			}
			_, err = Load(fsys, testSchemas())
			if err == nil {
				t.Fatal("no error")
			}
			got := []byte(err.Error() + "\n")
			if *update {
				if at < 0 {
					archive.Files = append(archive.Files, txtar.File{Name: "errors.txt"})
					at = len(archive.Files) - 1
				}
				archive.Files[at].Data = got
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("errors (-want +got):\n%s", d)
			}
		})
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got), -update writes it anew:\n%s", file, d)
	}
}

// FuzzLoad reads any text as a control and as a mapping. It is a catalog or a list of mistakes with places; nothing
// else.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"controls/storage/bucket-size.yaml", "controls/storage/agreement.yaml", "mappings/frame@1.0.yaml"} {
		data, err := os.ReadFile("testdata/good/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Load(fstest.MapFS{"controls/storage/a.yaml": {Data: data}, "mappings/frame@1.0.yaml": {Data: data}}, testSchemas())
		if err != nil {
			return
		}
		raw, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(raw, testSchemas()); err != nil {
			t.Fatal(err)
		}
	})
}
