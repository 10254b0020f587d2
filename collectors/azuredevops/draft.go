package azuredevops

import (
	"context"
	"encoding/json"
	"fmt"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// draft is a subject whose document is still being gathered.
type draft struct {
	evidence.Subject
	doc map[string]any
}

// put adds an answer under key, or says why it is not there. "Not configured" leaves the key out.
func (d *draft) put(t *collect.Task, key string, answer any, err error) error {
	if err != nil {
		return t.Miss(&d.Subject, key, err)
	}
	d.doc[key] = answer
	return nil
}

// emit encodes the document and hands the subject on.
func (d *draft) emit(ctx context.Context, t *collect.Task) error {
	raw, err := json.Marshal(d.doc)
	if err != nil {
		return fmt.Errorf("encode %s: %w", d.ID, err)
	}
	d.Doc = raw
	return t.Emit(ctx, d.Subject)
}
