package daemon

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// Doubts holds an acceptance that somebody asks for against the catalog and the newest assessment. It returns what the
// asker should know; the error says why the acceptance makes no sense.
func (a *App) Doubts(v *store.View, one evidence.RiskAcceptance) ([]string, error) {
	check, err := a.knownCheck(one.Check)
	if err != nil {
		return nil, err
	}
	newest, err := newestAssessment(v)
	if err != nil {
		return nil, err
	}
	var doubts []string
	doubt := func(format string, args ...any) { doubts = append(doubts, fmt.Sprintf(format, args...)) }
	for _, s := range one.Subjects {
		o, ok, err := observation(v, newest.Assessment, one.Check, one.Scope, s)
		switch {
		case err != nil:
			return nil, err
		case !ok && strings.ContainsAny(s, "*?"):
			return nil, fmt.Errorf("subject %q: an acceptance is bound to ids, not to patterns; "+
				"exhibit findings lists what fails", s)
		case !ok:
			doubt("%s was not looked at by %s in %s: the acceptance speaks of nothing", s, one.Check, one.Scope)
		case o.Verdict != evidence.Fail:
			doubt("%s does not fail: it is %s", s, o.Verdict)
		}
	}
	for _, c := range one.Compensating {
		if _, err := a.knownCheck(c); err != nil {
			return nil, fmt.Errorf("compensating: %w", err)
		}
	}
	if one.Category == "mitigated" && len(one.Compensating) == 0 {
		return nil, errors.New("a risk that is mitigated names what mitigates it: --compensating CHECK")
	}
	if long := one.TooLong(check.Severity); long != "" {
		doubt("%s: it has no effect from %s on", long, one.Until(check.Severity).Format(time.RFC3339))
	}
	if evidence.SamePerson(one.Requester, one.Owner) {
		doubt("%s asks and owns the risk: the approver alone looks at it", one.Owner)
	}
	return doubts, nil
}

func (a *App) knownCheck(id string) (evidence.Check, error) {
	for _, c := range a.Catalog.Controls {
		for _, k := range c.Checks {
			if k.ID == id {
				return k, nil
			}
		}
	}
	return evidence.Check{}, fmt.Errorf("there is no check %q; exhibit controls list shows what there is", id)
}

// observation reads one observation of an assessment, if it made it.
func observation(v *store.View, of evidence.Assessment, check, scope, subject string,
) (o evidence.Observation, ok bool, err error) {
	if of.Observations.Count == 0 {
		return o, false, nil
	}
	o = evidence.Observation{Check: check, Scope: scope, Subject: subject}
	d, err := v.Get(of.Observations, o.Key())
	if errors.Is(err, store.ErrUnknown) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	raw, err := v.Object(d)
	if err != nil {
		return o, false, err
	}
	return o, true, json.Unmarshal(raw, &o)
}

// SeenAtApproval returns what the newest assessment saw of the subjects of each approved acceptance when its approval
// was committed, which is what the approver could look at; where there was none, what the first assessment saw.
func (a *App) SeenAtApproval(v *store.View, list []report.AcceptanceState) (report.AtApproval, error) {
	var all []store.Assessment
	for one, err := range v.Assessments() {
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	slices.Reverse(all)
	out := report.AtApproval{}
	for _, one := range list {
		approval, err := approvedIn(v, one.RiskAcceptance)
		if err != nil {
			return nil, err
		}
		if approval < 0 || len(all) == 0 {
			continue
		}
		byEntry := func(s store.Assessment, entry int64) int { return cmp.Compare(s.Entry, entry) }
		before, _ := slices.BinarySearchFunc(all, approval, byEntry)
		then := all[max(before-1, 0)]
		out[one.ID] = map[string]evidence.Observation{}
		for _, s := range one.Subjects {
			o, ok, err := observation(v, then.Assessment, one.Check, one.Scope, s)
			if err != nil {
				return nil, err
			}
			if ok {
				out[one.ID][s] = o
			}
		}
	}
	return out, nil
}

// approvedIn returns the entry that committed the approval of what an acceptance covers; -1 when it is not approved.
func approvedIn(v *store.View, one evidence.RiskAcceptance) (int64, error) {
	entry := int64(-1)
	if one.Approver == "" {
		return entry, nil
	}
	for i := range v.EntriesOf(evidence.KindAcceptance) { // newest first
		old, err := Body[evidence.RiskAcceptance](v, i)
		if err != nil {
			return -1, err
		}
		if old.ID != one.ID {
			continue
		}
		if old.Approver != one.Approver || old.Check != one.Check || old.Scope != one.Scope ||
			!slices.Equal(old.Subjects, one.Subjects) {
			break
		}
		entry = i
	}
	return entry, nil
}

// Attestable tells what a statement is about: a control, or a requirement as "soc2/CC1.2", which is returned with its
// version.
func (a *App) Attestable(about string) (control, requirement string, err error) {
	framework, id, ok := strings.Cut(about, "/")
	if !ok {
		if _, known := a.Catalog.Control(about); !known {
			return "", "", fmt.Errorf("there is no control %q; exhibit controls list shows what there is", about)
		}
		return about, "", nil
	}
	f, err := a.Catalog.Framework(framework)
	if err != nil {
		return "", "", err
	}
	if !slices.ContainsFunc(f.Requirements, func(r evidence.Requirement) bool { return r.ID == id }) {
		return "", "", fmt.Errorf("%s has no requirement %q", f.Key(), id)
	}
	return "", f.Key() + "/" + id, nil
}
