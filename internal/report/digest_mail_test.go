package report

import (
	"bytes"
	"errors"
	"image/png"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"exhibit/internal/evidence"
)

// mailElements and mailAttributes are what mail programs show. The only address is that of the report.
const (
	mailElements   = `html head meta title style body div table tr td th p h1 h2 span strong br a img code`
	mailAttributes = `lang charset name content class style role width height align valign cellpadding cellspacing border
		alt src href`
)

func mailOf(t *testing.T, d *Digest) string {
	t.Helper()
	var b bytes.Buffer
	if err := DigestHTML(&b, d, nil); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	nested(t, strings.Replace(page, string(mailStyle), "", 1), mailElements, mailAttributes,
		"https://exhibit.example.com/")
	for _, m := range regexp.MustCompile(`<img src="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if m[1] != "cid:score" && m[1] != "cid:days" {
			t.Errorf("a picture is loaded from %s", m[1])
		}
	}
	if len(page) > 100_000 {
		t.Errorf("the mail has %d bytes", len(page))
	}
	return page
}

// TestHostileDigest holds that no name gets out of where it stands, in any form, and that the mail stays small.
func TestHostileDigest(t *testing.T) {
	d := BuildDigest(floodedWeek(t, 60, hostile))
	some := d.New[0].Owner
	for name, one := range map[string]*Digest{"all": d, "owner": d.Of(some), "baseline": d.AsBaseline(),
		"nothing": d.Of(hostile), "at once": d.AtLeast(evidence.Low)} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			if err := DigestText(&text, one); err != nil {
				t.Fatal(err)
			}
			page := mailOf(t, one)
			for form, got := range map[string]string{"text": text.String(), "html": page, "subject": one.Subject(),
				"slack": DigestSlack(one)} {
				if strings.ContainsAny(got, "\x1b\x00\u202e\r") || !utf8.ValidString(got) {
					t.Errorf("%s: a control character came through", form)
				}
			}
			if strings.Contains(page, "<script") || strings.Contains(page, "onload=alert(1) x='") {
				t.Error("an element of the text came through")
			}
			if strings.ContainsAny(DigestSlack(one), "<>") {
				t.Error("Slack would take a name for a link")
			}
			if strings.Contains(one.Subject(), "\n") {
				t.Error("the subject has more than a line")
			}
			for _, ticket := range one.Tickets() {
				for _, line := range strings.Split(ticket.Body, "\n")[1:] {
					if line != "" && !strings.HasPrefix(line, "    ") {
						t.Fatalf("a ticket's line stands outside of its block: %q", line)
					}
				}
			}
		})
	}
}

// TestDigestFlood holds the size of a mail when everything fails, and that it says how much it leaves out.
func TestDigestFlood(t *testing.T) {
	d := BuildDigest(floodedWeek(t, 3000, strings.Repeat("&", 300)))
	page := mailOf(t, d)
	var text bytes.Buffer
	if err := DigestText(&text, d); err != nil {
		t.Fatal(err)
	}
	if text.Len() > 100_000 {
		t.Errorf("the text has %d bytes", text.Len())
	}
	if len(DigestSlack(d)) > slackBytes+1000 {
		t.Errorf("the Slack message has %d bytes", len(DigestSlack(d)))
	}
	for form, got := range map[string]string{"html": page, "text": text.String()} {
		if !strings.Contains(got, "more: exhibit findings --all") {
			t.Errorf("%s: what was left out is not said", form)
		}
	}
	if len(d.Tickets()) < 2000 {
		t.Errorf("%d tickets: no finding may be left out", len(d.Tickets()))
	}
}

func TestDigestColumns(t *testing.T) {
	var text bytes.Buffer
	if err := DigestText(&text, BuildDigest(sampleWeek(t))); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(text.String(), "\n") {
		n := utf8.RuneCountInString(line)
		if n > mailColumns && !strings.Contains(line, "exhibit ") && !strings.Contains(line, "http") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestDigestContrast holds that the tags of a mail can be read: white on their grounds, 4.5 to 1.
func TestDigestContrast(t *testing.T) {
	for _, tone := range []string{"critical", "high", "medium", "low", toneGood, toneBad, toneUnknown, toneQuiet, ""} {
		if c := contrast(t, "fff", strings.TrimPrefix(string(mailColor(tone)), "#")); c < 4.5 {
			t.Errorf("white on %q: contrast %.2f", tone, c)
		}
	}
}

func TestDigestPictures(t *testing.T) {
	d := BuildDigest(sampleWeek(t))
	pictures, err := d.Pictures()
	if err != nil || len(pictures) != 2 {
		t.Fatalf("%d pictures, %v", len(pictures), err)
	}
	page := mailOf(t, d)
	for _, p := range pictures {
		img, err := png.Decode(bytes.NewReader(p.PNG))
		if err != nil || img.Bounds().Dx() != 2*p.Width || img.Bounds().Dy() != 2*p.Height {
			t.Errorf("%s: %v, %v", p.CID, img.Bounds(), err)
		}
		if len(p.PNG) > 8_000 {
			t.Errorf("%s has %d bytes", p.CID, len(p.PNG))
		}
		if !strings.Contains(page, `src="cid:`+p.CID+`" alt="`+string(escape(p.Alt))+`"`) {
			t.Errorf("%s is not shown with its text %q", p.CID, p.Alt)
		}
	}
	again, err := BuildDigest(sampleWeek(t)).Pictures()
	if err != nil || !slices.EqualFunc(pictures, again, func(a, b Picture) bool { return bytes.Equal(a.PNG, b.PNG) }) {
		t.Errorf("the same report has other pictures: %v", err)
	}
	var b bytes.Buffer
	if err := DigestHTML(&b, d, pictures); err != nil || strings.Contains(b.String(), "cid:") {
		t.Errorf("pictures are left out of the page: %v", err)
	}
}

// TestScoreBar holds that every part is as wide as it is large, and seen when it is there at all.
func TestScoreBar(t *testing.T) {
	img := scoreBars([]Score{{Pass: 5000, Fail: 1, Unknown: 4999}})
	width := map[uint8]int{}
	for x := range img.Bounds().Dx() {
		width[img.ColorIndexAt(x, 0)]++
	}
	if width[inkBad] < 6 || width[inkNone] != 0 || width[inkGood] < 540 || width[inkGood] > 560 {
		t.Errorf("widths %v", width)
	}
}

func TestCalendar(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	c := newCalendar(rome, weekTo)
	time1 := func(s string) time.Time {
		out, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	between := func(from, to string) string { return c.between(evidence.Window{From: time1(from), To: time1(to)}) }
	for _, tc := range []struct{ got, want string }{
		{between("2026-03-03T06:00:00Z", "2026-03-04T06:00:00Z"), "between Tue 3 and Wed 4 March"},
		{between("2026-03-31T06:00:00Z", "2026-04-01T06:00:00Z"), "between Tue 31 March and Wed 1 April"},
		{between("2025-12-31T06:00:00Z", "2026-01-01T06:00:00Z"), "between Wed 31 December 2025 and Thu 1 January"},
		// Summer time begins.
		{between("2026-03-28T23:30:00Z", "2026-03-29T06:00:00Z"), "Sun 29 March between 00:30 and 08:00"},
		{between("2026-03-03T06:00:00Z", "2026-03-03T06:00:00Z"), "Tue 3 March 07:00"},
		{c.due(DigestItem{Due: time1("2026-04-09T23:00:00Z")}, weekTo), "Fri 10 April, in 4 days"},
		{c.due(DigestItem{Due: time1("2026-04-06T05:00:00Z"), Overdue: true}, weekTo), "Mon 6 April: overdue since today"},
		{c.due(DigestItem{Due: time1("2026-04-05T05:00:00Z"), Overdue: true}, weekTo), "Sun 5 April: overdue by 1 day"},
		{c.due(DigestItem{}, weekTo), "no time is set for its severity"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestArgument(t *testing.T) {
	for s, want := range map[string]string{
		"arn:aws:s3:::a": "arn:aws:s3:::a", "a b": "'a b'", "it's": `'it'\''s'`, "$(rm -rf /)": "'$(rm -rf /)'",
		"-x": "-- '-x'", "": "''", "a\nb": `'a\u000ab'`,
	} {
		if got := argument(s); got != want {
			t.Errorf("argument(%q) is %s, want %s", s, got, want)
		}
	}
}

func TestDigestWriteErrors(t *testing.T) {
	d := BuildDigest(sampleWeek(t))
	if err := DigestHTML(brokenWriter{}, d, nil); !errors.Is(err, errBroken) {
		t.Errorf("html: %v", err)
	}
	if err := DigestText(brokenWriter{}, d); !errors.Is(err, errBroken) {
		t.Errorf("text: %v", err)
	}
}
