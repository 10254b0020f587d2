package change

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// MaxAftermath bounds the failures that are told of one deployment.
const MaxAftermath = 100

// recently is how old the last whole look before a deployment may be for its series to count as one that is looked at.
const recently = 7 * 24 * time.Hour

// Aftermath is what began to fail after a production deployment in the accounts where it changes things. It tells what came
// first, never that one made the other.
type Aftermath struct {
	Accounts []string `json:"accounts"`
	// Window is from the deployment's start to a day after its end, or to the start of the next one in the same place.
	Window evidence.Window `json:"window"`
	// Unknown says why it cannot be told that nothing began; empty when it can.
	Unknown string `json:"unknown,omitempty"`
	// Began counts the failures that began in the window, Perhaps those that began in it or outside, as far as looks tell.
	Began   int `json:"began"`
	Perhaps int `json:"perhaps"`
	// Failures are the first of them, those that are certain first.
	Failures []Beginning `json:"failures"`
}

// Beginning is a failure that began, and between which times.
type Beginning struct {
	Key      string            `json:"key"` // evidence.Observation.Key
	Severity evidence.Severity `json:"severity,omitempty"`
	Name     string            `json:"name,omitempty"`
	Between  evidence.Window   `json:"between"`
	Certain  bool              `json:"certain"`
}

// Followed counts production deployments that ended by what began to fail after them.
type Followed struct {
	Rate
	// Untied counts those that no account is tied to, Unseen those whose accounts were not looked at before and after: they
	// are in no other number.
	Untied int `json:"untied"`
	Unseen int `json:"unseen"`
}

// Look is when a series of snapshots was begun to be seen whole.
type Look struct {
	Series, Scope string
	At            time.Time
}

// Ties are what deployments are tied to failures by.
type Ties struct {
	// Accounts returns where a deployment changes things, nil when nobody says.
	Accounts func(places []string, environment string) []string
	// Exposures are all failures, ByChecks whether a change of the checks began one.
	Exposures []evidence.Exposure
	ByChecks  func(e evidence.Exposure) bool
	Looks     []Look
	// Later are deployments after the period, which end the time of those before them.
	Later []Deployed
}

// Trail says of failures which deployment they followed.
type Trail map[string]evidence.Preceding

// Of returns the deployment that came before a failure began; nil when none did, or it is not known.
func (t Trail) Of(e evidence.Exposure) *evidence.Preceding {
	if p, ok := t[beginning(e)]; ok {
		return &p
	}
	return nil
}

// beginning names one time that something began to fail.
func beginning(e evidence.Exposure) string {
	return exposureKey(e) + "|" + e.FirstBad.UTC().Format(time.RFC3339Nano)
}

func exposureKey(e evidence.Exposure) string {
	return evidence.Observation{Scope: e.Scope, Check: e.Check, Subject: e.Subject}.Key()
}

// Follow tells of every production deployment that ended what began to fail after it by the estate's own doing, and counts
// them.
func (p *Population) Follow(t Ties) Trail {
	var began []evidence.Exposure
	for _, e := range t.Exposures {
		if n := e.Narrowed(); !n.LastGood.IsZero() && !t.ByChecks(e) { // when it began is not known, or a check began it
			began = append(began, e)
		}
	}
	slices.SortFunc(began, func(a, b evidence.Exposure) int {
		return cmp.Or(a.Narrowed().FirstBad.Compare(b.Narrowed().FirstBad), strings.Compare(exposureKey(a), exposureKey(b)))
	})
	trail := Trail{}
	var rate Followed
	all := slices.Concat(p.Deployments, t.Later)
	for i := range p.Deployments {
		d := &p.Deployments[i]
		if !d.Production || d.Run != "" || d.Outcome != Succeeded && d.Outcome != Failed {
			continue
		}
		accounts := t.Accounts(d.places(), d.Environment)
		if len(accounts) == 0 {
			rate.Untied++
			continue
		}
		day := evidence.Window{From: d.start(), To: d.at().Add(failureWithin)}
		a := Aftermath{Accounts: accounts, Window: evidence.Window{From: day.From, To: d.untilNext(all, day.To)},
			Failures: []Beginning{}}
		for _, e := range began {
			if in, certain := a.tied(e); in {
				a.add(e, certain)
				trail.add(e, certain, *d, a.Window)
			}
		}
		slices.SortStableFunc(a.Failures, func(x, y Beginning) int { return number(y.Certain) - number(x.Certain) })
		a.Failures = a.Failures[:min(len(a.Failures), MaxAftermath)]
		unseen := t.unseen(accounts, day)
		switch {
		case a.Began > 0:
			rate.Part++
			rate.Of++
		case day.To.After(p.AsOf):
			a.Unknown = "the day after it is not over"
			rate.Unknown++
		case unseen != "":
			a.Unknown = unseen
			rate.Unseen++
		case a.Perhaps > 0:
			a.Unknown = "looks do not tell whether what failed began before it or after"
			rate.Unknown++
		default:
			rate.Of++
		}
		d.Aftermath = &a
	}
	p.Metrics.Followed = &rate
	return trail
}

