package daemon

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.yaml.in/yaml/v4"
	"golang.org/x/sync/errgroup"

	"exhibit/collectors/aws"
	"exhibit/internal/collect"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
	"exhibit/internal/simcloud"
	"exhibit/internal/store"
)

// BenchmarkCollectAWS compares collecting a generated account with a bare program that makes the same calls through the
// same SDK and keeps nothing. The cloud, the collector and the bare program are processes of their own, so that CPU and
// memory are theirs alone. Sizes are given as EXHIBIT_BENCH_SUBJECTS, 10000 by default.
func BenchmarkCollectAWS(b *testing.B) {
	n := 10_000
	if v, err := strconv.Atoi(os.Getenv("EXHIBIT_BENCH_SUBJECTS")); err == nil {
		n = v
	}
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		b.Run(fmt.Sprintf("%d subjects, %v", n, latency), func(b *testing.B) {
			cloud := benchChild(b, "cloud", "EXHIBIT_BENCH_N="+strconv.Itoa(n), "EXHIBIT_BENCH_LATENCY="+latency.String())
			url := "EXHIBIT_BENCH_URL=" + cloud.line(b)
			var bare, ours, kept benchResult
			for range b.N {
				bare.add(benchChild(b, "bare", url).result(b))
				ours.add(benchChild(b, "collect", url).result(b))
				kept.add(benchChild(b, "store", url).result(b))
			}
			b.ReportMetric(ours.rate()/bare.rate(), "rate-ratio")
			b.ReportMetric(bare.cpuPerRequest()/ours.cpuPerRequest(), "cpu-ratio")
			b.ReportMetric(ours.rate(), "requests/s")
			b.ReportMetric(bare.rate(), "bare-requests/s")
			b.ReportMetric(float64(ours.Requests), "requests")
			b.ReportMetric(float64(bare.Requests), "bare-requests")
			b.ReportMetric(float64(ours.PeakKB)/1024, "peak-MB")
			b.ReportMetric(float64(bare.PeakKB)/1024, "bare-peak-MB")
			b.ReportMetric(float64(kept.PeakKB)/1024, "store-peak-MB")
			b.ReportMetric(kept.rate()/bare.rate(), "store-rate-ratio")
			cloud.stop()
		})
	}
}

// benchResult is what one child used.
type benchResult struct {
	Requests int64
	Subjects int64
	Wall     time.Duration
	CPU      time.Duration
	PeakKB   int64
}

func (r *benchResult) add(o benchResult) {
	r.Requests += o.Requests
	r.Wall += o.Wall
	r.CPU += o.CPU
	r.PeakKB = max(r.PeakKB, o.PeakKB)
}

func (r *benchResult) rate() float64          { return float64(r.Requests) / r.Wall.Seconds() }
func (r *benchResult) cpuPerRequest() float64 { return r.CPU.Seconds() / float64(r.Requests) }

// child is a process of this test binary in another role.
type child struct {
	cmd *exec.Cmd
	out *bufio.Reader
	end func() error
}

func benchChild(b *testing.B, role string, env ...string) *child {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBenchChild$")
	cmd.Env = append(append(os.Environ(), "EXHIBIT_BENCH_ROLE="+role), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return &child{cmd, bufio.NewReader(out), in.Close}
}

func (c *child) line(b *testing.B) string {
	b.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		b.Fatalf("the child ended: %v", err)
	}
	return strings.TrimSpace(line)
}

func (c *child) stop() {
	c.end()
	c.cmd.Wait()
}

func (c *child) result(b *testing.B) benchResult {
	b.Helper()
	var r benchResult
	line := c.line(b)
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		rest, _ := io.ReadAll(c.out)
		b.Fatalf("the child ended: %s\n%s", line, rest)
	}
	c.stop()
	return r
}

// TestBenchChild is the benchmark's other processes.
func TestBenchChild(t *testing.T) {
	role := os.Getenv("EXHIBIT_BENCH_ROLE")
	if role == "" {
		t.Skip("runs as a child of BenchmarkCollectAWS")
	}
	if role == "cloud" {
		benchCloud(t)
		return
	}
	var requests, subjects int64
	var err error
	begin := time.Now()
	switch role {
	case "bare":
		requests, err = benchBare(t.Context(), os.Getenv("EXHIBIT_BENCH_URL"))
	case "collect":
		requests, subjects, err = benchCollect(t.Context(), os.Getenv("EXHIBIT_BENCH_URL"), discard{})
	case "store":
		requests, subjects, err = benchStore(t)
	}
	wall := time.Since(begin)
	if err != nil {
		t.Fatal(err)
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	line, err := json.Marshal(benchResult{Requests: requests, Subjects: subjects, Wall: wall, CPU: cpu, PeakKB: peakKB(t)})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(line))
}

