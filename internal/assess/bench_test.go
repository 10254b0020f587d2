package assess

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"golang.org/x/sync/errgroup"

	"exhibit/internal/evidence"
)

var benchDocs = flag.Int("assess.docs", 5_000, "documents that BenchmarkAssess judges")

// benchDoc is a bucket of about 1.7 KB.
type benchDoc struct {
	Name, Region, CreationDate string
	PublicAccessBlock          struct{ BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool }
	Versioning                 struct{ Status, MFADelete string }
	Encryption                 struct {
		Rules []struct {
			ApplyServerSideEncryptionByDefault struct{ SSEAlgorithm, KMSMasterKeyID string }
			BucketKeyEnabled                   bool
		}
	}
	Logging struct {
		LoggingEnabled *struct{ TargetBucket, TargetPrefix string }
	}
	Acl struct {
		Owner  struct{ ID, DisplayName string }
		Grants []struct {
			Grantee    struct{ Type, ID, URI string }
			Permission string
		}
	}
	ObjectCount int64
	Lifecycle   struct {
		Rules []struct {
			ID, Status string
			Days       int64
		}
	}
	Policy string
}

// benchChecks are twenty assertions of the kinds that the shipped controls make.
var benchChecks = []string{
	`subject.doc.PublicAccessBlock.BlockPublicAcls && subject.doc.PublicAccessBlock.IgnorePublicAcls`,
	`subject.doc.PublicAccessBlock.BlockPublicPolicy && subject.doc.PublicAccessBlock.RestrictPublicBuckets`,
	`subject.doc.Versioning.Status == "Enabled"`,
	`has(subject.doc.Versioning.MFADelete) && subject.doc.Versioning.MFADelete == "Enabled"`,
	`subject.doc.Encryption.Rules.exists(r, r.ApplyServerSideEncryptionByDefault.SSEAlgorithm == "aws:kms")`,
	`subject.doc.Encryption.Rules.all(r, r.BucketKeyEnabled)`,
	`has(subject.doc.Logging.LoggingEnabled)`,
	`!has(subject.doc.Logging.LoggingEnabled) || subject.doc.Logging.LoggingEnabled.TargetBucket != subject.doc.Name`,
	`!subject.doc.Acl.Grants.exists(g, g.Grantee.Type == "Group" && g.Permission == "WRITE")`,
	`subject.doc.Acl.Owner.DisplayName == "platform"`,
	`subject.doc.ObjectCount < 1000000`,
	`subject.doc.Lifecycle.Rules.exists(r, r.Status == "Enabled" && r.Days <= 365)`,
	`subject.doc.Region in ["eu-west-1", "eu-central-1", "eu-north-1"]`,
	`subject.doc.Name.startsWith("prod-") || subject.doc.Name.startsWith("dev-")`,
	`subject.tags.owner != ""`,
	`"team" in subject.tags && subject.tags.team.size() > 2`,
	`timestamp(subject.doc.CreationDate) < timestamp("2030-01-01T00:00:00Z")`,
	`subject.doc.Policy.contains("aws:SecureTransport")`,
	`subject.doc.ObjectCount % 2 == 0 || subject.doc.ObjectCount > 10`,
	`subject.doc.Name.size() <= 63 && subject.doc.Region != ""`,
}

