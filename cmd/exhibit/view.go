package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"exhibit/internal/daemon"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// view opens the store for reading and runs f over what is committed. That nothing has been assessed by the time asked for
// is an outcome of its own: there is nothing to show, which is not an empty posture.
func (c *command) view(ctx context.Context, f func(*daemon.App, *store.View) error) error {
	return c.withApp(ctx, daemon.Read, func(app *daemon.App) error {
		return orNothing(app.Store.View(func(v *store.View) error { return f(app, v) }))
	})
}

func orNothing(err error) error {
	if errors.Is(err, daemon.ErrNoAssessment) {
		return &exitError{code: exitIncomplete, err: err}
	}
	return err
}

// listOptions are textOptions, without a limit when all rows are wanted.
func (c *command) listOptions(all bool) report.TextOptions {
	o := c.textOptions()
	if all {
		o.Limit = 0
	}
	return o
}

// textOptions are how tables are laid out where the command writes to.
func (c *command) textOptions() report.TextOptions {
	o := report.TextOptions{Limit: 20, Width: 400} // into a file or a pipe, a row is a line
	if f, ok := c.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		o.Color, o.Width = c.getenv("NO_COLOR") == "", 0
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
	}
	return o
}

func (c *command) parsePeriod(from, to string) (start, end time.Time, err error) {
	if start, err = c.parseTime(from, false); err != nil {
		return start, end, err
	}
	if end, err = c.parseTime(to, true); err != nil {
		return start, end, err
	}
	if now := c.clock(); end.After(now) {
		end = now // nothing is known of what is to come
	}
	if !start.Before(end) {
		return start, end, usage(fmt.Errorf("the period ends (%s) before it begins (%s)", end.Format(time.RFC3339), start.Format(time.RFC3339)))
	}
	return start, end, nil
}
