package assess

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// ChangesInput is what a population of changes follows from besides the view.
type ChangesInput struct {
	AsOf time.Time
	// Period is when the changes were merged; without an end it goes as far as every list that was had.
	Period evidence.Window
	// Repository limits it to one repository, written in any way or as its last part; empty is all.
	Repository string
	// Scopes are the scopes that were asked for, as the newest run of each source ended.
	Scopes []evidence.ScopeOutcome
}

// Why what was read is no part of the population.
const (
	otherBranch  = "change that was merged into another branch than the default"
	notMerged    = "change that was not merged"
	outOfPeriod  = "outside the period"
	otherProject = "of another repository"
)

// Changes lists the changes, the commits that no change accounts for and the deployments of a period. The same view and
// input give the same population.
func (e *Evaluator) Changes(view View, in ChangesInput) (change.Population, error) {
	out := change.Population{AsOf: in.AsOf.UTC(), View: view.Size(), Evaluator: Version, Period: in.Period,
		Repository: in.Repository, Lists: []change.List{}, Changes: []change.Row{}, Unexplained: []change.Push{},
		Deployments: []change.Deployed{}, Bypasses: []change.Around{}}
	snaps, err := view.Snapshots("")
	if err != nil {
		return out, fmt.Errorf("list changes: %w", err)
	}
	r := &run{eval: e, view: view, in: Input{Scopes: in.Scopes}, asOf: in.AsOf.UTC()}
	if err := r.plan(snaps); err != nil {
		return out, fmt.Errorf("list changes: %w", err)
	}
	if in.Period.To.IsZero() {
		in.Period.To = r.changesUntil()
		out.Period = in.Period
	}
	index, err := r.allChanges()
	if err != nil {
		return out, fmt.Errorf("list changes: %w", err)
	}
	l := &changeLister{run: r, in: in, out: &out, index: index, excluded: map[string]int{},
		seen: map[string]bool{}, counted: map[string]bool{}}
	for _, silent := range []bool{false, true} { // of a commit that two sources tell of, the one that tells more is taken
		for _, a := range r.accounts {
			for _, w := range a.scopes {
				for _, typ := range change.Types() {
					if e.subjects[typ] == nil || change.Silent(typ) != silent {
						continue
					}
					if err := l.list(w, typ); err != nil {
						return out, fmt.Errorf("list changes of %s: %w", w.scope.id, err)
					}
				}
			}
		}
	}
	for _, c := range l.came {
		if !l.index.index.Has(c.repository, c.change) {
			out.Missing = append(out.Missing, fmt.Sprintf("%s: %s came by change %s, which is not in the list", c.scope, c.commit,
				c.change))
		}
	}
	for _, c := range out.Changes {
		if !l.counted[c.Repository] {
			out.Missing = append(out.Missing, c.Scope+": no commits of "+c.Repository+" were collected to count its changes against")
		}
	}
	if in := l.in.Repository; in != "" && !l.asked {
		out.Missing = append(out.Missing, "nothing of a repository "+in+" was collected")
	}
	if !l.changes {
		out.Missing = append(out.Missing, "no source of changes was collected")
	}
	for _, list := range []*[]string{&out.Missing, &out.Notes} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	for _, reason := range sortedKeys(l.excluded) {
		out.Excluded = append(out.Excluded, evidence.Excluded{Reason: reason, Count: l.excluded[reason]})
	}
	out.Finish(l.index.index)
	return out, nil
}

// changeLister fills in a population.
type changeLister struct {
	run      *run
	in       ChangesInput
	out      *change.Population
	index    *changeIndex
	excluded map[string]int
	changes  bool            // some list of changes was there
	asked    bool            // something of the repository that was asked for, or of any, was there
	seen     map[string]bool // commits, which two sources may tell of
	counted  map[string]bool // repositories of which some commit is known
	came     []cameBy
}

// cameBy is a commit whose provider says by which change it came.
type cameBy struct{ scope, commit, repository, change string }

// list reads the subjects of one type in one scope.
func (l *changeLister) list(w *scopeWork, typ string) error {
	s := w.snap(typ)
	if s == nil {
		if l.run.mayLack(w, typ) {
			l.miss(w, w.lostReason())
		}
		return nil
	}
	l.changes = l.changes || change.Tells(typ) == change.TellsChange
	l.out.Lists = append(l.out.Lists, change.List{Scope: w.scope.id, Type: typ, Source: s.Source, Outcome: s.Outcome,
		CollectedAt: s.Window.From.UTC(), Subjects: s.Subjects})
	l.short(w, *s, change.Tells(typ) == change.TellsBypass || change.Completes(typ))
	if s.Subjects.Count == 0 {
		return nil
	}
	var p fastjson.Parser
	return l.run.view.Subjects(s.Subjects, func(_ string, d evidence.Digest, object []byte) error {
		rec, err := parseRecord(&p, l.run.eval.subjects[typ], w.scope, d, object)
		if err != nil {
			return err
		}
		if err := l.add(w, rec.subject(), d); err != nil {
			l.miss(w, rec.id+": "+err.Error())
		}
		return nil
	})
}

