package assess

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types/ref"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// looseParams maps a param whose local value is looser than its control demands to the reason.
type looseParams map[string]string

// of returns why the check must fail for its params' sake, or "".
func (l looseParams) of(k *check) string {
	var out []string
	for _, p := range k.params {
		if reason := l[p]; reason != "" {
			out = append(out, reason)
		}
	}
	return strings.Join(out, "; ")
}

// settings returns the control's params with local values put in, and which of those are looser than the control
// allows.
func (c *control) settings(local map[string]json.RawMessage) (ref.Val, looseParams, error) {
	merged := make(map[string]json.RawMessage, len(c.def.Params))
	for name, p := range c.def.Params {
		merged[name] = p.Value
	}
	loose := looseParams{}
	for _, name := range keys(local) {
		p, ok := c.def.Params[name]
		if !ok {
			return nil, nil, fmt.Errorf("setting %s of control %s: the control has no such param%s", name, c.def.ID,
				didYouMean(name, keys(c.def.Params)))
		}
		if got, want := shapeOfValue(local[name]).Kind, shapeOfValue(p.Value).Kind; got != want {
			return nil, nil, fmt.Errorf("setting %s of control %s: expected %s, got %s", name, c.def.ID, want, got)
		}
		merged[name] = local[name]
		if looser(p, local[name]) {
			loose[name] = fmt.Sprintf("the setting %s = %s is looser than the control's %s", name, local[name], p.Value)
		}
	}
	raw, err := evidence.Encode(merged)
	if err != nil {
		return nil, nil, fmt.Errorf("read params of control %s: %w", c.def.ID, err)
	}
	v, err := fastjson.ParseBytes(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("read params of control %s: %w", c.def.ID, err)
	}
	freeze(v)
	return toCEL(v, paramsShape(c.def.Params)), loose, nil
}

// looser reports whether a local value lies on the wrong side of the param's bound. What has no order may not differ.
func looser(p evidence.Param, local json.RawMessage) bool {
	want, err1 := strconv.ParseFloat(strings.TrimSpace(string(p.Value)), 64)
	got, err2 := strconv.ParseFloat(strings.TrimSpace(string(local)), 64)
	switch {
	case err1 != nil || err2 != nil:
		return !same(p.Value, local)
	case p.Bound == "min":
		return got < want
	default:
		return got > want
	}
}
