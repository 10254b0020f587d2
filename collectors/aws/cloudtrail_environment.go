package aws

import (
	"bytes"
	"encoding/json"
	"strings"
)

// withoutEnvironment returns the record of an event without the values of the environments of programs that were set by it,
// in which people put secrets: of containers, functions, builds and jobs, whatever the call. What they are called is kept
// where it stands beside the value.
func withoutEnvironment(record []byte) ([]byte, error) {
	if !bytes.Contains(record, []byte("nvironment")) {
		return record, nil
	}
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	var event map[string]any
	if err := d.Decode(&event); err != nil {
		return nil, err
	}
	for _, side := range []string{"requestParameters", "responseElements"} {
		dropEnvironments(event[side])
	}
	return json.Marshal(event)
}

// dropEnvironments looks for environments at any depth.
func dropEnvironments(v any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			dropEnvironments(one)
		}
	case map[string]any:
		for key, one := range v {
			if !strings.Contains(strings.ToLower(key), "environment") {
				dropEnvironments(one)
				continue
			}
			if _, list := one.([]any); list || isObject(one) {
				dropValues(one)
			}
		}
	}
}

func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// dropValues takes the values out of an environment: those that stand beside a name, and those of objects, by whose keys they
// are called.
func dropValues(v any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			dropValues(one)
		}
	case map[string]any:
		for key, one := range v {
			switch {
			case strings.EqualFold(key, "name"):
			case strings.EqualFold(key, "type"):
			case isObject(one):
				dropValues(one)
			default:
				if list, ok := one.([]any); ok && len(list) > 0 && isObject(list[0]) {
					dropValues(list)
					continue
				}
				delete(v, key)
			}
		}
	}
}
