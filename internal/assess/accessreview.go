package assess

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// AccessInput is what an access review follows from besides the view.
type AccessInput struct {
	AsOf time.Time
	// Source limits the review to one source; empty is all.
	Source string
	// Scopes are the scopes that were asked for, as the newest run of each source ended.
	Scopes []evidence.ScopeOutcome
}

// Why identities are no part of the population.
const (
	serviceLinked = "role that a service of AWS made for itself"
	servicesOnly  = "role that only services can take"
)

// identityTypes are the lists that a review rests on.
var identityTypes = [...]string{"aws.iam.account", "aws.iam.user", "aws.iam.role", "aws.iam.group", "aws.iam.policy",
	"aws.iam.managed-policy"}

// AccessReview lists who can get into the AWS accounts and GitHub organisations of the view, how, and with what power. The
// same view and input give the same review.
func (e *Evaluator) AccessReview(view View, in AccessInput) (evidence.AccessReview, error) {
	out := evidence.AccessReview{AsOf: in.AsOf.UTC(), View: view.Size(), Evaluator: Version, Source: in.Source,
		Lists: []evidence.AccessList{}, Limits: []evidence.AccessLimits{}, Rows: []evidence.Access{}}
	snaps, err := view.Snapshots("")
	if err != nil {
		return out, fmt.Errorf("review access: %w", err)
	}
	r, err := e.accessRun(view, in, snaps, "aws")
	if err != nil {
		return out, fmt.Errorf("review access: %w", err)
	}
	code, err := e.accessRun(view, in, snaps, "github")
	if err != nil {
		return out, fmt.Errorf("review access: %w", err)
	}
	people, err := r.readDirectory(&out)
	if err != nil {
		return out, fmt.Errorf("review access by Identity Center: %w", err)
	}
	for _, account := range r.accounts {
		if err := r.review(account, people, &out); err != nil {
			return out, fmt.Errorf("review access to %s: %w", account.name, err)
		}
	}
	r.elsewhere(people, &out)
	for _, account := range code.accounts {
		if err := code.reviewCode(account, &out); err != nil {
			return out, fmt.Errorf("review access to %s: %w", account.name, err)
		}
	}
	slices.SortStableFunc(out.Lists, func(a, b evidence.AccessList) int { return strings.Compare(a.Scope, b.Scope) })
	slices.SortStableFunc(out.Limits, func(a, b evidence.AccessLimits) int { return strings.Compare(a.Scope, b.Scope) })
	slices.SortStableFunc(out.Rows, func(a, b evidence.Access) int { return strings.Compare(a.Scope, b.Scope) })
	slices.Sort(out.Missing)
	out.Missing = slices.Compact(out.Missing)
	slices.SortFunc(out.Excluded, func(a, b evidence.Excluded) int { return strings.Compare(a.Reason, b.Reason) })
	return out, nil
}

// accessRun plans the review of one provider's accounts.
func (e *Evaluator) accessRun(view View, in AccessInput, snaps []Snap, provider string) (*run, error) {
	r := &run{eval: e, view: view, asOf: in.AsOf.UTC()}
	mine := slices.DeleteFunc(slices.Clone(snaps), func(s Snap) bool {
		return s.Scope.Provider != provider || in.Source != "" && s.Source != in.Source
	})
	for _, o := range in.Scopes {
		if o.Scope.Provider == provider && (in.Source == "" || o.Source == in.Source) {
			r.in.Scopes = append(r.in.Scopes, o)
		}
	}
	return r, r.plan(mine)
}

// own returns the scope of the account as a whole, nil when only regions of it are known.
func (a *account) own() *scopeWork {
	for _, w := range a.scopes {
		if w.scope.Region == "" {
			return w
		}
	}
	return nil
}

// review adds one account. Its identities belong to the account as a whole, not to a region.
func (r *run) review(a *account, people *directory, out *evidence.AccessReview) error {
	w := a.own()
	if w == nil {
		out.Missing = append(out.Missing, a.name+": the account itself was not collected, only regions of it")
		return nil
	}
	for _, l := range w.lost {
		out.Missing = append(out.Missing, strings.TrimSuffix(fmt.Sprintf("%s: %s, %s", w.scope.id, l.Outcome, l.Reason), ", "))
	}
	loader := &relatedLoader{run: r, account: &account{scopes: []*scopeWork{w}}, parsed: map[string][]*record{}}
	sets := map[string]*relatedSet{}
	for _, typ := range identityTypes {
		set, _, err := loader.load(w, typ, 0)
		if err != nil {
			return err
		}
		sets[typ] = set
		for _, g := range set.gaps {
			out.Missing = append(out.Missing, w.scope.id+": "+g.reason)
		}
		restsOn(w, typ, out)
	}
	above, _, err := loader.load(w, accountPolicies, 0)
	if err != nil {
		return err
	}
	restsOn(w, accountPolicies, out)
	sets[accountPolicies] = above
	limits := above.organisation(w.scope)
	out.Limits = append(out.Limits, evidence.AccessLimits{Scope: w.scope.id, Stand: limits.stand})
	if limits.unread {
		tr := &trace{}
		above.unreadLimits(tr)
		out.Missing = append(out.Missing, w.scope.id+": "+strings.Join(tr.reasons, "; "))
	}
	rows := &reviewer{asOf: r.asOf, work: w, sets: sets, out: out}
	for _, rec := range sets["aws.iam.account"].recs {
		rows.root(rec)
	}
	for _, rec := range sets["aws.iam.role"].recs {
		rows.role(rec)
	}
	for _, rec := range sets["aws.iam.user"].recs {
		rows.user(rec)
	}
	rows.people(people, w.scope.Account)
	return nil
}

