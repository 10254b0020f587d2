package bundle_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/bundle"
	"exhibit/internal/bundle/format"
	"exhibit/internal/bundle/verify"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

var update = flag.Bool("update", false, "write testdata/vectors again")

const vectorDir = "../../testdata/vectors"

// vector is one bundle of testdata/vectors. Its name starts with the verdict: ok, bad, or foreign for what is no bundle.
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

// TestVectors checks every bundle in testdata/vectors against the verdict in its name, and that the problem is the right one.
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

// archiveVectors change the zip.
func archiveVectors() []vector {
	return []vector{
		{name: "bad-flipped-packed-byte", file: buckets, make: func(m *maker) []byte {
			return m.raw(func(b []byte) []byte {
				at := bytes.Index(b, []byte(buckets)) + len(buckets)
				b[at+100] ^= 4
				return b
			})
		}},
		{name: "bad-flipped-object-byte", file: buckets, says: "was changed", make: func(m *maker) []byte {
			return m.apart().replace(buckets, `"Name":"0"`, `"Name":"7"`).zip()
		}},
		{name: "bad-appended-bytes", file: "archive", says: "put behind it", make: func(m *maker) []byte {
			return m.raw(func(b []byte) []byte { return append(b, "more"...) })
		}},
		{name: "bad-comment", file: "archive", says: "put behind it", make: func(m *maker) []byte {
			return m.raw(func(b []byte) []byte { b[len(b)-2] = 4; return append(b, "more"...) })
		}},
		{name: "bad-cut-off", file: "archive", says: "cut off", make: func(m *maker) []byte {
			return m.raw(func(b []byte) []byte { return b[:len(b)-100] })
		}},
		{name: "bad-bytes-before", file: "archive", says: "directory", make: func(m *maker) []byte {
			return m.raw(func(b []byte) []byte { return append([]byte("#!/bin/sh\n"), b...) })
		}},
		{name: "bad-bytes-between", file: "ledger/checkpoint-start.txt", says: "zip's own bytes", make: bytesBetween},
		{name: "bad-extra-file", file: "evil.txt", says: "put there later", make: func(m *maker) []byte {
			p := m.apart()
			p.files = append(p.files, part{name: "evil.txt", content: []byte("evil\n")})
			return p.zip()
		}},
		{name: "bad-file-removed", file: "omissions.jsonl", says: "taken out", make: func(m *maker) []byte {
			p := m.apart()
			p.files = slices.Delete(p.files, p.at("omissions.jsonl"), p.at("omissions.jsonl")+1)
			return p.zip()
		}},
		{name: "bad-file-twice", file: format.Index, says: "twice", make: func(m *maker) []byte {
			p := m.apart()
			p.files = append(p.files, part{name: format.Index, content: []byte("requirement\n")})
			return p.zip()
		}},
		{name: "bad-files-reordered", file: "archive", says: "order", make: func(m *maker) []byte {
			p := m.apart()
			i, j := p.at(format.Controls), p.at(format.Index)
			p.files[i], p.files[j] = p.files[j], p.files[i]
			return p.zip()
		}},
		{name: "bad-path-outside", file: "archive", says: "no such name", make: func(m *maker) []byte {
			p := m.apart()
			p.files = append(p.files, part{name: "../evil.txt", content: []byte("evil\n")})
			return p.zip()
		}},
		{name: "bad-path-absolute", file: "archive", says: "no such name", make: func(m *maker) []byte {
			p := m.apart()
			p.files = append(p.files, part{name: "/tmp/evil.txt", content: []byte("evil\n")})
			return p.zip()
		}},
		{name: "bad-two-names", file: format.Leaves, says: "zip's own bytes", make: func(m *maker) []byte {
			return m.raw(func(b []byte) []byte {
				b[bytes.Index(b, []byte(format.Leaves))] ^= 32 // in the file's own header; the directory keeps the name
				return b
			})
		}},
		{name: "bad-encrypted", file: format.Readme, says: "zip's own bytes", make: func(m *maker) []byte {
			return m.apart().zip(func(h *zip.FileHeader) { h.Flags |= 1 })
		}},
		{name: "bad-date", file: format.Index, says: "zip's own bytes", make: func(m *maker) []byte {
			return m.apart().zip(func(h *zip.FileHeader) {
				if h.Name == format.Index {
					h.ModifiedDate++
				}
			})
		}},
		{name: "bad-extra-field", file: format.Index, says: "zip's own bytes", make: func(m *maker) []byte {
			return m.apart().zip(func(h *zip.FileHeader) {
				if h.Name == format.Index {
					h.Extra = []byte{0x99, 0x99, 2, 0, 'h', 'i'}
				}
			})
		}},
		{name: "bad-size-lie", file: "evidence/runs.jsonl", make: func(m *maker) []byte {
			return m.apart().zip(func(h *zip.FileHeader) {
				if h.Name == "evidence/runs.jsonl" {
					h.UncompressedSize64++
				}
			})
		}},
		{name: "bad-bomb", file: format.Bundle, says: "unpack to more", make: func(m *maker) []byte {
			p := m.apart().manifest(func(f *format.Manifest) { f.Files[3].Size = 1 << 50 })
			return p.resum().resign(p.key, format.Namespace).zip(func(h *zip.FileHeader) {
				if h.Name == format.CheckpointNow {
					h.UncompressedSize64 = 1 << 50
				}
			})
		}},
	}
}

