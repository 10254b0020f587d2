package verify

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// Text writes the report for people: what the bundle is, what was checked, and each problem on a line.
func (r *Report) Text(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, p := range r.Problems {
		fmt.Fprintf(b, "WRONG  %s: %s\n", printable(p.File), printable(p.Reason))
	}
	if len(r.Problems) > 0 {
		fmt.Fprintln(b)
	}
	if r.Framework != "" {
		fmt.Fprintf(b, "%s, %s to %s, exported %s\n", printable(r.Framework), r.Period.From.Format(time.RFC3339),
			r.Period.To.Format(time.RFC3339), r.ExportedAt.Format(time.RFC3339))
		fmt.Fprintf(b, "%s\n", printable(r.Statement))
		trust := "named by the bundle itself"
		if r.Trusted {
			trust = "the trusted key"
		}
		fmt.Fprintf(b, "Ledger %s of %d entries, root %s\n", printable(r.Origin), r.Size, r.Root)
		fmt.Fprintf(b, "Signed by %s, %s (%s)\n", r.Fingerprint, printable(r.Key), trust)
		fmt.Fprintf(b, "Checked %d files, %d bytes: %d entries, %d snapshots, %d subjects, %d observations, %d findings, "+
			"%d lists\n", r.Files, r.Bytes, r.Entries, r.Snapshots, r.Subjects, r.Observations, r.Findings, r.Lists)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(b, "Note: %s\n", printable(n))
	}
	if r.OK() {
		fmt.Fprintln(b, "OK: everything in the bundle is what the ledger committed to")
	} else {
		fmt.Fprintf(b, "NOT OK: %d problems\n", len(r.Problems))
	}
	return b.Flush()
}

// printable takes what a bundle says of itself and leaves out what could steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}
