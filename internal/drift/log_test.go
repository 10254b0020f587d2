package drift

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"exhibit/internal/evidence"
)

// Objects implements LogView.
func (f *fake) Objects(ref evidence.ListRef, fn func(string, evidence.Digest, []byte) error) error {
	return f.List(ref, func(key string, d evidence.Digest) error { return fn(key, d, f.objects[d]) })
}

// scene is an account with its access logs.
type scene struct {
	*fake
	logs   []evidence.Snapshot
	checks map[string]evidence.Check
}

func newScene(assert string) scene {
	return scene{fake: newFake(), checks: map[string]evidence.Check{"c": {ID: "c", Assert: assert}}}
}

func minute(m int) time.Time { return hour(0).Add(time.Duration(m) * time.Minute) }

// tells adds a population's snapshot: its coverage in minutes, and records of events by minute.
func (s *scene) tells(kind, scope string, covers [2]int, gap [2]int, events ...string) {
	items := map[string]evidence.Digest{}
	for i, record := range events {
		id := fmt.Sprintf("%s-%d-%d", kind, len(s.logs), i)
		doc := strings.Replace(record, "{", fmt.Sprintf(`{"eventID":%q,`, id), 1)
		items[id] = s.put(evidence.Subject{Type: cloudTrailPrefix + kind, ID: id, Doc: json.RawMessage(doc)})
	}
	parts := strings.Split(scope+":", ":")
	snap := evidence.Snapshot{Collector: cloudTrailPrefix + kind, Source: "src", Outcome: evidence.OutcomeOK, Subjects: s.list(items),
		Scope: evidence.Scope{Provider: parts[0], Account: parts[1], Region: parts[2]}}
	snap.Completeness.Coverage = &evidence.Coverage{Span: evidence.Window{From: minute(covers[0]), To: minute(covers[1])}}
	if gap[1] > 0 {
		snap.Completeness.Coverage.Gaps = []evidence.Unknowable{{Window: evidence.Window{From: minute(gap[0]), To: minute(gap[1])}}}
	}
	s.logs = append(s.logs, snap)
}

func event(at int, name, rest string) string {
	who := `"userIdentity":{"type":"IAMUser","userName":"alice"},"sourceIPAddress":"1.2.3.4","awsRegion":"r1"`
	if rest != "" {
		rest = "," + rest
	}
	return fmt.Sprintf(`{"eventName":%q,"eventTime":%q,%s%s}`, name, minute(at).Format(time.RFC3339), who, rest)
}

// judged is a state that rests on subjects, given as type, id and document; its own first.
func (s *scene) judged(scope string, subjects ...[3]string) evidence.State {
	st := evidence.State{Check: "c", Scope: scope, Type: subjects[0][0], Subject: subjects[0][1]}
	o := evidence.Observation{Check: "c", Scope: scope, Type: st.Type, Subject: st.Subject}
	for _, one := range subjects {
		o.Evidence = append(o.Evidence, s.put(evidence.Subject{Type: one[0], ID: one[1], Doc: json.RawMessage(one[2])}))
	}
	st.Observation = s.put(o)
	return st
}

func (s *scene) log() *Log {
	return NewLog(s, LogOptions{
		Snapshots: func(string, time.Time) ([]evidence.Snapshot, error) { return s.logs, nil },
		Check:     func(id string) evidence.Check { return s.checks[id] },
	})
}

// told is a turn as minutes and the names of its acts.
func told(t *evidence.Turn) string {
	if t == nil {
		return "nothing"
	}
	out := fmt.Sprintf("%g-%g", t.Window.From.Sub(minute(0)).Minutes(), t.Window.To.Sub(minute(0)).Minutes())
	for _, a := range t.Acts {
		out += " " + a.What + " by " + a.By + " from " + a.From
	}
	return out
}

const (
	group = "aws.ec2.security-group"
	sg1   = "arn:aws:ec2:r1:1:security-group/sg-1"
)

