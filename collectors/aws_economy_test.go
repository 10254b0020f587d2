package collectors_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v4"

	"exhibit/collectors/aws"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
)

// tally is a transport that keeps what was asked.
type tally struct {
	next http.RoundTripper

	mu    sync.Mutex
	asked map[question]int
	ops   map[string]map[string]bool
}

// question is a request as far as it decides the answer.
type question struct{ key, place, op, request string }

// RoundTrip implements http.RoundTripper.
func (l *tally) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	key, region := signer(req)
	op := collect.Called(req.Context())
	place := region
	if globalService(op) {
		place = "" // whatever the region, the answer is the same
	}
	l.mu.Lock()
	l.asked[question{key, place, op, fmt.Sprintf("%s %s %s %s", req.Method, req.URL, req.Header.Get("X-Amz-Target"), body)}]++
	if l.ops[op] == nil {
		l.ops[op] = map[string]bool{}
	}
	l.ops[op][key+" "+region] = true
	l.mu.Unlock()
	return l.next.RoundTrip(req)
}

// signer returns the access key and the region that a request is signed with.
func signer(req *http.Request) (key, region string) {
	_, rest, _ := strings.Cut(req.Header.Get("Authorization"), "Credential=")
	scope, _, _ := strings.Cut(rest, ",")
	if parts := strings.Split(scope, "/"); len(parts) == 5 {
		return parts[0], parts[2]
	}
	return "", ""
}

// globalService tells the services that have one answer for an account, wherever they are asked.
func globalService(op string) bool {
	service, _, _ := strings.Cut(op, ":")
	return slices.Contains([]string{"iam", "sts", "organizations", "account", "cloudfront", "route53", "s3control",
		"identitystore", "ssoadmin"}, service)
}

// TestNoCallTwice collects all accounts of the company and finds no request that was made before in the same account and
// region: neither by another collector nor by the plan. Global services are asked in one region of an account only.
func TestNoCallTwice(t *testing.T) {
	cloud := start(t, 3)
	log := &tally{next: collect.NewTransport(), asked: map[question]int{}, ops: map[string]map[string]bool{}}
	section := fmt.Sprintf("role: exhibit-read\naccounts: ['%s']\nendpoint: %s", strings.Join(cloud.Accounts("aws"), "', '"),
		cloud.URL("aws"))
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "aws", Provider: aws.Provider{}, Decode: func(into any) error {
			return yaml.Load([]byte(section), into, yaml.WithKnownFields())
		}}},
		Batch: collecttest.NewMemory(), RedactionKey: make([]byte, 32), Trigger: "simulation", Now: cloud.Now,
		Limits: collect.Limits{Pace: math.Inf(1)}, Getenv: awsEnv(cloud.Accounts("aws")[0]), Transport: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !run.Outcome.Seen() {
		t.Fatalf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	requests, counted := 0, 0
	for what, n := range log.asked {
		// The credential report is asked for until it is made.
		if n > 1 && what.op != "iam:GenerateCredentialReport" {
			t.Errorf("asked %d times: %.400v", n, what)
		}
		if !strings.Contains(what.request, "Action=AssumeRole&") { // what obtains credentials belongs to no operation
			requests += n
		}
	}
	for op, places := range log.ops {
		regions := map[string]int{}
		for place := range places {
			account, _, _ := strings.Cut(place, " ")
			if regions[account]++; globalService(op) && regions[account] > 1 {
				t.Errorf("%s is global and was asked in several regions: %v", op, places)
			}
		}
	}
	for _, s := range run.Scopes {
		counted += s.Requests
	}
	if counted != requests {
		t.Errorf("%d requests are accounted for, %d went over the wire", counted, requests)
	}
}
