package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something the sandbox needs is not there
	exitUsage  = 2 // arguments or a configuration that can't be read
)

// Options are what the command line says.
type Options struct {
	Listen   string   // where the page is; port 0 is a free one
	Versions []string // of real nodes: the owner's and the reader's; none: simulated
	Redis    string   // a real one's URL; empty: in memory
	Config   string   // a configuration whose clusters and policies are used
}

// Main is the program: it takes the arguments without the program's name, runs
// until ctx ends, and returns the exit code. The sandbox starts its bot by running
// its own executable again; such a process is the bot and nothing else.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if IsBot() {
		return runBot(ctx, os.Stdin, stderr)
	}
	root := newRoot(stdout)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintf(stderr, "sandbox: %v\n", err)
	var wrong *failure
	if errors.As(err, &wrong) {
		return wrong.code
	}
	_, _ = fmt.Fprintln(stderr, "Run sandbox --help to see what there is.")
	return exitUsage
}

// A failure ends the program with a code.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

func failed(format string, a ...any) error { return &failure{exitFailed, fmt.Errorf(format, a...)} }

func misused(format string, a ...any) error { return &failure{exitUsage, fmt.Errorf(format, a...)} }

func newRoot(stdout io.Writer) *cobra.Command {
	var o Options
	var versions string
	root := &cobra.Command{
		Use:   "sandbox",
		Short: "es-restore with a workspace in the browser, a Redis, two clusters and an Alibaba Cloud, all on this machine",
		Long: "The whole product on this machine: open the printed address and type /es-restore.\n" +
			"Nothing but this program is needed. Slack, Redis, Elasticsearch and Alibaba Cloud are\n" +
			"played by it, unless a flag says otherwise; the page says which is which.",
		Args: cobra.NoArgs, SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if versions != "" {
				o.Versions = strings.Split(versions, ",")
			}
			return serve(cmd.Context(), o, stdout)
		},
	}
	flags := root.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:8088", "where the page is; port 0 takes a free one")
	flags.StringVar(&versions, "elasticsearch", "", "start real nodes of this version, or of two: 6.7.0,7.10.2 (needs Java and Maven)")
	flags.StringVar(&o.Redis, "redis", "", "use a real Redis, such as redis://localhost:6379/9, whose database is empty")
	flags.StringVar(&o.Config, "config", "", "use the clusters, the cloud and the policies of this configuration")
	root.CompletionOptions.DisableDefaultCmd = true
	return root
}

// serve runs a sandbox until ctx ends, and says where it is.
func serve(ctx context.Context, o Options, stdout io.Writer) error {
	s, err := Start(ctx, o, func(line string) { _, _ = fmt.Fprintln(stdout, line) })
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer s.Close()
	_, _ = fmt.Fprintf(stdout, "\nOpen  %s\n\n%s\nCtrl-C ends it and leaves nothing behind.\n", s.URL(), s.parts())
	<-ctx.Done()
	return nil
}
