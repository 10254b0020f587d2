package bundle_test

import (
	"bytes"
	"fmt"
	"testing"

	"exhibit/internal/bundle/verify"
)

// TestEveryByte flips one bit in the bytes of a bundle, the zip's own bytes too, and demands that it is found and that
// the file is still taken for a bundle. With -v it takes every byte, else every 19th.
func TestEveryByte(t *testing.T) {
	c := newCompany(t, 1)
	c.live(t, 0, 1)
	good, _, report := write(t, c, c.request(0, 1))
	step := 19
	if testing.Verbose() {
		step = 1 // a minute
	}
	for part := range 4 {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			for i := part * step; i < len(good); i += 4 * step {
				b := bytes.Clone(good)
				b[i] ^= 1 << (i % 8)
				r, err := verify.Bundle(bytes.NewReader(b), int64(len(b)), verify.Options{TrustedKey: report.Key})
				if err != nil {
					t.Errorf("a flipped bit in byte %d: %v", i, err)
				} else if r.OK() {
					t.Errorf("a flipped bit in byte %d is not found", i)
				}
			}
		})
	}
}
