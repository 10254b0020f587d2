package bundle_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/bundle"
	"exhibit/internal/bundle/format"
	"exhibit/internal/bundle/verify"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// mustFind fails the test unless the verifier names the file with the reason.
func mustFind(t *testing.T, name string, b []byte, file, says string) {
	t.Helper()
	r, err := verify.Bundle(bytes.NewReader(b), int64(len(b)), verify.Options{})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if !slices.ContainsFunc(r.Problems, func(p verify.Problem) bool { return p.File == file && strings.Contains(p.Reason, says) }) {
		t.Errorf("%s: no problem with %s says %q, but %v", name, file, says, r.Problems)
	}
}

// TestCommittedWrong commits things that contradict each other: every hash is right, and what they say is not.
func TestCommittedWrong(t *testing.T) {
	for _, tc := range []struct {
		name       string
		bend       func(v any) any
		file, says string
	}{
		{"a subject under another id", func(v any) any {
			if s, ok := v.(evidence.Subject); ok {
				s.ID += "x"
				return s
			}
			return v
		}, buckets, "and the list calls it"},
		{"a subject of another type", func(v any) any {
			if s, ok := v.(evidence.Subject); ok {
				s.Type = "aws.other"
				return s
			}
			return v
		}, buckets, "and the list calls it"},
		{"no subject at all", func(v any) any {
			if _, ok := v.(evidence.Subject); ok {
				return []int{1}
			}
			return v
		}, buckets, "and the list calls it"},
		{"an observation under another key", func(v any) any {
			if o, ok := v.(evidence.Observation); ok {
				o.Subject += "x"
				return o
			}
			return v
		}, format.Observations, "is not the observation"},
		{"an unknown verdict", func(v any) any {
			if o, ok := v.(evidence.Observation); ok {
				o.Verdict = "maybe"
				return o
			}
			return v
		}, format.Observations, "is not the observation"},
		{"a finding under another key", func(v any) any {
			if f, ok := v.(*evidence.Finding); ok {
				f.Scope += "x"
				return f
			}
			return v
		}, format.Findings, "is not the finding"},
		{"a finding that counts one more", func(v any) any {
			if f, ok := v.(*evidence.Finding); ok {
				f.Counts[evidence.Pass]++
			}
			return v
		}, format.Findings, "counts other observations"},
		{"an observation in a scope without finding", func(v any) any {
			if o, ok := v.(evidence.Observation); ok && o.Check == "s3.private" {
				o.Control = "encrypted-volumes"
				return o
			}
			return v
		}, format.Findings, "and not in all assessments the finding"},
		{"totals that are too high", func(v any) any {
			if a, ok := v.(evidence.Assessment); ok {
				a.Totals[evidence.Pass]++
				return a
			}
			return v
		}, "assessments/assessments.jsonl", "counts other observations or findings"},
		{"a view of what came later", func(v any) any {
			if a, ok := v.(evidence.Assessment); ok {
				a.View += 10
				return a
			}
			return v
		}, "assessments/assessments.jsonl", "speaks of 13 entries"},
	} {
		c := newCompany(t, 2)
		c.memory.bend = tc.bend
		c.live(t, 0, 1)
		m := &maker{t: t, company: c}
		mustFind(t, tc.name, m.write(c, c.request(0, 1)), tc.file, tc.says)
	}
}

// rebody changes the n'th body of a kind and makes the entry, the leaves, the checkpoints and all digests right again,
// as the holder of the key could before anybody else has seen a checkpoint. The bundle must be of the whole ledger.
func (p *parts) rebody(kind evidence.Kind, n int, change func(string) string) *parts {
	i := slices.IndexFunc(format.Bodies(), func(b format.Body) bool { return b.Kind == kind })
	var before, after string
	p.lines(format.Bodies()[i].File, func(l []string) []string {
		before = strings.TrimSuffix(l[n], "\n")
		after = change(before)
		l[n] = after
		return l
	})
	p.replace(format.Entries, evidence.Sum([]byte(before)).String(), evidence.Sum([]byte(after)).String())
	return p.retree()
}

