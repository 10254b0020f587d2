package change

import (
	"maps"
	"math"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// failureWithin is how soon after a deployment a failure or a rollback in the same place is laid at its door.
const failureWithin = 24 * time.Hour

// Metrics are what a population comes to. Each rate has its numerator and denominator beside it; what is unknown is in
// neither and counted apart.
type Metrics struct {
	// Verdicts counts changes by verdict.
	Verdicts map[Verdict]int `json:"verdicts"`
	// Bypass is the part of changes and commits that reached a default branch without another person's approval, emergencies
	// that were approved in time not among them.
	Bypass Rate `json:"bypass"`
	// LeadToApproval is the time from a change's opening to the first approval that counts.
	LeadToApproval Times `json:"lead_to_approval"`
	// Unapproved is the part of production deployments that no other person approved.
	Unapproved Rate `json:"unapproved_deployments"`
	// Rollback is the part of successful production deployments that brought back what was there before.
	Rollback Rate `json:"rollback"`
	// Failed is the part of successful production deployments after which the next one there failed, or rolled back, within a
	// day. Of those whose place is not known it cannot be told.
	Failed Rate `json:"change_failure"`
	// Followed is the part of production deployments that ended after which something began to fail in their accounts within a
	// day, or until the next one there; nil when nothing ties deployments to accounts.
	Followed *Followed `json:"drift_after_deployment,omitempty"`
	// Unended counts production deployments of which nobody knows how they ended: they are in no rate.
	Unended int `json:"deployments_without_end"`
	// InStaging is the time from a commit's first success elsewhere to its first success in production of the same repository;
	// Stuck counts the commits that never came there, and that no later one overtook. What went to production first is in
	// neither.
	InStaging Times `json:"in_staging"`
	Stuck     int   `json:"stuck_in_staging"`
}

// Around reports whether the verdict says that no other person approved in time.
func (v Verdict) Around() bool { return v != Unknown && v != IsApproved && v != IsEmergency }

// Rate is a part of a whole.
type Rate struct {
	Part    int `json:"part"`
	Of      int `json:"of"`
	Unknown int `json:"unknown"`
}

// Times sums up how long something took.
type Times struct {
	Count  int               `json:"count"`
	Median evidence.Duration `json:"median"`
	P90    evidence.Duration `json:"p90"`
}

// timesOf sums up durations. The percentile is the smallest of them that so many are not above.
func timesOf(all []time.Duration) Times {
	if len(all) == 0 {
		return Times{}
	}
	slices.Sort(all)
	at := func(part float64) evidence.Duration {
		return evidence.Duration(all[max(0, int(math.Ceil(part*float64(len(all))))-1)])
	}
	return Times{len(all), at(0.5), at(0.9)}
}

// measure works out the metrics of rows that are in order.
func (p *Population) measure() Metrics {
	m := Metrics{Verdicts: map[Verdict]int{}}
	var lead []time.Duration
	for _, r := range p.Changes {
		m.Verdicts[r.Verdict]++
		if r.Verdict == Unknown {
			m.Bypass.Unknown++
			continue
		}
		m.Bypass.Of++
		if r.Verdict.Around() {
			m.Bypass.Part++
		}
		if r.Verdict == IsApproved && !r.CreatedAt.IsZero() && r.ApprovedAt.After(r.CreatedAt) {
			lead = append(lead, r.ApprovedAt.Sub(r.CreatedAt))
		}
	}
	m.LeadToApproval = timesOf(lead)
	for _, u := range p.Unexplained {
		if u.Verdict == Unknown {
			m.Bypass.Unknown++
			continue
		}
		m.Bypass.Part++
		m.Bypass.Of++
	}
	for i, d := range p.Deployments {
		switch {
		case !d.Production || d.Run != "":
		case d.Outcome == Succeeded:
			m.deployed(p.Deployments[i:])
		case d.Outcome != Failed && d.Outcome != Running:
			m.Unended++
		}
	}
	m.InStaging, m.Stuck = p.staging()
	return m
}

// deployed counts a successful production deployment, the first of the rest.
func (m *Metrics) deployed(rest []Deployed) {
	d := rest[0]
	switch d.Verdict {
	case Unknown:
		m.Unapproved.Unknown++
	case IsApproved:
		m.Unapproved.Of++
	default:
		m.Unapproved.Of++
		m.Unapproved.Part++
	}
	switch {
	case d.Rollback:
		m.Rollback.Of++
		m.Rollback.Part++
	case d.Commit == "":
		m.Rollback.Unknown++ // whether the environment had it before cannot be told
	default:
		m.Rollback.Of++
	}
	if d.Repository == "" || d.Environment == "" {
		m.Failed.Unknown++
		return
	}
	m.Failed.Of++
	if next := nextThere(rest); next != nil && (next.Outcome == Failed || next.Rollback) && next.at().Sub(d.at()) <= failureWithin {
		m.Failed.Part++
	}
}

// nextThere is the deployment that followed the first one in its place, and ended; nil when none did.
func nextThere(rest []Deployed) *Deployed {
	for i := range rest[1:] {
		next := &rest[1+i]
		if next.Run == "" && next.place() == rest[0].place() && (next.Outcome == Failed || next.Outcome == Succeeded) {
			return next
		}
	}
	return nil
}

// stage is where a repository is deployed to.
type stage struct{ repository, environment string }

func (d Deployed) place() stage { return stage{d.Repository, d.Environment} }

// rollbacks marks the successful deployments of a commit that the same environment had before, with another in between.
func (p *Population) rollbacks() {
	had := map[stage]map[string]bool{}
	now := map[stage]string{}
	for i := range p.Deployments {
		d := &p.Deployments[i]
		if d.Outcome != Succeeded || d.Commit == "" {
			continue
		}
		at := d.place()
		if had[at] == nil {
			had[at] = map[string]bool{}
		}
		d.Rollback = d.Rollback || had[at][d.Commit] && now[at] != d.Commit
		had[at][d.Commit], now[at] = true, d.Commit
	}
}

// staging tells how long commits took from the first success elsewhere to one in production, their own or that of a commit
// that came elsewhere after them. Repositories that are never deployed to production have nothing to wait for.
func (p *Population) staging() (Times, int) {
	type arrival struct {
		commit string
		at     time.Time
	}
	elsewhere, production := map[string][]arrival{}, map[string][]arrival{}
	add := func(to map[string][]arrival, d Deployed) {
		known := func(a arrival) bool { return a.commit == d.Commit }
		if d.Repository != "" && d.Commit != "" && !slices.ContainsFunc(to[d.Repository], known) {
			to[d.Repository] = append(to[d.Repository], arrival{d.Commit, d.at()})
		}
	}
	for _, d := range p.Deployments {
		switch {
		case d.Outcome != Succeeded:
		case d.Production:
			add(production, d)
		default:
			add(elsewhere, d)
		}
	}
	var took []time.Duration
	stuck := 0
	for _, repository := range slices.Sorted(maps.Keys(elsewhere)) {
		if len(production[repository]) == 0 {
			continue
		}
		list := elsewhere[repository]
		for i, s := range list {
			if slices.ContainsFunc(production[repository], func(a arrival) bool { return a.commit == s.commit && a.at.Before(s.at) }) {
				continue // it went to production first, and waits for nothing
			}
			later := list[i:]
			n := slices.IndexFunc(production[repository], func(a arrival) bool {
				return !a.at.Before(s.at) && slices.ContainsFunc(later, func(l arrival) bool { return l.commit == a.commit })
			})
			if n < 0 {
				stuck++
				continue
			}
			took = append(took, production[repository][n].at.Sub(s.at))
		}
	}
	return timesOf(took), stuck
}
