package bundle_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/bundle"
	"exhibit/internal/bundle/format"
	"exhibit/internal/bundle/verify"
	"exhibit/internal/evidence"
)

// write returns a bundle and fails the test when the verifier finds anything wrong with it.
func write(t testing.TB, v bundle.View, r bundle.Request) ([]byte, bundle.Summary, verify.Report) {
	t.Helper()
	var out bytes.Buffer
	s, err := bundle.Write(context.Background(), &out, v, r)
	if err != nil {
		t.Fatal(err)
	}
	report, err := verify.Bundle(bytes.NewReader(out.Bytes()), int64(out.Len()), verify.Options{TrustedKey: r.Key.Verifier()})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Errorf("%s: %s", p.File, p.Reason)
	}
	return out.Bytes(), s, report
}

func TestRoundTrip(t *testing.T) {
	c := newCompany(t, 5)
	c.live(t, 0, 29)
	c.commit(t, evidence.KindRun, evidence.Run{ID: "stopped", Outcome: evidence.OutcomeFailed, Error: "no network"}, on(28))
	c.live(t, 29, 30)
	for _, days := range [][2]int{{0, 30}, {4, 10}, {29, 40}, {3, 4}, {0, 0}, {-9, 1}} {
		b, s, r := write(t, c, c.request(days[0], days[1]))
		if s.Bytes != int64(len(b)) {
			t.Errorf("summary says %d bytes, wrote %d", s.Bytes, len(b))
		}
		if days == [2]int{0, 30} && (r.Entries != c.Size() || r.Observations == 0 || r.Subjects == 0 || r.Snapshots != 30*4) {
			t.Errorf("the whole history is %+v", r)
		}
	}
}

// TestSame holds that the same request gives the same bytes.
func TestSame(t *testing.T) {
	c := newCompany(t, 5)
	c.live(t, 0, 9)
	first, _, _ := write(t, c, c.request(0, 9))
	again := newCompany(t, 5)
	again.live(t, 0, 9)
	second, _, _ := write(t, again, again.request(0, 9))
	if !bytes.Equal(first, second) {
		t.Error("two exports differ")
	}
}

// TestBlocks holds that long histories, cut into blocks of lists, verify as well and hold the same.
func TestBlocks(t *testing.T) {
	c := newCompany(t, 7)
	c.live(t, 0, 25)
	_, _, whole := write(t, c, c.request(0, 25))
	for _, n := range []int{1, 2, 3, 10, 50} {
		r := c.request(0, 25)
		r.SetBlockChanges(n)
		b, _, cut := write(t, c, r)
		if cut.Lists != whole.Lists || cut.Subjects < whole.Subjects {
			t.Errorf("blocks of %d changes: %d lists and %d subjects, want %d and at least %d", n, cut.Lists, cut.Subjects,
				whole.Lists, whole.Subjects)
		}
		if heads := strings.Count(file(t, b, bucketLists), `"lists"`); n == 1 && heads < 10 {
			t.Errorf("blocks of one change: only %d", heads)
		}
	}
}

// file returns the content of a file of a bundle.
func file(t testing.TB, b []byte, name string) string {
	t.Helper()
	p := takeApart(t, b, nil)
	return string(p.content(name))
}

