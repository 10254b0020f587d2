package assess

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

// above is a document of what binds an account: a list of policy texts for each level.
func above(levels ...[]string) string {
	type policy struct{ Name, Content string }
	doc := struct {
		Bound  bool
		Levels []struct{ Policies []policy }
	}{Bound: true}
	for _, texts := range levels {
		level := struct{ Policies []policy }{[]policy{}}
		for i, text := range texts {
			level.Policies = append(level.Policies, policy{fmt.Sprintf("policy %d", i), text})
		}
		doc.Levels = append(doc.Levels, level)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// TestEffectiveWithinAnOrganisation holds that service control policies take away, that none of them is taken for none,
// and that "no" needs no knowledge of them.
func TestEffectiveWithinAnOrganisation(t *testing.T) {
	const pass, fail, unknown = evidence.Pass, evidence.Fail, evidence.Unknown
	const admin, none = `effective(subject).allowsAdmin()`, `!effective(subject).allowsAdmin()`
	full := adminText
	storage := policyOf(say("Allow", `"s3:*"`, `"*"`, ""))
	noIAM := policyOf(say("Deny", `"iam:*"`, `"*"`, ""))
	power := `{"InlinePolicies":[{"PolicyName":"quick","PolicyDocument":` + fmt.Sprintf("%q", adminText) + `}]}`
	linked := "arn:aws:iam::1:role/aws-service-role/x.amazonaws.com/X"
	denied := map[string]evidence.Missing{"Levels": {Operation: "organizations:ListPolicies", Outcome: evidence.OutcomeDenied,
		Permission: "organizations:ListPolicies"}}
	elsewhere := map[string]evidence.Missing{"Levels": {Operation: "organizations:ListRoots", Outcome: evidence.OutcomeNotEnabled},
		"Bound": {Operation: "organizations:ListRoots", Outcome: evidence.OutcomeNotEnabled}}
	tests := []struct {
		name, above, doc, assert string
		id                       string
		missing                  map[string]evidence.Missing
		alone, never             bool
		want                     evidence.Verdict
		reason                   string
	}{
		{name: "every level lets all through", above: above([]string{full}, []string{full}, []string{full}), assert: admin + ` && effective(subject).organization() == "weighed"`, want: pass},
		{name: "a unit lets storage through alone", above: above([]string{full}, []string{storage}, []string{full}),
			assert: none + ` && effective(subject).allows("s3:GetObject") && !effective(subject).allows("ec2:RunInstances")`, want: pass},
		{name: "all is detached at a unit", above: above([]string{full}, []string{}, []string{full}),
			assert: none + ` && !effective(subject).allows("s3:GetObject")`, want: pass},
		{name: "the root denies", above: above([]string{full, noIAM}, []string{full}),
			assert: `effective(subject).admin() == "no" && effective(subject).escalations().all(w, !w.contains("iam:"))`, want: pass},
		{name: "the account's own denies", above: above([]string{full}, []string{full, noIAM}), assert: none, want: pass},
		{name: "denied but to some", above: above([]string{full, policyOf(say("Deny", `"iam:*"`, `"*"`,
			`,"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/ann"}}`))}),
			assert: `effective(subject).admin() == "conditional"`, want: pass},
		{name: "a role that is linked to a service", id: linked, above: above([]string{full}, []string{}), want: pass,
			assert: admin + ` && effective(subject).organization() == "none bind the account"`},
		{name: "the management account", above: `{"Bound":false,"Levels":[{"Policies":[]}]}`, assert: admin, want: pass},
		{name: "no organisation", assert: admin + ` && effective(subject).organization() == "in no organisation"`, want: pass},
		{name: "refused, and said so", above: `{"Bound":true}`, missing: denied,
			assert: `effective(subject).organization() == "not read"`, want: pass},
		{name: "refused", above: `{"Bound":true}`, missing: denied, assert: none, want: unknown,
			reason: "what the organisation denies the account was not collected: organizations:ListPolicies denied, " +
				"needs organizations:ListPolicies"},
		{name: "refused, and no matter", above: `{"Bound":true}`, missing: denied, doc: `{}`, want: pass,
			assert: none + ` && effective(subject).admin() == "no" && effective(subject).escalations() == [] &&
				!effective(subject).allows("s3:GetObject") && effective(subject).adminVia() == []`},
		{name: "a text that cannot be read", above: above([]string{"no policy"}), assert: none, want: unknown,
			reason: errUnreadLevels.Error()},
		{name: "a text that cannot be read, alone", above: above([]string{"no policy"}), alone: true, assert: none, want: unknown,
			reason: errUnreadLevels.Error()},
		{name: "a member that was collected alone", above: `{}`, missing: elsewhere, alone: true, assert: none, want: fail},
		{name: "a member that may not ask", above: `{}`, missing: denied, alone: true, assert: none, want: fail},
		{name: "never looked at", never: true, assert: none + ` || effective(subject).organization() != "not looked at"`, want: fail},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, doc := "arn:aws:iam::1:user/ann", power
			if tt.id != "" {
				id = tt.id
			}
			if tt.doc != "" {
				doc = tt.doc
			}
			facts := map[string]any{"organization": "o-1"}
			if tt.alone {
				facts = nil
			}
			within := func(s *evidence.Snapshot) { s.Scope.Facts = facts }
			v := &memView{}
			v.add(t, "aws.iam.user", "1", "", within, evidence.Subject{ID: id, Name: "ann", Doc: json.RawMessage(doc)})
			for _, typ := range evidence.EffectiveTypes() {
				switch {
				case typ != accountPolicies:
					v.add(t, typ, "1", "", within)
				case tt.never:
				case tt.above == "":
					v.add(t, typ, "1", "", func(s *evidence.Snapshot) { within(s); s.Outcome = evidence.OutcomeNotEnabled })
				default:
					v.add(t, typ, "1", "", within, evidence.Subject{ID: "arn:aws:organizations::9:account/o-1/1", Name: "1",
						Doc: json.RawMessage(tt.above), Missing: tt.missing})
				}
			}
			e, err := New([]evidence.Control{oneCheck("aws.iam.user", "", tt.assert)}, iamSchemas())
			if err != nil {
				t.Fatal(err)
			}
			_, sink := assess(t, e, v, Input{})
			o := sink.observation("aws:1|aws.t.check|" + id)
			if o.Verdict != tt.want || !strings.Contains(o.Reason, tt.reason) {
				t.Errorf("%s (%s), want %s (%s)", o.Verdict, o.Reason, tt.want, tt.reason)
			}
			if rests := len(o.Evidence) == 2; rests != (tt.above != "" && tt.id == "") {
				t.Errorf("rests on %d objects", len(o.Evidence))
			}
		})
	}
}

