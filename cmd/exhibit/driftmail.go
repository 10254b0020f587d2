package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/notify"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// mailFlags refuses flags of drift that mean nothing together.
func mailFlags(mail bool, output, cause string) error {
	switch {
	case !mail && output != "":
		return usage(errors.New("--output goes with --mail"))
	case mail && cause != "":
		return usage(errors.New("--cause does not go with --mail: a report tells of all causes"))
	case output != "" && !slices.Contains([]string{".txt", ".html", ".eml"}, filepath.Ext(output)):
		return usage(fmt.Errorf("file %q: expected a name that ends in .txt, .html or .eml", output))
	}
	return nil
}

// driftMail shows a drift report, or writes it to a file.
func (c *command) driftMail(app *daemon.App, v *store.View, period evidence.Window, owner, output string) error {
	d, err := app.DigestBetween(v, period, daemon.DigestRequest{Report: "preview"})
	if err != nil {
		return err
	}
	if owner != "" {
		if readers := d.Readers(); !slices.Contains(readers, owner) {
			return usage(fmt.Errorf("owner %q owns nothing that was judged: expected one of %s", owner,
				strings.Join(readers, ", ")))
		}
		d = d.Of(owner)
	}
	if output == "" {
		return c.print(d, func(w io.Writer) error {
			if _, err := fmt.Fprintf(w, "Subject: %s\n\n", d.Subject()); err != nil {
				return err
			}
			return report.DigestText(w, d)
		})
	}
	return writeDigest(c.path(output), d)
}

// writeDigest writes a report in the form that the file's name asks for.
func writeDigest(path string, d *report.Digest) error {
	var b bytes.Buffer
	var err error
	switch filepath.Ext(path) {
	case ".html":
		var pictures []report.Picture
		if pictures, err = d.Pictures(); err == nil {
			err = report.DigestHTML(&b, d, pictures)
		}
	case ".eml":
		err = writeMail(&b, d)
	default:
		err = report.DigestText(&b, d)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// writeMail writes a report as the mail that it would be, from and to nobody.
func writeMail(w io.Writer, d *report.Digest) error {
	to := daemon.DigestTarget{Channel: evidence.ChannelMail, To: "reader@example.com"}
	messages, err := daemon.DigestMessages(d, 0, to)
	if err != nil {
		return err
	}
	mail, err := notify.NewMail(notify.MailOptions{Server: "smtp://localhost", Plain: true,
		From: "exhibit <exhibit@example.com>"})
	if err != nil {
		return err
	}
	return mail.Write(w, messages[0])
}
