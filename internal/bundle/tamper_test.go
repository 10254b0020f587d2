package bundle_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/bundle/format"
	"exhibit/internal/bundle/verify"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// parts is a bundle taken apart, so that a test can change it and put it together again.
type parts struct {
	files []part
	key   *ledger.Key
	t     testing.TB
}

type part struct {
	name    string
	content []byte
	packed  []byte // instead of what the writer makes of content
}

func takeApart(t testing.TB, b []byte, key *ledger.Key) *parts {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	p := &parts{t: t, key: key}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		p.files = append(p.files, part{name: f.Name, content: content})
	}
	return p
}

func (p *parts) at(name string) int {
	i := slices.IndexFunc(p.files, func(f part) bool { return f.name == name })
	if i < 0 {
		p.t.Fatalf("the bundle has no %s", name)
	}
	return i
}

// edit changes a file's content.
func (p *parts) edit(name string, change func([]byte) []byte) *parts {
	i := p.at(name)
	before := p.files[i].content
	p.files[i].content = change(bytes.Clone(before))
	if bytes.Equal(before, p.files[i].content) {
		p.t.Fatalf("%s was not changed", name)
	}
	return p
}

// replace changes the first old in a file.
func (p *parts) replace(name, old, new string) *parts {
	return p.edit(name, func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) })
}

// lines changes a file's lines.
func (p *parts) lines(name string, change func([]string) []string) *parts {
	return p.edit(name, func(b []byte) []byte {
		lines := change(strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n"))
		if n := len(lines); n > 0 {
			for i := range lines {
				lines[i] = strings.TrimSuffix(lines[i], "\n") + "\n"
			}
		}
		return []byte(strings.Join(lines, ""))
	})
}

// manifest changes bundle.json.
func (p *parts) manifest(change func(*format.Manifest)) *parts {
	i := p.at(format.Bundle)
	var m format.Manifest
	if err := json.Unmarshal(p.files[i].content, &m); err != nil {
		p.t.Fatal(err)
	}
	change(&m)
	b, err := evidence.Encode(m)
	if err != nil {
		p.t.Fatal(err)
	}
	p.files[i].content = append(b, '\n')
	return p
}

// reseal makes sizes, digests and the signature right again, as somebody who holds the key could.
func (p *parts) reseal() *parts {
	p.manifest(func(m *format.Manifest) {
		for i, f := range m.Files {
			content := p.files[p.at(f.Name)].content
			m.Files[i].Size, m.Files[i].Records = int64(len(content)), int64(bytes.Count(content, []byte("\n")))
			m.Files[i].Packed = evidence.Sum(pack(f.Name, content))
		}
	})
	return p.resum().resign(p.key, format.Namespace)
}

func (p *parts) resum() *parts {
	var sums bytes.Buffer
	for _, f := range p.files {
		if f.name != format.Sums && f.name != format.Signature {
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(f.content), f.name)
		}
	}
	p.files[p.at(format.Sums)].content = sums.Bytes()
	return p
}

func (p *parts) resign(key *ledger.Key, namespace string) *parts {
	sig, err := ledger.SSHSign(key, namespace, bytes.NewReader(p.files[p.at(format.Sums)].content))
	if err != nil {
		p.t.Fatal(err)
	}
	p.files[p.at(format.Signature)].content = sig
	return p
}

// zip puts the archive together as the writer does.
func (p *parts) zip(change ...func(*zip.FileHeader)) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range p.files {
		packed := f.packed
		if packed == nil {
			packed = pack(f.name, f.content)
		}
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Flags: 0x8, CreatorVersion: 20, ReaderVersion: 20,
			ModifiedDate: format.Date, CRC32: crc32.ChecksumIEEE(f.content), CompressedSize64: uint64(len(packed)),
			UncompressedSize64: uint64(len(f.content))}
		if stored(f.name) {
			h.Method = zip.Store
		}
		for _, c := range change {
			c(h)
		}
		to, err := w.CreateRaw(h)
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := to.Write(packed); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		p.t.Fatal(err)
	}
	return out.Bytes()
}

func stored(name string) bool {
	return slices.Contains([]string{format.Readme, format.Bundle, format.AllowedSigners, format.Sums, format.Signature}, name)
}

func pack(name string, content []byte) []byte {
	if stored(name) {
		return content
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

// TestApartAndTogether holds that taking a bundle apart and putting it together changes nothing, so that a tampering
// test finds its own change and not that of the tools.
func TestApartAndTogether(t *testing.T) {
	c := newCompany(t, 2)
	c.live(t, 0, 3)
	b, _, _ := write(t, c, c.request(0, 3))
	if !bytes.Equal(takeApart(t, b, c.key).zip(), b) {
		t.Error("put together otherwise")
	}
	sealed := takeApart(t, b, c.key).reseal().zip()
	r, err := verify.Bundle(bytes.NewReader(sealed), int64(len(sealed)), verify.Options{TrustedKey: c.key.Verifier()})
	if err != nil || !r.OK() {
		t.Error(err, r.Problems)
	}
}
