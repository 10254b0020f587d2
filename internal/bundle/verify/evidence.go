package verify

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// list identifies a list of subjects by series, root and count.
type list [sha256.Size]byte

func listOf(series string, ref evidence.ListRef) list {
	return sha256.Sum256(append(ref.Root[:], series+"|"+strconv.Itoa(ref.Count)...))
}

// demand is a list that a snapshot names.
type demand struct {
	series string
	run    int64
	found  bool
}

// digests is a set that is filled first and asked later.
type digests struct {
	all    []evidence.Digest
	sorted bool
}

func (s *digests) add(d evidence.Digest) { s.all, s.sorted = append(s.all, d), false }

func (s *digests) has(d evidence.Digest) bool {
	if !s.sorted {
		slices.SortFunc(s.all, func(a, b evidence.Digest) int { return bytes.Compare(a[:], b[:]) })
		s.sorted = true
	}
	i := sort.Search(len(s.all), func(i int) bool { return bytes.Compare(s.all[i][:], d[:]) >= 0 })
	return i < len(s.all) && s.all[i] == d
}

// snapshots checks each run's list of snapshots, and learns from the snapshots which lists of subjects there must be.
func (v *verifier) snapshots() {
	next := 0
	var current run
	v.pair(format.SnapshotList, format.Snapshots, use{
		head: func(f *file, h format.Head) bool {
			if next == len(v.runs) {
				return false
			}
			current = v.runs[next]
			next++
			if h.Series != format.RunSeries(current.index) || len(h.Lists) != 1 || h.Lists[0] != current.snapshots {
				f.wrong("expected the list of the run at entry %d", current.index)
				return false
			}
			return true
		},
		item: func(f *file, it format.Item) bool {
			if it.Omitted && current.inside && v.needs(format.SeriesType(it.Key)) {
				f.wrong("the snapshot of %q is left out, and the framework needs it", it.Key)
			}
			if it.Key == "" {
				f.wrong("a snapshot without its series")
			}
			return it.Key != ""
		},
		object: func(f *file, it format.Item, _ format.Span, object []byte) {
			v.report.Snapshots++
			v.evidence.add(evidence.Sum(object))
			var s evidence.Snapshot
			if err := decode(object, &s); err != nil || s.Series() != it.Key {
				f.wrong("is not a snapshot of %q", it.Key)
				return
			}
			if !v.needs(s.Collector) {
				f.wrong("is of type %s, which the framework does not need", s.Collector)
			}
			if s.Subjects.Count == 0 {
				return
			}
			id := listOf(it.Key, s.Subjects)
			if v.required[id] == nil {
				v.required[id] = &demand{series: v.intern(it.Key), run: current.index}
			}
		},
	})
	if next < len(v.runs) && !v.broken {
		v.problem(format.SnapshotList, "the list of the run at entry %d is missing", v.runs[next].index)
	}
}

func (v *verifier) intern(s string) string {
	if known, ok := v.series[s]; ok {
		return known
	}
	v.series[s] = s
	return s
}

// needs reports whether evidence of the type belongs in the bundle.
func (v *verifier) needs(subjectType string) bool {
	return slices.Contains(v.manifest.Types, subjectType)
}

// subjects checks the lists of subjects that the snapshots name, and every subject in them.
func (v *verifier) subjects() {
	types := map[string]bool{}
	for _, d := range v.required {
		types[format.SeriesType(d.series)] = true
	}
	for _, t := range v.manifest.Types {
		types[t] = types[t] || v.files[format.SubjectList(t)] != nil || v.files[format.Subjects(t)] != nil
	}
	for _, t := range slices.Sorted(maps.Keys(types)) {
		if types[t] {
			v.subjectsOf(t)
		}
	}
	if v.broken {
		return
	}
	missing := map[string]string{}
	for _, d := range v.required {
		if d.found {
			continue
		}
		file := format.SubjectList(format.SeriesType(d.series))
		if missing[file] == "" || d.series < missing[file] {
			missing[file] = d.series
		}
	}
	for _, file := range slices.Sorted(maps.Keys(missing)) {
		v.problem(file, "a list of %q that a snapshot names is missing", missing[file])
	}
}

func (v *verifier) subjectsOf(subjectType string) {
	v.pair(format.SubjectList(subjectType), format.Subjects(subjectType), use{
		head: func(f *file, h format.Head) bool {
			for _, ref := range h.Lists {
				d := v.required[listOf(h.Series, ref)]
				if d == nil || format.SeriesType(h.Series) != subjectType {
					return false
				}
				d.found = true
			}
			return true
		},
		item: func(f *file, it format.Item) bool {
			if it.Key == "" || it.Omitted {
				f.wrong("a subject is left out")
			}
			return it.Key != "" && !it.Omitted
		},
		object: func(f *file, it format.Item, s format.Span, object []byte) {
			v.report.Subjects++
			v.evidence.add(s.Object)
			if id, t := subject(object); id != it.Key || t != subjectType {
				f.wrong("is the %s %q, and the list calls it the %s %q", t, id, subjectType, it.Key)
			}
		},
	})
}

// subject reads a subject's id and type.
func subject(object []byte) (id, subjectType string) {
	d := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := d.ReadToken(); err != nil {
		return "", ""
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return "", ""
		}
		switch name.String() {
		case "id", "type":
			key := name.String()
			value, err := d.ReadToken()
			if err != nil {
				return "", ""
			}
			if key == "id" {
				id = strings.Clone(value.String())
			} else {
				subjectType = strings.Clone(value.String())
			}
		default:
			if d.SkipValue() != nil {
				return "", ""
			}
		}
	}
	return id, subjectType
}
