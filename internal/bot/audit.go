package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/store"
)

func newAudit(file *string, stdout, stderr io.Writer) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "the audit trail: write it out, check it"}
	cmd.AddCommand(
		&cobra.Command{Use: "export", Short: "write every record as a JSON line to standard output", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return withStore(cmd.Context(), *file, stderr, func(s *store.Store) error {
					return s.Lines(cmd.Context(), 1, func(line string) error {
						_, err := fmt.Fprintln(stdout, line)
						return err
					})
				})
			}},
		newVerify(file, stdout, stderr),
		newAcceptRollback(file, stdout, stderr),
	)
	return cmd
}

func newVerify(file *string, stdout, stderr io.Writer) *cobra.Command {
	var points []string
	cmd := &cobra.Command{
		Use: "verify [FILE]", Args: cobra.MaximumNArgs(1),
		Short: "check the chain, in Redis or in an exported file (- is standard input)",
		RunE: func(cmd *cobra.Command, args []string) error {
			var checkpoints []audit.Head
			for _, text := range points {
				head, err := audit.ParseCheckpoint(text)
				if err != nil {
					return err
				}
				checkpoints = append(checkpoints, head)
			}
			if len(args) == 1 {
				return verifyFile(args[0], cmd.InOrStdin(), stdout, checkpoints)
			}
			return withStore(cmd.Context(), *file, stderr, func(s *store.Store) error {
				c := audit.Checker{Checkpoints: checkpoints}
				err := s.Lines(cmd.Context(), 1, func(line string) error { return c.Next([]byte(line)) })
				if err == nil {
					err = c.End()
				}
				return verdict(stdout, &c, false, err)
			})
		},
	}
	cmd.Flags().StringSliceVar(&points, "checkpoint", nil, "a checkpoint from the audit channel, such as 12:sha256:…; may be given several times")
	return cmd
}

func newAcceptRollback(file *string, stdout, stderr io.Writer) *cobra.Command {
	reason := ""
	cmd := &cobra.Command{
		Use: "accept-rollback", Args: cobra.NoArgs,
		Short: "take up work again after Redis came back older than it was; what waits for approval expires",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.TrimSpace(reason) == "" {
				return errors.New("accept-rollback needs --reason")
			}
			return withStore(cmd.Context(), *file, stderr, func(s *store.Store) error {
				expired, err := s.AcceptRollback(cmd.Context(), operator(), reason, time.Now())
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(stdout, "Recorded. %d operations that waited are expired%s. Running bots take up work within seconds.\n", len(expired), ids(expired))
				return err
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return cmd
}

func ids(all []approvals.ID) string {
	if len(all) == 0 {
		return ""
	}
	names := make([]string, len(all))
	for i, id := range all {
		names[i] = string(id)
	}
	return ": " + strings.Join(names, ", ")
}

// operator is who runs this program, as the machine knows them.
func operator() approvals.Actor {
	name := "operator"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	host, err := os.Hostname()
	if err == nil {
		name += "@" + host
	}
	return approvals.Actor{ID: "operator", Name: name}
}

func withStore(ctx context.Context, file string, stderr io.Writer, do func(*store.Store) error) error {
	c, err := load(file, stderr)
	if err != nil {
		return err
	}
	client, err := newRedis(c.Redis)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = client.Close() }()
	s := store.New(client)
	if err := s.Ping(ctx); err != nil {
		return failed(err)
	}
	if err := do(s); err != nil {
		var f *failure
		if errors.As(err, &f) {
			return err
		}
		return failed(err)
	}
	return nil
}

func verifyFile(name string, stdin io.Reader, stdout io.Writer, checkpoints []audit.Head) error {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return failed(err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	c, err := audit.Verify(in, checkpoints...)
	return verdict(stdout, c, true, err)
}

// verdict prints what a check came to; the first bad record's seq stands alone
// after "seq ".
func verdict(stdout io.Writer, c *audit.Checker, inFile bool, err error) error {
	var broken *audit.Broken
	if errors.As(err, &broken) {
		_, _ = fmt.Fprintf(stdout, "broken: seq %d: %s%s\n", broken.Seq, broken.Why, onLine(broken, inFile))
		return failed(nil)
	}
	if err != nil {
		return failed(err)
	}
	head := c.Head()
	if head.Seq == 0 {
		_, err = fmt.Fprintln(stdout, "ok: no records")
		return err
	}
	from := ""
	if c.First > 1 {
		from = fmt.Sprintf(" from %d on; the ones before are not in it", c.First)
	}
	lost := ""
	for _, r := range c.Rollbacks {
		lost += fmt.Sprintf("rolled back: records %d to %d were lost; record %d of what was written instead accepts it\n", r.From, r.To, r.Accepted)
	}
	_, err = fmt.Fprintf(stdout, "ok: %d records%s, the last is seq %d, %s\n%s", c.Records, from, head.Seq, head.Hash, lost)
	return err
}

// onLine tells where in a file a bad record stands.
func onLine(broken *audit.Broken, inFile bool) string {
	if !inFile || broken.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" (line %d)", broken.Line)
}