func TestTurnOfASecurityGroup(t *testing.T) {
	on := func(id string) string { return fmt.Sprintf(`"requestParameters":{"groupId":%q}`, id) }
	all, none := [2]int{0, 600}, [2]int{}
	const ingress = "AuthorizeSecurityGroupIngress"
	for _, tc := range []struct {
		name          string
		before, after string // documents; empty is not there
		covers, gap   [2]int
		events        []string
		want          string
	}{
		{"one change", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none, []string{event(150, ingress, on("sg-1"))},
			"150-150 " + ingress + " by alice from 1.2.3.4"},
		{"two changes: one of them", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none,
			[]string{event(170, "ModifySecurityGroupRules", `"requestParameters":{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-1"}}`),
				event(150, ingress, on("sg-1"))},
			"150-170 " + ingress + " by alice from 1.2.3.4 ModifySecurityGroupRules by alice from 1.2.3.4"},
		{"named in the answer alone", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none, []string{event(150, ingress,
			`"requestParameters":{"groupName":"web"},"responseElements":{"securityGroupRuleSet":{"items":[{"groupId":"sg-1"}]}}`)},
			"150-150 " + ingress + " by alice from 1.2.3.4"},
		{"at the looks themselves", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none,
			[]string{event(120, ingress, on("sg-1")), event(180, ingress, on("sg-1"))},
			"120-180 " + ingress + " by alice from 1.2.3.4 " + ingress + " by alice from 1.2.3.4"},
		{"before and after", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none,
			[]string{event(119, ingress, on("sg-1")), event(181, ingress, on("sg-1"))}, "nothing"},
		{"of another group", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none, []string{event(150, ingress, on("sg-11"))}, "nothing"},
		{"of none", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none, []string{event(150, ingress, `"requestParameters":null`)}, "nothing"},
		{"refused", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none,
			[]string{event(150, ingress, on("sg-1")+`,"errorCode":"Client.UnauthorizedOperation"`)}, "nothing"},
		{"only read", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none, []string{event(150, ingress, on("sg-1")+`,"readOnly":true`)}, "nothing"},
		{"of other rules", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, none,
			[]string{event(150, "AuthorizeSecurityGroupEgress", on("sg-1"))}, "nothing"},
		{"a change that nobody logged beside", `{"IpPermissions":[],"VpcId":"a"}`, `{"IpPermissions":[1],"VpcId":"b"}`, all, none,
			[]string{event(150, ingress, on("sg-1"))}, "nothing"},
		{"what the check does not read may differ", `{"IpPermissions":[],"Description":"a"}`, `{"IpPermissions":[1],"Description":"b"}`, all,
			none, []string{event(150, ingress, on("sg-1"))}, "150-150 " + ingress + " by alice from 1.2.3.4"},
		{"nothing changed: time passed", `{"IpPermissions":[1]}`, `{"IpPermissions":[1]}`, all, none,
			[]string{event(150, ingress, on("sg-1"))}, "nothing"},
		{"a gap in the window", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, [2]int{130, 140},
			[]string{event(150, ingress, on("sg-1"))}, "nothing"},
		{"a gap elsewhere", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, all, [2]int{30, 120},
			[]string{event(150, ingress, on("sg-1"))}, "150-150 " + ingress + " by alice from 1.2.3.4"},
		{"not settled yet", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, [2]int{0, 179}, none,
			[]string{event(150, ingress, on("sg-1"))}, "nothing"},
		{"not collected then", `{"IpPermissions":[]}`, `{"IpPermissions":[1]}`, [2]int{121, 600}, none,
			[]string{event(150, ingress, on("sg-1"))}, "nothing"},
		{"came so", "", `{"IpPermissions":[1]}`, all, none, []string{event(150, "CreateSecurityGroup", `"responseElements":{"groupId":"sg-1"}`),
			event(151, ingress, on("sg-1"))}, "150-151 CreateSecurityGroup by alice from 1.2.3.4 " + ingress + " by alice from 1.2.3.4"},
		{"came from nowhere", "", `{"IpPermissions":[1]}`, all, none, nil, "nothing"},
		{"came so, but what no event tells of is read too", "", `{"IpPermissions":[1],"VpcId":"a"}`, all, none,
			[]string{event(150, "CreateSecurityGroup", `"responseElements":{"groupId":"sg-1"}`)}, "nothing"},
		{"went, when something else may have changed before", `{"IpPermissions":[1],"VpcId":"a"}`, "", all, none,
			[]string{event(150, "DeleteSecurityGroup", on("sg-1"))}, "nothing"},
		{"went", `{"IpPermissions":[1]}`, "", all, none, []string{event(150, "DeleteSecurityGroup", on("sg-1"))},
			"150-150 DeleteSecurityGroup by alice from 1.2.3.4"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			assert := "subject.doc.IpPermissions.all(p, p.a)"
			if strings.Contains(tc.before+tc.after, "VpcId") { // of which no event tells
				assert += " && subject.doc.?VpcId.orValue('') != ''"
			}
			s := newScene(assert)
			s.tells("security-group-change", "aws:1:r1", tc.covers, tc.gap, tc.events...)
			state := func(doc string) evidence.State {
				if doc == "" {
					return evidence.State{Check: "c", Scope: "aws:1:r1", Type: group, Subject: sg1}
				}
				return s.judged("aws:1:r1", [3]string{group, sg1, doc})
			}
			got, err := s.log().Turn(state(tc.before), state(tc.after), evidence.Window{From: minute(120), To: minute(180)})
			if err != nil || told(got) != tc.want {
				t.Errorf("got %s, %v, want %s", told(got), err, tc.want)
			}
		})
	}
}

