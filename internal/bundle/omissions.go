package bundle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// omissions gathers what is not in the bundle, the same reason once.
type omissions struct {
	seen map[[3]string]*format.Omission
}

// add counts one more omission at t, which may be zero.
func (o *omissions) add(it format.Omission, t time.Time) {
	if o.seen == nil {
		o.seen = map[[3]string]*format.Omission{}
	}
	key := [3]string{it.What, it.Name, it.Reason}
	known := o.seen[key]
	if known == nil {
		known = &it
		o.seen[key] = known
	}
	known.Count++
	if !t.IsZero() && (known.First.IsZero() || t.Before(known.First)) {
		known.First = t
	}
	if t.After(known.Last) {
		known.Last = t
	}
}

func (b *builder) omissionLines() error {
	for _, g := range b.request.Gaps {
		if !b.scope.has(format.SeriesType(g.Series)) {
			continue
		}
		reason := "no evidence for longer than the controls allow"
		if g.Reason != "" {
			reason += ": " + string(g.Reason)
		}
		b.omissions.add(format.Omission{What: "gap", Name: g.Series, Reason: reason}, g.Window.From)
		b.omissions.add(format.Omission{What: "gap", Name: g.Series, Reason: reason}, g.Window.To)
		b.omissions.seen[[3]string{"gap", g.Series, reason}].Count--
	}
	return b.out.file(format.Omissions, "what is not in this bundle, and why", func(w *bufio.Writer) error {
		keys := slices.SortedFunc(maps.Keys(b.omissions.seen), func(x, y [3]string) int { return slices.Compare(x[:], y[:]) })
		for _, k := range keys {
			if err := line(w, b.omissions.seen[k]); err != nil {
				return err
			}
		}
		return nil
	})
}

// countRedactions notes which values of a subject were replaced before it was stored.
func (b *builder) countRedactions(object []byte) error {
	if !bytes.Contains(object, []byte(`"redacted":[`)) {
		return nil
	}
	var s struct {
		Type     string               `json:"type"`
		Redacted []evidence.Redaction `json:"redacted"`
	}
	if err := json.Unmarshal(object, &s); err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	seen := map[format.Redaction]bool{}
	for _, r := range s.Redacted {
		steps := strings.Split(r.Path, "/")
		for i, step := range steps {
			if step != "" && strings.Trim(step, "0123456789") == "" {
				steps[i] = "*"
			}
		}
		k := format.Redaction{Type: s.Type, Path: strings.Join(steps, "/"), Rule: r.Rule}
		if !seen[k] {
			seen[k] = true
			b.redactions[k]++
		}
	}
	return nil
}
