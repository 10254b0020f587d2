package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	Start        yaml.Node `yaml:"start"`
	End          yaml.Node `yaml:"end"`
	Zone         string    `yaml:"zone"`
}

// ReadAcceptances reads every YAML file of a folder, in order of name; the file's name is the acceptance's id. An empty
// path means none.
func ReadAcceptances(dir string) ([]evidence.RiskAcceptance, error) {
	if dir == "" {
		return nil, nil
	}
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read acceptances: the folder %s does not exist", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read acceptances: %w", err)
	}
	var out []evidence.RiskAcceptance
	var errs strictyaml.Errors
	for _, f := range files {
		id, ok := strings.CutSuffix(f.Name(), ".yaml")
		if !ok || f.IsDir() {
			continue
		}
		path := filepath.Join(dir, f.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read acceptance: %w", err)
		}
		a, err := parseAcceptance(path, id, data)
		var bad strictyaml.Errors
		if errors.As(err, &bad) {
			errs = append(errs, bad...)
			continue
		}
		out = append(out, a)
	}
	return out, errs.Or()
}

func parseAcceptance(path, id string, data []byte) (evidence.RiskAcceptance, error) {
	var f acceptance
	if err := strictyaml.Decode(path, data, &f); err != nil {
		return evidence.RiskAcceptance{}, err
	}
	a := evidence.RiskAcceptance{
		ID: id, Requester: f.Requester, Approver: f.Approver, Owner: f.Owner, Reason: f.Reason, Category: f.Category,
		Check: f.Check, Scope: f.Scope, Subjects: f.Subjects, Compensating: f.Compensating,
	}
	var errs strictyaml.Errors
	for _, need := range []struct{ key, value string }{
		{"requester", f.Requester}, {"owner", f.Owner}, {"reason", f.Reason}, {"check", f.Check}, {"scope", f.Scope},
	} {
		if need.value == "" {
			errs = append(errs, strictyaml.Error{File: path, Msg: need.key + " is missing"})
		}
	}
	if len(f.Subjects) == 0 {
		errs = append(errs, strictyaml.Error{File: path, Msg: "subjects is empty: an acceptance names the ids that it covers"})
	}
	if !slices.Contains([]string{"waiver", "mitigated", "false-positive"}, f.Category) {
		errs = append(errs, strictyaml.Error{File: path,
			Msg: fmt.Sprintf("category %q: expected waiver, mitigated or false-positive", f.Category)})
	}
	zone, err := time.LoadLocation(f.Zone) // the empty name is UTC
	if err != nil {
		errs = append(errs, strictyaml.Error{File: path, Msg: fmt.Sprintf("zone %q is no IANA time zone", f.Zone)})
		zone = time.UTC
	}
	start, bad := parseDay(path, "start", &f.Start, zone, 0)
	errs = append(errs, bad...)
	end, bad := parseDay(path, "end", &f.End, zone, 1)
	errs = append(errs, bad...)
	if len(errs) == 0 && !start.Before(end) {
		errs = append(errs, strictyaml.At(path, &f.End, "end is not after start"))
	}
	a.Start, a.End = start, end
	return a, errs.Or()
}

// parseDay reads a time, or a date as the start of the day plus days: the end of an acceptance is the end of its day.
func parseDay(path, key string, n *yaml.Node, zone *time.Location, days int) (time.Time, strictyaml.Errors) {
	if n.Kind == 0 {
		return time.Time{}, strictyaml.Errors{{File: path, Msg: key + " is missing: an acceptance has a start and an end"}}
	}
	if t, err := time.Parse(time.RFC3339, n.Value); err == nil {
		return t.UTC(), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, n.Value, zone)
	if err != nil {
		return time.Time{}, strictyaml.Errors{strictyaml.At(path, n, "%s %q: expected 2026-01-31 or 2026-01-31T12:00:00Z", key, n.Value)}
	}
	return t.AddDate(0, 0, days).UTC(), nil
}
