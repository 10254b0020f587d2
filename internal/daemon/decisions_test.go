package daemon

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// office is a folder of papers that is collected and judged, on days that the test lets pass.
type office struct {
	*App
	t   *testing.T
	dir string
	now time.Time
}

const officeControl = `title: Papers are final
statement: Every paper is final.
owner: office
freshness: 2400h
manual: What the papers say.
checks:
  - id: papers.final
    title: The paper is final
    subject: file.document
    where: has(subject.doc.content)
    assert: subject.doc.content.state == "final"
    facts: { state: subject.doc.content.state }
    on_empty: unknown
    severity: high
    remediation: Finish it.
    cases:
      - { expect: pass, doc: { content: { state: final } } }
      - { expect: fail, doc: { content: { state: draft } } }
`

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	for _, d := range []string{"acceptances", "attestations", "papers"} {
		if err := os.Mkdir(filepath.Join(o.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(o.dir, "own", "papers"), 0o700); err != nil {
		t.Fatal(err)
	}
	o.write("own/papers/papers-final.yaml", officeControl)
	o.write("papers/plan.json", `{"state": "draft"}`)
	text := "controls: ./own\nacceptances: ./acceptances\nattestations: ./attestations\nsources: [{ name: papers, file: { path: ./papers } }]\n"
	cfg, err := config.Parse(filepath.Join(o.dir, config.FileName), []byte(text), ProviderNames())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(cfg, o.now, false); err != nil {
		t.Fatal(err)
	}
	o.App, err = Open(Options{Config: cfg, Mode: Write, Now: func() time.Time { return o.now }, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func (o *office) write(name, text string) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) remove(name string) {
	o.t.Helper()
	if err := os.Remove(filepath.Join(o.dir, name)); err != nil {
		o.t.Fatal(err)
	}
}

// accept writes the acceptance of the plan.
func (o *office) accept(approver, end string) {
	o.t.Helper()
	o.write("acceptances/plan.yaml", "requester: ann\napprover: "+approver+"\nowner: cat\nreason: a plan\ncategory: waiver\ncheck: papers.final\n"+
		"scope: file:papers\nsubjects: [plan.json]\nstart: 2026-03-01\nend: "+end+"\nzone: Europe/Berlin\n")
}

// day lets it be noon of a day in March, and collects.
func (o *office) day(d int) {
	o.t.Helper()
	o.now = march(d)
	if _, err := o.Collect(o.t.Context(), CollectRequest{Trigger: "test"}); err != nil {
		o.t.Fatal(err)
	}
}

func march(d int) time.Time { return time.Date(2026, 3, d, 12, 0, 0, 0, time.UTC) }

// at is the posture as of a time.
func (o *office) at(t time.Time) *report.Posture {
	o.t.Helper()
	var p *report.Posture
	err := o.Store.View(func(v *store.View) (err error) {
		p, err = o.Posture(v, t, evidence.Window{})
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (o *office) entries(kind evidence.Kind) int {
	o.t.Helper()
	n := 0
	err := o.Store.View(func(v *store.View) error {
		n = len(slices.Collect(v.EntriesOf(kind)))
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// TestAcceptanceHistory holds that the posture of a day uses the acceptances that were committed by then, as they stood
// then, whatever came after.
func TestAcceptanceHistory(t *testing.T) {
	o := newOffice(t)
	o.day(1)
	o.accept(`""`, "2026-03-20")
	o.day(2)
	o.accept("ben", "2026-03-20")
	o.day(3)
	o.day(4) // what did not change is not committed again
	o.accept("ben", "2026-03-06")
	o.day(5)
	o.day(7)
	o.accept("ben", "2026-03-20") // the text of day 3 once more
	o.day(8)
	o.remove("acceptances/plan.yaml")
	o.day(9)
	o.day(10)
	if got := o.entries(evidence.KindAcceptance); got != 5 {
		t.Errorf("%d acceptances are committed, want 5: asked, approved, shortened, lengthened, withdrawn", got)
	}
	o.now = march(31)
	for _, tc := range []struct {
		at   time.Time
		want string // state of the acceptance; nothing before there was one
	}{
		{march(1), ""},
		{march(2), "lapsed not approved"},
		{march(3).Add(-time.Minute), "lapsed not approved"},
		{march(3), "in effect"},
		{march(5), "in effect"},
		{time.Date(2026, 3, 6, 22, 59, 59, 0, time.UTC), "in effect"}, // the end of the day in Berlin
		{time.Date(2026, 3, 6, 23, 0, 0, 0, time.UTC), "lapsed ended"},
		{march(7), "lapsed ended"},
		{march(8), "in effect"},
		{march(9), "lapsed withdrawn"},
		{march(30), "lapsed withdrawn"},
	} {
		p := o.at(tc.at)
		got := ""
		for _, a := range p.Acceptances {
			got += strings.TrimSpace(a.State + " " + a.Why)
		}
		accepted := p.Score.Accepted == 1 && p.Score.Fail == 0
		if got != tc.want || accepted != (tc.want == "in effect") {
			t.Errorf("at %s: %q, score %+v, want %q", tc.at.Format(time.RFC3339), got, p.Score, tc.want)
		}
	}
}

// TestSeenAtApproval holds that facts are compared with those that could be looked at when the approval was committed.
func TestSeenAtApproval(t *testing.T) {
	o := newOffice(t)
	o.accept(`""`, "2026-03-20")
	o.day(1)
	o.write("papers/plan.json", `{"state": "sketch"}`)
	o.day(2)
	o.accept("ben", "2026-03-20")
	o.write("papers/plan.json", `{"state": "abandoned"}`)
	o.day(3)
	o.accept("ben", "2026-03-21") // approved still: the end is another
	o.day(4)
	seen := func() string {
		var got report.AtApproval
		p := o.at(o.now)
		err := o.Store.View(func(v *store.View) (err error) {
			got, err = o.SeenAtApproval(v, p.Acceptances)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(got["plan"]["plan.json"].Facts["state"])
	}
	if got := seen(); got != `"sketch"` {
		t.Errorf("ben saw %s, want the sketch of day 2", got)
	}
	o.accept("dan", "2026-03-21")
	o.day(5)
	if got := seen(); got != `"abandoned"` {
		t.Errorf("dan saw %s, want what there was on day 4", got)
	}
}

// TestContradicted holds that a failure ends a statement for good, in its own scope only, and that history has it.
func TestContradicted(t *testing.T) {
	o := newOffice(t)
	state := func(id, more string) {
		o.write("attestations/"+id+".yaml", "control: papers-final\nauthor: hana\nstatement: I read them.\nfrom: 2026-03-01\nto: 2026-03-31\n"+more)
	}
	o.write("papers/plan.json", `{"state": "final"}`)
	state("everywhere", "")
	state("here", "scope: file:papers\n")
	state("elsewhere", "scope: file:others\n")
	o.write("attestations/later.yaml", "control: papers-final\nauthor: hana\nstatement: s\nfrom: 2026-03-10\nto: 2026-03-31\n")
	o.day(1)
	o.write("papers/plan.json", `{"state": "draft"}`)
	o.day(2)
	o.write("papers/plan.json", `{"state": "final"}`)
	o.day(3)
	states := func(d time.Time) string {
		var out []string
		for _, a := range o.at(d).Attestations {
			out = append(out, a.ID+" "+a.State)
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	}
	if got, want := states(march(1)), "elsewhere valid, everywhere valid, here valid, later not begun"; got != want {
		t.Errorf("on day 1: %s, want %s", got, want)
	}
	if got, want := states(march(3)), "elsewhere valid, everywhere ended, here ended, later not begun"; got != want {
		t.Errorf("on day 3: %s, want %s", got, want)
	}
	if got := o.entries(evidence.KindAttestation); got != 6 {
		t.Errorf("%d entries, want 4 statements and 2 ends", got)
	}
	state("here", "scope: file:papers\nexpires: 2026-06-30\n") // stated anew
	o.day(4)
	if got, want := states(march(4)), "elsewhere valid, everywhere ended, here valid, later not begun"; got != want {
		t.Errorf("on day 4: %s, want %s", got, want)
	}
}
