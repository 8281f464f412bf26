package approvals_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
)

// cells are the whole table once more, in other words than the code's: a row
// for each state, a column for each event, and in each cell where it leads; "-"
// where it is illegal.
const cells = `
           opened        approved      denied cancelled expired claimed  stepped  stopped   succeeded failed
none       waiting,ready -             -      -         -       -        -        -         -         -
waiting    -             waiting,ready denied cancelled expired -        -        -         -         -
ready      -             ready         denied cancelled expired running  -        -         -         -
running    -             -             -      stopping  -       running  running  -         succeeded failed
stopping   -             -             -      -         -       stopping stopping cancelled succeeded failed
succeeded  -             -             -      -         -       -        -        -         -         -
failed     -             -             -      -         -       -        -        -         -         -
denied     -             -             -      -         -       -        -        -         -         -
cancelled  -             -             -      -         -       -        -        -         -         -
expired    -             -             -      -         -       -        -        -         -         -`

func TestEveryStateMeetsEveryEventAsTheTableSays(t *testing.T) {
	rows := strings.Split(strings.TrimPrefix(cells, "\n"), "\n")
	events := strings.Fields(rows[0])
	tested := 0
	for _, row := range rows[1:] {
		cell := strings.Fields(row)
		state := approvals.State(strings.Replace(cell[0], "none", "", 1))
		for i, want := range cell[1:] {
			kind := approvals.EventKind(events[i])
			t.Run(cell[0]+"/"+events[i], func(t *testing.T) {
				var targets []string
				for _, to := range approvals.Move(state, kind) {
					targets = append(targets, string(to))
				}
				if got := strings.Join(targets, ","); got != strings.Replace(want, "-", "", 1) {
					t.Errorf("%s leads from %s to %q, and should to %q", kind, cell[0], got, want)
				}
				if want == "-" {
					op := approvals.Operation{ID: "R-22222", State: state, Version: 3}
					after, err := op.Apply(approvals.Event{Operation: op.ID, Kind: kind})
					if err == nil {
						t.Errorf("applying it did not fail")
					}
					if diff := cmp.Diff(op, after); diff != "" {
						t.Errorf("an illegal event changed something:\n%s", diff)
					}
				}
			})
			tested++
		}
	}
	if want := (len(approvals.States) + 1) * (len(approvals.EventKinds) - 1); tested != want {
		t.Errorf("%d cells were tested, and there are %d", tested, want)
	}
}

func TestARefusalMayHappenInEveryStateAndChangesNothing(t *testing.T) {
	if to := approvals.Move("", approvals.Refused); to != nil {
		t.Errorf("what does not exist can be refused: %v", to)
	}
	for _, state := range approvals.States {
		t.Run(string(state)+"/refused", func(t *testing.T) {
			op := approvals.Operation{ID: "R-22222", State: state, Version: 3}
			after, err := op.Apply(approvals.Event{Operation: op.ID, Kind: approvals.Refused, Data: approvals.Data{Code: "no"}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(op, after); diff != "" {
				t.Errorf("it changed:\n%s", diff)
			}
		})
	}
}

func TestTheRollbackOfTheLogHappensToNoOperation(t *testing.T) {
	for _, state := range append([]approvals.State{""}, approvals.States...) {
		if to := approvals.Move(state, approvals.RolledBack); to != nil {
			t.Errorf("%q: it leads to %v", state, to)
		}
	}
}

func TestAFinalStateIsOneThatNothingLeadsOutOf(t *testing.T) {
	for _, state := range approvals.States {
		out := slices.ContainsFunc(approvals.EventKinds, func(k approvals.EventKind) bool {
			return k != approvals.Refused && len(approvals.Move(state, k)) > 0
		})
		if state.Final() == out {
			t.Errorf("%s: final is %v, and that something leads out of it is %v too", state, state.Final(), out)
		}
	}
}

// diagram draws the table as Mermaid does.
func diagram() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	node := func(s approvals.State) string {
		if s == "" {
			return "[*]"
		}
		return string(s)
	}
	for _, from := range append([]approvals.State{""}, approvals.States...) {
		for _, kind := range approvals.EventKinds {
			if kind == approvals.Refused {
				continue // everywhere, and leads nowhere
			}
			for _, to := range approvals.Move(from, kind) {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", node(from), node(to), kind)
			}
		}
		if from != "" && from.Final() {
			fmt.Fprintf(&b, "    %s --> [*]\n", from)
		}
	}
	return b.String() + "```"
}

// The documentation holds the diagram between these two marks.
const (
	document  = "../docs/architecture.md"
	markBegin = "<!-- states -->"
	markEnd   = "<!-- /states -->"
)

func TestTheDocumentationShowsTheStatesAsTheyAre(t *testing.T) {
	drawn := diagram()
	for _, s := range approvals.States {
		if !strings.Contains(drawn, string(s)) {
			t.Errorf("the diagram lacks %s", s)
		}
	}
	text, err := os.ReadFile(document)
	if os.IsNotExist(err) {
		t.Skipf("LEFT OUT: there is no %s to compare this with:\n%s", document, drawn)
	}
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), markBegin)
	shown, after, ended := strings.Cut(rest, markEnd)
	if !begun || !ended {
		t.Fatalf("%s has no block between %s and %s", document, markBegin, markEnd)
	}
	if *update {
		whole := before + markBegin + "\n" + drawn + "\n" + markEnd + after
		if err := os.WriteFile(document, []byte(whole), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(drawn, strings.TrimSpace(shown)); diff != "" {
		t.Errorf("%s shows other states; go test ./approvals -run Documentation -update mends it:\n%s", document, diff)
	}
}
