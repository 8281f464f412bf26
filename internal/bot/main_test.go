package bot_test

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"es-restore/internal/bot"
)

// TestMain lets many tests run at once, since they mostly wait, and makes this
// program the bot where a script asks for it.
func TestMain(m *testing.M) {
	testscript.Main(atOnce{m}, map[string]func(){"bot": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := bot.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code) //nolint:forbidigo // it is main here
	}})
}

type atOnce struct{ m *testing.M }

func (a atOnce) Run() int {
	flag.Parse()
	if !given("test.parallel") {
		_ = flag.Set("test.parallel", "12")
	}
	return a.m.Run()
}

func given(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
