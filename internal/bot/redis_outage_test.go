package bot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"es-restore/approvals"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// Redis's own names of what the bot does with it.
const (
	everyCommand = ""
	commitScript = "evalsha"
	decision     = `"state":"ready"` // in the commit of an approval
)

// wired is a company whose bot reaches Redis by a wire, and Redis itself beside it.
func wired(t *testing.T, o rig.Options) (*rig.Rig, *rig.Wire) {
	t.Helper()
	real := rig.MiniRedis(t).Addr()
	wire := rig.NewWire(t, real)
	o.Redis, o.BotRedis = real, wire.Address
	return rig.New(t, o), wire
}

func TestAClickWhileRedisIsAwayIsToldThatNothingWasRecorded(t *testing.T) {
	t.Parallel()
	r, wire := wired(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	id := approvals.ID(rig.ID(card))
	before := len(r.Trail(id))
	wire.Cut()
	for _, button := range []string{"approve", "cancel", "deny"} {
		who := map[string]string{"approve": rig.Ben, "cancel": rig.Anna, "deny": rig.Cleo}[button]
		if got := r.Told(who, card, button); !strings.Contains(got, "Nothing was recorded") {
			t.Errorf("%s: %s", button, got)
		}
	}
	if ack := r.Forge(r.FormPayload(rig.Ben, "deny", string(id), map[string]string{"reason": "no"})); !strings.Contains(ack.Words(), "Nothing was recorded") {
		t.Errorf("the form: %+v", ack)
	}
	r.Ready(503, "redis: it does not answer")
	wire.Mend()
	r.Ready(200, "ready")
	if op := r.Operation(id); op.State != approvals.Waiting || len(r.Trail(id)) != before {
		t.Errorf("it is %s, with %d records more", op.State, len(r.Trail(id))-before)
	}
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
}

// TestAClickThatRedisAnswersLateIsToldTheTruthInTheEnd lets Redis act at once and
// answer after the time there is for an ack.
func TestAClickThatRedisAnswersLateIsToldTheTruthInTheEnd(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{2400 * time.Millisecond, 5 * time.Second} {
		for _, c := range []struct {
			name, who string
			decide    func(*rig.Rig, message) (said string)
			state     approvals.State
		}{
			{"an approval", rig.Ben, func(r *rig.Rig, card message) string {
				return r.Told(rig.Ben, card, "approve")
			}, approvals.Ready},
			{"a cancellation", rig.Anna, func(r *rig.Rig, card message) string {
				return r.Told(rig.Anna, card, "cancel")
			}, approvals.Cancelled},
			{"a denial", rig.Ben, func(r *rig.Rig, card message) string {
				return r.Forge(r.FormPayload(rig.Ben, "deny", rig.ID(card), map[string]string{"reason": "no"})).Words()
			}, approvals.Denied},
			{"a cancelling command", rig.Anna, func(r *rig.Rig, card message) string {
				return r.Answer(rig.Anna, "cancel "+rig.ID(card), 1)
			}, approvals.Cancelled},
		} {
			t.Run(c.name+", "+late.String(), func(t *testing.T) {
				t.Parallel()
				r, wire := wired(t, rig.Options{})
				w := r.Writer(true)
				op := w.Open(rig.Channel, "")
				r.Start()
				card := r.Card(op.ID)
				wire.Slow(late, commitScript)
				if said := c.decide(r, card); !strings.Contains(said, "not known yet whether that was recorded") {
					t.Errorf("told at first: %s", said)
				}
				wire.Mend()
				r.Until("the true answer", func() bool {
					answers := r.Slack.Ephemerals(c.who, "")
					return len(answers) > 0 && strings.Contains(answers[len(answers)-1].AllText(), "It is on record: "+string(op.ID))
				})
				if now := r.Operation(op.ID); now.State != c.state {
					t.Errorf("it is %s", now.State)
				}
				r.Until("the card shows it", func() bool { return strings.Contains(r.Now(card).Text, "("+string(c.state)+")") })
				n := 0
				for _, record := range r.Trail(op.ID) {
					if record.Actor.ID == c.who && record.Event != approvals.Opened {
						n++
					}
				}
				if n != 1 {
					t.Errorf("%d records of one decision", n)
				}
			})
		}
	}
}

// TestAClickWhoseAnswerIsLostIsRecordedOnce cuts the connection after Redis has
// acted: the same record is tried again and found to be there.
func TestAClickWhoseAnswerIsLostIsRecordedOnce(t *testing.T) {
	t.Parallel()
	r, wire := wired(t, rig.Options{})
	w := r.Writer(true)
	op := w.Open(rig.Channel, "")
	r.Start()
	card := r.Card(op.ID)
	lost := false
	wire.OnRequest(decision, false, func() { lost = true })
	if got := r.Told(rig.Ben, card, "approve"); !strings.Contains(got, "Recorded: ") {
		t.Error(got)
	}
	if !lost {
		t.Error("no answer was lost")
	}
	if now := r.Operation(op.ID); now.State != approvals.Ready || len(now.Decisions) != 1 {
		t.Errorf("it is %s with %d decisions", now.State, len(now.Decisions))
	}
}

// TestARequestOfUnknownFateIsToldWithinTheMinute lets Redis open an operation and
// say nothing: nothing may come of it that was not spoken of.
func TestARequestOfUnknownFateIsToldWithinTheMinute(t *testing.T) {
	t.Parallel()
	r, wire := wired(t, rig.Options{})
	r.Writer(true).Open(rig.OtherChannel, "other-$1") // Redis knows the script from then on
	r.Start()
	wire.Slow(5*time.Minute, commitScript)
	if got := r.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/"+rig.Snapshot+" "+file, 2); !strings.Contains(got, "not known yet whether that was recorded") {
		t.Error(got)
	}
	wire.Mend()
	r.Until("its card", func() bool { return len(r.Slack.Messages(rig.Channel)) == 1 })
}

