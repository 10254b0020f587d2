package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"exhibit/internal/bundle/format"
	"exhibit/internal/bundle/verify"
)

// FuzzVerify gives the verifier any bytes: it must come back, and take nothing for whole that is not the good bundle.
func FuzzVerify(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join(vectorDir, "*.zip"))
	if err != nil || len(paths) == 0 {
		f.Fatal("no vectors", err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	key, err := os.ReadFile(filepath.Join(vectorDir, "ok-small.key"))
	if err != nil {
		f.Fatal(err)
	}
	good := goodBundles(f)
	o := verify.Options{TrustedKey: string(bytes.TrimSpace(key)), MaxBytes: 1 << 20}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := verify.Bundle(bytes.NewReader(b), int64(len(b)), o)
		if err == nil && r.OK() && !good[string(b)] {
			t.Error("found nothing wrong")
		}
	})
}

// FuzzVerifyInside puts any bytes into one file of a bundle and seals it again with the right key, so that the fuzzer
// gets past the digests.
func FuzzVerifyInside(f *testing.F) {
	m := newMaker(f)
	for i, p := range m.apart().files {
		f.Add(uint8(i), p.content)
	}
	f.Fuzz(func(t *testing.T, which uint8, content []byte) {
		p := takeApart(t, m.good, m.company.key)
		i := int(which) % len(p.files)
		switch name := p.files[i].name; name {
		case format.Bundle, format.Sums, format.Signature:
			return
		}
		same := bytes.Equal(p.files[i].content, content)
		p.files[i].content = content
		b := p.reseal().zip()
		r, err := verify.Bundle(bytes.NewReader(b), int64(len(b)), verify.Options{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if same && !r.OK() {
			t.Error(r.Problems)
		}
	})
}

func goodBundles(f *testing.F) map[string]bool {
	good := map[string]bool{}
	paths, err := filepath.Glob(filepath.Join(vectorDir, "ok-*.zip"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		good[string(b)] = true
	}
	return good
}