func benchObject(i int) []byte {
	grant := `{"Grantee":{"ID":"75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a","Type":"CanonicalUser"},"Permission":"FULL_CONTROL"}`
	rules := ""
	for r := range 4 {
		rules += fmt.Sprintf(`,{"Days":%d,"ID":"expire-%d","Status":"Enabled"}`, 500-r*100, r)
	}
	doc := fmt.Sprintf(`{"Acl":{"Grants":[%s,%s],"Owner":{"DisplayName":"platform","ID":"75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"}},`+
		`"CreationDate":"2024-05-01T10:00:00Z","Encryption":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"KMSMasterKeyID":"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab","SSEAlgorithm":"aws:kms"},"BucketKeyEnabled":true}]},`+
		`"Lifecycle":{"Rules":[%s]},"Logging":{"LoggingEnabled":{"TargetBucket":"logs","TargetPrefix":"s3/"}},"Name":"prod-bucket-%06d","ObjectCount":%d,`+
		`"Policy":%q,"PublicAccessBlock":{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":%v},"Region":"eu-west-1","Versioning":{"MFADelete":"Disabled","Status":"Enabled"}}`,
		grant, grant, rules[1:], i, i*7, `{"Version":"2012-10-17","Statement":[{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, i%10 != 0)
	raw, err := evidence.Encode(evidence.Subject{Type: "aws.s3.bucket", ID: fmt.Sprintf("arn:aws:s3:::prod-bucket-%06d", i),
		Name: fmt.Sprintf("prod-bucket-%06d", i), Tags: map[string]string{"owner": "a", "team": "payments"}, Doc: json.RawMessage(doc)})
	if err != nil {
		panic(err)
	}
	return raw
}

// benchView is one snapshot of stored bytes.
type benchView struct {
	snap    Snap
	objects [][]byte
	digests []evidence.Digest
}

func (v *benchView) Size() int64                      { return 1 }
func (v *benchView) Snapshots(string) ([]Snap, error) { return []Snap{v.snap}, nil }
func (v *benchView) Subjects(_ evidence.ListRef, fn func(string, evidence.Digest, []byte) error) error {
	for i, o := range v.objects {
		if err := fn("", v.digests[i], o); err != nil {
			return err
		}
	}
	return nil
}

// dropSink keeps nothing.
type dropSink struct{}

func (dropSink) Observation(string, []byte) error { return nil }
func (dropSink) Finding(string, []byte) error     { return nil }

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func parsedValues(b *testing.B, objects [][]byte) (out []map[string]any) {
	for i, o := range objects {
		var m map[string]any
		if err := json.Unmarshal(o, &m); err != nil {
			b.Fatal(err)
		}
		doc := m["doc"].(map[string]any)
		doc["ObjectCount"] = int64(i * 7)
		for _, r := range doc["Lifecycle"].(map[string]any)["Rules"].([]any) {
			r := r.(map[string]any)
			r["Days"] = int64(r["Days"].(float64))
		}
		out = append(out, m)
	}
	return out
}

// celAlone evaluates every program over n parsed values, on two goroutines as Assess does, and counts what passes.
func celAlone(b *testing.B, programs []cel.Program, parsed []map[string]any, n int) int {
	var passed atomic.Int64
	var group errgroup.Group
	for half := range 2 {
		group.Go(func() error {
			count := 0
			for i := half; i < n; i += 2 {
				vars := map[string]any{"subject": parsed[i%len(parsed)]}
				for _, p := range programs {
					out, _, err := p.Eval(vars)
					if err != nil {
						return err
					}
					if out == types.True {
						count++
					}
				}
			}
			passed.Add(int64(count))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return int(passed.Load())
}

// BenchmarkAssess judges documents by twenty checks, from stored bytes to encoded observations, and beside it runs
// cel-go alone over values that are parsed already. "ratio" is cel-go's CPU time over ours: 0.8 is the aim.
//
//	go test -run '^$' -bench Assess -benchtime 1x -assess.docs 100000 ./internal/assess
func BenchmarkAssess(b *testing.B) {
	v := &benchView{snap: Snap{Snapshot: evidence.Snapshot{Collector: "aws.s3.bucket", Source: "aws",
		Scope: evidence.Scope{Provider: "aws", Account: "1"}, Outcome: evidence.OutcomeOK}}}
	for i := range *benchDocs {
		o := benchObject(i)
		v.objects = append(v.objects, o)
		v.digests = append(v.digests, evidence.Sum(o))
	}
	v.snap.Subjects.Count = len(v.objects)
	control := evidence.Control{ID: "bench"}
	env, err := cel.NewEnv(cel.Variable("subject", cel.DynType))
	if err != nil {
		b.Fatal(err)
	}
	var programs []cel.Program
	for i, text := range benchChecks {
		control.Checks = append(control.Checks, evidence.Check{ID: fmt.Sprintf("aws.bench.check-%02d", i), Subject: "aws.s3.bucket",
			Assert: text, Severity: evidence.High})
		tree, issues := env.Compile(text)
		if issues.Err() != nil {
			b.Fatal(issues.Err())
		}
		p, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			b.Fatal(err)
		}
		programs = append(programs, p)
	}
	eval, err := New([]evidence.Control{control}, []evidence.Schema{{Type: "aws.s3.bucket", Doc: evidence.ShapeOf[benchDoc]()}})
	if err != nil {
		b.Fatal(err)
	}
	var ours, alone time.Duration
	judged := 0
	for b.Loop() {
		start := cpu()
		a, err := eval.Assess(context.Background(), v, Input{AsOf: time.Unix(1_800_000_000, 0)}, dropSink{})
		if err != nil {
			b.Fatal(err)
		}
		ours += cpu() - start
		// The parsed values of 100,000 documents fill the memory; some are gone through again and again.
		parsed := parsedValues(b, v.objects[:min(len(v.objects), 5_000)])
		start = cpu()
		passed := celAlone(b, programs, parsed, len(v.objects))
		alone += cpu() - start
		if len(v.objects) <= len(parsed) && passed != a.Totals[evidence.Pass] {
			b.Fatalf("%d passed, cel-go alone says %d", a.Totals[evidence.Pass], passed)
		}
		judged += len(v.objects) * len(programs)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(judged), "ns/check")
	b.ReportMetric(float64(alone.Nanoseconds())/float64(judged), "ns/check-cel-alone")
	b.ReportMetric(float64(alone)/float64(ours), "ratio")
	b.ReportMetric(float64(len(v.objects[0])), "B/doc")
}