// peakKB is the process's own high-water mark. What wait reports counts the parent's memory too, which the child had
// before it became another program.
func peakKB(t *testing.T) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb
		}
	}
	t.Fatal("/proc/self/status has no VmHWM")
	return 0
}

func benchCloud(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("EXHIBIT_BENCH_N"))
	if err != nil {
		t.Fatal(err)
	}
	latency, err := time.ParseDuration(os.Getenv("EXHIBIT_BENCH_LATENCY"))
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := strconv.Atoi(os.Getenv("EXHIBIT_BENCH_ACCOUNTS"))
	if err != nil {
		accounts = 1
	}
	cloud, err := simcloud.New(simcloud.ScaleAccounts(accounts, n, 1), simcloud.Options{Latency: latency})
	if err != nil {
		t.Fatal(err)
	}
	if err := cloud.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	fmt.Println(cloud.URL("aws"))
	bufio.NewReader(os.Stdin).ReadString('\n') // until the parent ends
}

// discard is a batch that hashes what it gets and forgets it.
type discard struct{}

func (discard) List(string, string) collect.List { return new(discardList) }

func (discard) Object(_ string, b []byte) (evidence.Digest, error) { return evidence.Sum(b), nil }

type discardList struct{ n atomic.Int64 }

func (l *discardList) Add(_ context.Context, _ string, b []byte) (evidence.Digest, error) {
	l.n.Add(1)
	return evidence.Sum(b), nil
}

func (l *discardList) Keep(string, evidence.Digest) error { l.n.Add(1); return nil }

func (l *discardList) Close() (evidence.ListRef, error) {
	return evidence.ListRef{Count: int(l.n.Load())}, nil
}

func benchCollect(ctx context.Context, url string, batch collect.Batch) (requests, subjects int64, err error) {
	id, secret := simcloud.AWSKey(simcloud.ScaleAccount)
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": simcloud.ScaleRegion, "AWS_ENDPOINT_URL": url,
	}
	decode := func(any) error { return nil }
	if accounts, err := strconv.Atoi(os.Getenv("EXHIBIT_BENCH_ACCOUNTS")); err == nil {
		decode = func(into any) error {
			return yaml.Load([]byte(benchAccounts(accounts)), into, yaml.WithKnownFields())
		}
	}
	run, err := collect.Run(ctx, collect.Config{
		Sources: []collect.OpenSource{{Name: "bench", Provider: aws.Provider{}, Decode: decode}},
		Batch:   batch, RedactionKey: make([]byte, 32), Trigger: "simulation",
		Limits: collect.Limits{Pace: math.Inf(1)}, Getenv: func(name string) string { return env[name] },
	})
	for _, s := range run.Scopes {
		requests += int64(s.Requests)
		subjects += int64(s.Subjects)
	}
	// Members may not be asked about their organisation, which costs nothing that is measured here.
	if err == nil && run.Outcome != evidence.OutcomeOK && run.Outcome != evidence.OutcomeNotEnabled {
		err = fmt.Errorf("the run ended %q: %+v", run.Outcome, run.Scopes)
	}
	return requests, subjects, err
}

func benchStore(t *testing.T) (requests, subjects int64, err error) {
	key, err := ledger.GenerateKey(rand.Reader, "bench")
	if err != nil {
		return 0, 0, err
	}
	s, err := store.Create(filepath.Join(t.TempDir(), "evidence.db"), store.CreateOptions{Key: key, At: time.Now()})
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	batch, err := s.Begin()
	if err != nil {
		return 0, 0, err
	}
	defer batch.Discard()
	requests, subjects, err = benchCollect(t.Context(), os.Getenv("EXHIBIT_BENCH_URL"), staging{batch})
	if err != nil {
		return 0, 0, err
	}
	_, err = batch.Commit(evidence.KindRun, []byte("{}"), time.Now())
	return requests, subjects, err
}

// benchBare makes the calls that the collectors make, pages of the same size, as many at a time, and keeps nothing.
func benchBare(ctx context.Context, url string) (int64, error) {
	id, secret := simcloud.AWSKey(simcloud.ScaleAccount)
	var requests atomic.Int64
	cfg := awssdk.Config{
		Region: simcloud.ScaleRegion, BaseEndpoint: &url, HTTPClient: bareClient{collect.NewTransport(), &requests},
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
		Retryer: func() awssdk.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.RateLimiter = ratelimit.None })
		},
	}
	b := &bareCalls{
		iam: iam.NewFromConfig(cfg), ec2: ec2.NewFromConfig(cfg),
		s3: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range []func(context.Context) error{
		b.users, b.roles, b.policies, b.buckets, b.groups, b.volumes, b.snapshots,
	} {
		g.Go(func() error { return f(ctx) })
	}
	err := g.Wait()
	return requests.Load(), err
}
