package bot

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"es-restore/approvals"
	"es-restore/config"
	"es-restore/esops"
)

func newPolicy(file *string, stdout, stderr io.Writer) *cobra.Command {
	policy := &cobra.Command{Use: "policy", Short: "what the configuration's policies ask for"}
	var q question
	explain := &cobra.Command{
		Use: "explain", Args: cobra.NoArgs,
		Short:   "say who could approve a request, and why",
		Example: "  bot policy explain --cluster es-cn-b --source es-cn-a --index logs-2019.07.05 --requester U0ANNA",
		RunE: func(*cobra.Command, []string) error {
			c, err := loadPolicies(*file, stderr)
			if err != nil {
				return err
			}
			return q.explain(stdout, c)
		},
	}
	flags := explain.Flags()
	flags.StringVar(&q.cluster, "cluster", "", "the destination")
	flags.StringVar(&q.source, "source", "", "the owner of the repository")
	flags.StringSliceVar(&q.indices, "index", nil, "an index; may be given several times")
	flags.StringVar(&q.as, "as", "", "the new name, with $1")
	flags.StringVar(&q.kind, "kind", string(esops.KindRestore), "restore, share or undo")
	flags.StringVar(&q.requester, "requester", "", "who asks, such as U0ANNA")
	flags.StringSliceVar(&q.groups, "group", nil, "a group the requester is in, such as S0ENG")
	flags.BoolVar(&q.overwrites, "overwrites", false, "it replaces or deletes existing data")
	flags.StringVar(&q.size, "size", "", "how much data, such as 5gb; left out: not known")
	_ = explain.MarkFlagRequired("cluster")
	policy.AddCommand(explain, &cobra.Command{
		Use: "test", Args: cobra.NoArgs,
		Short: "look whether the examples that stand beside the policies still hold",
		RunE: func(*cobra.Command, []string) error {
			c, err := loadPolicies(*file, stderr)
			if err != nil {
				return err
			}
			return testPolicies(stdout, c)
		},
	})
	return policy
}

// testPolicies asks for each example whether its policy is about it.
func testPolicies(stdout io.Writer, c *config.Config) error {
	wrong := 0
	for _, e := range c.Examples {
		r := e.Request
		q := question{cluster: r.Cluster, source: r.Source, as: r.As, kind: r.Kind, requester: r.Requester, groups: r.Groups,
			indices: []string{r.Index}, overwrites: r.Overwrites}
		needs, refusal := c.Policies.Needs(q.subjectOf(r.Size))
		applies := refusal == nil && slices.Contains(needs.Names(), e.Policy)
		if applies == e.Applies {
			continue
		}
		wrong++
		found := strings.Join(needs.Names(), ", ")
		if refusal != nil {
			found = "none"
		}
		_, _ = fmt.Fprintf(stdout, "%s:%d: %s: policy %q is %sabout it; found: %s\n", c.File, c.Line(e.Path), e.Path, e.Policy, map[bool]string{false: "not "}[applies], found)
	}
	if wrong > 0 {
		return failed(fmt.Errorf("%d of %d examples don't hold", wrong, len(c.Examples)))
	}
	_, err := fmt.Fprintf(stdout, "ok: %d examples hold\n", len(c.Examples))
	return err
}

// A question is a request that was not made, to see what it would need.
type question struct {
	cluster, source, as, kind, requester, size string
	indices, groups                            []string
	overwrites                                 bool
}

func (q question) subject() (approvals.Subject, error) {
	if q.size == "" {
		return q.subjectOf(-1), nil
	}
	bytes, err := config.ParseSize(q.size)
	return q.subjectOf(bytes), err
}

// subjectOf is the question with a size in bytes; negative is not known.
func (q question) subjectOf(bytes int64) approvals.Subject {
	s := approvals.Subject{
		Plan:      esops.Plan{Kind: esops.Kind(q.kind), Cluster: q.cluster, Source: q.source},
		Requester: approvals.Actor{ID: q.requester, Groups: q.groups},
	}
	for i, index := range q.indices {
		item := esops.Item{Index: index, Target: esops.Rename(q.as, index), TargetState: esops.TargetAbsent}
		if q.overwrites {
			item.TargetState = esops.TargetClosed
		}
		s.Plan.Items = append(s.Plan.Items, item)
		reading := esops.ItemReading{Index: index, Bytes: bytes}
		if i > 0 && bytes >= 0 {
			reading.Bytes = 0 // the size is that of all together
		}
		s.Readings.Items = append(s.Readings.Items, reading)
	}
	return s
}

func (q question) explain(stdout io.Writer, c *config.Config) error {
	s, err := q.subject()
	if err != nil {
		return failed(err)
	}
	needs, refusal := c.Policies.Needs(s)
	if refusal != nil {
		_, _ = fmt.Fprintln(stdout, refusal.Error())
		return failed(nil)
	}
	var b strings.Builder
	for _, rule := range needs.Rules {
		fmt.Fprintf(&b, "Policy %q is about it.\n", rule.Name)
		if len(rule.Require) == 0 {
			b.WriteString("  It needs nobody: the configuration itself approves.\n")
		}
		for _, r := range rule.Require {
			var from []string
			for _, p := range r.From {
				from = append(from, p.String())
			}
			fmt.Fprintf(&b, "  It needs %d of %s.\n", r.Count, strings.Join(from, ", "))
		}
	}
	if needs.Standing() {
		b.WriteString("It starts without anybody's approval.\n")
	} else {
		b.WriteString("Each person counts once, for one requirement; whoever asks never counts.\n")
		fmt.Fprintf(&b, "Unanswered, it expires after %s; approved and not started, after %s.\n", span(needs.Expires), span(needs.StartWithin))
	}
	if needs.Channel != "" {
		fmt.Fprintf(&b, "Its card goes to %s.\n", needs.Channel)
	}
	if _, err := io.WriteString(stdout, b.String()); err != nil {
		return failed(err)
	}
	return nil
}

// span writes a duration as people do: 30m, not 30m0s.
func span(d time.Duration) string {
	text := d.String()
	for _, whole := range []string{"m", "h"} {
		if strings.HasSuffix(text, whole+"0s") || strings.HasSuffix(text, whole+"0m") {
			text = text[:len(text)-2]
		}
	}
	return text
}