// places are the names by which a configuration may know where a deployment comes from: the repository without its server,
// and what stands for the pipeline.
func (d Deployed) places() []string {
	system, _, _ := strings.Cut(d.Type, ".")
	var out []string
	if _, repository, ok := strings.Cut(d.Repository, "/"); ok {
		out = append(out, system+":"+repository)
	}
	if name := d.pipeline(); name != "" {
		out = append(out, system+":"+name)
	}
	return out
}

// pipeline is the name of what deployed, where its system knows it by one: of a run of CodePipeline or a build of Jenkins that
// is told by the id; elsewhere the place that is deployed to stands for it.
func (d Deployed) pipeline() string {
	switch d.Type {
	case "aws.codepipeline.execution":
		name, _, _ := strings.Cut(d.ID[strings.LastIndexByte(d.ID, ':')+1:], "/")
		return name
	case "jenkins.build":
		name, _, _ := strings.Cut(d.ID, "#")
		return name
	}
	return d.Environment
}

// start is when a deployment began to change things, as far as it is told.
func (d Deployed) start() time.Time {
	if !d.StartedAt.IsZero() {
		return d.StartedAt
	}
	return d.at()
}

// untilNext cuts a time at the start of the next deployment in the same place. One that waits changes nothing.
func (d Deployed) untilNext(all []Deployed, to time.Time) time.Time {
	for _, n := range all {
		began := !n.StartedAt.IsZero() || n.Outcome == Succeeded || n.Outcome == Failed
		same := n.place() == d.place() && (d.Repository != "" || n.Type == d.Type && n.Scope == d.Scope)
		if at := n.start(); began && same && n.Run == "" && at.After(d.start()) && at.Before(to) {
			to = at
		}
	}
	return to
}

// tied reports whether a failure of the accounts began in the window, or may have; it began after it was last seen good, or
// at the moment that an access log tells.
func (a Aftermath) tied(e evidence.Exposure) (in, certain bool) {
	if !slices.ContainsFunc(a.Accounts, func(account string) bool { return ofAccount(account, e.Scope) }) {
		return false, false
	}
	n := e.Narrowed()
	certain = !n.LastGood.Before(a.Window.From) && !n.FirstBad.After(a.Window.To)
	return certain || n.FirstBad.After(a.Window.From) && n.LastGood.Before(a.Window.To), certain
}

// ofAccount reports whether a scope is one of an account.
func ofAccount(account, scope string) bool {
	return scope == account || strings.HasPrefix(scope, account+":")
}

func (a *Aftermath) add(e evidence.Exposure, certain bool) {
	n := e.Narrowed()
	a.Failures = append(a.Failures, Beginning{Key: exposureKey(e), Severity: e.Severity, Name: e.Name, Certain: certain,
		Between: evidence.Window{From: n.LastGood, To: n.FirstBad}})
	if certain {
		a.Began++
	} else {
		a.Perhaps++
	}
}

// unseen says which account was not looked at as it takes to tell that nothing began there: every series that was seen
// whole not long before the deployment must have been seen whole again by a day after it.
func (t Ties) unseen(accounts []string, day evidence.Window) string {
	for _, account := range accounts {
		before, after := map[string]bool{}, map[string]bool{}
		for _, l := range t.Looks {
			switch {
			case !ofAccount(account, l.Scope) || l.At.After(day.To):
			case !l.At.Before(day.From):
				after[l.Series] = true
			case !l.At.Before(day.From.Add(-recently)):
				before[l.Series] = true
			}
		}
		if len(before) == 0 {
			return account + " was not looked at before it"
		}
		for series := range before {
			if !after[series] {
				return account + " was not looked at whole within a day after it"
			}
		}
	}
	return ""
}

// add keeps of the deployments that a failure follows the one that came last, of those that are certain if any is.
func (t Trail) add(e evidence.Exposure, certain bool, d Deployed, w evidence.Window) {
	end := e.Narrowed().FirstBad
	if end.After(w.To) {
		end = w.To
	}
	is := evidence.Preceding{Type: d.Type, ID: d.ID, Repository: d.Repository, Environment: d.Environment, By: d.StartedBy,
		Start: w.From, Within: evidence.Duration(end.Sub(w.From)), Certain: certain}
	was, ok := t[beginning(e)]
	switch {
	case ok && was.Certain == certain:
		if was.Start.After(is.Start) {
			is = was
		}
		is.Others = was.Others + 1
	case ok && was.Certain:
		return
	}
	t[beginning(e)] = is
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
