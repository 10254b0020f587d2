//go:build moto

package collectors_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"go.yaml.in/yaml/v4"

	"exhibit/collectors/aws"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// motoRegion is where everything is made.
const motoRegion = "eu-west-1"

// startMoto runs moto_server, an AWS written by others, on a port of the kernel's choice until the test ends.
func startMoto(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Fatal("this test runs against moto_server (Python package moto[server]), which is not on this machine")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-H", "127.0.0.1", "-p", fmt.Sprint(port))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(url + "/moto-api/")
		if err == nil {
			resp.Body.Close()
			return url
		}
	}
	t.Fatalf("moto_server did not answer: %s", log.Bytes())
	return ""
}

func motoConfig(url string) sdk.Config {
	return sdk.Config{Region: motoRegion, BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAMOTO", "moto", "")}
}

// TestMoto collects from a server that knows nothing of exhibit: what was made there is found, and what the server does
// not serve is said to be missing rather than read as nothing.
func TestMoto(t *testing.T) {
	url := startMoto(t)
	made := seedMoto(t, motoConfig(url))
	b := memory{collecttest.NewMemory()}
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "moto", Provider: aws.Provider{}, Decode: func(into any) error {
			return yaml.Load([]byte("regions: ["+motoRegion+"]\nendpoint: "+url), into, yaml.WithKnownFields())
		}}},
		Batch: b.Memory, RedactionKey: make([]byte, 32), Trigger: "manual", Limits: collect.Limits{Pace: math.Inf(1)},
		Getenv: func(name string) string {
			return map[string]string{"AWS_ACCESS_KEY_ID": "AKIAMOTO", "AWS_SECRET_ACCESS_KEY": "moto",
				"AWS_REGION": motoRegion}[name]
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	found, all := map[string]bool{}, 0
	for _, c := range (aws.Provider{}).Collectors() {
		for _, s := range b.subjects(t, c.Type()) {
			found[s.Type+" "+s.ID] = true
			all++
		}
	}
	for _, id := range made {
		if !found[id] {
			t.Errorf("%s was made and not found", id)
		}
	}
	t.Logf("%d subjects, run ended %s", all, run.Outcome)
	for _, s := range b.snapshots(t) {
		for _, op := range s.Completeness.Operations {
			switch {
			case op.Outcome.Seen():
			case op.Outcome != evidence.OutcomeFailed:
				t.Errorf("%s in %s reads as %s, and moto refuses nothing: %v", op.Name, s.Collector, op.Outcome, op.Errors)
			case !slices.Contains(motoGaps(), op.Name):
				t.Errorf("%s in %s: %v", op.Name, s.Collector, op.Errors)
			}
		}
	}
}

// motoGaps are the operations that moto 5.2 does not serve, or answers with another operation's body.
func motoGaps() []string {
	return []string{
		"accessanalyzer:ListAnalyzers", "account:GetContactInformation", "account:ListRegions", "backup:ListProtectedResources",
		"cloudtrail:LookupEvents", "ec2:GetEbsDefaultKmsKeyId", "ec2:GetImageBlockPublicAccessState",
		"ec2:GetInstanceMetadataDefaults", "ec2:GetSnapshotBlockPublicAccessState", "inspector2:BatchGetAccountStatus",
		"macie2:ListClassificationJobs", "s3:GetBucketPolicyStatus", "s3:GetBucketVersioning", "ssm:DescribeInstanceInformation",
	}
}
