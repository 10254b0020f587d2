package collectors_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v4"

	"exhibit/collectors/aws"
	"exhibit/internal/assess"
	"exhibit/internal/catalog"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/config"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/simcloud"
)

// iamServices are the services whose actions IAM calls otherwise than the SDK calls the service.
var iamServices = map[string]string{
	"accessanalyzer": "access-analyzer", "cloudwatchlogs": "logs", "configservice": "config", "efs": "elasticfilesystem",
	"elasticloadbalancingv2": "elasticloadbalancing", "opensearch": "es", "s3control": "s3", "ssoadmin": "sso",
	"costexplorer": "ce", "eventbridge": "events", "apigatewayv2": "apigateway",
}

// iamActions are the actions that AWS's service authorization reference does not call like their operation.
var iamActions = map[string][]string{
	"s3:ListBuckets":                     {"s3:ListAllMyBuckets"},
	"s3:GetBucketEncryption":             {"s3:GetEncryptionConfiguration"},
	"s3:GetBucketLifecycleConfiguration": {"s3:GetLifecycleConfiguration"},
	"s3:GetObjectLockConfiguration":      {"s3:GetBucketObjectLockConfiguration"},
	"s3:GetPublicAccessBlock":            {"s3:GetBucketPublicAccessBlock"},
	"s3control:GetPublicAccessBlock":     {"s3:GetAccountPublicAccessBlock"},
	"accessanalyzer:ListFindingsV2":      {"access-analyzer:ListFindings"},
	"cloudcontrol:ListResources":         {"cloudformation:ListResources"},
	"wafv2:GetWebACLForResource":         {"wafv2:GetWebACLForResource", "wafv2:GetWebACL"},
}

// actions are what IAM asks for an operation.
func actions(op string) []string {
	service, name, _ := strings.Cut(op, ":")
	if known, ok := iamActions[op]; ok {
		return known
	}
	service = cmp.Or(iamServices[service], service)
	if service == "apigateway" {
		return []string{"apigateway:GET"}
	}
	return []string{service + ":" + name}
}

// guarded lets pass what a policy allows, as AWS's own names have it.
type guarded struct {
	next    http.RoundTripper
	allowed map[string]bool

	mu      sync.Mutex
	refused map[string]bool
	used    map[string]bool
}

// RoundTrip implements http.RoundTripper.
func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	op := collect.Called(req.Context())
	for _, action := range actions(op) {
		g.mu.Lock()
		if g.used[action] = true; !g.allowed[action] && op != "sts:GetCallerIdentity" { // which nothing can deny
			g.refused[action] = true
		}
		g.mu.Unlock()
	}
	return g.next.RoundTrip(req)
}

// TestPermissionsSuffice collects with exactly what the generated policies allow: every collector works, nothing is
// missing, and nothing is allowed that no operation needs.
func TestPermissionsSuffice(t *testing.T) {
	cloud := start(t, 3)
	g := &guarded{next: collect.NewTransport(), allowed: map[string]bool{}, refused: map[string]bool{}, used: map[string]bool{}}
	for d := json.NewDecoder(strings.NewReader(aws.Provider{}.Permissions())); ; {
		var p struct{ Statement []struct{ Action []string } }
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, a := range p.Statement[0].Action {
			g.allowed[a] = true
		}
	}
	run, b := estateRun(t, cloud, g)
	if !run.Outcome.Seen() { // a member of an organisation is told that others may ask about it
		t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	for _, s := range b.snapshots(t) {
		if !s.Listed() || !s.Completeness.Whole() {
			t.Errorf("%s in %s ended %s: %+v", s.Collector, s.Scope.ID(), s.Outcome, s.Completeness)
		}
	}
	for _, a := range slices.Sorted(maps.Keys(g.refused)) {
		t.Errorf("%s is asked for and not allowed", a)
	}
	needed := map[string]bool{}
	declared := slices.Clone(aws.Provider{}.Operations())
	for _, c := range (aws.Provider{}).Collectors() {
		declared = append(declared, c.Operations...)
	}
	for _, o := range declared {
		for _, a := range actions(o.Name) {
			needed[a] = true
		}
	}
	for _, a := range slices.Sorted(maps.Keys(g.allowed)) {
		if !needed[a] {
			t.Errorf("%s is allowed and no declared operation is called so", a)
		}
	}
}

// estateRun collects all AWS accounts of the company, or only some types.
func estateRun(t *testing.T, cloud *simcloud.Cloud, transport http.RoundTripper, only ...string) (evidence.Run, memory) {
	t.Helper()
	b := memory{collecttest.NewMemory()}
	section := fmt.Sprintf("role: exhibit-read\naccounts: ['%s']\nendpoint: %s", strings.Join(cloud.Accounts("aws"), "', '"),
		cloud.URL("aws"))
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "aws", Provider: aws.Provider{}, Decode: func(into any) error {
			return yaml.Load([]byte(section), into, yaml.WithKnownFields())
		}}},
		Batch: b.Memory, RedactionKey: make([]byte, 32), Trigger: "simulation", Now: cloud.Now,
		Limits: collect.Limits{Pace: math.Inf(1)}, Getenv: awsEnv(cloud.Accounts("aws")[0]), Transport: transport, Only: only,
	})
	if err != nil {
		t.Fatal(err)
	}
	return run, b
}

