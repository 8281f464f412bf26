package bot_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"es-restore/approvals"
	"es-restore/internal/essim"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// TestTwentyRefreshesDuringClicksLoseNone lets Slack close one connection after
// the other while people click.
func TestTwentyRefreshesDuringClicksLoseNone(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	w := r.Writer(true)
	channel := channels(r)
	const refreshes, perRefresh = 20, 3
	var ops []approvals.Operation
	for range refreshes * perRefresh {
		at := channel()
		ops = append(ops, w.Open(at, strings.ToLower(at)+"-$1"))
	}
	r.Start()
	cards := make([]message, len(ops))
	for i, op := range ops {
		cards[i] = r.Card(op.ID)
	}
	for i := range refreshes {
		r.Until("both connections are up", func() bool { return len(fresh(r)) == 2 })
		r.Slack.Disconnect(slacksim.RefreshRequested, fresh(r)[0])
		for _, card := range cards[i*perRefresh : (i+1)*perRefresh] {
			r.Click(rig.Ben, card, "approve")
		}
	}
	for _, op := range ops {
		if now := r.Operation(op.ID); now.State != approvals.Ready || len(now.Decisions) != 1 {
			t.Errorf("%s is %s with %d decisions", op.ID, now.State, len(now.Decisions))
		}
	}
}

// fresh are the connections that Slack has not told to go, by ID.
func fresh(r *rig.Rig) []int {
	var ids []int
	for _, s := range r.Slack.Sockets() {
		if !s.Draining {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// TestConnectionsThatSlackClosesAtOnceMakeNoStorm closes every connection as soon
// as it is there, for ten seconds.
func TestConnectionsThatSlackClosesAtOnceMakeNoStorm(t *testing.T) {
	t.Parallel()
	for _, reason := range []slacksim.DisconnectReason{slacksim.TooManyWebsockets, slacksim.LinkDisabled} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{})
			r.Start()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for r.Slack.Wait(ctx, func() bool { return len(fresh(r)) > 0 }) == nil {
				r.Slack.Disconnect(reason)
			}
			// Each of the two may try ten times at once, then after 1, 2, 4 … s.
			if n := len(r.Slack.Calls("apps.connections.open")); n > 2*(10+4) {
				t.Errorf("%d connections were opened in 10 s", n)
			}
			r.Within(90*time.Second, "it connects again", func() bool { return len(fresh(r)) > 0 })
			if got := r.Answer(rig.Anna, "list", 1); !strings.Contains(got, "Nothing is open") {
				t.Error(got)
			}
		})
	}
}

// TestAHundredSlowCommandsLeaveRoomToSaySo asks for more than one process takes
// on, while the cluster answers nothing.
func TestAHundredSlowCommandsLeaveRoomToSaySo(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	let := make(chan struct{})
	stop := r.Clusters.SimReader.Before(essim.On(http.MethodGet, "/_snapshot"), func(essim.Request) { <-let })
	defer stop()
	answers := make(chan string, 100)
	var asking sync.WaitGroup
	for range 100 {
		asking.Go(func() {
			result, err := r.Slack.Command(t.Context(), rig.Anna, rig.Channel, "/es-restore", "repos es-cn-b")
			switch {
			case err != nil || !result.OK():
				answers <- fmt.Sprintf("%v %v", result.Outcome, err)
			case result.Reply == nil:
				answers <- "taken"
			default:
				answers <- result.Reply.AllText()
			}
		})
	}
	asking.Wait()
	close(answers)
	came := map[string]int{}
	for a := range answers {
		came[a]++
	}
	busy := "es-restore has too much to do right now. Nothing was recorded; try again."
	if came["taken"] != 64 || came[busy] != 36 {
		t.Errorf("answers: %v", came)
	}
	close(let)
	r.Until("the 64 are answered", func() bool {
		n := 0
		for _, m := range r.Slack.Ephemerals(rig.Anna, rig.Channel) {
			if strings.Contains(m.AllText(), rig.Repository) {
				n++
			}
		}
		return n == 64
	})
}

// TestAnAckThatIsLostLeavesTheTruthOnTheCard cuts the connection before the ack
// of a click can arrive: Slack shows an error, and the decision is on record.
func TestAnAckThatIsLostLeavesTheTruthOnTheCard(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Slack: []slacksim.Option{slacksim.WithAckTimeout(time.Second), slacksim.WithAcksBoundToConnection()}})
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Slack.CutBeforeAck(1)
	click, err := r.Slack.Click(t.Context(), rig.Ben, card.Place(), "approve")
	if err != nil || click.Outcome != slacksim.TimedOut {
		t.Errorf("%v %v", click.Outcome, err)
	}
	r.Becomes(card, "succeeded")
	r.Until("both connections are up again", func() bool { return len(fresh(r)) == 2 })
	if got := r.Told(rig.Ben, card, "approve", slacksim.Forced()); !strings.Contains(got, "is succeeded") {
		t.Error(got)
	}
}

// TestAnEnvelopeThatNeverArrivesDecidesNothing loses a click on its way.
func TestAnEnvelopeThatNeverArrivesDecidesNothing(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Slack: []slacksim.Option{slacksim.WithAckTimeout(500 * time.Millisecond)}})
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Slack.LoseEnvelopes(1)
	click, err := r.Slack.Click(t.Context(), rig.Ben, card.Place(), "approve")
	if err != nil || click.Outcome != slacksim.TimedOut {
		t.Errorf("%v %v", click.Outcome, err)
	}
	if op := r.Operation(approvals.ID(rig.ID(card))); op.State != approvals.Waiting {
		t.Errorf("it is %s", op.State)
	}
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
}
