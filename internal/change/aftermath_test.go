package change

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// hour is an hour of the second of March 2026, below 0 of the days before and from 24 on of those after.
func hour(h int) time.Time { return time.Date(2026, 3, 2, h, 0, 0, 0, time.UTC) }

// shipped is a deployment of acme/shop to production that ran for an hour.
func shipped(id string, start int) Deployed {
	return Deployed{Type: "github.deployment", ID: id, Scope: "github:acme", Repository: "github.com/acme/shop", Environment: "production",
		Production: true, StartedAt: hour(start), EndedAt: hour(start + 1), Outcome: Succeeded, StartedBy: []string{"ann"}}
}

// broke is a failure that began between two looks, or at one moment where both are the same.
func broke(subject string, good, bad int) evidence.Exposure {
	return evidence.Exposure{Check: "public", Scope: "aws:1:eu-west-1", Subject: subject, LastGood: hour(good), FirstBad: hour(bad)}
}

func looks(at ...int) []Look {
	var out []Look
	for _, h := range at {
		out = append(out, Look{"aws|aws.s3.bucket|aws:1:eu-west-1", "aws:1:eu-west-1", hour(h)})
	}
	return out
}

func TestFollow(t *testing.T) {
	with := func(d Deployed, change func(*Deployed)) Deployed { change(&d); return d }
	logged := broke("a", 0, 24)
	logged.Opened = &evidence.Turn{Window: evidence.Window{From: hour(11), To: hour(11)}}
	early := broke("a", 0, 24)
	early.Opened = &evidence.Turn{Window: evidence.Window{From: hour(9), To: hour(9)}}
	ruled := broke("ruled", 12, 14)
	unseen := broke("a", 12, 14)
	unseen.LastGood = time.Time{}
	elsewhere := broke("a", 12, 14)
	elsewhere.Scope = "aws:11"
	usual := looks(0, 24)
	one := shipped("1", 10)
	other := with(shipped("api", 12), func(d *Deployed) { d.Repository, d.Environment = "github.com/acme/api", "production" })
	for _, tc := range []struct {
		name        string
		deployments []Deployed
		later       []Deployed
		failures    []evidence.Exposure
		looks       []Look
		want        string // the rate, then of each deployment what began
		trail       string // of the first failure
	}{
		{"nothing began", []Deployed{one}, nil, nil, usual, "0/1", ""},
		{"a failure before it", []Deployed{one}, nil, []evidence.Exposure{broke("a", 0, 10)}, usual, "0/1", ""},
		{"one after its day", []Deployed{one}, nil, []evidence.Exposure{broke("a", 35, 40)}, usual, "0/1", ""},
		{"one after it", []Deployed{one}, nil, []evidence.Exposure{broke("a", 12, 14)}, usual, "1/1; 1: 1+0", "4h after 1"},
		{"while it ran", []Deployed{one}, nil, []evidence.Exposure{logged}, usual, "1/1; 1: 1+0", "1h after 1"},
		{"an access log tells that it was before", []Deployed{one}, nil, []evidence.Exposure{early}, usual, "0/1", ""},
		{"between looks around its start", []Deployed{one}, nil, []evidence.Exposure{broke("a", 0, 24)}, usual,
			"0/0 unknown 1; 1: 0+1 looks do not tell whether what failed began before it or after", "perhaps 14h after 1"},
		{"between looks around its day's end", []Deployed{one}, nil, []evidence.Exposure{broke("a", 24, 48)}, usual,
			"0/0 unknown 1; 1: 0+1 looks do not tell whether what failed began before it or after", "perhaps 25h after 1"},
		{"it failed itself", []Deployed{with(one, func(d *Deployed) { d.Outcome = Failed })}, nil,
			[]evidence.Exposure{broke("a", 12, 14)}, usual, "1/1; 1: 1+0", "4h after 1"},
		{"two in one place", []Deployed{one, shipped("2", 13)}, nil, []evidence.Exposure{broke("a", 14, 15)}, usual,
			"1/2; 2: 1+0", "2h after 2"},
		{"two in one place, the looks around the second", []Deployed{one, shipped("2", 13)}, nil,
			[]evidence.Exposure{broke("a", 12, 15)}, usual, "0/0 unknown 2; 1: 0+1 looks do not tell whether what failed began " +
				"before it or after; 2: 0+1 looks do not tell whether what failed began before it or after", "perhaps 2h after 2, 1 other"},
		{"the next is after the period", []Deployed{one}, []Deployed{shipped("2", 13)},
			[]evidence.Exposure{broke("a", 14, 15)}, usual, "0/1", ""},
		{"the next waits", []Deployed{one}, []Deployed{with(shipped("2", 13), func(d *Deployed) {
			d.StartedAt, d.EndedAt, d.CreatedAt, d.Outcome = time.Time{}, time.Time{}, hour(13), Running
		})}, []evidence.Exposure{broke("a", 14, 15)}, usual, "1/1; 1: 1+0", "5h after 1"},
		{"two places with one account", []Deployed{one, other}, nil, []evidence.Exposure{broke("a", 14, 15)}, usual,
			"2/2; 1: 1+0; api: 1+0", "3h after api, 1 other"},
		{"certain goes before perhaps", []Deployed{one, with(other, func(d *Deployed) { d.StartedAt = hour(14) })}, nil,
			[]evidence.Exposure{broke("a", 13, 15)}, usual,
			"1/1 unknown 1; 1: 1+0; api: 0+1 looks do not tell whether what failed began before it or after", "5h after 1"},
		{"another account", []Deployed{one}, nil, []evidence.Exposure{elsewhere}, usual, "0/1", ""},
		{"no account is tied", []Deployed{with(one, func(d *Deployed) { d.Repository = "github.com/acme/docs" })}, nil,
			[]evidence.Exposure{broke("a", 12, 14)}, usual, "0/0 untied 1", ""},
		{"nobody looked after it", []Deployed{one}, nil, nil, looks(0, 48),
			"0/0 unseen 1; 1: 0+0 aws:1 was not looked at whole within a day after it", ""},
		{"nobody looked before it", []Deployed{one}, nil, nil, looks(24),
			"0/0 unseen 1; 1: 0+0 aws:1 was not looked at before it", ""},
		{"one of two series was seen after it", []Deployed{one}, nil, nil,
			append(looks(0, 24), Look{"aws|aws.iam.user|aws:1", "aws:1", hour(0)}),
			"0/0 unseen 1; 1: 0+0 aws:1 was not looked at whole within a day after it", ""},
		{"what is sure does not wait for the rest", []Deployed{one}, nil, []evidence.Exposure{broke("a", 12, 14)}, looks(48),
			"1/1; 1: 1+0", "4h after 1"},
		{"a check began it", []Deployed{one}, nil, []evidence.Exposure{ruled}, usual, "0/1", ""},
		{"it failed when it was first looked at", []Deployed{one}, nil, []evidence.Exposure{unseen}, usual, "0/1", ""},
		{"its day is not over", []Deployed{shipped("1", 60)}, nil, nil, looks(48, 62),
			"0/0 unknown 1; 1: 0+0 the day after it is not over", ""},
		{"no production, of a run, or still at work", []Deployed{with(one, func(d *Deployed) { d.Production = false }),
			with(one, func(d *Deployed) { d.Run = "r" }), with(one, func(d *Deployed) { d.Outcome = Running })}, nil,
			[]evidence.Exposure{broke("a", 12, 14)}, usual, "0/0", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := Population{AsOf: hour(72), Deployments: tc.deployments}
			trail := p.Follow(Ties{Exposures: tc.failures, Looks: tc.looks, Later: tc.later,
				ByChecks: func(e evidence.Exposure) bool { return e.Subject == "ruled" },
				Accounts: func(places []string, environment string) []string {
					if environment == "production" && (places[0] == "github:acme/shop" || places[0] == "github:acme/api") {
						return []string{"aws:1"}
					}
					return nil
				}})
			if got := followed(p); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if len(tc.failures) > 0 {
				if got := preceded(trail.Of(tc.failures[0])); got != tc.trail {
					t.Errorf("the failure began %q, want %q", got, tc.trail)
				}
			}
		})
	}
}