func (p *parts) retree() *parts {
	var leaves strings.Builder
	var tree ledger.Roots
	for line := range strings.Lines(string(p.content(format.Entries))) {
		var e format.Entry
		if err := decode([]byte(line), &e); err != nil {
			p.t.Fatal(err)
		}
		leaf := ledger.LeafHash(e.Entry)
		tree.Add(leaf)
		fmt.Fprintln(&leaves, leaf)
	}
	p.edit(format.Leaves, func([]byte) []byte { return []byte(leaves.String()) })
	for _, name := range []string{format.CheckpointEnd, format.CheckpointNow} {
		signed, err := ledger.Checkpoint{Origin: p.key.Origin(), Size: tree.Count(), Root: tree.Root()}.Sign(p.key)
		if err != nil {
			p.t.Fatal(err)
		}
		p.edit(name, func([]byte) []byte { return signed })
	}
	return p.reseal()
}

// TestInside changes what a holder of the key could change, where no vector stands for it.
func TestInside(t *testing.T) {
	c := newCompany(t, 2)
	c.commit(t, evidence.KindAttestation, evidence.Attestation{ID: "t-1", Control: "closed-storage", Author: "ann",
		Attachments: map[string]evidence.Digest{"minutes.json": c.memory.object(t, "minutes")}}, on(0))
	c.live(t, 0, 4)
	c.commit(t, evidence.KindAccessReview, evidence.AccessReview{View: 1, Rows: []evidence.Access{{Name: "ann", Admin: "yes"}}}, on(4))
	c.commit(t, evidence.KindDecision, evidence.Decision{At: on(4), Outcome: evidence.GateBlock,
		Override: &evidence.Override{By: "ann", Reason: "a fix"}}, on(4))
	c.commit(t, evidence.KindAction, evidence.Action{At: on(4), Who: "ann", What: "reload"}, on(4))
	c.commit(t, evidence.KindMessage, evidence.Message{Key: "m-1", Channel: "mail", To: "ann@example.com"}, on(4))
	c.commit(t, evidence.KindDelivery, evidence.Delivery{Key: "m-1", Outcome: evidence.Delivered}, on(4))
	m := &maker{t: t, company: c}
	m.good = m.write(c, c.request(0, 9))
	attachment := format.Attachments + evidence.Sum([]byte(`"minutes"`)).Hex()
	if got := file(t, m.good, attachment); got != `"minutes"` {
		t.Errorf("the attachment is %s", got)
	}
	whole := m.apart().edit(format.Readme, func(b []byte) []byte { return append(b, '\n') }).reseal().zip()
	if r, err := verify.Bundle(bytes.NewReader(whole), int64(len(whole)), verify.Options{}); err != nil || !r.OK() {
		t.Fatal("sealing again is not enough:", err, r.Problems)
	}
	swap := func(old, new string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("%s holds no %s", s, old)
			}
			return strings.Replace(s, old, new, 1)
		}
	}
	for _, tc := range []struct {
		name       string
		b          []byte
		file, says string
	}{
		{"attachment removed", func() []byte {
			p := m.apart()
			p.files = slices.Delete(p.files, p.at(attachment), p.at(attachment)+1)
			p.manifest(func(f *format.Manifest) {
				f.Files = slices.DeleteFunc(f.Files, func(f format.File) bool { return f.Name == attachment })
			})
			return p.reseal().zip()
		}(), "attestations.jsonl", `the attachment "minutes.json"`},
		{"attachment changed", m.apart().replace(attachment, "minutes", "MINUTES").reseal().zip(), "attestations.jsonl", "was changed"},
		{"genesis of another ledger", m.apart().rebody(evidence.KindGenesis, 0, swap("example.test", "example.best")).zip(),
			"ledger/genesis.jsonl", "not as bundle.json says"},
		{"genesis that is none", m.apart().rebody(evidence.KindGenesis, 0, func(string) string { return "[]" }).zip(),
			"ledger/genesis.jsonl", "is not the genesis"},
		{"a run that is none", m.apart().rebody(evidence.KindRun, 1, func(string) string { return "[]" }).zip(),
			"evidence/runs.jsonl", "is not a run"},
		{"an assessment that is none", m.apart().rebody(evidence.KindAssessment, 1, func(string) string { return "[]" }).zip(),
			"assessments/assessments.jsonl", "is not an assessment"},
		{"an attestation that is none", m.apart().rebody(evidence.KindAttestation, 0, func(string) string { return "[]" }).zip(),
			"attestations.jsonl", "is not an attestation"},
		{"a review that is none", m.apart().rebody(evidence.KindAccessReview, 0, func(string) string { return "[]" }).zip(),
			"access-reviews.jsonl", "is not an access review"},
		{"a review changed", m.apart().replace("access-reviews.jsonl", `"admin":"yes"`, `"admin":"no"`).reseal().zip(),
			"access-reviews.jsonl", "is not the body"},
		{"a decision that is none", m.apart().rebody(evidence.KindDecision, 0, func(string) string { return "[]" }).zip(),
			"decisions.jsonl", "is not a decision"},
		{"a decision changed", m.apart().replace("decisions.jsonl", `"outcome":"block"`, `"outcome":"pass"`).reseal().zip(),
			"decisions.jsonl", "is not the body"},
		{"an action that is none", m.apart().rebody(evidence.KindAction, 0, func(string) string { return "[]" }).zip(),
			"actions.jsonl", "is not an action"},
		{"an action changed", m.apart().replace("actions.jsonl", `"who":"ann"`, `"who":"ben"`).reseal().zip(),
			"actions.jsonl", "is not the body"},
		{"a message that is none", m.apart().rebody(evidence.KindMessage, 0, func(string) string { return "[]" }).zip(),
			"messages.jsonl", "is not a message"},
		{"a delivery that is none", m.apart().rebody(evidence.KindDelivery, 0, func(string) string { return "[]" }).zip(),
			"deliveries.jsonl", "is not a delivery"},
		{"reviews removed", func() []byte {
			p := m.apart()
			i := p.at("access-reviews.jsonl")
			p.files = slices.Delete(p.files, i, i+1)
			p.manifest(func(f *format.Manifest) {
				f.Files = slices.DeleteFunc(f.Files, func(f format.File) bool { return f.Name == "access-reviews.jsonl" })
			})
			return p.reseal().zip()
		}(), format.Entries, "for which a bundle has no file"},
		{"a catalog that is none", m.apart().rebody(evidence.KindCatalog, 0, func(string) string { return "[]" }).zip(),
			"catalogs.jsonl", "is missing"}, // the assessments name the right one
		{"a run that names another list", m.apart().rebody(evidence.KindRun, 0, swap(`"snapshots":{"count":6`, `"snapshots":{"count":7`)).zip(),
			format.SnapshotList, "expected the list of the run"},
		{"an entry of an unknown kind", m.apart().replace(format.Entries, `"kind":"attestation"`, `"kind":"rumour"`).retree().zip(),
			format.Entries, "for which a bundle has no file"},
		{"an entry with space in it", m.apart().replace(format.Entries, `"kind":"attestation"`, `"kind": "attestation"`).retree().zip(),
			format.Entries, "not an entry"},
		{"an entry that is none", m.apart().replace(format.Entries, `"kind":"attestation"`, `"kind":7`).retree().zip(),
			format.Entries, "not an entry"},
		{"period longer than its entries", m.apart().manifest(func(f *format.Manifest) { f.Period.To = on(2) }).reseal().zip(),
			format.Entries, "the period does not end there"},
		{"assessment without lists", m.apart().lines(format.Entries, func(l []string) []string {
			l[6] = strings.TrimSuffix(strings.TrimSpace(l[6]), "}") + `,"no_lists":"none"}`
			return l
		}).reseal().zip(), format.ObservationsList, "belong to nothing"},
		{"assessment without lists and with other totals", m.apart().lines(format.Entries, func(l []string) []string {
			l[6] = strings.TrimSuffix(strings.TrimSpace(l[6]), "}") + `,"no_lists":"none"}`
			return l
		}).reseal().zip(), "assessments/assessments.jsonl", "its totals are not those"},
		{"a type left out", m.apart().manifest(func(f *format.Manifest) { f.Types = []string{"aws.iam.user"} }).reseal().zip(),
			format.Snapshots, "does not need"},
		{"a snapshot of another series", otherSnapshot(m), format.Snapshots, "is not a snapshot of"},
		{"a check left out", m.apart().manifest(func(f *format.Manifest) { f.Checks = f.Checks[:1] }).reseal().zip(),
			format.ObservationsList, "outside the framework"},
		{"an assessment of another period", takeApart(t, m.write(c, c.request(40, 50)), c.key).
			manifest(func(f *format.Manifest) { f.Assessment = &format.Assessment{Entry: 4} }).reseal().zip(),
			format.Bundle, "there is none in the period"},
		{"a catalog that is none, and that was judged by", func() []byte {
			p := m.apart()
			catalog := evidence.Sum([]byte(strings.TrimSuffix(string(p.content("catalogs.jsonl")), "\n"))).String()
			p.rebody(evidence.KindCatalog, 0, func(string) string { return "[]" })
			for i := range 4 {
				p.rebody(evidence.KindAssessment, i, swap(catalog, evidence.Sum([]byte("[]")).String()))
			}
			return p.zip()
		}(), "catalogs.jsonl", "is not one"},
		{"the last run's list", m.apart().lines(format.SnapshotList, func(l []string) []string {
			return l[:slices.IndexFunc(l, func(s string) bool { return strings.Contains(s, `"run 9"`) })]
		}).edit(format.Snapshots, func(b []byte) []byte { return cutLines(b, 4) }).reseal().zip(), format.SnapshotList, "is missing"},
		{"a snapshot without series", m.apart().lines(format.SnapshotList, func(l []string) []string {
			l[1] = `{"spans":[{"from":0,"leaf":"` + ledger.LeafHash(nil).String() + `","to":0}]}`
			return l
		}).reseal().zip(), format.SnapshotList, "without its series"},
		{"a subject left out", m.apart().lines(bucketLists, func(l []string) []string {
			l[1] = strings.Replace(l[1], `"spans"`, `"omitted":true,"spans"`, 1)
			return l
		}).reseal().zip(), bucketLists, "is left out"},
		{"the last observations", m.apart().edit(format.ObservationsList, func([]byte) []byte { return nil }).
			edit(format.Observations, func([]byte) []byte { return nil }).reseal().zip(), format.ObservationsList, "is missing"},
		{"the last findings", m.apart().edit(format.FindingsList, func([]byte) []byte { return nil }).
			edit(format.Findings, func([]byte) []byte { return nil }).reseal().zip(), format.FindingsList, "is missing"},
		{"a finding left out", m.apart().lines(format.FindingsList, func(l []string) []string {
			l[1] = strings.Replace(l[1], `"spans"`, `"omitted":true,"spans"`, 1)
			return l
		}).reseal().zip(), format.FindingsList, "is left out"},
		{"an assessment that is not the newest", m.apart().manifest(func(f *format.Manifest) { f.Assessment.Entry -= 2 }).reseal().zip(),
			format.Bundle, "does not name the newest"},
		{"a leaf that is no hash", m.apart().lines(format.Leaves, func(l []string) []string { l[2] = "x"; return l }).reseal().zip(),
			format.Leaves, "not the base64"},
		{"another fingerprint", m.apart().manifest(func(f *format.Manifest) { f.Ledger.Fingerprint = "SHA256:x" }).reseal().zip(),
			format.Bundle, "fingerprint"},
		{"a key that is none", m.apart().manifest(func(f *format.Manifest) { f.Ledger.Key = "key" }).reseal().zip(), format.Bundle, "key is not one"},
		{"sizes out of order", m.apart().manifest(func(f *format.Manifest) { f.Ledger.Start = 99 }).reseal().zip(), format.Bundle, "out of order"},
		{"a later format", m.apart().manifest(func(f *format.Manifest) { f.Format = 2 }).reseal().zip(), format.Bundle, "is of format 2"},
		{"a manifest that is none", m.apart().edit(format.Bundle, func([]byte) []byte { return []byte("[]") }).resum().zip(), format.Bundle, "not the JSON"},
		{"sums that are none", m.apart().edit(format.Sums, func([]byte) []byte { return []byte("none\n") }).zip(), format.Sums, "line 1"},
		{"a file listed twice", m.apart().manifest(func(f *format.Manifest) { f.Files = append(f.Files, f.Files[0]) }).reseal().zip(),
			format.Bundle, "twice"},
		{"a file that the table does not have", m.apart().manifest(func(f *format.Manifest) { f.Files = f.Files[1:] }).reseal().zip(),
			format.Readme, "not in bundle.json"},
		{"a list of too many", m.apart().lines(format.FindingsList, func(l []string) []string {
			l[0] = `{"lists":[` + strings.Repeat(`{"count":0,"root":""},`, format.MaxLists) + `{"count":0,"root":""}],"series":"findings"}`
			return l
		}).reseal().zip(), format.FindingsList, "a block of 1025 lists"},
		{"an item before its list", m.apart().lines(format.FindingsList, func(l []string) []string { return l[1:] }).reseal().zip(),
			format.FindingsList, "before any list"},
		{"an item in no list", m.apart().lines(format.FindingsList, func(l []string) []string { l[1] = `{"key":"a"}`; return l }).reseal().zip(),
			format.FindingsList, "in no list"},
		{"no JSON", m.apart().lines(format.FindingsList, func(l []string) []string { l[1] = `{`; return l }).reseal().zip(),
			format.FindingsList, "neither"},
		{"sums of before", func() []byte {
			p, old := m.apart().replace(format.Index, "Storage", "Garage").reseal(), m.apart()
			p.files[p.at(format.Sums)], p.files[p.at(format.Signature)] = old.files[old.at(format.Sums)], old.files[old.at(format.Signature)]
			return p.zip()
		}(), format.Index, "its SHA-256 is not"},
		{"not in the sums", func() []byte {
			p := m.apart().lines(format.Sums, func(l []string) []string { return l[1:] })
			return p.resign(p.key, format.Namespace).zip()
		}(), format.Readme, "not in SHA256SUMS"},
		{"taken out of the sums too", func() []byte {
			p := m.apart()
			p.files = slices.Delete(p.files, p.at(format.Gaps), p.at(format.Gaps)+1)
			return p.resum().resign(p.key, format.Namespace).zip()
		}(), format.Gaps, "is in bundle.json and not in the archive"},
		{"no bundle.json", without(m, format.Bundle), format.Bundle, "missing"},
		{"no sums", without(m, format.Sums), format.Sums, "missing"},
		{"no allowed_signers", without(m, format.AllowedSigners), format.AllowedSigners, "missing"},
		{"no findings", without(m, format.Findings), format.Findings, "missing"},
		{"no member", func() []byte {
			p := m.apart()
			p.files = slices.Delete(p.files, p.at(format.Gaps), p.at(format.Gaps)+1)
			p.manifest(func(f *format.Manifest) {
				f.Files = slices.DeleteFunc(f.Files, func(f format.File) bool { return f.Name == "evidence/runs.jsonl" })
			})
			return p.zip()
		}(), format.Gaps, "taken out"},
	} {
		mustFind(t, tc.name, tc.b, tc.file, tc.says)
	}
}

