// Command exhibit collects compliance evidence, keeps it so that it cannot be altered unseen, judges it, and hands an
// auditor what proves it. Each subcommand stands in a file of its own; all they do is to turn flags into options and
// results into text.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal ends in order, a second one at once
	code := run(ctx, os.Args[1:], system())
	stop()
	os.Exit(code)
}