// bytesBetween puts bytes between two files and moves the directory's offsets, so that every zip reader takes it.
func bytesBetween(m *maker) []byte {
	const gap = "hidden"
	b := bytes.Clone(m.good)
	at := bytes.Index(b, []byte(format.CheckpointStart)) - 30
	out := slices.Concat(b[:at], []byte(gap), b[at:])
	dir := bytes.Index(out, []byte("PK\x01\x02"))
	for i := dir; string(out[i:i+4]) == "PK\x01\x02"; {
		if offset := binary.LittleEndian.Uint32(out[i+42:]); int(offset) >= at {
			binary.LittleEndian.PutUint32(out[i+42:], offset+uint32(len(gap)))
		}
		i += 46 + int(binary.LittleEndian.Uint16(out[i+28:])) + int(binary.LittleEndian.Uint16(out[i+30:]))
	}
	end := out[len(out)-22:]
	binary.LittleEndian.PutUint32(end[16:], uint32(dir))
	return out
}

// sealVectors change what is signed.
func sealVectors() []vector {
	other := func(m *maker) *ledger.Key { return testKey(m.t, 77, m.company.key.Origin()) }
	return []vector{
		{name: "bad-signature-replaced", key: pinned, file: format.Signature, says: "is not a signature", make: func(m *maker) []byte {
			return m.apart().resign(other(m), format.Namespace).zip()
		}},
		{name: "bad-signature-for-something-else", key: pinned, file: format.Signature, says: "made for", make: func(m *maker) []byte {
			return m.apart().resign(m.company.key, "file").zip()
		}},
		{name: "bad-signature-removed", key: pinned, file: format.Signature, says: "missing", make: func(m *maker) []byte {
			p := m.apart()
			p.files = p.files[:len(p.files)-1]
			return p.zip()
		}},
		{name: "bad-sums-changed", key: pinned, file: format.Signature, says: "is not a signature", make: func(m *maker) []byte {
			p := m.apart().replace("report/report.html", "Report", "Repent")
			sig := bytes.Clone(p.files[p.at(format.Signature)].content)
			p.reseal()
			p.files[p.at(format.Signature)].content = sig
			return p.zip()
		}},
		{name: "bad-allowed-signers-replaced", key: pinned, file: format.AllowedSigners, says: "another key", make: func(m *maker) []byte {
			line, err := ledger.AllowedSigner(other(m).Verifier(), format.Namespace)
			if err != nil {
				m.t.Fatal(err)
			}
			p := m.apart().edit(format.AllowedSigners, func([]byte) []byte { return []byte(line) })
			return p.resum().resign(p.key, format.Namespace).zip()
		}},
		// Somebody else's ledger with the same name and the same evidence: whole in itself, and only the key given by other
		// means tells.
		{name: "bad-resigned-tree", key: pinned, file: format.Bundle, says: "another key", make: func(m *maker) []byte {
			c := &company{memory: &memory{key: other(m), leaves: slices.Clone(m.company.leaves), objects: m.company.memory.objects,
				lists: m.company.lists}}
			genesis := evidence.Genesis{Origin: c.key.Origin(), Verifier: c.key.Verifier(), CreatedAt: on(0), Simulated: true}
			leaf, err := evidence.Encode(evidence.Entry{Kind: evidence.KindGenesis, RecordedAt: on(0), Body: c.memory.object(m.t, genesis)})
			if err != nil {
				m.t.Fatal(err)
			}
			c.leaves[0] = leaf
			r := m.request
			r.Key = c.key
			return m.write(c, r)
		}},
		{name: "bad-checkpoint-resigned", key: pinned, file: format.CheckpointNow, says: "is not signed by", make: func(m *maker) []byte {
			c, err := ledger.ParseCheckpoint(m.text(format.CheckpointNow))
			if err != nil {
				m.t.Fatal(err)
			}
			signed, err := c.Sign(other(m))
			if err != nil {
				m.t.Fatal(err)
			}
			return m.apart().edit(format.CheckpointNow, func([]byte) []byte { return signed }).reseal().zip()
		}},
		{name: "bad-demonstration-denied", key: pinned, file: "ledger/genesis.jsonl", says: "not as bundle.json says", make: func(m *maker) []byte {
			return m.apart().manifest(func(f *format.Manifest) { f.Simulated = false }).reseal().zip()
		}},
	}
}

