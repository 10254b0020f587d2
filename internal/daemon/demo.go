package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/simcloud"
	"exhibit/testdata/estates"
)

// DemoOptions configure a demo.
type DemoOptions struct {
	// Dir takes the configuration, the key and the store. It must hold no store yet.
	Dir string
	// Until is after the last simulated moment, which is six in the morning UTC of its day or of the day before. The company
	// works by day: what happens on one is seen on the next, whenever the demo is run.
	Until time.Time
	// Getenv reads the environment, beneath what the demo sets for itself.
	Getenv func(string) string
	// Progress is told how many days are done.
	Progress func(day, days int)
}

// Demo is a finished demo: its store open, its period known.
type Demo struct {
	App     *App
	Company string
	Period  evidence.Window
}

// demoGCPKey is the file of the simulated service account. It opens nothing but the simulated token endpoint.
const demoGCPKey = "gcp-key.json"

// demoTenant is the directory of the simulated company.
const demoTenant = "5f0c2d1e-7a43-4b7e-9d52-3c6a1f9be204"

// acceptedSite is the demo's accepted risk: a bucket that is public on purpose, accepted for 60 days and then forgotten.
const acceptedSite = `requester: web-lead@larkspur.example.com
approver: ciso@larkspur.example.com
owner: web-team@larkspur.example.com
reason: The marketing site is served from this bucket until the move behind the CDN is done.
category: waiver
check: aws.s3.bucket-not-public
scope: aws:111122223333
subjects: ["arn:aws:s3:::larkspur-public-site"]
start: %s
end: %s
`

// RunDemo lets the days of a simulated company pass, with real collectors over real HTTP on loopback: each day is
// collected, committed and assessed as it would be in the world. Nothing outside dir and loopback is touched.
func RunDemo(ctx context.Context, o DemoOptions) (*Demo, error) {
	folder, err := fs.Sub(estates.FS, "demo")
	if err != nil {
		return nil, err
	}
	estate, err := simcloud.Load(folder)
	if err != nil {
		return nil, fmt.Errorf("read the simulated company: %w", err)
	}
	morning := o.Until.UTC().Truncate(24 * time.Hour).Add(6 * time.Hour)
	if morning.After(o.Until) {
		morning = morning.AddDate(0, 0, -1)
	}
	estate.Base = morning.AddDate(0, 0, 1-estate.Days)
	cloud, err := simcloud.New(estate, simcloud.Options{})
	if err != nil {
		return nil, err
	}
	if err := cloud.Start(ctx); err != nil {
		return nil, err
	}
	cfg, getenv, err := writeDemo(o, cloud, estate)
	if err != nil {
		return nil, errors.Join(err, cloud.Close())
	}
	if _, err := Create(cfg, estate.Base, true); err != nil {
		return nil, errors.Join(err, cloud.Close())
	}
	// The clock of the demo is the cloud's: it stands still while a day is collected.
	app, err := Open(Options{Config: cfg, Mode: Write, Now: cloud.Now, Getenv: getenv})
	if err != nil {
		return nil, errors.Join(err, cloud.Close())
	}
	demo := &Demo{App: app, Company: estate.Company, Period: evidence.Window{From: estate.Base}}
	for day := range estate.Days {
		if err := cloud.SetDay(day); err != nil {
			return nil, errors.Join(err, app.Close(), cloud.Close())
		}
		if _, err := app.Collect(ctx, CollectRequest{Trigger: "simulation", Limits: collect.Limits{Pace: math.Inf(1)}}); err != nil {
			return nil, errors.Join(fmt.Errorf("day %d: %w", day, err), app.Close(), cloud.Close())
		}
		o.Progress(day+1, estate.Days)
	}
	demo.Period.To = cloud.Now()
	return demo, cloud.Close()
}

// writeDemo writes the configuration of the simulated company and returns it with the environment that it needs.
func writeDemo(o DemoOptions, cloud *simcloud.Cloud, estate *simcloud.Estate) (*config.Config, func(string) string, error) {
	key, secret := simcloud.AWSKey(cloud.Accounts("aws")[0])
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true",
		"EXHIBIT_DEMO_AZURE_TOKEN": simcloud.Token("azure"), "EXHIBIT_DEMO_GITHUB_TOKEN": simcloud.Token("github"),
		"EXHIBIT_DEMO_GITLAB_TOKEN": simcloud.Token("gitlab"),
	}
	keyFile, err := cloud.GCPKeyFile()
	if err != nil {
		return nil, nil, err
	}
	var b strings.Builder
	b.WriteString("# The simulated company of exhibit demo. Its providers are gone when the demo has ended.\n")
	b.WriteString("store: ./evidence.db\nacceptances: ./acceptances\nsources:\n")
	for _, account := range cloud.Accounts("aws") {
		fmt.Fprintf(&b, "  - name: aws-%s\n    aws: { endpoint: %q, role: %q, regions: enabled }\n", account, cloud.URL("aws"),
			simcloud.AWSRole(account))
	}
	fmt.Fprintf(&b, "  - name: gcp\n    gcp: { endpoint: %q, projects: [%s], credentials_file: %q }\n", cloud.URL("gcp"),
		strings.Join(cloud.Accounts("gcp"), ", "), filepath.Join(o.Dir, demoGCPKey))
	fmt.Fprintf(&b, "  - name: azure\n    azure: { endpoint: %q, tenant: %s, subscriptions: [all], token_env: EXHIBIT_DEMO_AZURE_TOKEN }\n",
		cloud.URL("azure"), demoTenant)
	for _, organization := range cloud.Accounts("github") {
		fmt.Fprintf(&b, "  - name: github\n    github: { base_url: %q, organization: %s, window: 365d, token_env: EXHIBIT_DEMO_GITHUB_TOKEN }\n",
			cloud.URL("github"), organization)
	}
	for _, group := range cloud.Accounts("gitlab") {
		fmt.Fprintf(&b, "  - name: gitlab\n    gitlab: { base_url: %q, group: %s, window: 365d, token_env: EXHIBIT_DEMO_GITLAB_TOKEN }\n",
			cloud.URL("gitlab"), group)
	}
	b.WriteString("environments: # where deployments change things\n")
	for _, organization := range cloud.Accounts("github") {
		fmt.Fprintf(&b, "  - { deployments: \"github:%s/*\", environment: production, accounts: [\"aws:%s\"] }\n", organization,
			cloud.Accounts("aws")[0])
	}
	file := filepath.Join(o.Dir, config.FileName)
	if err := os.MkdirAll(filepath.Join(o.Dir, "acceptances"), 0o755); err != nil {
		return nil, nil, fmt.Errorf("prepare the demo: %w", err)
	}
	site := fmt.Sprintf(acceptedSite, estate.Base.Format(time.DateOnly), estate.Base.AddDate(0, 0, 60).Format(time.DateOnly))
	// The configuration comes first: a folder that has one is somebody's own, and nothing else is put there.
	for _, f := range []struct{ path, text string }{
		{file, b.String()}, {filepath.Join(o.Dir, demoGCPKey), string(keyFile)},
		{filepath.Join(o.Dir, "acceptances", "public-site.yaml"), site},
	} {
		if err := writeOnce(f.path, []byte(f.text)); err != nil {
			return nil, nil, fmt.Errorf("prepare the demo: %w; name another folder", err)
		}
	}
	cfg, err := config.Load(file, ProviderNames())
	if err != nil {
		return nil, nil, err
	}
	return cfg, func(name string) string {
		if v, ok := env[name]; ok {
			return v
		}
		return o.Getenv(name)
	}, nil
}
