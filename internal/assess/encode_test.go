package assess

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"exhibit/internal/evidence"
)

// TestObservationBytes compares the fast encoding with the one that everybody else uses.
func TestObservationBytes(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "plain", "\"\\\b\f\n\r\t\x00\x7f\u2028", "ä€😀\ue000"}))
	digest := rapid.Custom(func(t *rapid.T) evidence.Digest { return evidence.Sum([]byte(rapid.String().Draw(t, "digest"))) })
	rapid.Check(t, func(t *rapid.T) {
		o := evidence.Observation{Control: text.Draw(t, "control"), Check: text.Draw(t, "check"), Type: text.Draw(t, "type"),
			Subject: text.Draw(t, "subject"), Name: text.Draw(t, "name"), Scope: text.Draw(t, "scope"), Reason: text.Draw(t, "reason"),
			Verdict: rapid.SampledFrom(verdicts[:]).Draw(t, "verdict"), Evidence: rapid.SliceOfN(digest, 0, 3).Draw(t, "evidence")}
		for name, v := range rapid.MapOfN(text, text, 0, 4).Draw(t, "facts") {
			if o.Facts == nil {
				o.Facts = map[string]json.RawMessage{}
			}
			o.Facts[name] = appendString(nil, v)
		}
		for range rapid.IntRange(0, 2).Draw(t, "missing") {
			o.Missing = append(o.Missing, evidence.Missing{Operation: text.Draw(t, "operation"), Permission: text.Draw(t, "permission"),
				Outcome: evidence.Outcome(text.Draw(t, "outcome")), Code: text.Draw(t, "code")})
		}
		want, err := evidence.Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		var own evidence.Digest
		if len(o.Evidence) > 0 {
			own = o.Evidence[0]
		}
		var parts subjectParts
		quoteSubject(&parts, own, &o)
		got := appendObservation(nil, quoteCheck(o.Control, evidence.Check{ID: o.Check}), &parts, &o)
		if !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func TestInvalidText(t *testing.T) {
	if got := string(appendString(nil, "a\xffb\xed\xa0\x80")); got != "\"a\ufffdb\ufffd\ufffd\ufffd\"" {
		t.Errorf("%q", got)
	}
}
