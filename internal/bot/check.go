package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"es-restore/config"
)

// The outcomes of a check. What can't be proved is never ok.
const (
	statusOK        = "ok"
	statusFailed    = "failed"
	statusNotProved = "not_proved"
)

// A Check is one line of `bot check`.
type Check struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	Mend   string `json:"mend"`
}

func ok(name, detail string) Check { return Check{Name: name, Status: statusOK, Detail: detail} }

func bad(name, detail, mend string) Check {
	return Check{Name: name, Status: statusFailed, Detail: detail, Mend: mend}
}

func unproved(name, detail, mend string) Check {
	return Check{Name: name, Status: statusNotProved, Detail: detail, Mend: mend}
}

func newCheck(file *string, stdout, stderr io.Writer) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "check", Short: "try everything the configuration names, and say how to mend what fails", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(*file, stderr)
			if err != nil {
				return err
			}
			return report(stdout, check(cmd.Context(), c), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// check tries everything at once; the lines come in the order of the configuration.
func check(ctx context.Context, c *config.Config) []Check {
	parts := []func(context.Context, *config.Config) []Check{checkConfig, checkSlack, checkRedis, checkClusters, checkAliyun}
	results := make([][]Check, len(parts))
	var trying sync.WaitGroup
	for i, part := range parts {
		trying.Go(func() { results[i] = part(ctx, c) })
	}
	trying.Wait()
	var all []Check
	for _, r := range results {
		all = append(all, r...)
	}
	return all
}

func checkConfig(_ context.Context, c *config.Config) []Check {
	checks := []Check{ok("configuration", fmt.Sprintf("%s is sound: %d clusters, %d policies", c.File, len(c.Clusters), len(c.Policies)))}
	for _, w := range c.Warnings {
		checks = append(checks, unproved("configuration", w.String(), w.Write))
	}
	return checks
}

// report prints the checks, and fails when one failed.
func report(stdout io.Writer, checks []Check, asJSON bool) error {
	good := true
	for _, c := range checks {
		good = good && c.Status != statusFailed
	}
	if asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(map[string]any{"ok": good, "checks": checks}); err != nil {
			return failed(err)
		}
	} else {
		for _, c := range checks {
			line := fmt.Sprintf("%-10s  %s: %s", strings.ReplaceAll(c.Status, "_", " "), c.Name, c.Detail)
			if c.Mend != "" {
				line += "\n            mend: " + c.Mend
			}
			if _, err := fmt.Fprintln(stdout, line); err != nil {
				return failed(err)
			}
		}
	}
	if !good {
		return failed(nil)
	}
	return nil
}
