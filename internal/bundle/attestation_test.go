package bundle_test

import (
	"bytes"
	"strings"
	"testing"

	"exhibit/internal/bundle/format"
	"exhibit/internal/bundle/verify"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// TestStatements commits signed statements of a requirement: those of the framework are in its bundle, and a signature
// over something else is found.
func TestStatements(t *testing.T) {
	c := newCompany(t, 2)
	author, err := ledger.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), "ann")
	if err != nil {
		t.Fatal(err)
	}
	line, err := ledger.AllowedSigner(author.Verifier(), evidence.AttestationNamespace)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ledger.SSHAllowed([]byte(line), "ann", evidence.AttestationNamespace)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	state := func(id, requirement, statement string) evidence.Attestation {
		a := evidence.Attestation{ID: id, Requirement: requirement, Author: "ann", Statement: "The board met.",
			Period: evidence.Window{From: on(0), To: on(4)}, Expires: on(90)}
		message, err := a.Message()
		if err != nil {
			t.Fatal(err)
		}
		armored, err := ledger.SSHSign(author, evidence.AttestationNamespace, bytes.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		a.Statement, a.Signature = statement, &evidence.Signature{Key: keys[0], Armored: string(armored)}
		a.Ended, a.EndedBy = on(3), evidence.Withdrawn // comes after the signature, and is not signed
		return a
	}
	c.commit(t, evidence.KindAttestation, state("ours", "test@1/1.2", "The board met."), on(0))
	c.commit(t, evidence.KindAttestation, state("theirs", "soc2/1.2", "The board met."), on(0))
	c.live(t, 0, 4)
	m := &maker{t: t, company: c}
	good := m.write(c, c.request(0, 9))
	if r, err := verify.Bundle(bytes.NewReader(good), int64(len(good)), verify.Options{}); err != nil || !r.OK() {
		t.Fatal(err, r.Problems)
	}
	if lines := file(t, good, "attestations.jsonl"); strings.Count(lines, "\n") != 1 || !strings.Contains(lines, `"id":"ours"`) {
		t.Errorf("the bundle of the framework has %s", lines)
	}
	if entries := file(t, good, format.Entries); !strings.Contains(entries, "about a control or requirement outside the framework") {
		t.Error("the other framework's statement is left out without a word")
	}
	c.commit(t, evidence.KindAttestation, state("ours", "test@1/1.2", "The board met twice."), on(5))
	mustFind(t, "a statement changed after it was signed", m.write(c, c.request(0, 9)), "attestations.jsonl", `the signature over attestation "ours"`)
}
