package main

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// entries are the ledger's entries of one kind, as a command lists them.
type entries[T any] struct {
	kind evidence.Kind
	at   func(T) time.Time
	keep func(T) bool // nil keeps all
	text func(io.Writer, []T) error
}

// period are the flags of a command that lists a period.
type period struct{ since, until string }

func (p *period) flags(cmd *cobra.Command, since string) {
	cmd.Flags().StringVar(&p.since, "since", since, "from this time: 7d (ago), 2026-03-01, 2026-03-01T12:00:00Z")
	cmd.Flags().StringVar(&p.until, "until", "", "to this time (default now)")
}

// list prints the entries of a period, newest first.
func list[T any](ctx context.Context, c *command, p period, e entries[T]) error {
	from, to, err := c.parsePeriod(p.since, p.until)
	if err != nil {
		return err
	}
	return c.withApp(ctx, daemon.Read, func(app *daemon.App) error {
		return app.Store.View(func(v *store.View) error {
			all, err := daemon.Bodies[T](v, v.Size(), e.kind)
			if err != nil {
				return err
			}
			kept := []T{}
			for _, one := range slices.Backward(all) {
				if t := e.at(one); !t.Before(from) && !t.After(to) && (e.keep == nil || e.keep(one)) {
					kept = append(kept, one)
				}
			}
			return c.print(kept, func(w io.Writer) error { return e.text(w, kept) })
		})
	})
}