func TestTurnOfOthers(t *testing.T) {
	const account, press = "arn:aws:s3::1:account", "arn:aws:s3:::press"
	type subjects = [][3]string
	for _, tc := range []struct {
		name, assert, scope string
		before, after       subjects
		logs                map[string][]string // by "kind scope"
		want                string
	}{
		{"a bucket's own policy", "subject.doc.PolicyStatus.IsPublic", "aws:1",
			subjects{{bucket, press, `{"Region":"r1","PolicyStatus":0}`}}, subjects{{bucket, press, `{"Region":"r1","PolicyStatus":1}`}},
			map[string][]string{"s3-change aws:1:r1": {event(150, "PutBucketPolicy", `"requestParameters":{"bucketName":"press"}`),
				event(160, "PutBucketVersioning", `"requestParameters":{"bucketName":"press"}`)}},
			"150-150 PutBucketPolicy by alice from 1.2.3.4"},
		{"a bucket in a region that is not told of", "subject.doc.PolicyStatus.IsPublic", "aws:1",
			subjects{{bucket, press, `{"Region":"r2","PolicyStatus":0}`}}, subjects{{bucket, press, `{"Region":"r2","PolicyStatus":1}`}},
			map[string][]string{"s3-change aws:1:r1": {event(150, "PutBucketPolicy", `"requestParameters":{"bucketName":"press"}`)}}, "nothing"},
		{"the account's block, by whichever region", "subject.doc.PolicyStatus.IsPublic || related('aws.s3.account').exists(a, a.doc.PublicAccessBlock)",
			"aws:1",
			subjects{{bucket, press, `{"Region":"r1","PolicyStatus":1}`}, {"aws.s3.account", account, `{"PublicAccessBlock":1}`}},
			subjects{{bucket, press, `{"Region":"r1","PolicyStatus":1}`}, {"aws.s3.account", account, `{}`}},
			map[string][]string{"s3-change aws:1:r1": nil, "s3-change aws:1:r2": {event(150, "DeleteAccountPublicAccessBlock", "")}},
			"150-150 DeleteAccountPublicAccessBlock by alice from 1.2.3.4"},
		{"the account was read on one side only: it may have changed too",
			"subject.doc.PolicyStatus.IsPublic || related('aws.s3.account').exists(a, a.doc.PublicAccessBlock)", "aws:1",
			subjects{{bucket, press, `{"Region":"r1","PolicyStatus":0}`}},
			subjects{{bucket, press, `{"Region":"r1","PolicyStatus":1}`}, {"aws.s3.account", account, `{}`}},
			map[string][]string{"s3-change aws:1:r1": {event(130, "PutAccountPublicAccessBlock", ""),
				event(150, "DeleteBucketPolicy", `"requestParameters":{"bucketName":"press"}`)}},
			"130-150 PutAccountPublicAccessBlock by alice from 1.2.3.4 DeleteBucketPolicy by alice from 1.2.3.4"},
		{"only that differs in what was read", "subject.doc.PolicyStatus.IsPublic || related('aws.s3.account').exists(a, a.doc.PublicAccessBlock)",
			"aws:1", subjects{{bucket, press, `{"Region":"r1","PolicyStatus":0}`}},
			subjects{{bucket, press, `{"Region":"r1","PolicyStatus":0}`}, {"aws.s3.account", account, `{}`}},
			map[string][]string{"s3-change aws:1:r1": {event(130, "PutAccountPublicAccessBlock", "")}}, "nothing"},
		{"a document that is read as a whole", "subject.doc['x'] == 1", "aws:1",
			subjects{{bucket, press, `{"Region":"r1","Acl":0}`}}, subjects{{bucket, press, `{"Region":"r1","Acl":1}`}},
			map[string][]string{"s3-change aws:1:r1": {event(150, "PutBucketAcl", `"requestParameters":{"bucketName":"press"}`)}},
			"150-150 PutBucketAcl by alice from 1.2.3.4"},
		{"something beside it that no log tells of", "subject.doc.Acl && related('x').exists(a, a.doc.Y)", "aws:1",
			subjects{{bucket, press, `{"Region":"r1","Acl":0}`}, {"x", "y", `{"Y":0}`}},
			subjects{{bucket, press, `{"Region":"r1","Acl":1}`}, {"x", "y", `{"Y":1}`}},
			map[string][]string{"s3-change aws:1:r1": {event(150, "PutBucketAcl", `"requestParameters":{"bucketName":"press"}`)}}, "nothing"},
		{"a trail by its name or its ARN", "subject.doc.Status.IsLogging", "aws:1:r1",
			subjects{{"aws.cloudtrail.trail", "arn:aws:cloudtrail:r1:1:trail/main", `{"Status":1}`}},
			subjects{{"aws.cloudtrail.trail", "arn:aws:cloudtrail:r1:1:trail/main", `{"Status":0}`}},
			map[string][]string{"trail-change aws:1:r1": {event(150, "StopLogging", `"requestParameters":{"name":"main"}`),
				event(160, "StartLogging", `"requestParameters":{"name":"arn:aws:cloudtrail:r1:1:trail/main"}`),
				event(170, "StopLogging", `"requestParameters":{"name":"other"}`)}},
			"150-160 StopLogging by alice from 1.2.3.4 StartLogging by alice from 1.2.3.4"},
		{"a user's own key", "subject.doc.AccessKeys.size() < 2", "aws:1",
			subjects{{"aws.iam.user", "arn:aws:iam::1:user/team/alice", `{"AccessKeys":[1]}`}},
			subjects{{"aws.iam.user", "arn:aws:iam::1:user/team/alice", `{"AccessKeys":[1,2]}`}},
			map[string][]string{"iam-change aws:1": {event(150, "CreateAccessKey", `"requestParameters":null`)}},
			"150-150 CreateAccessKey by alice from 1.2.3.4"},
		{"a policy of a group that the user's rights rest on", "!effective(subject).allowsAdmin()",
			"aws:1",
			subjects{{"aws.iam.user", "arn:aws:iam::1:user/alice", `{"Groups":["team"]}`}, {"aws.iam.group", "arn:aws:iam::1:group/team", `{"InlinePolicies":[]}`}},
			subjects{{"aws.iam.user", "arn:aws:iam::1:user/alice", `{"Groups":["team"]}`}, {"aws.iam.group", "arn:aws:iam::1:group/team", `{"InlinePolicies":[1]}`}},
			map[string][]string{"iam-change aws:1": {event(150, "PutGroupPolicy", `"requestParameters":{"groupName":"team","policyName":"p"}`),
				event(160, "AddUserToGroup", `"requestParameters":{"groupName":"team","userName":"bob"}`)}},
			"150-150 PutGroupPolicy by alice from 1.2.3.4"},
		{"a policy by its ARN", "subject.doc.Document", "aws:1",
			subjects{{"aws.iam.policy", "arn:aws:iam::1:policy/p", `{"Document":"a"}`}},
			subjects{{"aws.iam.policy", "arn:aws:iam::1:policy/p", `{"Document":"b"}`}},
			map[string][]string{"iam-change aws:1": {event(150, "SetDefaultPolicyVersion", `"requestParameters":{"policyArn":"arn:aws:iam::1:policy/p"}`)}},
			"150-150 SetDefaultPolicyVersion by alice from 1.2.3.4"},
		{"time alone can turn it", "age(subject.doc.AccessKeys[0].CreateDate) < duration('24h')", "aws:1",
			subjects{{"aws.iam.user", "arn:aws:iam::1:user/alice", `{"AccessKeys":[1]}`}},
			subjects{{"aws.iam.user", "arn:aws:iam::1:user/alice", `{"AccessKeys":[1,2]}`}},
			map[string][]string{"iam-change aws:1": {event(150, "CreateAccessKey", `"requestParameters":{"userName":"alice"}`)}}, "nothing"},
		{"a user that came, of whom all is read", "!effective(subject).allowsAdmin()", "aws:1", nil,
			subjects{{"aws.iam.user", "arn:aws:iam::1:user/alice", `{"Groups":["team"]}`}},
			map[string][]string{"iam-change aws:1": {event(150, "CreateUser", `"requestParameters":{"userName":"alice"}`)}}, "nothing"},
		{"a bucket beside it that came, of which no event tells all", "subject.doc.AccessKeys.all(k, related('aws.s3.bucket').exists(b, b.doc.Tags))",
			"aws:1", subjects{{"aws.iam.user", "arn:aws:iam::1:user/alice", `{"AccessKeys":[1]}`}},
			subjects{{"aws.iam.user", "arn:aws:iam::1:user/alice", `{"AccessKeys":[1,2]}`}, {bucket, press, `{"Region":"r1","Tags":1}`}},
			map[string][]string{"iam-change aws:1": {event(150, "CreateAccessKey", `"requestParameters":{"userName":"alice"}`)},
				"s3-change aws:1:r1": nil}, "nothing"},
		{"no log at all", "subject.doc.Document", "aws:1",
			subjects{{"aws.iam.policy", "arn:aws:iam::1:policy/p", `{"Document":"a"}`}},
			subjects{{"aws.iam.policy", "arn:aws:iam::1:policy/p", `{"Document":"b"}`}}, nil, "nothing"},
		{"a thing that no log tells of", "subject.doc.Y", "aws:1", subjects{{"x", "y", `{"Y":0}`}}, subjects{{"x", "y", `{"Y":1}`}}, nil, "nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScene(tc.assert)
			for _, where := range slices.Sorted(maps.Keys(tc.logs)) {
				kind, scope, _ := strings.Cut(where, " ")
				s.tells(kind, scope, [2]int{0, 600}, [2]int{}, tc.logs[where]...)
			}
			before := evidence.State{Check: "c", Scope: tc.scope, Type: tc.after[0][0], Subject: tc.after[0][1]}
			if tc.before != nil {
				before = s.judged(tc.scope, tc.before...)
			}
			got, err := s.log().Turn(before, s.judged(tc.scope, tc.after...), evidence.Window{From: minute(120), To: minute(180)})
			if err != nil || told(got) != tc.want {
				t.Errorf("got %s, %v, want %s", told(got), err, tc.want)
			}
		})
	}
}

