package bundle_test

import (
	"regexp"
	"slices"
	"strings"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

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
