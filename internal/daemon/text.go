package daemon

import (
	"encoding/json"
	"fmt"
	"slices"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Text is the catalog that an assessment judged by.
type Text struct {
	Controls   []evidence.Control   `json:"controls"`
	Frameworks []evidence.Framework `json:"frameworks"`
}

// Control returns the control with the id, or a zero one.
func (t Text) Control(id string) evidence.Control {
	i := slices.IndexFunc(t.Controls, func(c evidence.Control) bool { return c.ID == id })
	if i < 0 {
		return evidence.Control{ID: id, Title: id}
	}
	return t.Controls[i]
}

// Check returns the check with the id and its control, or zero ones.
func (t Text) Check(id string) (evidence.Control, evidence.Check) {
	for _, c := range t.Controls {
		for _, k := range c.Checks {
			if k.ID == id {
				return c, k
			}
		}
	}
	return evidence.Control{}, evidence.Check{ID: id}
}

// Freshness returns the shortest time that a control grants evidence of a subject type; 0 means that none reads it.
func (t Text) Freshness(subjectType string) evidence.Duration {
	var least evidence.Duration
	for _, c := range t.Controls {
		for _, k := range c.Checks {
			if k.Subject == subjectType && (least == 0 || c.Freshness < least) {
				least = c.Freshness
			}
		}
	}
	return least
}

// catalogText is CatalogText, kept for the next time: one catalog judges many times.
func (a *App) catalogText(v *store.View, one evidence.Assessment) (Text, error) {
	if kept := a.text.Load(); kept != nil && kept.of == one.Catalog {
		return kept.text, nil
	}
	t, err := CatalogText(v, one)
	if err == nil {
		a.text.Store(&keptText{one.Catalog, t})
	}
	return t, err
}

// keptText is the text of a catalog, which nobody changes.
type keptText struct {
	of   evidence.Digest
	text Text
}

// CatalogText reads the catalog that an assessment names.
func CatalogText(v *store.View, a evidence.Assessment) (Text, error) {
	var t Text
	raw, err := v.Object(a.Catalog)
	if err != nil {
		return t, fmt.Errorf("read the catalog that was judged by: %w", err)
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, fmt.Errorf("decode the catalog that was judged by: %w", err)
	}
	return t, nil
}
