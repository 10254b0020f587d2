package bundle_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/bundle"
	"exhibit/internal/bundle/verify"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

var update = flag.Bool("update", false, "write testdata/vectors again")

const vectorDir = "../../testdata/vectors"

// vector is one bundle of testdata/vectors. Its name starts with the verdict: ok, bad, or foreign for what is no
// bundle.
type vector struct {
	name string
	// file must be named by a problem, whose reason holds says. Empty for a good bundle.
	file, says string
	make       func(*maker) []byte
	// key is put beside as NAME.key and given to the verifier; previous as NAME.previous.
	key      func(*maker) string
	previous func(*maker) []byte
}

// maker has what vectors are made from.
type maker struct {
	t       testing.TB
	company *company
	good    []byte
	request bundle.Request
}

func newMaker(t testing.TB) *maker {
	c := newCompany(t, 2)
	c.commit(t, evidence.KindAcceptance, evidence.RiskAcceptance{ID: "a-1", Requester: "ann", Approver: "ben", Owner: "cat",
		Reason: "a website", Category: "waiver", Check: "s3.private", Scope: "aws:111122223333", Start: on(0), End: on(9)}, on(0))
	c.live(t, 0, 4)
	m := &maker{t: t, company: c, request: c.request(1, 3)}
	m.request.Pages = []bundle.Page{{Name: "report.html", About: "a page", Write: page("<!doctype html><title>Report</title>\n")}}
	m.good = m.write(c, m.request)
	return m
}

func (m *maker) write(v bundle.View, r bundle.Request) []byte {
	m.t.Helper()
	var out bytes.Buffer
	if _, err := bundle.Write(context.Background(), &out, v, r); err != nil {
		m.t.Fatal(err)
	}
	return out.Bytes()
}

// apart returns the good bundle to be changed.
func (m *maker) apart() *parts { return takeApart(m.t, m.good, m.company.key) }

// raw returns the good archive with one change to its bytes.
func (m *maker) raw(change func(b []byte) []byte) []byte { return change(bytes.Clone(m.good)) }

const (
	buckets     = "evidence/aws.s3.bucket.jsonl"
	bucketLists = "manifests/aws.s3.bucket.jsonl"
)

func pinned(m *maker) string { return m.company.key.Verifier() }

// TestVectors checks every bundle in testdata/vectors against the verdict in its name, and that the problem is the
// right one.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	names := map[string]bool{}
	for _, v := range allVectors() {
		names[v.name] = true
		t.Run(v.name, func(t *testing.T) { checkVector(t, v) })
	}
	files, err := os.ReadDir(vectorDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".zip"); ok && !names[name] {
			t.Errorf("%s is in no table", f.Name())
		}
	}
}

func checkVector(t *testing.T, v vector) {
	path := filepath.Join(vectorDir, v.name)
	b, err := os.ReadFile(path + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	var o verify.Options
	if v.key != nil {
		key, err := os.ReadFile(path + ".key")
		if err != nil {
			t.Fatal(err)
		}
		o.TrustedKey = strings.TrimSpace(string(key))
	}
	if v.previous != nil {
		if o.Previous, err = os.ReadFile(path + ".previous"); err != nil {
			t.Fatal(err)
		}
	}
	r, err := verify.Bundle(bytes.NewReader(b), int64(len(b)), o)
	verdict, _, _ := strings.Cut(v.name, "-")
	switch {
	case verdict == "foreign":
		if !errors.Is(err, verify.ErrNotBundle) {
			t.Errorf("got %v and %v, want ErrNotBundle", err, r.Problems)
		}
	case err != nil:
		t.Error(err)
	case verdict == "ok":
		for _, p := range r.Problems {
			t.Errorf("%s: %s", p.File, p.Reason)
		}
	case r.OK():
		t.Error("nothing was found wrong")
	case !slices.ContainsFunc(r.Problems, func(p verify.Problem) bool { return p.File == v.file && strings.Contains(p.Reason, v.says) }):
		t.Errorf("no problem with %s says %q, but %v", v.file, v.says, r.Problems)
	}
}

func writeVectors(t *testing.T) {
	m := newMaker(t)
	old, err := filepath.Glob(filepath.Join(vectorDir, "*-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range allVectors() {
		path := filepath.Join(vectorDir, v.name)
		save(t, path+".zip", v.make(m))
		if v.key != nil {
			save(t, path+".key", []byte(v.key(m)+"\n"))
		}
		if v.previous != nil {
			save(t, path+".previous", v.previous(m))
		}
	}
}

func save(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func allVectors() []vector {
	return slices.Concat(goodVectors(), archiveVectors(), sealVectors(), ledgerVectors(), listVectors(), judgedVectors())
}

func goodVectors() []vector {
	return []vector{
		{name: "ok-small", key: pinned, make: func(m *maker) []byte { return m.good }},
		{name: "ok-own-key", make: func(m *maker) []byte { return m.good }},
		{name: "ok-empty-period", key: pinned, make: func(m *maker) []byte {
			r := m.company.request(60, 90)
			return m.write(m.company, r)
		}},
		{name: "ok-extends", key: pinned, make: func(m *maker) []byte { return m.good }, previous: func(m *maker) []byte {
			return m.checkpointOf(m.company.memory, 4)
		}},
		{name: "foreign-zip", make: func(m *maker) []byte {
			var out bytes.Buffer
			w := zip.NewWriter(&out)
			f, _ := w.Create("holiday.txt")
			_, _ = f.Write([]byte("sun"))
			_ = w.Close()
			return out.Bytes()
		}},
		{name: "foreign-nothing", make: func(*maker) []byte { return nil }},
		{name: "foreign-text", make: func(*maker) []byte { return []byte("a text that is longer than the end of any zip") }},
	}
}

// checkpointOf signs the first size entries of a ledger.
func (m *maker) checkpointOf(l *memory, size int64) []byte {
	var tree ledger.Roots
	for _, leaf := range l.leaves[:size] {
		tree.Add(ledger.LeafHash(leaf))
	}
	b, err := ledger.Checkpoint{Origin: l.key.Origin(), Size: size, Root: tree.Root()}.Sign(l.key)
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

func page(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}
