// Package verify checks an audit bundle offline, from the signed checkpoint down to the last byte of each object, and
// says what is wrong with which file.
//
// It reads a bundle and nothing else: it never dials, writes, signs, reads a clock or judges what the evidence means.
// It runs in memory that does not grow with the number of subjects' bytes, and trusts no number that it reads.
package verify

import (
	"errors"
	"fmt"
	"io"
	"time"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// ErrNotBundle means that the file is something else than an audit bundle, or none that can be recognised.
var ErrNotBundle = errors.New("not an audit bundle")

// Options say what is known beforehand.
type Options struct {
	// TrustedKey is the ledger's verifier line, "name+hash+key", as the company gave it. When it is empty the bundle's
	// own is used, and the report notes that anybody could have made it.
	TrustedKey string
	// Previous is an earlier signed checkpoint of the ledger, which this one must extend. See Checkpoint.
	Previous []byte
	// MaxBytes bounds what is unpacked altogether; 0 is 64 GiB.
	MaxBytes int64
}

// Problem is one thing that is wrong.
type Problem struct {
	// File is a file of the bundle, or "archive" for the zip itself.
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// Report is what was found.
type Report struct {
	Problems []Problem `json:"problems"`
	// Notes are for the reader to weigh; they are no faults.
	Notes []string `json:"notes,omitempty"`

	Statement   string          `json:"statement,omitempty"`
	Framework   string          `json:"framework,omitempty"`
	Period      evidence.Window `json:"period,omitzero"`
	ExportedAt  time.Time       `json:"exported_at,omitzero"`
	Simulated   bool            `json:"simulated,omitempty"`
	Origin      string          `json:"origin,omitempty"`
	Key         string          `json:"key,omitempty"`
	Fingerprint string          `json:"fingerprint,omitempty"`
	// Trusted is true when the key was given, not taken from the bundle.
	Trusted bool `json:"trusted"`
	// Root is the ledger's, computed from the leaves.
	Root         string `json:"root,omitempty"`
	Size         int64  `json:"size"`
	Entries      int64  `json:"entries"`      // of them in the bundle
	Snapshots    int64  `json:"snapshots"`    // objects
	Subjects     int64  `json:"subjects"`     // objects, each version once
	Lists        int64  `json:"lists"`        // whose roots were computed
	Observations int64  `json:"observations"` // objects
	Findings     int64  `json:"findings"`     // objects
	Files        int    `json:"files"`
	Bytes        int64  `json:"bytes"` // unpacked
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool { return len(r.Problems) == 0 }

// Bundle verifies the bundle of size bytes in r. The error is ErrNotBundle, or that r could not be read, or that the
// options are wrong; whatever is wrong with a bundle is in the report.
func Bundle(r io.ReaderAt, size int64, o Options) (Report, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = 64 << 30
	}
	if o.TrustedKey != "" {
		if _, err := format.Fingerprint(o.TrustedKey); err != nil {
			return Report{}, fmt.Errorf("trusted key: %w", err)
		}
	}
	v := &verifier{options: o, counts: map[string]int{}}
	source := &reader{r: r}
	err := v.archive(source, size)
	if err == nil && v.files != nil && v.front() {
		v.contents()
	}
	if source.err != nil {
		err = fmt.Errorf("read bundle: %w", source.err)
	}
	if err != nil {
		return Report{}, err
	}
	v.finish()
	return v.report, nil
}

// verifier is one run. Its parts are filled in order: the archive, its front matter, the ledger, the lists.
type verifier struct {
	options Options
	report  Report
	counts  map[string]int // problems by file

	names    []string // in order of the archive
	files    map[string]*member
	manifest format.Manifest
	sums     map[string]string // hex digests by name
	broken   bool              // some evidence could not be read, so that what rests on it cannot be judged

	runs        []run
	assessments []assessment
	catalogs    map[evidence.Digest]bool
	series      map[string]string   // one copy of each name
	required    map[list]*demand    // the lists of subjects that snapshots name
	evidence    digests             // of snapshots and subjects
	tallies     map[string][]counts // observations by finding's key, then assessment
}

// maxProblems bounds the problems named for one file.
const maxProblems = 20

// problem notes what is wrong with a file.
func (v *verifier) problem(file, reason string, args ...any) {
	v.counts[file]++
	if v.counts[file] > maxProblems {
		return
	}
	v.report.Problems = append(v.report.Problems, Problem{file, fmt.Sprintf(reason, args...)})
}

func (v *verifier) note(text string, args ...any) {
	v.report.Notes = append(v.report.Notes, fmt.Sprintf(text, args...))
}

// contents checks everything inside the files, in an order in which each rests on what came before. What rests on
// something that is wrong is not looked into, so that one fault is not told many times; its bytes are checked all the
// same.
func (v *verifier) contents() {
	v.ledger()
	if sound := !v.broken; sound {
		v.judged()
		v.snapshots()
		if !v.broken {
			v.subjects()
		}
		v.observations()
		v.findings()
	} else {
		v.note("what rests on the ledger's entries was compared with its digests only")
	}
	v.rest()
}

// finish says how many problems were not named.
func (v *verifier) finish() {
	seen := map[string]bool{}
	for _, p := range v.report.Problems {
		if n := v.counts[p.File] - maxProblems; n > 0 && !seen[p.File] {
			seen[p.File] = true
			v.report.Problems = append(v.report.Problems, Problem{p.File, fmt.Sprintf("and %d more like these", n)})
		}
	}
	if v.report.Problems == nil {
		v.report.Problems = []Problem{}
	}
}

// reader keeps the error of the medium apart from what is wrong with the bundle.
type reader struct {
	r   io.ReaderAt
	err error
}

func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// Checkpoint returns the signed checkpoint in a file that is either the note itself or a bundle. It is not verified
// here.
func Checkpoint(r io.ReaderAt, size int64) ([]byte, error) {
	if note, ok := smallNote(r, size); ok {
		return note, nil
	}
	v := &verifier{counts: map[string]int{}}
	if err := v.archive(&reader{r: r}, size); err != nil {
		return nil, err
	}
	if len(v.report.Problems) > 0 {
		p := v.report.Problems[0]
		return nil, fmt.Errorf("earlier bundle: %s: %s", p.File, p.Reason)
	}
	note, err := v.small(format.CheckpointNow)
	if err != nil {
		return nil, fmt.Errorf("earlier bundle: %s %w", format.CheckpointNow, err)
	}
	return note, nil
}

const maxNote = 1 << 16

func smallNote(r io.ReaderAt, size int64) ([]byte, bool) {
	if size > maxNote {
		return nil, false
	}
	b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil || len(b) < 2 || b[0] == 'P' && b[1] == 'K' {
		return nil, false
	}
	return b, true
}
