// Command sandbox is es-restore with everything around it in one process: a
// workspace in the browser, a Redis, two clusters and an Alibaba Cloud. Package
// internal/sandbox holds it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"es-restore/internal/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := sandbox.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