// otherSnapshot changes the first snapshot of the first run so that it names another source, up to the root of the tree.
func otherSnapshot(m *maker) []byte {
	p := m.apart()
	object, _, _ := strings.Cut(string(p.content(format.Snapshots)), "\n")
	changed := strings.Replace(object, `"source":"prod"`, `"source":"test"`, 1)
	p.replace(format.Snapshots, object, changed)
	p.replace(format.SnapshotList, evidence.Sum([]byte(object)).String(), evidence.Sum([]byte(changed)).String())
	lines := strings.Split(string(p.content(format.SnapshotList)), "\n")
	var head format.Head
	if err := decode([]byte(lines[0]), &head); err != nil {
		m.t.Fatal(err)
	}
	var tree ledger.Roots
	for _, l := range lines[1 : 1+head.Lists[0].Count] {
		var it format.Item
		if err := decode([]byte(l), &it); err != nil {
			m.t.Fatal(err)
		}
		tree.Add(ledger.ListLeaf(it.Key, it.Spans[0].Object))
	}
	before, after := head.Lists[0].Root.String(), evidence.Digest(tree.Root()).String()
	p.replace(format.SnapshotList, before, after)
	return p.rebody(evidence.KindRun, 0, func(s string) string { return strings.Replace(s, before, after, 1) }).zip()
}