func (p *parts) content(name string) []byte { return p.files[p.at(name)].content }

// text returns the signed text of a note in the good bundle.
func (m *maker) text(name string) string {
	text, _, _ := strings.Cut(string(m.apart().content(name)), "\n\n")
	return text + "\n"
}

// ledgerVectors change the ledger, by somebody who holds the key and makes all digests right again.
func ledgerVectors() []vector {
	drop := func(i int) func([]string) []string {
		return func(l []string) []string { return slices.Delete(l, i, i+1) }
	}
	swap := func(i, j int) func([]string) []string {
		return func(l []string) []string { l[i], l[j] = l[j], l[i]; return l }
	}
	entry := func(m *maker, kind string, nth int) int {
		for i, l := range strings.Split(string(m.apart().content(format.Entries)), "\n") {
			if strings.Contains(l, `"kind":"`+kind+`"`) && !strings.Contains(l, "no_body") {
				if nth--; nth < 0 {
					return i
				}
			}
		}
		m.t.Fatalf("no entry of kind %s", kind)
		return -1
	}
	return []vector{
		{name: "bad-entry-dropped", file: format.Entries, says: "is missing", make: func(m *maker) []byte {
			return m.apart().lines(format.Entries, drop(entry(m, "run", 1))).lines("evidence/runs.jsonl", drop(1)).reseal().zip()
		}},
		{name: "bad-entry-reordered", file: format.Entries, says: "not behind", make: func(m *maker) []byte {
			i := entry(m, "run", 1)
			return m.apart().lines(format.Entries, swap(i, i+1)).reseal().zip()
		}},
		{name: "bad-entries-exchanged", file: format.Entries, says: "changed or moved", make: func(m *maker) []byte {
			i, j := entry(m, "run", 0), entry(m, "run", 1)
			return m.apart().lines(format.Entries, func(l []string) []string {
				x, y := strings.SplitAfter(l[i], `"index"`), strings.SplitAfter(l[j], `"index"`)
				l[i], l[j] = y[0]+x[1], x[0]+y[1]
				return l
			}).lines("evidence/runs.jsonl", swap(0, 1)).reseal().zip()
		}},
		{name: "bad-entry-changed", file: format.Entries, says: "changed or moved", make: func(m *maker) []byte {
			i := entry(m, "acceptance", 0)
			return m.apart().lines(format.Entries, func(l []string) []string {
				l[i] = strings.Replace(l[i], "2026-03-01", "2026-02-01", 1)
				return l
			}).reseal().zip()
		}},
		{name: "bad-entry-added", file: format.Entries, make: func(m *maker) []byte {
			i := entry(m, "assessment", 0)
			return m.apart().lines(format.Entries, func(l []string) []string { return slices.Insert(l, i, l[i]) }).reseal().zip()
		}},
		{name: "bad-entry-beyond", file: format.Entries, says: "there is no entry", make: func(m *maker) []byte {
			return m.apart().lines(format.Entries, func(l []string) []string {
				last := l[len(l)-1]
				return append(l, last[:strings.Index(last, `"index"`)]+`"index":9999}`)
			}).reseal().zip()
		}},
		{name: "bad-leaf-changed", file: format.CheckpointNow, says: "its root is not", make: func(m *maker) []byte {
			return m.apart().lines(format.Leaves, func(l []string) []string {
				l[len(l)-1] = l[0]
				return l
			}).reseal().zip()
		}},
		{name: "bad-leaf-dropped", file: format.Leaves, says: "has 10 entries' hashes", make: func(m *maker) []byte {
			return m.apart().lines(format.Leaves, drop(10)).reseal().zip()
		}},
		{name: "bad-body-changed", file: "acceptances.jsonl", says: "is not the body", make: func(m *maker) []byte {
			return m.apart().replace("acceptances.jsonl", `"approver":"ben"`, `"approver":"eve"`).reseal().zip()
		}},
		{name: "bad-body-dropped", file: "acceptances.jsonl", says: "missing", make: func(m *maker) []byte {
			return m.apart().edit("acceptances.jsonl", func([]byte) []byte { return nil }).reseal().zip()
		}},
		{name: "bad-body-added", file: "attestations.jsonl", says: "nothing in the bundle refers", make: func(m *maker) []byte {
			return m.apart().edit("attestations.jsonl", func([]byte) []byte { return []byte("{\"author\":\"eve\"}\n") }).reseal().zip()
		}},
		{name: "bad-run-held-back", file: format.Entries, says: "must be in the bundle", make: func(m *maker) []byte {
			i := entry(m, "run", 1)
			return m.apart().lines(format.Entries, func(l []string) []string {
				l[i] = strings.TrimSuffix(strings.TrimSpace(l[i]), "}") + `,"no_body":"lost"}`
				return l
			}).lines("evidence/runs.jsonl", drop(1)).reseal().zip()
		}},
		{name: "bad-checkpoint-older", file: format.CheckpointNow, says: "speaks of", make: func(m *maker) []byte {
			return m.apart().edit(format.CheckpointNow, func([]byte) []byte { return m.checkpointOf(m.company.memory, 5) }).reseal().zip()
		}},
		{name: "bad-period-shortened", file: format.Entries, says: "the period does not start there", make: func(m *maker) []byte {
			p := m.apart().edit(format.CheckpointStart, func([]byte) []byte { return m.checkpointOf(m.company.memory, 6) })
			return p.manifest(func(f *format.Manifest) { f.Ledger.Start = 6 }).reseal().zip()
		}},
		{name: "bad-history-rewritten", key: pinned, file: format.CheckpointNow, says: "history was changed",
			make: func(m *maker) []byte { return m.good }, previous: func(m *maker) []byte {
				other := &memory{key: m.company.key, leaves: slices.Clone(m.company.leaves)}
				other.leaves[3] = other.leaves[2]
				return m.checkpointOf(other, 5)
			}},
		{name: "bad-history-cut", key: pinned, file: format.CheckpointNow, says: "entries were removed",
			make: func(m *maker) []byte { return m.good }, previous: func(m *maker) []byte {
				other := &memory{key: m.company.key, leaves: append(slices.Clone(m.company.leaves), m.company.leaves...)}
				return m.checkpointOf(other, other.Size())
			}},
	}
}