func followed(p Population) string {
	f := p.Metrics.Followed
	parts := []string{fmt.Sprintf("%d/%d", f.Part, f.Of)}
	for _, n := range []struct {
		name string
		n    int
	}{{"unknown", f.Unknown}, {"untied", f.Untied}, {"unseen", f.Unseen}} {
		if n.n > 0 {
			parts[0] += fmt.Sprintf(" %s %d", n.name, n.n)
		}
	}
	for _, d := range p.Deployments {
		if a := d.Aftermath; a != nil && (a.Began+a.Perhaps > 0 || a.Unknown != "") {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s: %d+%d %s", d.ID, a.Began, a.Perhaps, a.Unknown)))
		}
	}
	return strings.Join(parts, "; ")
}

func preceded(p *evidence.Preceding) string {
	if p == nil {
		return ""
	}
	s := fmt.Sprintf("%dh after %s", int(time.Duration(p.Within).Hours()), p.ID)
	if !p.Certain {
		s = "perhaps " + s
	}
	if p.Others > 0 {
		s += fmt.Sprintf(", %d other", p.Others)
	}
	return s
}

// TestFollowBounds keeps the first of many failures, those that are certain before others, and counts all.
func TestFollowBounds(t *testing.T) {
	var all []evidence.Exposure
	for i := range MaxAftermath {
		all = append(all, broke(fmt.Sprintf("a%03d", i), 12, 14), broke(fmt.Sprintf("b%03d", i), 0, 13))
	}
	p := Population{AsOf: hour(72), Deployments: []Deployed{shipped("1", 10)}}
	p.Follow(Ties{Exposures: all, ByChecks: func(evidence.Exposure) bool { return false },
		Accounts: func([]string, string) []string { return []string{"aws:1"} }})
	a := p.Deployments[0].Aftermath
	if a.Began != MaxAftermath || a.Perhaps != MaxAftermath || len(a.Failures) != MaxAftermath {
		t.Fatalf("%d began, %d perhaps, %d are told", a.Began, a.Perhaps, len(a.Failures))
	}
	for i, f := range a.Failures {
		if want := fmt.Sprintf("aws:1:eu-west-1|public|a%03d", i); f.Key != want || !f.Certain {
			t.Fatalf("failure %d is %+v, want %s", i, f, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, tc := range []struct {
		d    Deployed
		want string
	}{
		{shipped("1", 1), "github:acme/shop github:production"},
		{Deployed{Type: "aws.codepipeline.execution", ID: "arn:aws:codepipeline:eu-west-1:1:shop-release/e1", Environment: "production"},
			"aws:shop-release"},
		{Deployed{Type: "jenkins.build", ID: "deploy/ledger#42", Environment: "production"}, "jenkins:deploy/ledger"},
		{Deployed{Type: "aws.codedeploy.deployment", ID: "arn:d-1", Environment: "shop/production"}, "aws:shop/production"},
		{Deployed{Type: "azuredevops.deployment", Repository: "dev.azure.com/acme/shop/_git/web", Environment: "prod"},
			"azuredevops:acme/shop/_git/web azuredevops:prod"},
		{Deployed{Type: "x.y"}, ""},
	} {
		if got := strings.Join(tc.d.places(), " "); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.d, got, tc.want)
		}
	}
}
