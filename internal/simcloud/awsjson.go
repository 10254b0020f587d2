package simcloud

import (
	"encoding/json"
	"strings"
	"time"
)

// jsonDates returns a value with its times as the JSON protocols write them: seconds since 1970.
func jsonDates(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			s, text := e.(string)
			if text && isDate(k) {
				if t, err := time.Parse(time.RFC3339, s); err == nil {
					out[k] = json.Number(epoch(t))
					continue
				}
			}
			out[k] = jsonDates(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = jsonDates(e)
		}
		return out
	}
	return v
}

// isDate tells the members that are times from those that are called like one; LatestDeliveryAttemptTime is a text.
func isDate(member string) bool {
	return strings.HasSuffix(member, "Date") || member == "ValidTo" ||
		strings.HasSuffix(member, "Time") && !strings.HasSuffix(member, "AttemptTime")
}

func epoch(t time.Time) string {
	b, _ := json.Marshal(float64(t.UnixMilli()) / 1000) // a float always encodes
	return string(b)
}

// awsJSON encodes an answer of a JSON protocol.
func awsJSON(doc map[string]any) []byte { return jsonText(jsonDates(doc)) }

// jsonList answers one page of things as JSON: {"member":[…]} and what close adds when there is a next page.
func (k *awsCall) jsonList(member string, all items, w window, fields func(map[string]any) map[string]any,
	more map[string]any) []byte {
	out := append(append([]byte(`{"`), member...), `":[`...)
	for i := w.From; i < w.To; i++ {
		if i > w.From {
			out = append(out, ',')
		}
		out = all.At(i).append(out, k.service+":"+k.op, func(dst []byte, doc map[string]any) []byte {
			return append(dst, awsJSON(fields(doc))...)
		})
	}
	out = append(out, ']')
	if len(more) > 0 {
		out = append(append(out, ','), jsonText(more)[1:]...)
		return out
	}
	return append(out, '}')
}
