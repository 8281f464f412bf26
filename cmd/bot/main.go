// Command bot is es-restore: it asks for, gets approved and carries out
// Elasticsearch restores from Slack. Package internal/bot holds its verbs.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"es-restore/internal/bot"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := bot.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
