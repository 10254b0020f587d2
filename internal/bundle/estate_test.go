package bundle_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"exhibit/internal/bundle"
	"exhibit/internal/evidence"
)

func decode(b []byte, to any) error { return json.Unmarshal(b, to) }

var day0 = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// on returns a time of day n of the simulated company.
func on(n int) time.Time { return day0.AddDate(0, 0, n) }

// catalog has one control that the framework maps, one that it does not, and one by hand.
func catalog() (evidence.Framework, []evidence.Control) {
	check := func(id, subject, assert string) evidence.Check {
		return evidence.Check{ID: id, Title: "Checks " + id, Subject: subject, Assert: assert, OnEmpty: evidence.NotApplicable,
			Severity: evidence.High, Remediation: "Fix it."}
	}
	controls := []evidence.Control{
		{ID: "closed-storage", Domain: "storage", Title: "Storage is closed", Statement: "No bucket is public.", Owner: "security",
			Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{
				check("s3.private", "aws.s3.bucket", "!subject.doc.Public"),
				check("s3.owned", "aws.s3.bucket", `related("aws.iam.user").size() > 0`),
			}},
		{ID: "encrypted-volumes", Domain: "storage", Title: "Volumes are encrypted", Statement: "Every volume is encrypted.",
			Owner: "security", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{
				check("ec2.encrypted", "aws.ec2.volume", "subject.doc.Encrypted"),
			}},
	}
	return evidence.Framework{ID: "test", Version: "1", Title: "A framework for tests", Requirements: []evidence.Requirement{
		{ID: "1.1", Title: "=Storage is closed", Controls: []string{"closed-storage"}, Strength: "full"},
		{ID: "1.2", Title: "The board meets", Manual: "read the minutes"},
		{ID: "1.3", Title: "Doors are locked", None: "no system knows"},
	}}, controls
}

// company is a memory with a history: each day a run over two accounts and an assessment.
type company struct {
	*memory
	buckets, users, volumes int
	catalog                 evidence.Digest
	series                  map[string]evidence.Digest   // newest snapshot by series
	objects                 map[string]map[string]object // by series and id
	forgotten               bool                         // users come with a gap, as events may
}

type object struct {
	digest evidence.Digest
	doc    map[string]any
}

func newCompany(t testing.TB, buckets int) *company {
	c := &company{memory: newMemory(t, on(0)), buckets: buckets, users: 2, volumes: 2, series: map[string]evidence.Digest{},
		objects: map[string]map[string]object{}}
	f, controls := catalog()
	text := map[string]any{"controls": controls, "frameworks": []evidence.Framework{f}}
	c.catalog = c.memory.object(t, text)
	c.commit(t, evidence.KindCatalog, text, on(0))
	return c
}

// live adds days of history.
func (c *company) live(t testing.TB, from, to int) {
	for n := from; n < to; n++ {
		c.run(t, n)
		c.assess(t, n)
	}
}

func (c *company) run(t testing.TB, n int) {
	t.Helper()
	at := on(n).Add(10 * time.Minute)
	snapshots := map[string]evidence.Digest{}
	accounts := []evidence.Scope{{Provider: "aws", Account: "111122223333"}, {Provider: "aws", Account: "444455556666"}}
	for _, scope := range accounts {
		for _, collector := range []string{"aws.s3.bucket", "aws.iam.user", "aws.ec2.volume"} {
			s := evidence.Snapshot{Collector: collector, Source: "prod", Scope: scope, Outcome: evidence.OutcomeOK,
				Window:       evidence.Window{From: on(n), To: on(n).Add(time.Minute)},
				Origin:       evidence.Origin{Tool: "exhibit test", Caller: evidence.Identity{ID: "arn:aws:iam::1:role/r"}},
				Completeness: evidence.Completeness{Operations: []evidence.Operation{{Name: "list", Outcome: evidence.OutcomeOK}}}}
			if scope.Account == "444455556666" && n%5 == 3 {
				s.Outcome = evidence.OutcomeDenied
				s.Completeness.Operations = []evidence.Operation{{Name: "s3:ListAllMyBuckets", Outcome: evidence.OutcomeDenied,
					Permission: "s3:ListAllMyBuckets"}}
			} else {
				s.Subjects = c.subjects(t, s.Series(), collector, n)
			}
			if c.forgotten && collector == "aws.iam.user" {
				s.Completeness.Coverage = &evidence.Coverage{Span: evidence.Window{From: on(n - 9), To: on(n)}, Gaps: []evidence.Unknowable{
					{Window: evidence.Window{From: on(-2), To: on(-1)}, Reason: "the provider forgot"}}}
			}
			d := c.memory.object(t, s)
			snapshots[s.Series()], c.series[s.Series()] = d, d
		}
	}
	r := evidence.Run{ID: fmt.Sprintf("run-%03d", n), Window: evidence.Window{From: on(n), To: on(n).Add(time.Minute)},
		Trigger: "simulation", Tool: "exhibit test", Outcome: evidence.OutcomeOK, Snapshots: c.list(snapshots)}
	for _, s := range accounts {
		r.Scopes = append(r.Scopes, evidence.ScopeOutcome{Source: "prod", Scope: s, Outcome: evidence.OutcomeOK})
	}
	if n%7 == 4 {
		r.Scopes = append(r.Scopes, evidence.ScopeOutcome{Source: "prod", Scope: evidence.Scope{Provider: "aws", Account: "7"},
			Outcome: evidence.OutcomeUnreachable, Reason: "no route"})
	}
	c.commit(t, evidence.KindRun, r, at)
}

