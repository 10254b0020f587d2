package simcloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a cloud may be told beyond its estate.
type Options struct {
	// PageSize caps every page of every list; 0 leaves each provider's own default and maximum.
	PageSize int
	// Latency is waited before every answer.
	Latency time.Duration
	// ReportPolls is how often GenerateCredentialReport answers STARTED before it answers COMPLETE, each day anew.
	ReportPolls int
	// Odd makes AWS answer as it may and seldom does: with members that no SDK knows, with an empty page before the first,
	// and with null, or nothing in XML, where a list inside a thing is empty.
	Odd bool
}

// Cloud is a set of simulated providers over one estate. Its methods may be called while it serves.
type Cloud struct {
	estate      *Estate
	options     Options
	world       atomic.Pointer[world]
	models      models
	aws         map[string]awsService
	signed      map[string][]string // services by the name that requests to them are signed with
	key         gcpKey
	gcp         restAPI
	azure       restAPI
	azuredevops restAPI
	github      restAPI
	gitlab      restAPI
	argocd      restAPI
	jenkins     restAPI
	faults      faults
	counts      counts
	answered    counts       // without an error
	serial      atomic.Int64 // of request ids

	mu     sync.Mutex
	urls   map[string]string
	server []*http.Server
}

// Providers are the names that URL knows.
func Providers() []string {
	return []string{"aws", "gcp", "azure", "azuredevops", "github", "gitlab", "argocd", "jenkins"}
}

// New returns a cloud at day 0 of the estate. It does not listen yet.
func New(estate *Estate, options Options) (*Cloud, error) {
	c := &Cloud{estate: estate, options: options, urls: map[string]string{}, aws: map[string]awsService{},
		signed: map[string][]string{}, gcp: gcpAPI(), azure: azureAPI(), github: githubAPI(),
		gitlab: gitlabAPI(), azuredevops: azureDevOpsAPI(), argocd: argocdAPI(), jenkins: jenkinsAPI()}
	for _, s := range awsServices() {
		if have, ok := c.aws[s.name]; ok { // one that is told in several places
			maps.Copy(have.ops, s.ops)
			continue
		}
		c.aws[s.name] = s
		c.signed[s.signing] = append(c.signed[s.signing], s.name)
	}
	if err := c.SetDay(0); err != nil {
		return nil, err
	}
	return c, nil
}

// Start listens on one loopback port a provider, chosen by the kernel, until ctx ends or Close is called.
func (c *Cloud) Start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	routers := map[string]router{"aws": c.routeAWS, "gcp": c.routeGCP, "azure": c.routeAzure, "github": c.routeGitHub,
		"gitlab": c.routeGitLab, "azuredevops": c.routeAzureDevOps, "argocd": c.routeArgoCD, "jenkins": c.routeJenkins}
	for _, name := range Providers() {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return errors.Join(fmt.Errorf("listen for simulated %s: %w", name, err), c.stop())
		}
		s := &http.Server{Handler: c.handler(routers[name]), ReadHeaderTimeout: time.Minute}
		c.server = append(c.server, s)
		c.urls[name] = "http://" + l.Addr().String()
		go func() { _ = s.Serve(l) }() // ends with ErrServerClosed in stop
	}
	context.AfterFunc(ctx, func() { _ = c.Close() })
	return nil
}

// Close ends all listeners and connections.
func (c *Cloud) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stop()
}

func (c *Cloud) stop() error {
	var errs []error
	for _, s := range c.server {
		errs = append(errs, s.Close())
	}
	c.server = nil
	return errors.Join(errs...)
}

// URL returns the base address of a provider, without a slash at its end, or "" before Start.
func (c *Cloud) URL(provider string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.urls[provider]
}

// SetDay moves the estate to day n: everything that the timeline says up to and including n has happened, and what
// expired before it is over. Going back is allowed. Requests that are being answered keep their day.
func (c *Cloud) SetDay(n int) error {
	w, err := c.estate.at(n)
	if err != nil {
		return err
	}
	c.world.Store(w)
	return nil
}

// Day returns the current day.
func (c *Cloud) Day() int { return c.world.Load().day }

// Now returns the simulated time: the estate's base plus the current day.
func (c *Cloud) Now() time.Time { return c.world.Load().now }

// Accounts returns the ids of a provider's accounts, projects, subscriptions or organisations, sorted.
func (c *Cloud) Accounts(provider string) []string {
	return slices.Clone(c.world.Load().accounts[provider])
}