// TestTurnWhereARegionWasNeverTold holds that what is told anywhere is not narrowed down when the events of one of the regions
// were never known.
func TestTurnWhereARegionWasNeverTold(t *testing.T) {
	for outcome, told := range map[evidence.Outcome]bool{"": true, evidence.OutcomeDenied: false, evidence.OutcomeNotEnabled: true} {
		s := newScene("related('aws.s3.account').exists(a, a.doc.PublicAccessBlock)")
		s.tells("s3-change", "aws:1:r1", [2]int{0, 600}, [2]int{}, event(150, "DeleteAccountPublicAccessBlock", ""))
		s.tells("s3-change", "aws:1:r2", [2]int{0, 600}, [2]int{})
		if outcome != "" {
			s.logs[1].Completeness.Coverage, s.logs[1].Outcome = nil, outcome
		}
		block := func(doc string) evidence.State {
			return s.judged("aws:1", [3]string{bucket, "arn:aws:s3:::press", `{"Region":"r1"}`}, [3]string{"aws.s3.account", "a", doc})
		}
		got, err := s.log().Turn(block(`{"PublicAccessBlock":1}`), block(`{}`), evidence.Window{From: minute(120), To: minute(180)})
		if err != nil || (got != nil) != told {
			t.Errorf("%s: %+v, %v", outcome, got, err)
		}
	}
}

