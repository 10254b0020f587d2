package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// AcceptanceLimits bound how long risks can be accepted.
type AcceptanceLimits struct {
	// Max is how long an acceptance has effect for each severity of its check, in whole days. Default: critical 30d, high
	// 90d, medium 180d, low 365d.
	Max map[evidence.Severity]evidence.Duration
	// Renewals is how often a risk can be accepted again. Default: 2.
	Renewals int
}

// AttestationLimits bound how long statements count, and say who may sign them.
type AttestationLimits struct {
	// Expires is how long a statement counts that says nothing else. Default: 90d.
	Expires evidence.Duration
	// Max is how long after the end of its period a statement can count. Default: 400d.
	Max evidence.Duration
	// Signers is a file in the form of OpenSSH's allowed_signers. Without one, a signature is refused.
	Signers string
}

const day = 24 * evidence.Duration(time.Hour)

func parseAcceptanceLimits(file string, n *yaml.Node) (AcceptanceLimits, error) {
	l := AcceptanceLimits{Renewals: 2, Max: map[evidence.Severity]evidence.Duration{evidence.Critical: 30 * day,
		evidence.High: 90 * day, evidence.Medium: 180 * day, evidence.Low: 365 * day}}
	if n.IsZero() {
		return l, nil
	}
	var raw struct {
		Max      map[string]yaml.Node `yaml:"max"`
		Renewals yaml.Node            `yaml:"max_renewals"`
	}
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return l, err
	}
	var errs strictyaml.Errors
	for name, value := range raw.Max {
		s := evidence.Severity(name)
		if s.Rank() == 0 {
			errs = append(errs, strictyaml.At(file, &value, "severity %q: expected low, medium, high or critical", name))
			continue
		}
		var bad strictyaml.Errors
		l.Max[s], bad = parseDays(file, "max."+name, &value)
		errs = append(errs, bad...)
	}
	if !raw.Renewals.IsZero() {
		if err := strictyaml.DecodeNode(file, &raw.Renewals, &l.Renewals); err != nil || l.Renewals < 0 {
			errs = append(errs, strictyaml.At(file, &raw.Renewals, "max_renewals %q: expected a number from 0",
				raw.Renewals.Value))
		}
	}
	return l, errs.Or()
}

func parseAttestationLimits(file string, n *yaml.Node) (AttestationLimits, error) {
	l := AttestationLimits{Expires: 90 * day, Max: 400 * day}
	if n.IsZero() {
		return l, nil
	}
	var raw struct {
		Expires yaml.Node `yaml:"expires"`
		Max     yaml.Node `yaml:"max"`
		Signers string    `yaml:"signers"`
	}
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return l, err
	}
	l.Signers = raw.Signers
	var errs strictyaml.Errors
	for _, d := range []struct {
		key string
		n   *yaml.Node
		to  *evidence.Duration
	}{{"expires", &raw.Expires, &l.Expires}, {"max", &raw.Max, &l.Max}} {
		if !d.n.IsZero() {
			var bad strictyaml.Errors
			*d.to, bad = parseDays(file, d.key, d.n)
			errs = append(errs, bad...)
		}
	}
	if len(errs) == 0 && l.Expires > l.Max {
		errs = append(errs, strictyaml.At(file, n, "expires, %s, is longer than max, %s", l.Expires, l.Max))
	}
	return l, errs.Or()
}

// parseDays reads a duration of whole days, one at least.
func parseDays(file, key string, n *yaml.Node) (evidence.Duration, strictyaml.Errors) {
	d, err := evidence.ParseDuration(n.Value)
	if err != nil || d < day || d%day != 0 {
		return 0, strictyaml.Errors{strictyaml.At(file, n, "%s %q: expected whole days, such as 90d", key, n.Value)}
	}
	return d, nil
}

// later returns t some whole days later, in its zone: a day that the clocks change has 23 or 25 hours.
func later(t time.Time, d evidence.Duration) time.Time { return t.AddDate(0, 0, int(d/day)) }

// DecisionID is what the id of an acceptance or an attestation, which is its file's name, may look like.
var decisionID = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$`)

// readFolder calls read for every YAML file of a folder, in order of name. All mistakes are reported together.
func readFolder(what, dir string, read func(path, id string, data []byte) error) error {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: the folder %s does not exist", what, dir)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	var errs strictyaml.Errors
	for _, f := range files {
		id, ok := strings.CutSuffix(f.Name(), ".yaml")
		if !ok || f.IsDir() {
			continue
		}
		path := filepath.Join(dir, f.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
		if !decisionID.MatchString(id) {
			errs = append(errs, strictyaml.Error{File: path,
				Msg: fmt.Sprintf("the name %q: expected letters, digits, ., - and _", id)})
			continue
		}
		var bad strictyaml.Errors
		if err := read(path, id, data); errors.As(err, &bad) {
			errs = append(errs, bad...)
		} else if err != nil {
			return err
		}
	}
	return errs.Or()
}

// parseDay reads a time, or a date as the start of the day plus days: what ends on a day ends at its end. The time is
// in the zone.
func parseDay(path, key string, n *yaml.Node, zone *time.Location, days int) (time.Time, strictyaml.Errors) {
	if n.Kind == 0 {
		return time.Time{}, strictyaml.Errors{{File: path, Msg: key + " is missing"}}
	}
	if t, err := time.Parse(time.RFC3339, n.Value); err == nil {
		return t.In(zone), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, n.Value, zone)
	if err != nil {
		return time.Time{}, strictyaml.Errors{strictyaml.At(path, n, "%s %q: expected 2026-01-31 or 2026-01-31T12:00:00Z",
			key, n.Value)}
	}
	return t.AddDate(0, 0, days), nil
}

// parseZone reads an IANA time zone; the empty name is UTC.
func parseZone(path string, n *yaml.Node) (*time.Location, strictyaml.Errors) {
	zone, err := time.LoadLocation(n.Value)
	if err != nil || n.Value == "Local" {
		return time.UTC, strictyaml.Errors{strictyaml.At(path, n, "zone %q is no IANA time zone", n.Value)}
	}
	return zone, nil
}

// missing tells the keys without a value, given as key, value, key, value.
func missing(path string, pairs ...string) strictyaml.Errors {
	var errs strictyaml.Errors
	for pair := range slices.Chunk(pairs, 2) {
		if strings.TrimSpace(pair[1]) == "" {
			errs = append(errs, strictyaml.Error{File: path, Msg: pair[0] + " is missing"})
		}
	}
	return errs
}
