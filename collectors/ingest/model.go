package ingest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"unicode"

	"exhibit/internal/evidence"
)

// The words of a result.
const (
	pass          = "pass"
	fail          = "fail"
	unknown       = "unknown"
	notApplicable = "not-applicable"
	suppressed    = "suppressed"
)

// outcomes are the results from the worst on.
var outcomes = [...]string{fail, unknown, suppressed, pass, notApplicable}

// severities are the weights from the gravest on. What is not known counts least.
var severities = [...]string{"critical", "high", "medium", "low", "info", unknown}

// Report is what one run of one tool reported.
type Report struct {
	file    string // as it was delivered, or its path in the folder
	digest  evidence.Digest
	format  string
	tool    string
	version string
	started string
	ended   string
	// target is what was looked at.
	target string
	// name tells several reports of one tool in one file apart.
	name string
	// ran says whether the tool came to its end: "yes", "no", or "not-said".
	ran    string
	errors []string
	// gap says what the report leaves unsaid about what was looked at; empty when it says all.
	gap     string
	results []result
}

// result is one rule of one tool on one resource, as a report has it.
type result struct {
	rule, title, result, severity, resource, kind, message, reason string
	location                                                       location
	// fingerprint is the tool's own name for what it found, by which two finds of one rule in one file are told apart. It
	// does not change with the lines around them.
	fingerprint string
	// occurrences is how often it was reported.
	occurrences int
}

// location is where in the code the resource stands.
type location struct {
	Path string `json:"path"` // relative to the repository
	Line int    `json:"line,omitempty"`
}

// Tool is the name of the tool that wrote the report, in lower case.
func (r *Report) Tool() string { return r.tool }

const (
	// longText is how much of a message is kept, longID of an id.
	longText = 2000
	longID   = 500
	// keptErrors is how many of a tool's own errors are kept.
	keptErrors = 20
)

// add takes in one result. Its texts are made fit to be kept.
func (r *Report) add(one result) {
	one.rule = cmp.Or(clean(one.rule, longID), "unnamed")
	one.resource = cmp.Or(clean(one.resource, longID), clean(r.target, longID), "unnamed")
	one.title = clean(one.title, longText)
	one.message = clean(one.message, longText)
	one.reason = clean(one.reason, longText)
	one.kind, one.fingerprint = clean(one.kind, longID), clean(one.fingerprint, longID)
	one.location.Path = clean(one.location.Path, longID)
	one.location.Line = max(one.location.Line, 0)
	one.severity = severityOf(one.severity)
	if !slices.Contains(outcomes[:], one.result) {
		one.result = unknown
	}
	one.occurrences = 1
	r.results = append(r.results, one)
}

// failed notes an error of the tool's own.
func (r *Report) failed(text string) {
	r.ran = "no"
	if len(r.errors) < keptErrors {
		r.errors = append(r.errors, cmp.Or(clean(text, longText), "an error without text"))
	}
}

// counts says how many results there are of each word.
func (r *Report) counts() map[string]int {
	out := map[string]int{}
	for _, one := range r.results {
		out[one.result]++
	}
	return out
}

// id is the result's stable name: no line, no position in the report, no name that is for people.
func (o result) id(tool string) string {
	id := escapeBar.Replace(tool) + "|" + escapeBar.Replace(o.rule) + "|" + escapeBar.Replace(o.resource)
	if o.fingerprint != "" {
		id += "|" + escapeBar.Replace(o.fingerprint)
	}
	return shorten(id, 2*longID)
}

var escapeBar = strings.NewReplacer("%", "%25", "|", "%7C")

// merge makes one of two results with the same id: the worse, with the gravest severity that it was reported with. It does
// not depend on the order in which they come.
func merge(a, b result) result {
	worse, other := a, b
	if compare(b, a) < 0 {
		worse, other = b, a
	}
	if worse.result == other.result && rank(severities[:], other.severity) < rank(severities[:], worse.severity) {
		worse.severity = other.severity
	}
	worse.title, worse.kind = cmp.Or(worse.title, other.title), cmp.Or(worse.kind, other.kind)
	worse.occurrences += other.occurrences
	return worse
}

func compare(a, b result) int {
	return cmp.Or(
		cmp.Compare(rank(outcomes[:], a.result), rank(outcomes[:], b.result)),
		// A suppression without a reason is the worse one.
		cmp.Compare(a.reason, b.reason),
		cmp.Compare(a.location.Path, b.location.Path), cmp.Compare(a.location.Line, b.location.Line),
		cmp.Compare(a.message, b.message), cmp.Compare(a.title, b.title), cmp.Compare(a.kind, b.kind),
		cmp.Compare(rank(severities[:], a.severity), rank(severities[:], b.severity)),
	)
}

func rank(words []string, word string) int { return slices.Index(words, word) }

// severityOf reads the tools' words for how grave something is.
func severityOf(word string) string {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "critical", "fatal", "blocker":
		return "critical"
	case "high", "error", "major":
		return "high"
	case "medium", "moderate", "warning":
		return "medium"
	case "low", "minor", "note":
		return "low"
	case "info", "informational", "negligible", "none":
		return "info"
	}
	return unknown
}

// slug is a tool's name as a part of ids and scopes: lower case, without blanks.
func slug(name string) string {
	f := func(c rune) bool { return unicode.IsSpace(c) || c == '/' || c == ':' || c == '|' }
	return shorten(strings.Join(strings.FieldsFunc(strings.ToLower(clean(name, longID)), f), "-"), 100)
}

// clean returns a text in one piece of UTF-8 without control characters, cut to so many bytes.
func clean(text string, most int) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
	return shorten(strings.TrimSpace(text), most)
}

// shorten cuts a text that is too long and ends it with its digest, so that two such texts stay two.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	end := "…" + hex.EncodeToString(sum[:8])
	return strings.ToValidUTF8(text[:most-len(end)], "") + end
}

// inRepository makes a path relative to the repository, as far as the report lets it be known.
func inRepository(p string) string {
	p = strings.ReplaceAll(strings.TrimPrefix(p, "file://"), `\`, "/")
	if p == "" {
		return ""
	}
	return strings.TrimPrefix(path.Clean("/"+p), "/")
}

// inCode names a thing in code: the file, and what in it is meant.
func inCode(file, logical string) string {
	switch file = inRepository(file); {
	case logical == "":
		return file
	case file == "":
		return logical
	}
	return file + "#" + logical
}
