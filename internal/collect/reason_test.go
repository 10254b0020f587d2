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
	said := errors.New("answer: " + secret)
	asked := lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		return tk.Call(ctx, "svc:List", failing(said))
	})
	for name, f := range map[string]*fake{"open": {openErr: said}, "call": {collectors: []collect.Collector{asked}}} {
		run, snaps := collected(t, t.Context(), f, nil)
		body, err := evidence.Encode([]any{run, snaps})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), secret) || !strings.Contains(string(body), "[redacted hmac-sha256:") {
			t.Errorf("%s: kept %s", name, body)
		}
	}
}
