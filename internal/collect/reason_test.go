package collect_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// TestSecretInAnError holds that what errors say is looked through as documents are.
func TestSecretInAnError(t *testing.T) {
	secret := "ghp_" + strings.Repeat("a1B2", 9)
	for _, before := range []int{0, 180, 380} { // the text is cut only after it was looked through
		said := errors.New("answer: " + strings.Repeat("x ", before/2) + secret)
		asked := lister("x", false, func(ctx context.Context, tk *collect.Task) error {
			return tk.Call(ctx, "svc:List", failing(said))
		})
		for name, f := range map[string]*fake{"open": {openErr: said}, "call": {collectors: []collect.Collector{asked}}} {
			run, snaps := collected(t, t.Context(), f, nil)
			body, err := evidence.Encode([]any{run, snaps})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(body), secret[:8]) || !strings.Contains(string(body), "[redacted hmac-sha256:") {
				t.Errorf("%s after %d: kept %s", name, before, body)
			}
		}
	}
}

// TestALongErrorIsCut bounds what one error can put into the evidence.
func TestALongErrorIsCut(t *testing.T) {
	f := &fake{openErr: errors.New(strings.Repeat("word ", 10_000))}
	run, _ := collected(t, t.Context(), f, nil)
	if n := len(run.Scopes[0].Reason); n == 0 || n > 500 {
		t.Errorf("the reason has %d bytes", n)
	}
}
