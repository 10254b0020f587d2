// Command exhibit-verify checks an audit bundle offline and says what is wrong with which file.
//
// It opens the files it is given for reading. It reaches no package that can dial, write evidence or sign.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"exhibit/internal/build"
	"exhibit/internal/bundle/verify"
)

const usage = `Usage: exhibit-verify [--key LINE] [--previous FILE] [--json] BUNDLE.zip

Checks every byte of an audit bundle against the signed ledger checkpoint in it. Works offline and writes nothing.

  --key LINE       the ledger's public key, "name+hash+key", as the company gave it by other means
  --previous FILE  an earlier checkpoint or bundle of the same ledger, which this one must extend
  --json           print the whole report as JSON
  --version        print the version

Exit codes: 0 the bundle is whole, 1 something is wrong with it, 2 wrong usage or not a bundle.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("exhibit-verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	key := flags.String("key", "", "")
	previous := flags.String("previous", "", "")
	asJSON := flags.Bool("json", false, "")
	version := flags.Bool("version", false, "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "exhibit-verify: %v\n%s", err, usage)
		return 2
	case *version:
		fmt.Fprintln(stdout, "exhibit-verify", build.Version())
		return 0
	case flags.NArg() != 1:
		fmt.Fprint(stderr, usage)
		return 2
	}
	report, err := check(flags.Arg(0), *key, *previous)
	if err != nil {
		fmt.Fprintf(stderr, "exhibit-verify: %s: %v\n", flags.Arg(0), err)
		return 2
	}
	if err := show(stdout, report, *asJSON); err != nil {
		fmt.Fprintf(stderr, "exhibit-verify: print the report: %v\n", err)
		return 2
	}
	if !report.OK() {
		return 1
	}
	return 0
}

func check(path, key, previous string) (verify.Report, error) {
	o := verify.Options{TrustedKey: key}
	if previous != "" {
		if err := open(previous, func(f *os.File, size int64) (err error) {
			o.Previous, err = verify.Checkpoint(f, size)
			return err
		}); err != nil {
			return verify.Report{}, fmt.Errorf("earlier checkpoint %s: %w", previous, err)
		}
	}
	var report verify.Report
	err := open(path, func(f *os.File, size int64) (err error) {
		report, err = verify.Bundle(f, size, o)
		return err
	})
	return report, err
}

func open(path string, use func(f *os.File, size int64) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // reading only
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	return use(f, info.Size())
}

func show(w io.Writer, r verify.Report, asJSON bool) error {
	if !asJSON {
		return r.Text(w)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}
