package bundle_test

import (
	"bytes"
	"context"
	"testing"

	"exhibit/internal/bundle"
	"exhibit/internal/bundle/verify"
)

// write returns a bundle and fails the test when the verifier finds anything wrong with it.
func write(t testing.TB, v bundle.View, r bundle.Request) ([]byte, bundle.Summary, verify.Report) {
	t.Helper()
	var out bytes.Buffer
	s, err := bundle.Write(context.Background(), &out, v, r)
	if err != nil {
		t.Fatal(err)
	}
	report, err := verify.Bundle(bytes.NewReader(out.Bytes()), int64(out.Len()), verify.Options{TrustedKey: r.Key.Verifier()})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Errorf("%s: %s", p.File, p.Reason)
	}
	return out.Bytes(), s, report
}

func TestRoundTrip(t *testing.T) {
	c := newCompany(t, 5)
	c.live(t, 0, 12)
	b, s, r := write(t, c, c.request(4, 10))
	t.Logf("%d bytes, %+v", len(b), r)
	if s.Bytes != int64(len(b)) {
		t.Errorf("summary says %d bytes, wrote %d", s.Bytes, len(b))
	}
}