func without(m *maker, name string) []byte {
	p := m.apart()
	p.files = slices.Delete(p.files, p.at(name), p.at(name)+1)
	return p.zip()
}

func cutLines(b []byte, n int) []byte {
	l := bytes.SplitAfter(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	return bytes.Join(l[:len(l)-n], nil)
}

// TestZipTricks makes archives that readers of zips take in different ways.
func TestZipTricks(t *testing.T) {
	m := newMaker(t)
	header := func(name string, change func(*zip.FileHeader)) []byte {
		return m.apart().zip(func(h *zip.FileHeader) {
			if h.Name == name {
				change(h)
			}
		})
	}
	central := func(name string, change func(record []byte)) []byte {
		b := bytes.Clone(m.good)
		change(b[bytes.LastIndex(b, []byte(name))-46:])
		return b
	}
	for _, tc := range []struct {
		name       string
		b          []byte
		file, says string
	}{
		{"another method", header(format.Index, func(h *zip.FileHeader) { h.Method = 12 }), format.Index, "in a way that a bundle does not use"},
		{"stored instead", header(format.Index, func(h *zip.FileHeader) { h.Method = zip.Store }), format.Index, "otherwise than"},
		{"two sizes", header(format.Readme, func(h *zip.FileHeader) { h.UncompressedSize64++ }), format.Readme, "two sizes"},
		{"no such place", central(format.Index, func(r []byte) { binary.LittleEndian.PutUint32(r[42:], 1<<30) }), format.Index, "cannot be found"},
		{"longer than the archive", central(format.Index, func(r []byte) { binary.LittleEndian.PutUint32(r[20:], 1<<24) }), format.Index, "is cut off"},
		{"no directory", central(format.Readme, func(r []byte) { r[0] = 'Q' }), "archive", "cannot be read"},
		{"another checksum", central(format.Index, func(r []byte) { r[16]++ }), format.Index, "zip's own bytes"},
		{"made on another system", central(format.Index, func(r []byte) { r[5] = 3 }), "archive", "zip's own bytes"},
		{"two files in one place", central(format.Index, func(r []byte) { binary.LittleEndian.PutUint32(r[42:], 0) }), format.Index, "zip's own bytes"},
		{"packed again", repacked(m), format.Index, "its packed bytes"},
	} {
		mustFind(t, tc.name, tc.b, tc.file, tc.says)
	}
}

// repacked packs index.csv again, to other bytes of the same content.
func repacked(m *maker) []byte {
	content := m.apart().content(format.Index)
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.NoCompression)
	if err != nil {
		m.t.Fatal(err)
	}
	_, _ = w.Write(content)
	_ = w.Close()
	p := m.apart()
	p.files[p.at(format.Index)].packed = packed.Bytes()
	return p.zip()
}

