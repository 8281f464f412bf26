// Package bot is the program: its verbs, and the wiring of all rooms.
//
// It builds everything from the configuration, runs it and stops it, and decides
// nothing. cmd/bot is this package with the process's arguments; tests and the
// sandbox run it in other places. Start at bot.go, then serve.go.
package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"es-restore/config"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitConfig = 2 // a broken configuration, or arguments that can't be read
)

// A failure ends the program with a code; its words are already on stderr, or
// are printed when there are any.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// failed ends the program with code 1.
func failed(err error) error { return &failure{code: exitFailed, err: err} }

// Run is the program: it takes the arguments without the program's name, runs
// until it is done or ctx ends, and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return RunAt(ctx, time.Now, args, stdout, stderr)
}

// RunAt is Run with another clock, for places where people move it.
func RunAt(ctx context.Context, now func() time.Time, args []string, stdout, stderr io.Writer) int {
	root := newRoot(now, stdout, stderr)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var f *failure
	if !errors.As(err, &f) {
		_, _ = fmt.Fprintf(stderr, "bot: %v\nRun bot --help to see what there is.\n", err)
		return exitConfig
	}
	if f.err != nil {
		_, _ = fmt.Fprintf(stderr, "bot: %v\n", f.err)
	}
	return f.code
}

func newRoot(now func() time.Time, stdout, stderr io.Writer) *cobra.Command {
	var file string
	root := &cobra.Command{
		Use:           "bot",
		Short:         "es-restore: Elasticsearch restores, asked for and approved in Slack",
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), now, file, stdout, stderr) },
	}
	root.PersistentFlags().StringVar(&file, "config", "config.yml", "the configuration file")
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		&cobra.Command{Use: "serve", Short: "run the bot (what it does without a verb)", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), now, file, stdout, stderr) }},
		newCheck(&file, stdout, stderr),
		newPolicy(&file, stdout, stderr),
		newAudit(&file, stdout, stderr),
		&cobra.Command{Use: "version", Short: "tell which version this is", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := fmt.Fprintln(stdout, Version())
				return err
			}},
	)
	return root
}

// version is set when a release is built.
var version = ""

// Version names this build.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// load reads the configuration. Every problem of a broken one is printed, and
// the program ends with exitConfig.
func load(file string, stderr io.Writer) (*config.Config, error) {
	return loaded(config.Load, file, stderr)
}

// loadPolicies is load for what needs no secrets.
func loadPolicies(file string, stderr io.Writer) (*config.Config, error) {
	return loaded(config.LoadWithoutSecrets, file, stderr)
}

func loaded(by func(string) (*config.Config, error), file string, stderr io.Writer) (*config.Config, error) {
	c, err := by(file)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return nil, &failure{code: exitConfig}
	}
	return c, nil
}