// TestTurnGoesBackForOlderEvents holds that older snapshots are asked for only when the newest do not reach.
func TestTurnGoesBackForOlderEvents(t *testing.T) {
	s := newScene("subject.doc.IpPermissions.size() == 0")
	s.tells("security-group-change", "aws:1:r1", [2]int{300, 600}, [2]int{})
	s.tells("security-group-change", "aws:1:r1", [2]int{0, 310}, [2]int{},
		event(150, "AuthorizeSecurityGroupIngress", `"requestParameters":{"groupId":"sg-1"}`))
	var asked []string
	l := NewLog(s, LogOptions{Since: minute(10), Check: func(id string) evidence.Check { return s.checks[id] },
		Snapshots: func(account string, since time.Time) ([]evidence.Snapshot, error) {
			asked = append(asked, fmt.Sprint(account, " ", since.IsZero()))
			if since.IsZero() {
				return s.logs[:1], nil
			}
			return s.logs, nil
		}})
	before := s.judged("aws:1:r1", [3]string{group, sg1, `{"IpPermissions":[]}`})
	after := s.judged("aws:1:r1", [3]string{group, sg1, `{"IpPermissions":[1]}`})
	for _, w := range [][2]int{{400, 500}, {120, 180}, {130, 170}} {
		got, err := l.Turn(before, after, evidence.Window{From: minute(w[0]), To: minute(w[1])})
		if want := w[0] < 200; err != nil || (got != nil) != want {
			t.Errorf("in %v: %s, %v", w, told(got), err)
		}
	}
	if want := "[aws:1 true aws:1 false]"; fmt.Sprint(asked) != want {
		t.Errorf("asked %v, want %s", asked, want)
	}
}