// TestManyProblems holds that one file's problems do not fill the report.
func TestManyProblems(t *testing.T) {
	c := newCompany(t, 30)
	c.memory.bend = func(v any) any {
		if s, ok := v.(evidence.Subject); ok {
			s.ID += "x"
			return s
		}
		return v
	}
	c.live(t, 0, 1)
	m := &maker{t: t, company: c}
	b := m.write(c, c.request(0, 1))
	r, err := verify.Bundle(bytes.NewReader(b), int64(len(b)), verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range r.Problems {
		if p.File == buckets {
			n++
		}
	}
	if last := r.Problems[len(r.Problems)-1]; n != 21 || !strings.HasPrefix(last.Reason, "and ") {
		t.Errorf("%d problems of one file, the last %v", n, last)
	}
}

// TestMissingInView fails each read of the view in turn: no bundle may come of it.
func TestMissingInView(t *testing.T) {
	c := newCompany(t, 1)
	c.live(t, 0, 1)
	for d := range c.memory.objects {
		object := c.memory.objects[d]
		delete(c.memory.objects, d)
		var out bytes.Buffer
		if _, err := bundle.Write(t.Context(), &out, c, c.request(0, 1)); err == nil && !strings.Contains(string(object), "volume") {
			t.Errorf("written without %s", object)
		}
		c.memory.objects[d] = object
	}
}