// listVectors change lists and objects, by somebody who holds the key and makes all digests of files right again.
func listVectors() []vector {
	line := func(m *maker, name, holds string) int {
		i := slices.IndexFunc(strings.Split(string(m.apart().content(name)), "\n"), func(l string) bool { return strings.Contains(l, holds) })
		if i < 0 {
			m.t.Fatalf("%s holds no %s", name, holds)
		}
		return i
	}
	return []vector{
		{name: "bad-object-changed", file: buckets, says: "its digest is not", make: func(m *maker) []byte {
			return m.apart().replace(buckets, `"Public":true`, `"Public":false`).reseal().zip()
		}},
		{name: "bad-object-and-digest-changed", file: bucketLists, says: "does not have the root", make: func(m *maker) []byte {
			p := m.apart()
			i := line(m, buckets, `"Public":true`)
			object := strings.Split(string(p.content(buckets)), "\n")[i]
			changed := strings.Replace(object, `"Public":true`, `"Public":false`, 1)
			return p.replace(buckets, object, changed).
				replace(bucketLists, evidence.Sum([]byte(object)).String(), evidence.Sum([]byte(changed)).String()).reseal().zip()
		}},
		{name: "bad-object-dropped", file: buckets, make: func(m *maker) []byte {
			return m.apart().lines(buckets, func(l []string) []string { return l[:len(l)-1] }).reseal().zip()
		}},
		{name: "bad-object-added", file: buckets, says: "nothing in the bundle refers", make: func(m *maker) []byte {
			return m.apart().lines(buckets, func(l []string) []string { return append(l, l[0]) }).reseal().zip()
		}},
		{name: "bad-objects-exchanged", file: buckets, says: "its digest is not", make: func(m *maker) []byte {
			return m.apart().lines(buckets, func(l []string) []string { l[0], l[1] = l[1], l[0]; return l }).reseal().zip()
		}},
		{name: "bad-subject-dropped", file: "manifests/aws.iam.user.jsonl", says: "does not have the root", make: func(m *maker) []byte {
			return m.apart().lines("manifests/aws.iam.user.jsonl", func(l []string) []string { return slices.Delete(l, 1, 2) }).
				lines("evidence/aws.iam.user.jsonl", func(l []string) []string { return l[1:] }).reseal().zip()
		}},
		{name: "bad-subjects-reordered", file: "manifests/aws.iam.user.jsonl", says: "not behind", make: func(m *maker) []byte {
			swap := func(i int) func([]string) []string {
				return func(l []string) []string { l[i], l[i+1] = l[i+1], l[i]; return l }
			}
			return m.apart().lines("manifests/aws.iam.user.jsonl", swap(1)).lines("evidence/aws.iam.user.jsonl", swap(0)).reseal().zip()
		}},
		{name: "bad-span-shortened", file: bucketLists, says: "does not have the root", make: func(m *maker) []byte {
			return m.apart().edit(bucketLists, func(b []byte) []byte {
				return regexp.MustCompile(`("from":0,"object":"[^"]*","to":)1`).ReplaceAll(b, []byte("${1}0"))
			}).reseal().zip()
		}},
		{name: "bad-list-of-nothing", file: bucketLists, says: "belong to nothing", make: func(m *maker) []byte {
			return m.apart().replace(bucketLists, `"count":2`, `"count":3`).reseal().zip()
		}},
		{name: "bad-list-dropped", file: "manifests/aws.iam.user.jsonl", says: "is missing", make: func(m *maker) []byte {
			return m.apart().edit("manifests/aws.iam.user.jsonl", func([]byte) []byte { return nil }).
				edit("evidence/aws.iam.user.jsonl", func([]byte) []byte { return nil }).reseal().zip()
		}},
		{name: "bad-snapshot-held-back", file: format.SnapshotList, says: "left out", make: func(m *maker) []byte {
			p := m.apart()
			lists := strings.Split(string(p.content(format.SnapshotList)), "\n")
			shown, run := -1, 0
			for i, l := range lists { // the first snapshot shown of the last run
				switch {
				case strings.Contains(l, `"lists"`):
					run = i
				case l != "" && !strings.Contains(l, "omitted") && i > run:
					shown++
					if strings.Contains(lists[run], `"run 7"`) {
						return p.lines(format.SnapshotList, func(l []string) []string {
							l[i] = strings.Replace(l[i], `"spans"`, `"omitted":true,"spans"`, 1)
							return l
						}).lines(format.Snapshots, func(l []string) []string { return slices.Delete(l, shown, shown+1) }).reseal().zip()
					}
				}
			}
			m.t.Fatal("no run 7")
			return nil
		}},
		{name: "bad-line-without-end", file: format.Findings, says: "no end", make: func(m *maker) []byte {
			return m.apart().edit(format.Findings, func(b []byte) []byte { return b[:len(b)-1] }).reseal().zip()
		}},
	}
}

