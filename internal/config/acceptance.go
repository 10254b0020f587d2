package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// acceptance is the file form of an accepted risk.
type acceptance struct {
	Requester    string    `yaml:"requester"`
	Approver     string    `yaml:"approver"`
	Owner        string    `yaml:"owner"`
	Reason       string    `yaml:"reason"`
	Category     string    `yaml:"category"`
	Check        string    `yaml:"check"`
	Scope        string    `yaml:"scope"`
	Subjects     []string  `yaml:"subjects"`
	Compensating []string  `yaml:"compensating"`
	Ticket       yaml.Node `yaml:"ticket"`
	Renews       yaml.Node `yaml:"renews"`
	Start        yaml.Node `yaml:"start"`
	End          yaml.Node `yaml:"end"`
	Zone         yaml.Node `yaml:"zone"`
}

// ReadAcceptances reads every YAML file of the folder of acceptances, in order of name; the file's name is the
// acceptance's id. No folder means none.
func (c *Config) ReadAcceptances() ([]evidence.RiskAcceptance, error) {
	if c.Acceptances == "" {
		return nil, nil
	}
	var out []evidence.RiskAcceptance
	err := readFolder("acceptances", c.Acceptances, func(path, id string, data []byte) error {
		a, err := parseAcceptance(path, id, data, c.Acceptance)
		out = append(out, a)
		return err
	})
	return out, err
}

func parseAcceptance(path, id string, data []byte, limits AcceptanceLimits) (evidence.RiskAcceptance, error) {
	var f acceptance
	if err := strictyaml.Decode(path, data, &f); err != nil {
		return evidence.RiskAcceptance{}, err
	}
	a := evidence.RiskAcceptance{
		ID: id, Requester: f.Requester, Approver: f.Approver, Owner: f.Owner, Reason: f.Reason, Category: f.Category,
		Check: f.Check, Scope: f.Scope, Subjects: f.Subjects, Compensating: f.Compensating, Ticket: f.Ticket.Value,
		Renews: f.Renews.Value,
	}
	errs := missing(path, "requester", f.Requester, "owner", f.Owner, "reason", f.Reason, "check", f.Check, "scope",
		f.Scope)
	if len(f.Subjects) == 0 {
		errs = append(errs, strictyaml.Error{File: path, Msg: "subjects is empty: an acceptance names the ids that it covers"})
	}
	if slices.ContainsFunc(f.Subjects, func(s string) bool { return strings.Trim(s, "*? ") == "" }) {
		errs = append(errs, strictyaml.Error{File: path,
			Msg: "subjects: an acceptance names the ids that it covers, no pattern"})
	}
	if !slices.Contains([]string{"waiver", "mitigated", "false-positive"}, f.Category) {
		errs = append(errs, strictyaml.Error{File: path,
			Msg: fmt.Sprintf("category %q: expected waiver, mitigated or false-positive", f.Category)})
	}
	if u, err := url.Parse(a.Ticket); a.Ticket != "" && (err != nil || u.Host == "" || u.User != nil) {
		errs = append(errs, strictyaml.At(path, &f.Ticket,
			"ticket %q: expected an address such as https://tracker.example.com/RISK-1", a.Ticket))
	}
	if a.Renews != "" && (!decisionID.MatchString(a.Renews) || a.Renews == id) {
		errs = append(errs, strictyaml.At(path, &f.Renews, "renews %q: expected the id of another acceptance", a.Renews))
	}
	zone, bad := parseZone(path, &f.Zone)
	errs = append(errs, bad...)
	start, bad := parseDay(path, "start", &f.Start, zone, 0)
	errs = append(errs, bad...)
	end, bad := parseDay(path, "end", &f.End, zone, 1)
	errs = append(errs, bad...)
	if len(errs) == 0 && !start.Before(end) {
		errs = append(errs, strictyaml.At(path, &f.End, "end is not after start"))
	}
	a.Start, a.End = start.UTC(), end.UTC()
	if _, err := time.Parse(time.DateOnly, f.End.Value); err == nil {
		a.LastDay = f.End.Value
	}
	a.Limits = &evidence.AcceptanceLimits{Latest: map[evidence.Severity]time.Time{}, Renewals: limits.Renewals}
	for severity, most := range limits.Max {
		a.Limits.Latest[severity] = later(start, most).UTC()
	}
	return a, errs.Or()
}