// subjects makes a list in which bucket n%buckets changes every day, bucket 0 is public on days 2 and 3 of four, and
// one bucket comes and goes.
func (c *company) subjects(t testing.TB, series, collector string, n int) evidence.ListRef {
	count := map[string]int{"aws.s3.bucket": c.buckets, "aws.iam.user": c.users, "aws.ec2.volume": c.volumes}[collector]
	if collector == "aws.s3.bucket" && n%3 == 1 {
		count++
	}
	items := map[string]evidence.Digest{}
	c.objects[series] = map[string]object{}
	for i := range count {
		id := fmt.Sprintf("arn:%s:%s:%03d", series, collector, i)
		doc := map[string]any{"Name": fmt.Sprint(i), "Public": i == 0 && n%4 >= 2, "Encrypted": true, "Version": 0}
		if i == n%max(c.buckets, 1) {
			doc["Version"] = n
		}
		raw, _ := json.Marshal(doc)
		s := evidence.Subject{Type: collector, ID: id, Name: fmt.Sprint(i), Doc: raw}
		if i == 1 {
			s.Redacted = []evidence.Redaction{{Path: "/Keys/0/Secret", Rule: "declared"}}
		}
		items[id] = c.memory.object(t, s)
		c.objects[series][id] = object{items[id], doc}
	}
	return c.list(items)
}

func (c *company) assess(t testing.TB, n int) {
	t.Helper()
	_, controls := catalog()
	observations, findings := map[string]evidence.Digest{}, map[string]evidence.Digest{}
	a := evidence.Assessment{Catalog: c.catalog, Evaluator: "test/1", AsOf: on(n).Add(20 * time.Minute), View: c.Size(),
		Totals: map[evidence.Verdict]int{}, Statuses: map[evidence.Status]int{}}
	for _, control := range controls {
		byScope := map[string]*evidence.Finding{}
		for _, check := range control.Checks {
			for _, series := range slices.Sorted(maps.Keys(c.series)) {
				var s evidence.Snapshot
				if err := decode(c.memory.objects[c.series[series]], &s); err != nil {
					t.Fatal(err)
				}
				if s.Collector != check.Subject {
					continue
				}
				f := byScope[s.Scope.ID()]
				if f == nil {
					f = &evidence.Finding{Control: control.ID, Scope: s.Scope.ID(), Status: evidence.Satisfied,
						Counts: map[evidence.Verdict]int{}, ObservedFrom: s.Window.From}
					byScope[s.Scope.ID()] = f
				}
				for _, o := range c.judge(check, control.ID, s, series) {
					observations[o.Key()] = c.memory.object(t, o)
					a.Totals[o.Verdict]++
					f.Counts[o.Verdict]++
					if o.Verdict == evidence.Fail {
						f.Status, f.Severity = evidence.NotSatisfied, check.Severity
					}
				}
			}
		}
		for _, f := range byScope {
			findings[f.Key()] = c.memory.object(t, f)
			a.Statuses[f.Status]++
		}
	}
	a.Observations, a.Findings = c.list(observations), c.list(findings)
	c.commit(t, evidence.KindAssessment, a, on(n).Add(21*time.Minute))
}

func (c *company) judge(check evidence.Check, control string, s evidence.Snapshot, series string) []evidence.Observation {
	base := evidence.Observation{Control: control, Check: check.ID, Type: check.Subject, Scope: s.Scope.ID()}
	if !s.Outcome.Seen() {
		base.Verdict, base.Reason, base.Evidence = evidence.Unknown, "denied", []evidence.Digest{c.series[series]}
		return []evidence.Observation{base}
	}
	var out []evidence.Observation
	for _, id := range slices.Sorted(maps.Keys(c.objects[series])) {
		o := base
		o.Subject, o.Verdict, o.Evidence = id, evidence.Pass, []evidence.Digest{c.objects[series][id].digest}
		if check.ID == "s3.private" && c.objects[series][id].doc["Public"] == true {
			o.Verdict = evidence.Fail
		}
		out = append(out, o)
	}
	return out
}

// request asks for days from and to.
func (c *company) request(from, to int) bundle.Request {
	f, controls := catalog()
	return bundle.Request{Framework: f, Controls: controls, Key: c.key, Tool: "exhibit test",
		Period: evidence.Window{From: on(from), To: on(to)}, AsOf: on(to)}
}
