package bundle_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

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
		// Somebody else's ledger with the same name and the same evidence: whole in itself, and only the key given by
		// other means tells.
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
