package ingest

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// junit reads one file as it comes by.
type junit struct {
	report *Report
	path   []string // names of the elements that are open
	suites []string // names of the suites that are open
	said   int      // tests that the outermost elements count, -1 when they do not
	at     int      // how deep those stand

	test *result
	text strings.Builder
}

// readJUnit reads JUnit XML: suites in suites, each test a result. A test that broke or was skipped is unknown.
func readJUnit(body []byte) ([]*Report, error) {
	j := &junit{report: &Report{tool: "junit"}, said: -1}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = true
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "us-ascii") {
			return in, nil // the whole file is UTF-8, which was looked at
		}
		return nil, fmt.Errorf("encoding %q: expected UTF-8", clean(label, 50))
	}
	for {
		start := d.InputOffset()
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = j.token(token)
		}
		if err != nil {
			return nil, xmlMistake(err, max(start, d.InputOffset()-1))
		}
	}
	if j.at == 0 {
		return nil, wrong("expected testsuites or testsuite")
	}
	switch n := len(j.report.results); {
	case j.said > n:
		j.report.failed(fmt.Sprintf("%d tests are counted, %d are listed", j.said, n))
		j.report.gap = "not all tests are listed"
	case n == 0:
		j.report.gap = "no test was run"
	case j.said == n:
		j.report.ran = "yes"
	}
	return []*Report{j.report}, nil
}

func xmlMistake(err error, offset int64) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return &mistake{offset: offset, expected: "expected XML: " + clean(syntax.Msg, longID)}
	}
	return &mistake{offset: offset, expected: clean(err.Error(), longID)}
}

func (j *junit) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("expected no document type: it is not needed, and may hold entities")
	case xml.StartElement:
		if len(j.path) >= deepest {
			return fmt.Errorf("expected nesting of at most %d", deepest)
		}
		j.path = append(j.path, t.Name.Local)
		return j.start(t)
	case xml.EndElement:
		j.path = j.path[:len(j.path)-1]
		j.end(t.Name.Local)
	case xml.CharData:
		if j.test != nil && j.text.Len() < longText && j.within("failure", "error", "skipped") {
			j.text.Write(t[:min(len(t), longText)])
		}
	}
	return nil
}

func (j *junit) within(names ...string) bool {
	return len(j.path) > 0 && slices.Contains(names, j.path[len(j.path)-1])
}

func (j *junit) start(t xml.StartElement) error {
	attr := func(name string) string {
		for _, a := range t.Attr {
			if a.Name.Local == name {
				return a.Value
			}
		}
		return ""
	}
	switch name := t.Name.Local; {
	case len(j.path) == 1 && name != "testsuites" && name != "testsuite":
		return fmt.Errorf("%s: expected testsuites or testsuite", clean(name, 50))
	case name == "testsuites" || name == "testsuite":
		j.suite(name, attr)
	case name == "testcase":
		if j.test != nil {
			return errors.New("expected no test in a test")
		}
		if len(j.report.results) >= maxResults {
			return fmt.Errorf("expected at most %d tests", maxResults)
		}
		j.begin(attr)
	case j.test == nil || j.path[len(j.path)-2] != "testcase":
	case name == "failure":
		j.ends(fail, attr)
	case name == "error", name == "skipped":
		j.ends(unknown, attr)
	}
	return nil
}

// suite opens a suite. The outermost elements that count their tests count for the file.
func (j *junit) suite(name string, attr func(string) string) {
	if name == "testsuite" || attr("name") != "" {
		j.report.target = cmp.Or(j.report.target, attr("name"))
	}
	j.report.started = cmp.Or(j.report.started, attr("timestamp"))
	if name == "testsuite" {
		j.suites = append(j.suites, attr("name"))
	}
	n, err := strconv.Atoi(attr("tests"))
	if j.at == 0 {
		j.at = len(j.path)
		if err != nil && name == "testsuites" {
			j.at++
		}
	}
	if err == nil && n >= 0 && j.at == len(j.path) {
		j.said = max(j.said, 0) + n
	}
}

// begin opens a test. Its rule is its name, its resource the class, or else the file or the suite that it stands in.
func (j *junit) begin(attr func(string) string) {
	file := inRepository(attr("file"))
	line, _ := strconv.Atoi(attr("line"))
	suite := ""
	if len(j.suites) > 0 {
		suite = strings.Join(j.suites, "/")
	}
	j.test = &result{rule: attr("name"), result: pass, resource: cmp.Or(attr("classname"), file, suite), kind: "test",
		title: attr("name"), location: location{Path: file, Line: line}}
	switch status := strings.ToLower(cmp.Or(attr("status"), attr("result"))); status {
	case "", "run", "passed", "completed", "success":
	default:
		j.test.result, j.test.message = unknown, "its status is "+status
	}
	j.text.Reset()
}

// ends takes in how a test ended; the worst of several counts.
func (j *junit) ends(word string, attr func(string) string) {
	if j.test.result != fail {
		j.test.result = word
		j.test.message = cmp.Or(attr("message"), attr("type"), j.test.message)
	}
}

func (j *junit) end(name string) {
	switch name {
	case "testsuite":
		j.suites = j.suites[:len(j.suites)-1]
	case "testcase":
		if j.test.message == "" {
			j.test.message, _, _ = strings.Cut(strings.TrimSpace(j.text.String()), "\n")
		}
		j.report.add(*j.test)
		j.test = nil
	}
}