func TestTurnNamesNotTooMany(t *testing.T) {
	s := newScene("subject.doc.IpPermissions.size() == 0")
	var events []string
	for i := range 50 {
		events = append(events, event(121+i, "AuthorizeSecurityGroupIngress", `"requestParameters":{"groupId":"sg-1"}`))
	}
	s.tells("security-group-change", "aws:1:r1", [2]int{0, 600}, [2]int{}, events...)
	got, err := s.log().Turn(s.judged("aws:1:r1", [3]string{group, sg1, `{"IpPermissions":[]}`}),
		s.judged("aws:1:r1", [3]string{group, sg1, `{"IpPermissions":[1]}`}), evidence.Window{From: minute(120), To: minute(180)})
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	if len(got.Acts) != maxActs || got.More != 50-maxActs || !got.Acts[maxActs-1].At.Equal(got.Window.To) ||
		!got.Acts[0].At.Equal(got.Window.From) || !got.Window.To.Equal(minute(170)) {
		t.Errorf("%d acts and %d more: %s", len(got.Acts), got.More, told(got))
	}
}

// TestNarrowedExposure follows an opening and a closing through to the durations.
func TestNarrowedExposure(t *testing.T) {
	s := newScene("subject.doc.IpPermissions.size() == 0")
	s.tells("security-group-change", "aws:1:r1", [2]int{0, 6000}, [2]int{},
		event(1500, "AuthorizeSecurityGroupIngress", `"requestParameters":{"groupId":"sg-1"}`),
		event(3300, "RevokeSecurityGroupIngress", `"requestParameters":{"groupId":"sg-1"}`))
	verdict := func(doc string, v evidence.Verdict, first, last int) evidence.State {
		st := s.judged("aws:1:r1", [3]string{group, sg1, doc})
		st.Verdict, st.First, st.Last = v, minute(first), minute(last)
		return st
	}
	got, err := Exposures(states(verdict(`{"IpPermissions":[]}`, evidence.Pass, 0, 1440), verdict(`{"IpPermissions":[1]}`, evidence.Fail, 1800, 3240),
		verdict(`{"IpPermissions":[]}`, evidence.Pass, 3600, 3600)),
		ExposureOptions{Period: evidence.Window{From: minute(0), To: minute(6000)}, AsOf: minute(6000), Log: s.log()})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	e := got[0]
	span := func(m int) evidence.Duration { return evidence.Duration(time.Duration(m) * time.Minute) }
	if e.Least != span(1800) || e.Most != span(1800) || e.ByLooks == nil || e.ByLooks.Least != span(1440) || e.ByLooks.Most != span(2160) {
		t.Errorf("least %v, most %v, by looks %+v", e.Least, e.Most, e.ByLooks)
	}
	if !e.FirstBad.Equal(minute(1800)) || !e.LastGood.Equal(minute(1440)) {
		t.Error("the looks are no longer told")
	}
	if told(e.Opened) != "1500-1500 AuthorizeSecurityGroupIngress by alice from 1.2.3.4" ||
		told(e.Closed) != "3300-3300 RevokeSecurityGroupIngress by alice from 1.2.3.4" {
		t.Errorf("opened %s, closed %s", told(e.Opened), told(e.Closed))
	}
	n := e.Narrowed()
	if !n.LastGood.Equal(minute(1500)) || !n.FirstBad.Equal(minute(1500)) || !n.LastBad.Equal(minute(3300)) || !n.FirstGood.Equal(minute(3300)) {
		t.Errorf("narrowed to %+v", n)
	}
}

