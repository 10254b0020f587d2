package bundle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// pages writes the caller's files.
func (b *builder) pages() error {
	for _, p := range b.request.Pages {
		err := b.out.file(format.PagesFolder+p.Name, p.About, func(w *bufio.Writer) error { return p.Write(w) })
		if err != nil {
			return err
		}
	}
	return nil
}

// seal writes bundle.json, the digests and the signature over them, and ends the archive.
func (b *builder) seal() error {
	key := b.request.Key
	err := b.out.store(format.Bundle, "", func() ([]byte, error) {
		m := &b.manifest
		m.Format, m.Tool, m.ExportedAt = format.Version, b.request.Tool, b.request.AsOf.UTC()
		m.Simulated, m.Period, m.Framework = b.genesis.Simulated, b.request.Period, b.scope.framework
		m.Types = append([]string{}, b.scope.types...)
		m.Controls, m.Checks = []string{}, []string{}
		for _, c := range b.scope.controls {
			m.Controls = append(m.Controls, c.ID)
			for _, k := range c.Checks {
				m.Checks = append(m.Checks, k.ID)
			}
		}
		m.Files = b.out.files
		m.Statement = b.statement()
		return indented(m)
	})
	if err != nil {
		return err
	}
	err = b.out.store(format.AllowedSigners, "", func() ([]byte, error) {
		s, err := ledger.AllowedSigner(key.Verifier(), format.Namespace)
		return []byte(s), err
	})
	if err != nil {
		return err
	}
	sums := bytes.Clone(b.out.sums.Bytes())
	if err := b.out.store(format.Sums, "", func() ([]byte, error) { return sums, nil }); err != nil {
		return err
	}
	err = b.out.store(format.Signature, "", func() ([]byte, error) {
		return ledger.SSHSign(key, format.Namespace, bytes.NewReader(sums))
	})
	if err != nil {
		return err
	}
	return b.out.close()
}

// statement says in a sentence what the bundle holds.
func (b *builder) statement() string {
	p := b.request.Period
	span := "between " + stamp(p.From) + " and " + stamp(p.To)
	inside := b.collected()
	switch {
	case inside == 0 && len(b.assessments) == 0:
		return "No evidence was collected and nothing was assessed " + span + "."
	case inside == 0:
		return fmt.Sprintf("No evidence was collected %s; what was assessed then rests on older evidence.", span)
	case len(b.assessments) == 0:
		return fmt.Sprintf("Evidence of %d runs %s; nothing was assessed.", inside, span)
	}
	return fmt.Sprintf("Evidence of %d runs and the observations and findings of %d assessments %s.", inside,
		len(b.assessments), span)
}

// indented returns canonical JSON, with line breaks for people.
func indented(v any) ([]byte, error) {
	raw, err := evidence.Encode(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, fmt.Errorf("indent: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
