package config

import (
	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// parseFixBy reads how long a failure may last, by severity, over the defaults; a zero node is none. A graver failure never
// has more time than a lesser one.
func parseFixBy(file string, n *yaml.Node) (evidence.FixTimes, error) {
	times := evidence.DefaultFixTimes()
	if n.IsZero() {
		return times, nil
	}
	var raw map[string]yaml.Node
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return nil, err
	}
	var errs strictyaml.Errors
	for name, value := range raw {
		severity := evidence.Severity(name)
		if severity.Rank() == 0 {
			errs = append(errs, strictyaml.At(file, &value, "fix_by %q: expected critical, high, medium or low", name))
			continue
		}
		within, err := evidence.ParseDuration(value.Value)
		if err != nil || within <= 0 {
			errs = append(errs, strictyaml.At(file, &value, "fix_by %s %q: expected a time such as 30d", name, value.Value))
			continue
		}
		times[severity] = within
	}
	order := []evidence.Severity{evidence.Critical, evidence.High, evidence.Medium, evidence.Low}
	for i, graver := range order[:3] {
		if lesser := order[i+1]; len(errs) == 0 && times[graver] > times[lesser] {
			errs = append(errs, strictyaml.At(file, n, "fix_by gives %s failures %s and %s ones %s: a graver one has no more time",
				graver, times[graver], lesser, times[lesser]))
		}
	}
	return times, errs.Or()
}