// TestNarrowingNeverWidens holds, for any events and any looks, that what a log tells stays inside what looking told.
func TestNarrowingNeverWidens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newScene("subject.doc.IpPermissions.size() == 0")
		var events []string
		names := []string{"AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
			"CreateSecurityGroup", "DeleteSecurityGroup", "ModifySecurityGroupRules"}
		for range rapid.IntRange(0, 12).Draw(rt, "events") {
			id := rapid.SampledFrom([]string{"sg-1", "sg-1", "sg-2"}).Draw(rt, "group")
			events = append(events, event(rapid.IntRange(0, 1000).Draw(rt, "at"), rapid.SampledFrom(names).Draw(rt, "name"),
				fmt.Sprintf(`"requestParameters":{"groupId":%q}`, id)))
		}
		gap := [2]int{}
		if rapid.Bool().Draw(rt, "gap") {
			gap = [2]int{rapid.IntRange(0, 500).Draw(rt, "from"), rapid.IntRange(501, 1000).Draw(rt, "to")}
		}
		s.tells("security-group-change", "aws:1:r1", [2]int{rapid.IntRange(0, 300).Draw(rt, "begin"), rapid.IntRange(700, 1000).Draw(rt, "end")},
			gap, events...)
		var intervals []evidence.State
		at := 0
		for i := range rapid.IntRange(1, 6).Draw(rt, "intervals") {
			st := s.judged("aws:1:r1", [3]string{group, sg1, fmt.Sprintf(`{"IpPermissions":[%d]}`, i)})
			st.Verdict = rapid.SampledFrom([]evidence.Verdict{evidence.Pass, evidence.Fail, evidence.Fail, evidence.Unknown, ""}).Draw(rt, "verdict")
			if st.Verdict == "" {
				st.Observation = evidence.Digest{}
			}
			at += rapid.IntRange(1, 150).Draw(rt, "pause")
			st.First = minute(at)
			at += rapid.IntRange(0, 100).Draw(rt, "length")
			st.Last = minute(at)
			intervals = append(intervals, st)
		}
		o := ExposureOptions{Period: evidence.Window{From: minute(0), To: minute(1000)}, AsOf: minute(1000)}
		plain, err := Exposures(states(intervals...), o)
		if err != nil {
			rt.Fatal(err)
		}
		o.Log = s.log()
		narrowed, err := Exposures(states(intervals...), o)
		if err != nil {
			rt.Fatal(err)
		}
		if len(plain) != len(narrowed) {
			rt.Fatalf("%d exposures without a log, %d with it", len(plain), len(narrowed))
		}
		for i, n := range narrowed {
			p := plain[i]
			if n.Least < p.Least || n.Most > p.Most || n.Least > n.Most {
				rt.Fatalf("%v to %v by looks, %v to %v with the log", p.Least, p.Most, n.Least, n.Most)
			}
			if (n.ByLooks != nil) != (n.Opened != nil || n.Closed != nil) || n.ByLooks != nil && *n.ByLooks != (evidence.Bounds{Least: p.Least, Most: p.Most}) {
				rt.Fatalf("by looks %+v, want %v to %v", n.ByLooks, p.Least, p.Most)
			}
			inside(rt, n.Opened, p.LastGood, p.FirstBad)
			inside(rt, n.Closed, p.LastBad, p.FirstGood)
			n.Opened, n.Closed, n.ByLooks, n.Least, n.Most, n.Unseen = nil, nil, nil, p.Least, p.Most, p.Unseen
			if n != p {
				rt.Fatalf("more than the turns differs: %+v, %+v", n, p)
			}
		}
	})
}

func inside(t *rapid.T, turn *evidence.Turn, from, to time.Time) {
	if turn == nil {
		return
	}
	if turn.Window.From.Before(from) || turn.Window.To.After(to) || turn.Window.To.Before(turn.Window.From) || len(turn.Acts) == 0 {
		t.Fatalf("%s is outside %s to %s", told(turn), from, to)
	}
	for _, a := range turn.Acts {
		if a.At.Before(turn.Window.From) || a.At.After(turn.Window.To) || a.Event.IsZero() {
			t.Fatalf("%+v is outside %s", a, told(turn))
		}
	}
}