// restsOn names a list among those that the review rests on, and says when it is short.
func restsOn(w *scopeWork, typ string, out *evidence.AccessReview) {
	s := w.snap(typ)
	if s == nil {
		return
	}
	out.Lists = append(out.Lists, evidence.AccessList{Scope: w.scope.id, Type: typ, Source: s.Source, Outcome: s.Outcome,
		CollectedAt: s.Window.From.UTC(), Subjects: s.Subjects})
	if n := s.Completeness.SecondCount; n != nil && n.Count > s.Completeness.Listed {
		out.Missing = append(out.Missing, fmt.Sprintf("%s: the list of %s is not whole: %s counts %d, %d were listed",
			w.scope.id, typ, n.Operation, n.Count, s.Completeness.Listed))
	}
}

// reviewer makes the rows of one account.
type reviewer struct {
	asOf time.Time
	work *scopeWork
	sets map[string]*relatedSet
	out  *evidence.AccessReview
}

// start is a row of a subject with nothing known of it yet.
func (v *reviewer) start(rec *record, typ, kind string) evidence.Access {
	row := evidence.Access{Scope: v.work.scope.id, Identity: rec.id, Name: rec.name, Kind: kind, Entry: []string{},
		Groups: []string{}, Policies: []string{}, Via: []string{}, Ways: []string{}, Evidence: rec.digest}
	if s := v.work.snap(typ); s != nil {
		row.CollectedAt = s.Window.From.UTC()
	}
	return row
}

// add finishes a row. What is unknown in it makes the review incomplete.
func (v *reviewer) add(row evidence.Access) {
	slices.Sort(row.Unknown)
	row.Unknown = slices.Compact(row.Unknown)
	for _, why := range row.Unknown {
		v.out.Missing = append(v.out.Missing, row.Scope+": "+row.Identity+": "+why)
	}
	v.out.Rows = append(v.out.Rows, row)
}

func (v *reviewer) exclude(reason string) {
	for i := range v.out.Excluded {
		if v.out.Excluded[i].Reason == reason {
			v.out.Excluded[i].Count++
			return
		}
	}
	v.out.Excluded = append(v.out.Excluded, evidence.Excluded{Reason: reason, Count: 1})
}

// power fills in what the identity may do.
func (v *reviewer) power(rec *record, row *evidence.Access) {
	tr := &trace{}
	list := func(typ string) *relatedList { return &relatedList{set: v.sets[typ], trace: tr} }
	from := &relatedSource{trace: tr, policies: list("aws.iam.policy"), managed: list("aws.iam.managed-policy"),
		groups: list("aws.iam.group")}
	a := identityAccess(rec, from)
	row.Policies = v.policies(rec)
	if a == nil {
		row.Admin, row.Escalates = evidence.AccessUnknown, evidence.AccessUnknown
		if len(tr.reasons) == 0 {
			tr.reasons = append(tr.reasons, errUnseenPolicy.Error())
		}
		row.Unknown = append(row.Unknown, tr.reasons...)
		return
	}
	above := v.sets[accountPolicies]
	a.within(above.organisation(v.work.scope))
	is, via := a.admin()
	row.Admin, row.Via = is.String(), append(row.Via, via...)
	switch row.Ways = a.escalations(); {
	case a.unread && (is != no || len(row.Ways) > 0):
		row.Admin, row.Escalates = evidence.AccessUnknown, evidence.AccessUnknown
		row.Via, row.Ways = []string{}, []string{}
		row.Unknown = append(row.Unknown, errUnreadLevels.Error())
	case is == yes:
		row.Escalates, row.Ways = "administrator", []string{}
	case len(row.Ways) > 0:
		row.Escalates = yes.String()
	default:
		row.Escalates = no.String()
	}
}

// policies names all that gives the identity rights, and what bounds it.
func (v *reviewer) policies(rec *record) []string {
	out := policyNames(rec, "")
	for _, name := range rec.doc.GetArray("Groups") {
		for _, g := range v.sets["aws.iam.group"].recs {
			if nameIn(g, "GroupName") == string(name.GetStringBytes()) {
				out = append(out, policyNames(g, "group "+nameIn(g, "GroupName")+": ")...)
			}
		}
	}
	slices.Sort(out)
	if arn := rec.doc.GetStringBytes("PermissionsBoundary", "PermissionsBoundaryArn"); len(arn) > 0 {
		out = append(out, "within "+string(arn))
	}
	return out
}

func policyNames(rec *record, prefix string) []string {
	out := []string{}
	for _, p := range rec.doc.GetArray("AttachedPolicies") {
		out = append(out, prefix+string(p.GetStringBytes("PolicyName")))
	}
	for _, p := range rec.doc.GetArray("InlinePolicies") {
		out = append(out, prefix+"inline "+string(p.GetStringBytes("PolicyName")))
	}
	return out
}

// used fills in the newest of the times at which the identity was used; none is never.
func (v *reviewer) used(row *evidence.Access, times ...string) {
	var last time.Time
	for _, text := range times {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil && t.After(last) {
			last = t
		}
	}
	if last.IsZero() {
		row.LastUsed, row.Idle = "never", "never used"
		return
	}
	row.LastUsed = last.UTC().Format(time.RFC3339)
	row.Idle = fmt.Sprint(int(v.asOf.Sub(last) / (24 * time.Hour)))
}

// lacks notes that a part of the subject could not be collected.
func lacks(rec *record, key string, row *evidence.Access) bool {
	m, missing := rec.missing[key]
	if missing {
		row.Unknown = append(row.Unknown, missingReason(key, m))
	}
	return missing
}