func (l *changeLister) miss(w *scopeWork, reason string) {
	l.out.Missing = append(l.out.Missing, w.scope.id+": "+reason)
}

// add takes one subject into the population.
func (l *changeLister) add(w *scopeWork, s evidence.Subject, d evidence.Digest) error {
	switch change.Tells(s.Type) {
	case change.TellsChange:
		c, err := change.Of(s)
		if err != nil {
			return err
		}
		l.change(w, c, s.Name, d)
	case change.TellsCommit:
		c, err := change.LandedOf(s)
		if err != nil {
			return err
		}
		l.commit(w, c, d)
	case change.TellsBypass:
		b, err := change.BypassOf(s)
		if err != nil {
			return err
		}
		if l.within(b.Repository, b.At) {
			l.out.Bypasses = append(l.out.Bypasses, change.AroundOf(b, w.scope.id, d))
		}
	case change.TellsDeployment:
		dep, err := change.DeploymentOf(s)
		if err != nil {
			return err
		}
		if len(change.Joins(s.Type)) > 0 {
			dep = (&changesInUse{index: l.index, trace: &trace{}}).complete(w.scope.id, dep).Deployment
		}
		row := change.DeployedOf(dep, w.scope.id, d)
		if l.within(row.Repository, row.CreatedAt) {
			l.out.Deployments = append(l.out.Deployments, row)
		}
	}
	return nil
}

func (l *changeLister) change(w *scopeWork, c change.Change, name string, d evidence.Digest) {
	is, known := c.OnDefault()
	switch {
	case c.MergedAt.IsZero():
		l.excluded[notMerged]++
	case known && !is:
		l.excluded[otherBranch]++
	case l.within(c.Repository, c.MergedAt):
		if c.Bypass == "" && c.Merge != "" {
			c.Bypass, _ = l.index.index.Bypass(c.Repository, c.Merge, func(int) bool { return true })
		}
		row := change.RowOf(c, name, w.scope.id, d)
		if row.Verdict == change.Unknown {
			l.miss(w, row.ID+": "+row.Why)
		}
		l.out.Changes = append(l.out.Changes, row)
	}
}

func (l *changeLister) commit(w *scopeWork, c change.Landed, d evidence.Digest) {
	l.counted[c.Repository] = true
	if !l.within(c.Repository, c.LandedAt) || l.seen[c.Repository+" "+c.Commit.ID] {
		return
	}
	l.seen[c.Repository+" "+c.Commit.ID] = true
	row := change.PushOf(c, w.scope.id, d)
	if c.Silent && row.Verdict == change.Unknown {
		how := &judgedCommit{Landed: c}
		how.Verdict = change.Unknown
		(&changesInUse{index: l.index, trace: &trace{}}).landed(w.scope.id, how)
		row.Verdict, row.Why = how.Verdict, how.Why
	}
	l.out.Commits.All++
	switch row.Verdict {
	case change.DirectPush:
		l.out.Commits.Direct++
	case change.Unknown:
		l.out.Commits.Unknown++
		l.miss(w, row.ID+": "+row.Why)
	default:
		l.out.Commits.Explained++
		if _, _, number := c.Judge(); number != "" {
			l.came = append(l.came, cameBy{w.scope.id, c.ID, c.Repository, number})
		}
		return
	}
	l.out.Unexplained = append(l.out.Unexplained, row)
}

// within reports whether something belongs to the population by its repository and time.
func (l *changeLister) within(repository string, at time.Time) bool {
	if want := l.in.Repository; want != "" && !sameRepository(repository, want) {
		l.excluded[otherProject]++
		return false
	}
	l.asked = true
	switch {
	case at.Before(l.in.Period.From), at.After(l.in.Period.To):
		l.excluded[outOfPeriod]++
		return false
	}
	return true
}

// sameRepository reports whether a repository is the one that was asked for: by its address, or by the end of its path.
func sameRepository(key, asked string) bool {
	asked = strings.ToLower(strings.Trim(asked, "/"))
	return key == change.RepositoryKey(asked) || strings.HasSuffix(key, "/"+asked)
}