// TestAccessReviewWithinAnOrganisation holds that a review says of each account what it knew of its limits.
func TestAccessReviewWithinAnOrganisation(t *testing.T) {
	denied := map[string]evidence.Missing{"Levels": {Operation: "organizations:ListPolicies", Outcome: evidence.OutcomeDenied,
		Permission: "organizations:ListPolicies"}}
	for _, tt := range []struct {
		name, above, stand, admin, missing string
		lost                               map[string]evidence.Missing
	}{
		{name: "all is let through", above: above([]string{adminText}), stand: limitsWeighed, admin: "yes"},
		{name: "a unit lets nothing through", above: above([]string{adminText}, []string{}), stand: limitsWeighed, admin: "no"},
		{name: "management", above: `{"Bound":false}`, stand: limitsUnbound, admin: "yes"},
		{name: "refused", above: `{"Bound":true}`, lost: denied, stand: limitsUnread, admin: "unknown",
			missing: "aws:1: what the organisation denies the account was not collected: organizations:ListPolicies denied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := reviewEstate(t, nil)
			v.add(t, accountPolicies, "1", "", func(s *evidence.Snapshot) { s.Scope.Facts = map[string]any{"organization": "o-1"}; s.Window.To = asOf },
				evidence.Subject{ID: "o", Name: "1", Doc: json.RawMessage(tt.above), Missing: tt.lost})
			r := review(t, v, AccessInput{})
			if len(r.Limits) != 1 || r.Limits[0] != (evidence.AccessLimits{Scope: "aws:1", Stand: tt.stand}) {
				t.Errorf("limits %v", r.Limits)
			}
			for _, row := range r.Rows {
				switch row.Name {
				case "ann":
					if row.Admin != tt.admin || (row.Admin == "unknown") != (row.Escalates == "unknown" && len(row.Unknown) > 0) {
						t.Errorf("%+v", row)
					}
				case "careful": // has no power that could be taken away
					if row.Admin != "no" || row.Escalates != "no" {
						t.Errorf("%+v", row)
					}
				}
			}
			if !strings.Contains(strings.Join(r.Missing, "\n"), tt.missing) {
				t.Errorf("missing %q", r.Missing)
			}
		})
	}
}