// TestPermissionsCost takes one permission away after the other: the checks that change are those that are said to be
// lost without it, they become unknown and name it, and nothing else changes.
func TestPermissionsCost(t *testing.T) {
	cat, err := daemon.LoadCatalog(config.Default("."))
	if err != nil {
		t.Fatal(err)
	}
	p, err := daemon.Permissions(cat, "aws", "policy")
	if err != nil {
		t.Fatal(err)
	}
	needs := make(chan daemon.Need)
	var workers sync.WaitGroup
	for range 2 {
		cloud := start(t, 0)
		workers.Go(func() {
			run, b := estateRun(t, cloud, nil)
			before := newStored(t, run, b)
			was := before.judge(t, cat, cloud)
			for n := range needs {
				c := &cost{Need: n, cat: cat, before: before, was: was}
				c.take(t, cloud)
			}
		})
	}
	for _, n := range p.Needs {
		needs <- n
	}
	close(needs)
	workers.Wait()
}

// cost is what taking one permission away does.
type cost struct {
	daemon.Need
	cat    *catalog.Catalog
	before *stored
	was    map[string]evidence.Observation
	scopes []evidence.ScopeOutcome // as they ended without it
}

// take denies the permission's operations, collects what they feed, and compares.
func (c *cost) take(t *testing.T, cloud *simcloud.Cloud) {
	defer cloud.ClearFaults()
	var only []string
	for _, op := range c.Operations {
		if err := cloud.Fault(op, simcloud.Fault{Kind: simcloud.Denied}); err != nil {
			t.Error(err)
			return
		}
	}
	if !c.Lost.Source && !c.Lost.Regions {
		for _, col := range (aws.Provider{}).Collectors() {
			if slices.ContainsFunc(col.Operations, func(o collect.Operation) bool { return slices.Contains(c.Operations, o.Name) }) {
				only = append(only, col.Type())
			}
		}
	}
	run, b := estateRun(t, cloud, nil, only...)
	after := newStored(t, run, b)
	if len(only) > 0 {
		after = c.before.with(after)
	}
	c.scopes = after.run.Scopes
	c.compare(t, after.judge(t, c.cat, cloud))
}

// compare holds what became of every observation against what is said.
func (c *cost) compare(t *testing.T, is map[string]evidence.Observation) {
	t.Helper()
	said, changed := map[string]bool{}, map[string]bool{}
	for _, k := range c.Lost.Checks {
		said[k.Check] = true
	}
	for _, key := range slices.Sorted(maps.Keys(is)) {
		o, old := is[key], c.was[key]
		if o.Verdict == old.Verdict {
			continue
		}
		changed[o.Check] = true
		switch {
		case !said[o.Check]:
			t.Errorf("without %s %s of %q became %q from %q: %s; nothing says so", c.Permission, o.Check, o.Subject, o.Verdict,
				old.Verdict, o.Reason)
		case o.Verdict != evidence.Unknown:
			t.Errorf("without %s %s of %q is %q and was %q", c.Permission, o.Check, o.Subject, o.Verdict, old.Verdict)
		case !c.named(o):
			t.Errorf("without %s %s of %q is unknown and does not name it: %s %+v", c.Permission, o.Check, o.Subject, o.Reason,
				o.Missing)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.was)) {
		old := c.was[key]
		if _, still := is[key]; !still && !said[old.Check] {
			t.Errorf("without %s nothing is known of %s of %q", c.Permission, old.Check, old.Subject)
		} else if !still {
			changed[old.Check] = true
		}
	}
	for _, k := range c.Lost.Checks {
		if !changed[k.Check] && !c.shown(t, k.Check) {
			t.Errorf("without %s %s is said to be lost, and neither the estate nor its cases show it", c.Permission, k.Check)
		}
	}
}

