package config

import (
	"path"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// Retention says how long documents and observations are kept. Everything else is kept for ever: runs, snapshots, lists with
// the digests of documents, findings, intervals.
type Retention struct {
	// Documents is how long a document is kept after it was last the newest; zero is for ever.
	Documents evidence.Duration
	// Observations is how long those of an assessment are kept; zero is for ever.
	Observations evidence.Duration
	// Types are times of their own by pattern of subject type; of several that match, the longest counts.
	Types map[string]evidence.Duration
	// Holds keep what they match however old it is.
	Holds []evidence.Hold
}

// minRetention is the shortest time that evidence can be kept: reports and metrics look back for so long.
const minRetention = 90 * day

// IsZero reports whether everything is kept for ever.
func (r Retention) IsZero() bool { return r.Documents == 0 && r.Observations == 0 && len(r.Types) == 0 }

// Keep returns how long documents of a subject type are kept; zero is for ever.
func (r Retention) Keep(subjectType string) evidence.Duration {
	keep := evidence.Duration(0)
	for pattern, d := range r.Types {
		if matches(pattern, subjectType) {
			keep = max(keep, d)
		}
	}
	if keep == 0 {
		keep = r.Documents
	}
	return keep
}

// HoldsOn returns the holds on a subject type.
func (r Retention) HoldsOn(subjectType string) []evidence.Hold {
	var on []evidence.Hold
	for _, h := range r.Holds {
		if len(h.Types) == 0 || slices.ContainsFunc(h.Types, func(p string) bool { return matches(p, subjectType) }) {
			on = append(on, h)
		}
	}
	return on
}

// isPattern reports whether text is a pattern of names, in which * stands for anything but a slash.
func isPattern(text string) bool {
	_, err := path.Match(text, "")
	return err == nil && text != ""
}

// matches reports whether a name fits a pattern, which is one.
func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok
}

// parseRetention reads the section; a zero node is none.
func parseRetention(file string, n *yaml.Node) (Retention, error) {
	var r Retention
	if n.IsZero() {
		return r, nil
	}
	var raw struct {
		Documents    yaml.Node            `yaml:"documents"`
		Observations yaml.Node            `yaml:"observations"`
		Types        map[string]yaml.Node `yaml:"types"`
		Holds        []yaml.Node          `yaml:"holds"`
	}
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return r, err
	}
	var errs strictyaml.Errors
	keep := func(key string, n *yaml.Node) evidence.Duration {
		if n.IsZero() {
			return 0
		}
		d, bad := parseDays(file, key, n)
		if errs = append(errs, bad...); len(bad) == 0 && d < minRetention {
			errs = append(errs, strictyaml.At(file, n, "%s %q: expected %s at least, for which reports look back",
				key, n.Value, minRetention))
		}
		return d
	}
	r.Documents = keep("documents", &raw.Documents)
	r.Observations = keep("observations", &raw.Observations)
	for pattern, value := range raw.Types {
		if !isPattern(pattern) {
			errs = append(errs, strictyaml.At(file, &value, "types: %q: expected a pattern of subject types such as aws.iam.*",
				pattern))
			continue
		}
		if r.Types == nil {
			r.Types = map[string]evidence.Duration{}
		}
		r.Types[pattern] = keep("types."+pattern, &value)
	}
	seen := map[string]bool{}
	for i := range raw.Holds {
		h, bad := parseHold(file, &raw.Holds[i])
		if seen[h.Name] && len(bad) == 0 {
			bad = append(bad, strictyaml.At(file, &raw.Holds[i], "hold %q is named twice", h.Name))
		}
		seen[h.Name] = true
		errs = append(errs, bad...)
		r.Holds = append(r.Holds, h)
	}
	return r, errs.Or()
}

func parseHold(file string, n *yaml.Node) (evidence.Hold, strictyaml.Errors) {
	var raw struct {
		Name   string    `yaml:"name"`
		Reason string    `yaml:"reason"`
		Types  []string  `yaml:"types"`
		From   yaml.Node `yaml:"from"`
	}
	var errs strictyaml.Errors
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return evidence.Hold{}, append(errs, strictyaml.At(file, n, "hold: %v", err))
	}
	h := evidence.Hold{Name: raw.Name, Reason: raw.Reason, Types: raw.Types}
	if h.Name == "" || h.Reason == "" {
		errs = append(errs, strictyaml.At(file, n, "hold: expected a name and a reason"))
	}
	for _, pattern := range h.Types {
		if !isPattern(pattern) {
			errs = append(errs, strictyaml.At(file, n, "hold %s: types: %q: expected a pattern of subject types", h.Name, pattern))
		}
	}
	if !raw.From.IsZero() {
		from, err := time.Parse(time.DateOnly, raw.From.Value)
		if err != nil {
			errs = append(errs, strictyaml.At(file, &raw.From, "hold %s: from %q: expected a day such as 2026-01-31",
				h.Name, raw.From.Value))
		}
		h.From = from
	}
	return h, errs
}