// judgedVectors change the judgement, or hide a part of it where no hash tells.
func judgedVectors() []vector {
	return []vector{
		{name: "bad-verdict-changed", file: format.ObservationsList, says: "does not have the root", make: func(m *maker) []byte {
			p := m.apart()
			for object := range strings.Lines(string(p.content(format.Observations))) {
				object = strings.TrimSuffix(object, "\n")
				if changed := strings.Replace(object, `"verdict":"fail"`, `"verdict":"pass"`, 1); changed != object {
					return p.replace(format.Observations, object, changed).replace(format.ObservationsList,
						evidence.Sum([]byte(object)).String(), evidence.Sum([]byte(changed)).String()).reseal().zip()
				}
			}
			m.t.Fatal("nothing fails")
			return nil
		}},
		{name: "bad-failure-hidden", file: format.Findings, says: "counts other observations", make: hideFailure},
		{name: "bad-control-unmapped", file: format.Bundle, says: "not the one that was judged", make: func(m *maker) []byte {
			return m.apart().manifest(func(f *format.Manifest) { f.Framework.Requirements[0].Strength = "partial" }).reseal().zip()
		}},
		{name: "bad-controls-left-out", file: format.Bundle, says: "not those that the framework maps", make: func(m *maker) []byte {
			return m.apart().manifest(func(f *format.Manifest) { f.Checks = f.Checks[:1] }).reseal().zip()
		}},
		{name: "bad-type-left-out", file: format.Bundle, says: "leaves out the type aws.s3.bucket", make: func(m *maker) []byte {
			return m.apart().manifest(func(f *format.Manifest) { f.Types = []string{"aws.iam.user"} }).reseal().zip()
		}},
		{name: "bad-assessment-left-out", file: "assessments/assessments.jsonl", says: "are left out", make: func(m *maker) []byte {
			return m.apart().lines(format.Entries, func(l []string) []string {
				for i := range l {
					if strings.Contains(l[i], `"kind":"assessment"`) {
						l[i] = strings.TrimSuffix(strings.TrimSpace(l[i]), "}") + `,"no_lists":"none"}`
					}
				}
				return l
			}).reseal().zip()
		}},
		{name: "bad-evidence-not-there", file: format.Observations, says: "is not in the bundle", make: func(m *maker) []byte {
			// A ledger whose assessment names evidence that nobody collected.
			c := newCompany(m.t, 1)
			c.live(m.t, 0, 1)
			for _, objects := range c.objects {
				for id, o := range objects {
					o.digest = evidence.Sum([]byte("nothing"))
					objects[id] = o
				}
			}
			c.assess(m.t, 1)
			return m.write(c, c.request(0, 2))
		}},
	}
}

