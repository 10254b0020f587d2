package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"exhibit/collectors/ingest"
	"exhibit/internal/collect"
	"exhibit/internal/daemon"
	"exhibit/internal/store"
)

// ingested is what the command prints.
type ingested struct {
	daemon.Collected
	Delivered daemon.Delivered `json:"delivered"`
}

func (c *command) ingestCommand() *cobra.Command {
	var source, format string
	cmd := &cobra.Command{
		Use:   "ingest FILE...",
		Short: "Take in the reports of policy tools as evidence",
		Long: `ingest takes in what policy tools report: SARIF, OCSF, Trivy, Checkov, Conftest, Kubernetes policy reports, JUnit. It
commits them as one run of a source with an ingest section, and judges. - is standard input.

What one tool reports replaces what the same tool reported to the source before: give each thing that is scanned, such as
a repository, a source of its own. A file that is not understood refuses the whole delivery, and nothing is committed.

It ends with 0 when it is done, with 2 when a file is not understood, and with 3 when a report does not say all that it
looked at: what it does not name is not passed, and not mended.`,
		Example: "  exhibit ingest results.sarif --source shop-code\n" +
			"  checkov -d . -o json | exhibit ingest - --source shop-code --format checkov",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("no FILE is named; - is standard input"))
			}
			if source == "" {
				return usage(errors.New("--source is needed: a source with an ingest section"))
			}
			if format != "" && !slices.Contains(ingest.Formats(), format) {
				return usage(fmt.Errorf("format %q: expected one of %s", format, strings.Join(ingest.Formats(), ", ")))
			}
			if err := c.readInput(args); err != nil {
				return usage(err)
			}
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				return c.ingest(cmd.Context(), app, args, source, format)
			})
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "the source of exhibit.yaml that the reports belong to")
	cmd.Flags().StringVar(&format, "format", "",
		"what the files are: "+strings.Join(ingest.Formats(), ", ")+" (default: told from the content)")
	return cmd
}

// readInput reads the files here, where their paths and standard input mean what the user means, also when the command
// then runs in the process that holds the store.
func (c *command) readInput(files []string) error {
	if c.held != nil {
		if len(c.input) != len(files) {
			return fmt.Errorf("%d files are named and %d were sent", len(files), len(c.input))
		}
		return nil
	}
	if i := slices.Index(files, "-"); i >= 0 && slices.Contains(files[i+1:], "-") {
		return errors.New("- is named twice: standard input can be read once")
	}
	left := int64(ingest.MaxBytes)
	for _, name := range files {
		body, err := c.readOne(name, left)
		if err != nil {
			return err
		}
		if left -= int64(len(body)); left < 0 {
			return fmt.Errorf("the files are larger than %d bytes together", ingest.MaxBytes)
		}
		c.input = append(c.input, body)
	}
	return nil
}

func (c *command) readOne(name string, left int64) ([]byte, error) {
	in := c.stdin
	if name != "-" {
		file, err := os.Open(c.path(name))
		if err != nil {
			return nil, fmt.Errorf("read report: %w", err)
		}
		defer file.Close()
		in = file
	}
	body, err := io.ReadAll(io.LimitReader(in, left+1))
	if err != nil {
		return nil, fmt.Errorf("read report %s: %w", name, err)
	}
	return body, nil
}

func (c *command) ingest(ctx context.Context, app *daemon.App, files []string, source, format string) error {
	caller, err := collect.LocalUser()
	if err != nil {
		return err
	}
	req := daemon.IngestRequest{Source: source, Format: format, Caller: caller}
	for i, name := range files {
		if name != "-" && filepath.IsAbs(name) {
			name = filepath.Base(name)
		}
		req.Reports = append(req.Reports, daemon.DeliveredReport{Name: cmp.Or(name, "-"), Body: c.input[i]})
	}
	bar := c.progress("ingest")
	req.Progress = func(p collect.Progress) { bar.set(int64(p.Done), int64(p.Total)) }
	var before daemon.Delivered
	err = app.Store.View(func(v *store.View) (err error) {
		before, err = daemon.DeliveredOf(v, source)
		return err
	})
	if err != nil {
		return err
	}
	res, err := app.Ingest(ctx, req)
	bar.done()
	if errors.Is(err, daemon.ErrReport) || errors.Is(err, daemon.ErrConfig) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	out := ingested{Collected: res}
	err = app.Store.View(func(v *store.View) (err error) {
		out.Delivered, err = daemon.DeliveredOf(v, source)
		return err
	})
	if err != nil {
		return err
	}
	out.Delivered.Since(before)
	err = c.print(out, func(w io.Writer) error { return ingestText(w, out) })
	if err == nil && !res.Run.Outcome.Seen() {
		return silent(exitIncomplete)
	}
	return err
}

// ingestText writes what was delivered, what of it is new and fails, and what is mapped to no control.
func ingestText(w io.Writer, out ingested) error {
	if err := runText(w, out.Run); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, word := range []string{"fail", "unknown", "suppressed", "pass", "not-applicable"} {
		fmt.Fprintf(w, "%d %s\n", out.Delivered.Results[word], word)
	}
	for _, f := range out.Delivered.New {
		fmt.Fprintf(w, "new: %s %s on %s: %s\n", f.Severity, f.Rule, f.Resource, f.Message)
	}
	if more := out.Delivered.NewFailing - len(out.Delivered.New); more > 0 {
		fmt.Fprintf(w, "and %d more that are new and fail\n", more)
	}
	if n := out.Delivered.Unmapped; n > 0 {
		fmt.Fprintf(w, "%d results are of rules that are mapped to no control\n", n)
	}
	return nil
}
