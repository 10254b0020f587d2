package ingest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"exhibit/internal/collect"
)

const (
	// MaxBytes is the largest report that is read.
	MaxBytes = 64 << 20
	// maxResults is how many results a file may hold.
	maxResults = 500_000
	// deepest is how deep values may be nested.
	deepest = 100
)

// ErrReport means that a file is no report that can be understood. Nothing of it is kept.
var ErrReport = errors.New("the report is not understood")

// Formats are the names of the formats that can be read, in the order in which they are tried.
func Formats() []string {
	return []string{"sarif", "ocsf", "trivy", "checkov", "conftest", "policyreport", "junit"}
}

// mistake is what is wrong with a file, and where.
type mistake struct {
	offset       int64 // in bytes from the start; -1 when it is not known
	line, column int   // instead of the offset; 0 for the file as a whole
	expected     string
}

func (m *mistake) Error() string { return m.expected }

// wrong says what was expected of the file as a whole.
func wrong(format string, args ...any) error {
	return &mistake{offset: -1, expected: fmt.Sprintf(format, args...)}
}

// Read reads one file: name is how it is called in errors and evidence, format one of Formats or empty to tell it from
// the content. A file may hold several reports. The error wraps ErrReport and says file, line and column, and what was
// expected.
func Read(name string, body []byte, format string) ([]*Report, error) {
	reports, err := read(body, format)
	if err == nil {
		return sign(name, body, reports), nil
	}
	var m *mistake
	if errors.As(err, &m) && m.offset >= 0 {
		m.line, m.column = position(body, m.offset)
	}
	if m != nil && m.line > 0 {
		return nil, fmt.Errorf("%w: %s:%d:%d: %w", ErrReport, name, m.line, m.column, err)
	}
	return nil, fmt.Errorf("%w: %s: %w", ErrReport, name, err)
}

// sign says of reports which file they stand in.
func sign(name string, body []byte, reports []*Report) []*Report {
	sum := sha256.Sum256(body)
	for _, r := range reports {
		r.file = name
		copy(r.digest[:], sum[:])
		r.tool = slug(r.tool)
		if r.tool == "" {
			r.tool = "unnamed"
		}
		r.version, r.target, r.name = clean(r.version, longID), clean(r.target, longID), clean(r.name, longID)
		if r.ran == "" {
			r.ran = "not-said"
		}
		if r.ran == "no" && r.gap == "" {
			r.gap = "the tool did not run to its end"
		}
	}
	return reports
}

func read(body []byte, format string) ([]*Report, error) {
	if len(body) > MaxBytes {
		return nil, wrong("expected at most %d bytes, it has %d", MaxBytes, len(body))
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(body) {
		return nil, wrong("expected UTF-8")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, wrong("expected a report, it is empty")
	}
	if format == "" {
		var err error
		if format, err = detect(body); err != nil {
			return nil, err
		}
	}
	reader := readerOf(format)
	if reader == nil {
		return nil, wrong("format %q: expected one of %s", format, strings.Join(Formats(), ", "))
	}
	reports, err := reader(body)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, r := range reports {
		r.format = format
		n += len(r.results)
	}
	if n > maxResults {
		return nil, wrong("expected at most %d results, it has %d", maxResults, n)
	}
	return reports, nil
}

// readerOf returns what reads a format, or nil.
func readerOf(format string) func([]byte) ([]*Report, error) {
	switch format {
	case "sarif":
		return readSARIF
	case "ocsf":
		return readOCSF
	case "trivy":
		return readTrivy
	case "checkov":
		return readCheckov
	case "conftest":
		return readConftest
	case "policyreport":
		return readPolicyReport
	case "junit":
		return readJUnit
	}
	return nil
}

// decode reads JSON into what a reader wants of it. A key that comes twice is a mistake, for the two may differ.
func decode(body []byte, into any) error {
	if err := shallow(body); err != nil {
		return err
	}
	return jsonMistake(json.Unmarshal(body, into), 0)
}

// jsonMistake says a decoder's error in words that stay the same; base is where in the file the value starts.
func jsonMistake(err error, base int64) error {
	var semantic *json.SemanticError
	var syntax *jsontext.SyntacticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &semantic):
		at := "the value"
		if semantic.JSONPointer != "" {
			at = string(semantic.JSONPointer)
		}
		text := fmt.Sprintf("%s is not of the kind that the format has there", clean(at, longID))
		return &mistake{offset: base + semantic.ByteOffset, expected: text}
	case errors.As(err, &syntax):
		return &mistake{offset: base + syntax.ByteOffset, expected: "expected JSON: " + syntax.Err.Error()}
	}
	return wrong("expected JSON: %v", err)
}

// shallow refuses JSON that is nested too deep.
func shallow(body []byte) error {
	if at := collect.TooDeep(body, deepest); at >= 0 {
		return &mistake{offset: int64(at), expected: fmt.Sprintf("expected nesting of at most %d", deepest)}
	}
	return nil
}

// position is the line and column of an offset, counted from 1.
func position(body []byte, offset int64) (line, column int) {
	before := body[:min(max(offset, 0), int64(len(body)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// known reports whether a format can be read.
func known(format string) bool { return slices.Contains(Formats(), format) }