// TestASlowRedisIsNotWaitedForBeyondTheTimeOfAnAck lets everything be late.
func TestASlowRedisIsNotWaitedForBeyondTheTimeOfAnAck(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{2400 * time.Millisecond, 5 * time.Second} {
		t.Run(late.String(), func(t *testing.T) {
			t.Parallel()
			r, wire := wired(t, rig.Options{})
			r.Start()
			card := r.Card(r.Writer(false).Open(rig.Channel, "").ID) // on record, not only in Slack
			wire.Slow(late, everyCommand)
			click, err := r.Slack.Click(t.Context(), rig.Ben, card.Place(), "approve")
			if err != nil || !click.OK() || click.Latency > 2900*time.Millisecond {
				t.Errorf("%v after %s: %v", click.Outcome, click.Latency, err)
			}
			r.Until("ben is told", func() bool { return len(r.Slack.Ephemerals(rig.Ben, "")) > 0 })
			said := r.Slack.Ephemerals(rig.Ben, "")[0].AllText()
			wire.Mend()
			op := r.Operation(approvals.ID(rig.ID(card)))
			recorded := slices.ContainsFunc(op.Decisions, func(d approvals.Decision) bool { return d.Actor.ID == rig.Ben })
			switch {
			case strings.Contains(said, "Nothing was recorded") && !recorded:
			case strings.Contains(said, "not known yet"):
			default:
				t.Errorf("told %q, and recorded: %v", said, recorded)
			}
			if !recorded {
				r.Click(rig.Ben, card, "approve")
			}
			r.Becomes(card, "succeeded")
		})
	}
}

// TestAKilledBotLeavesARecordedClickOrNone kills the built binary before and after
// the commit of a click.
func TestAKilledBotLeavesARecordedClickOrNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		when  string
		kill  func(r *rig.Rig, wire *rig.Wire, kill func())
		state approvals.State
	}{
		{"between receiving and commit", func(_ *rig.Rig, wire *rig.Wire, kill func()) { wire.OnRequest(decision, true, kill) }, approvals.Waiting},
		{"between commit and ack", func(_ *rig.Rig, wire *rig.Wire, kill func()) { wire.OnRequest(decision, false, kill) }, approvals.Ready},
	} {
		t.Run(c.when, func(t *testing.T) {
			t.Parallel()
			r, wire := wired(t, rig.Options{Slack: []slacksim.Option{slacksim.WithAckTimeout(2 * time.Second)}})
			w := r.Writer(true)
			op := w.Open(rig.Channel, "")
			bot := r.Spawn()
			card := r.Card(op.ID)
			c.kill(r, wire, bot.Kill)
			click, err := r.Slack.Click(t.Context(), rig.Ben, card.Place(), "approve")
			if err != nil && !errors.Is(err, slacksim.ErrImpossible) || click.OK() {
				t.Errorf("it was acked: %v %v", click.Outcome, err)
			}
			if now := r.Operation(op.ID); now.State != c.state {
				t.Errorf("it is %s", now.State)
			}
			r.Spawn()
			r.Until("the card shows what holds", func() bool { return strings.Contains(r.Now(card).Text, "("+string(c.state)+")") })
		})
	}
}