func omissions(t testing.TB, b []byte) []format.Omission {
	t.Helper()
	var all []format.Omission
	for line := range strings.Lines(file(t, b, format.Omissions)) {
		var o format.Omission
		if err := decode([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

func TestOmissions(t *testing.T) {
	c := newCompany(t, 3)
	c.live(t, 0, 2)
	c.live(t, 3, 6)
	b, _, _ := write(t, c, c.request(0, 6))
	all := omissions(t, b)
	for _, want := range []format.Omission{
		{What: "day", Name: "2026-03-03", Reason: "no run was recorded", Count: 1},
		{What: "type", Name: "aws.ec2.volume", Reason: "no control of the framework needs it", Count: 10},
		{What: "requirement", Name: "1.2", Reason: "by hand: read the minutes", Count: 1},
		{What: "requirement", Name: "1.3", Reason: "no system knows", Count: 1},
		{What: "scope", Name: "prod|aws:7", Reason: "unreachable: no route", Count: 1, First: on(4), Last: on(4)},
		{What: "operation", Name: "prod|aws.s3.bucket|aws:444455556666|s3:ListAllMyBuckets",
			Reason: "denied, needs s3:ListAllMyBuckets", Count: 1, First: on(3), Last: on(3)},
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%+v is not among %+v", want, all)
		}
	}
	if strings.Contains(file(t, b, format.Observations), "ec2.encrypted") || strings.Contains(file(t, b, format.ObservationsList), "ec2.encrypted") {
		t.Error("an observation outside the framework is shown")
	}
	for _, f := range takeApart(t, b, nil).files {
		if strings.Contains(f.name, "volume") {
			t.Errorf("%s: a type that the framework does not need", f.name)
		}
	}
}

// TestEventsThatNobodyKnows holds that a gap in the events of a population is told, once for each series.
func TestEventsThatNobodyKnows(t *testing.T) {
	c := newCompany(t, 3)
	c.forgotten = true
	c.live(t, 0, 3)
	b, _, _ := write(t, c, c.request(0, 3))
	var got []format.Omission
	for _, o := range omissions(t, b) {
		if o.What == "events" {
			got = append(got, o)
		}
	}
	var want []format.Omission
	for _, account := range []string{"111122223333", "444455556666"} {
		want = append(want, format.Omission{What: "events", Name: "prod|aws.iam.user|aws:" + account, Reason: "the provider forgot",
			Count: 3, First: on(-2), Last: on(-1)})
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNoEvidence(t *testing.T) {
	c := newCompany(t, 3)
	c.live(t, 0, 3)
	b, s, r := write(t, c, c.request(40, 50))
	if !s.Empty || !strings.HasPrefix(r.Statement, "No evidence was collected and nothing was assessed between") {
		t.Errorf("empty %v, statement %q", s.Empty, r.Statement)
	}
	all := omissions(t, b)
	days := 0
	for _, o := range all {
		if o.What == "day" {
			days++
		}
	}
	if days != 11 || !slices.ContainsFunc(all, func(o format.Omission) bool { return o.What == "evidence" }) {
		t.Errorf("%d days, %+v", days, all)
	}
	// What stood when the period began is there.
	if !strings.Contains(file(t, b, format.Snapshots), "aws.s3.bucket") {
		t.Error("the evidence at the start of the period is missing")
	}
}

func TestIndex(t *testing.T) {
	c := newCompany(t, 3)
	c.live(t, 0, 4)
	b, _, _ := write(t, c, c.request(0, 4))
	rows, err := csv.NewReader(strings.NewReader(file(t, b, format.Index))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[at(row, "requirement")+" "+at(row, "check")+" "+at(row, "scope")+" "+at(row, "control_status")+" "+
			at(row, "pass")+"/"+at(row, "fail")+"/"+at(row, "unknown")+" "+at(row, "note")] = true
		if at(row, "requirement") == "1.1" && at(row, "requirement_title") != "'=Storage is closed" {
			t.Errorf("a title that a spreadsheet takes for a formula: %q", at(row, "requirement_title"))
		}
	}
	for _, want := range []string{
		"1.1 s3.private aws:111122223333 not-satisfied 2/1/0 ",
		"1.1 s3.private aws:444455556666 satisfied 0/0/1 ", // day 3 was denied; the test's own judge calls it satisfied
		"1.2    // by hand: read the minutes",
		"1.3    // no system knows",
	} {
		if !seen[want] {
			t.Errorf("no row %q in %v", want, seen)
		}
	}
}

func TestDerived(t *testing.T) {
	c := newCompany(t, 3)
	c.live(t, 0, 2)
	r := c.request(0, 2)
	r.Exposures = func(yield func(evidence.Exposure, error) bool) {
		_ = yield(evidence.Exposure{Check: "s3.private", Subject: "shown"}, nil) &&
			yield(evidence.Exposure{Check: "ec2.encrypted", Subject: "outside"}, nil)
	}
	r.Gaps = []evidence.Gap{{Series: "prod|aws.s3.bucket|aws:1", Window: r.Period}, {Series: "prod|aws.ec2.volume|aws:1"}}
	b, _, _ := write(t, c, r)
	if got := file(t, b, format.Exposures); strings.Count(got, "\n") != 1 || !strings.Contains(got, "shown") {
		t.Errorf("exposures: %s", got)
	}
	if got := file(t, b, format.Gaps); strings.Count(got, "\n") != 1 {
		t.Errorf("gaps: %s", got)
	}
	if got := file(t, b, format.Redactions); !strings.Contains(got, `{"count":4,"path":"/Keys/*/Secret","rule":"declared","type":"aws.iam.user"}`) {
		t.Errorf("redactions: %s", got)
	}
	r.Exposures = func(yield func(evidence.Exposure, error) bool) { yield(evidence.Exposure{}, io.ErrUnexpectedEOF) }
	if _, err := bundle.Write(context.Background(), io.Discard, c, r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a failing source of exposures: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	c := newCompany(t, 1)
	c.live(t, 0, 1)
	for _, tc := range []struct {
		name   string
		change func(*bundle.Request)
		says   string
	}{
		{"no framework", func(r *bundle.Request) { r.Framework = evidence.Framework{} }, "no framework"},
		{"no key", func(r *bundle.Request) { r.Key = nil }, "key"},
		{"another key", func(r *bundle.Request) { r.Key = testKey(t, 9, "example.test/ledger") }, "not that of ledger"},
		{"period upside down", func(r *bundle.Request) { r.Period.From, r.Period.To = r.Period.To, r.Period.From }, "ends before"},
		{"period to come", func(r *bundle.Request) { r.AsOf = on(-5) }, "after now"},
		{"page outside", func(r *bundle.Request) { r.Pages = []bundle.Page{{Name: "../x"}} }, "plain name"},
		{"page twice", func(r *bundle.Request) { r.Pages = []bundle.Page{{Name: "x"}, {Name: "x"}} }, "twice"},
		{"page fails", func(r *bundle.Request) {
			r.Pages = []bundle.Page{{Name: "x", Write: func(io.Writer) error { return errors.New("no ink") }}}
		}, "no ink"},
	} {
		r := c.request(0, 2)
		tc.change(&r)
		if _, err := bundle.Write(context.Background(), io.Discard, c, r); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: got %v", tc.name, err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := bundle.Write(ctx, io.Discard, c, c.request(0, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: got %v", err)
	}
}

// TestFullDisk fails each write of the output in turn.
func TestFullDisk(t *testing.T) {
	c := newCompany(t, 1)
	c.live(t, 0, 1)
	b, _, _ := write(t, c, c.request(0, 1))
	for room := 0; room < len(b); room += 997 {
		if _, err := bundle.Write(context.Background(), &short{room}, c, c.request(0, 1)); !errors.Is(err, errFull) {
			t.Fatalf("room for %d bytes: got %v", room, err)
		}
	}
}

var errFull = errors.New("disk full")

type short struct{ room int }

func (s *short) Write(p []byte) (int, error) {
	if len(p) > s.room {
		return 0, errFull
	}
	s.room -= len(p)
	return len(p), nil
}
