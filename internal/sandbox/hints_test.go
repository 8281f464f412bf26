package sandbox_test

import (
	"context"
	"regexp"
	"slices"
	"testing"
)

func TestEveryVerbOfTheHelpIsOffered(t *testing.T) {
	t.Parallel()
	s := started(t)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if err := s.Slack().Wait(ctx, func() bool { return len(s.Slack().Sockets()) > 0 }); err != nil {
		t.Fatal(err)
	}
	got, err := s.Slack().Command(ctx, "U0ANNA", "C0ES", "/es-restore", "help")
	if err != nil || got.Reply == nil {
		t.Fatalf("help: %v %v", got.Outcome, err)
	}
	offered := s.Verbs()
	for _, found := range regexp.MustCompile(`/es-restore ([a-z]+)`).FindAllStringSubmatch(got.Reply.AllText(), -1) {
		if !slices.Contains(offered, found[1]) {
			t.Errorf("help names %q, and the composer does not offer it: give it a line in hints.go", found[1])
		}
	}
	if len(offered) < 10 {
		t.Errorf("only %v are offered", offered)
	}
}
