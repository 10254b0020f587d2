package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"exhibit/internal/store"
)

// Exit codes, as `exhibit help` lists them.
const (
	exitOK         = 0
	exitProblem    = 1 // something was found wrong, or the command failed
	exitUsage      = 2 // the command line or a file that the user wrote is wrong
	exitIncomplete = 3 // done, but not everything that was asked for could be seen
	exitStopped    = 130
)

// exitError carries an exit code. A nil err prints nothing: the command has already said what there is to say.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage marks an error as the caller's.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitUsage, err: err}
}

// silent ends with a code and no further word.
func silent(code int) error { return &exitError{code: code} }

// exitCode prints an error once and returns the code to end with.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	var e *exitError
	if errors.As(err, &e) {
		if e.err != nil {
			fmt.Fprintln(stderr, "exhibit:", e.err)
		}
		return e.code
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "exhibit: stopped; what was committed before is whole")
		return exitStopped
	}
	fmt.Fprintln(stderr, "exhibit:", err)
	if errors.Is(err, store.ErrDisposed) {
		fmt.Fprintln(stderr, "exhibit: it was kept for as long as retention says; begin later, with --from, --since or --at")
	}
	return exitProblem
}