// named reports whether the observation says that the permission is missing, or, where nobody could tell what regions there
// are, whether a scope does.
func (c *cost) named(o evidence.Observation) bool {
	if c.Lost.Regions {
		return slices.ContainsFunc(c.scopes, func(s evidence.ScopeOutcome) bool { return strings.Contains(s.Reason, c.Permission) })
	}
	return strings.Contains(o.Reason, c.Permission) || slices.ContainsFunc(o.Missing, func(m evidence.Missing) bool {
		return slices.Contains(strings.Split(m.Permission, ", "), c.Permission)
	})
}

// shown reports whether a worked example of the check becomes unknown when the parts are taken from it.
func (c *cost) shown(t *testing.T, check string) bool {
	t.Helper()
	for _, example := range c.cat.Cases {
		if example.Check != check || example.Expect == evidence.Unknown {
			continue
		}
		in := example.Input
		reads := c.cat.Evaluator().Reads(check)
		in.Subject = c.without(in.Subject, reads)
		in.Related = nil
		for _, s := range example.Input.Related {
			in.Related = append(in.Related, c.without(s, reads))
		}
		o, err := c.cat.Evaluator().Case(context.Background(), check, in)
		if err != nil {
			t.Error(err)
			return false
		}
		if o.Verdict == evidence.Unknown {
			return true
		}
	}
	return false
}

// without takes the lost parts from a subject: of a type that cannot be listed, all that the check reads.
func (c *cost) without(s evidence.Subject, reads map[string][]string) evidence.Subject {
	missing := maps.Clone(s.Missing)
	lost := c.Lost.Parts[s.Type]
	if slices.Contains(c.Lost.Types, s.Type) {
		lost = reads[s.Type]
	}
	for _, key := range lost {
		if missing == nil {
			missing = map[string]evidence.Missing{}
		}
		missing[key] = evidence.Missing{Operation: c.Operations[0], Outcome: evidence.OutcomeDenied, Permission: c.Permission}
	}
	s.Missing = missing
	return s
}

// stored is a run as a view that can be judged.
type stored struct {
	run   evidence.Run
	snaps map[string]evidence.Snapshot
	lists map[string]map[string][]byte // by series
}

func newStored(t *testing.T, run evidence.Run, b memory) *stored {
	t.Helper()
	snaps, objects, err := b.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	s := &stored{run: run, snaps: map[string]evidence.Snapshot{}, lists: map[string]map[string][]byte{}}
	for i, snap := range snaps {
		// The list is found again by its root, which is made one of a kind.
		snap.Subjects.Root = evidence.Sum([]byte(snap.Series()))
		s.snaps[snap.Series()], s.lists[snap.Subjects.Root.String()] = snap, objects[i]
	}
	return s
}

// with returns the newer snapshots over the older ones.
func (s *stored) with(newer *stored) *stored {
	out := &stored{run: newer.run, snaps: maps.Clone(s.snaps), lists: maps.Clone(s.lists)}
	maps.Copy(out.snaps, newer.snaps)
	maps.Copy(out.lists, newer.lists)
	return out
}

// Size implements assess.View.
func (s *stored) Size() int64 { return 1 }

// Snapshots implements assess.View.
func (s *stored) Snapshots(subjectType string) ([]assess.Snap, error) {
	var out []assess.Snap
	for _, series := range slices.Sorted(maps.Keys(s.snaps)) {
		if snap := s.snaps[series]; subjectType == "" || snap.Collector == subjectType {
			out = append(out, assess.Snap{Snapshot: snap})
		}
	}
	return out, nil
}

// Subjects implements assess.View.
func (s *stored) Subjects(ref evidence.ListRef, fn func(string, evidence.Digest, []byte) error) error {
	list := s.lists[ref.Root.String()]
	for _, id := range slices.Sorted(maps.Keys(list)) {
		if err := fn(id, evidence.Sum(list[id]), list[id]); err != nil {
			return err
		}
	}
	return nil
}

// judge returns the observations by key.
func (s *stored) judge(t *testing.T, cat *catalog.Catalog, cloud *simcloud.Cloud) map[string]evidence.Observation {
	t.Helper()
	sink := &observations{t: t, all: map[string]evidence.Observation{}}
	_, err := cat.Evaluator().Assess(context.Background(), s, assess.Input{AsOf: cloud.Now(), Scopes: s.run.Scopes}, sink)
	if err != nil {
		t.Error(err)
	}
	return sink.all
}

// observations is a sink.
type observations struct {
	t   *testing.T
	mu  sync.Mutex
	all map[string]evidence.Observation
}

// Observation implements assess.Sink.
func (s *observations) Observation(key string, object []byte) error {
	var o evidence.Observation
	if err := json.Unmarshal(object, &o); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[key] = o
	return nil
}

// Finding implements assess.Sink.
func (s *observations) Finding(string, []byte) error { return nil }