// hideFailure shows a failing observation as the hash of something outside the framework: every root stays right.
func hideFailure(m *maker) []byte {
	p := m.apart()
	objects := strings.Split(strings.TrimSuffix(string(p.content(format.Observations)), "\n"), "\n")
	i := slices.IndexFunc(objects, func(o string) bool { return strings.Contains(o, `"verdict":"fail"`) })
	if i < 0 {
		m.t.Fatal("nothing fails")
	}
	digest := evidence.Sum([]byte(objects[i]))
	return p.lines(format.ObservationsList, func(lines []string) []string {
		for n, l := range lines {
			if !strings.Contains(l, digest.String()) {
				continue
			}
			var it format.Item
			if err := decode([]byte(l), &it); err != nil {
				m.t.Fatal(err)
			}
			for k, s := range it.Spans {
				leaf := ledger.ListLeaf(it.Key, s.Object)
				it.Spans[k] = format.Span{From: s.From, To: s.To, Leaf: leaf.String()}
			}
			dropped := it.Key
			it.Key = ""
			b, err := evidence.Encode(it)
			if err != nil {
				m.t.Fatal(err)
			}
			lines[n] = string(b)
			objects = slices.DeleteFunc(objects, func(o string) bool {
				var x evidence.Observation
				return decode([]byte(o), &x) == nil && x.Key() == dropped
			})
		}
		return lines
	}).edit(format.Observations, func([]byte) []byte { return []byte(strings.Join(objects, "\n") + "\n") }).reseal().zip()
}

func page(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}
