package bundle_test

import (
	"io"
	"os"
	"testing"

	"exhibit/internal/bundle"
)

// TestLargeFile holds that a file of more than 4 GiB, which a zip writes in another way, verifies. It takes a minute,
// and runs when EXHIBIT_LONG is set.
func TestLargeFile(t *testing.T) {
	if os.Getenv("EXHIBIT_LONG") == "" {
		t.Skip("EXHIBIT_LONG is not set")
	}
	c := newCompany(t, 1)
	c.live(t, 0, 1)
	r := c.request(0, 1)
	r.Pages = []bundle.Page{{Name: "large.txt", About: "zeros", Write: func(w io.Writer) error {
		part := make([]byte, 1<<20)
		for range 4<<10 + 1 {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	}}, {Name: "after.txt", Write: page("behind it\n")}}
	write(t, c, r)
}
