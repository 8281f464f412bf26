package bot_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// freshFor is how long the bot may use what Slack said.
const freshFor = 10 * time.Second

// A lineup is a waiting operation that nobody may touch but through its card, and
// another one beside it.
type lineup struct {
	*rig.Rig
	op, other         approvals.Operation
	card, otherCard   message
	opTrail, othTrail int
}

func lineUp(t *testing.T, o rig.Options) *lineup {
	t.Helper()
	r := rig.New(t, o)
	w := r.Writer(true)
	l := &lineup{Rig: r, op: w.Open(rig.Channel, "one-$1"), other: w.Open(rig.OtherChannel, "two-$1")}
	r.Start()
	l.card, l.otherCard = r.Card(l.op.ID), r.Card(l.other.ID)
	l.opTrail, l.othTrail = len(r.Trail(l.op.ID)), len(r.Trail(l.other.ID))
	return l
}

// untouched is what must be true after every forged click: both still wait, and
// what was tried on the first is on record by its code, if anything is.
func (l *lineup) untouched(t *testing.T, code, asked string) {
	t.Helper()
	for _, id := range []approvals.ID{l.op.ID, l.other.ID} {
		if op := l.Operation(id); op.State != approvals.Waiting || len(op.Decisions) > 0 {
			t.Errorf("%s is %s with %d decisions", id, op.State, len(op.Decisions))
		}
	}
	if n := len(l.Trail(l.other.ID)) - l.othTrail; n != 0 {
		t.Errorf("%d records of the other", n)
	}
	recorded := l.Trail(l.op.ID)[l.opTrail:]
	if code == "" {
		if len(recorded) > 0 {
			t.Errorf("recorded: %+v", recorded)
		}
		return
	}
	if len(recorded) != 1 || recorded[0].Event != approvals.Refused || recorded[0].Data.Code != code || recorded[0].Data.Asked != asked || recorded[0].Actor.ID != rig.Ben {
		t.Errorf("want one refusal %q of %q by ben, recorded: %+v", code, asked, recorded)
	}
}

// told waits for the last thing ben reads.
func (l *lineup) told(t *testing.T, before int, want string) {
	t.Helper()
	l.Until("ben is told "+want, func() bool {
		answers := l.Slack.Ephemerals(rig.Ben, "")
		return len(answers) > before && strings.Contains(answers[len(answers)-1].AllText(), want)
	})
}

func TestForgedClicksDecideNothing(t *testing.T) {
	t.Parallel()
	elsewhere := func(change rig.Payload) func(*lineup) rig.Payload {
		return func(l *lineup) rig.Payload {
			return l.With(l.ClickPayload(rig.Ben, l.card, "approve", string(l.op.ID)), change)
		}
	}
	container := func(kind, ts, channel string, ephemeral bool) rig.Payload {
		return rig.Payload{"container": rig.Payload{"type": kind, "message_ts": ts, "channel_id": channel, "is_ephemeral": ephemeral}}
	}
	for _, c := range []struct {
		name    string
		payload func(*lineup) rig.Payload
		code    string // on record of the operation that the click names
		asked   string
		told    string
	}{
		{"a value that is no ID", func(l *lineup) rig.Payload { return l.ClickPayload(rig.Ben, l.card, "approve", "R-0OIL1") },
			"", "", "belongs to nothing"},
		{"an empty value", func(l *lineup) rig.Payload { return l.ClickPayload(rig.Ben, l.card, "approve", "") },
			"", "", "belongs to nothing"},
		{"an ID that does not exist", func(l *lineup) rig.Payload { return l.ClickPayload(rig.Ben, l.card, "approve", "R-22222") },
			"", "", "There is no R-22222"},
		{"the value of another operation", func(l *lineup) rig.Payload {
			return l.ClickPayload(rig.Ben, l.otherCard, "approve", string(l.op.ID))
		}, "not_the_card", "approve", "This is not the card of"},
		{"another message", func(l *lineup) rig.Payload {
			return l.With(l.ClickPayload(rig.Ben, l.card, "approve", string(l.op.ID)), container("message", "1700000000.000001", l.card.Channel, false))
		}, "not_the_card", "approve", "Its card is here: "},
		{"another channel", func(l *lineup) rig.Payload {
			return l.With(l.ClickPayload(rig.Ben, l.card, "approve", string(l.op.ID)), container("message", l.card.TS, rig.OtherChannel, false))
		}, "not_the_card", "approve", "This is not the card of"},
		{"an ephemeral message", func(l *lineup) rig.Payload {
			return l.With(l.ClickPayload(rig.Ben, l.card, "approve", string(l.op.ID)), container("message", l.card.TS, l.card.Channel, true))
		}, "not_the_card", "approve", "This is not the card of"},
		{"no message at all", func(l *lineup) rig.Payload {
			return l.With(l.ClickPayload(rig.Ben, l.card, "approve", string(l.op.ID)), rig.Payload{"container": rig.Payload{}})
		}, "not_the_card", "approve", "This is not the card of"},
		{"another app", elsewhere(rig.Payload{"api_app_id": "A0OTHER"}), "", "", "not meant for this"},
		{"another workspace", elsewhere(rig.Payload{"team": rig.Payload{"id": "T0OTHER", "domain": "other"}}), "", "", "not meant for this"},
		{"a button that there is not", func(l *lineup) rig.Payload {
			return l.ClickPayload(rig.Ben, l.card, "run_at_once", string(l.op.ID))
		}, "unknown_button", "run_at_once", "There is no such button"},
		{"several buttons at once", func(l *lineup) rig.Payload {
			p := l.ClickPayload(rig.Ben, l.card, "approve", string(l.op.ID))
			p["actions"] = append(p["actions"].([]any), p["actions"].([]any)...)
			return p
		}, "", "", ""},
		{"no button at all", elsewhere(rig.Payload{"actions": []any{}}), "", "", ""},
		{"a button of nothing", elsewhere(rig.Payload{"actions": []any{nil}}), "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := lineUp(t, rig.Options{})
			before := len(l.Slack.Ephemerals(rig.Ben, ""))
			l.Forge(c.payload(l))
			if c.told != "" {
				l.told(t, before, c.told)
			}
			l.untouched(t, c.code, c.asked)
			if c.code == "" && !strings.Contains(l.Log.String(), "click ignored") {
				t.Error("the log does not say that it was ignored")
			}
		})
	}
}

func TestForgedFormsDecideNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		payload func(*lineup) rig.Payload
		code    string
		asked   string
		told    string
	}{
		{"metadata that is no ID", func(l *lineup) rig.Payload {
			return l.FormPayload(rig.Ben, "deny", "anything", map[string]string{"reason": "x"})
		}, "", "", "belongs to nothing"},
		{"an operation that does not exist", func(l *lineup) rig.Payload {
			return l.FormPayload(rig.Ben, "deny", "R-22222", map[string]string{"reason": "x"})
		}, "", "", "There is no R-22222"},
		{"a form that there is not", func(l *lineup) rig.Payload {
			return l.FormPayload(rig.Ben, "run_at_once", string(l.op.ID), map[string]string{"reason": "x"})
		}, "unknown_form", "run_at_once", "There is no such form"},
		{"the details as a form", func(l *lineup) rig.Payload {
			return l.FormPayload(rig.Ben, "details", string(l.op.ID), map[string]string{"reason": "x"})
		}, "unknown_form", "details", "There is no such form"},
		{"a denial without a reason", func(l *lineup) rig.Payload {
			return l.FormPayload(rig.Ben, "deny", string(l.op.ID), map[string]string{"reason": "  "})
		}, "reason_missing", "deny", "needs a reason"},
		{"a reason longer than the form takes", func(l *lineup) rig.Payload {
			return l.FormPayload(rig.Ben, "deny", string(l.op.ID), map[string]string{"reason": strings.Repeat("ä", 301)})
		}, "", "", "300 characters at most"},
		{"another app", func(l *lineup) rig.Payload {
			return l.With(l.FormPayload(rig.Ben, "deny", string(l.op.ID), map[string]string{"reason": "x"}), rig.Payload{"api_app_id": "A0OTHER"})
		}, "", "", "not meant for this"},
		{"another workspace", func(l *lineup) rig.Payload {
			return l.With(l.FormPayload(rig.Ben, "deny", string(l.op.ID), map[string]string{"reason": "x"}), rig.Payload{"team": rig.Payload{"id": "T0OTHER"}})
		}, "", "", "not meant for this"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := lineUp(t, rig.Options{})
			ack := l.Forge(c.payload(l))
			if ack.Action != "errors" || !strings.Contains(ack.Words(), c.told) {
				t.Errorf("want %q, the form says %+v", c.told, ack)
			}
			l.untouched(t, c.code, c.asked)
		})
	}
}

func TestAFormActsOnTheOperationItNamesByWhoSubmitsIt(t *testing.T) {
	t.Parallel()
	l := lineUp(t, rig.Options{})
	// Ben's form for one operation comes back naming the other, and Dora sends
	// the form that Ben had open.
	l.Forge(l.FormPayload(rig.Dora, "deny", string(l.op.ID), map[string]string{"reason": "x"}))
	l.Forge(l.FormPayload(rig.Ben, "deny", string(l.other.ID), map[string]string{"reason": "for the other"}))
	if op := l.Operation(l.op.ID); op.State != approvals.Waiting {
		t.Errorf("%s is %s: Dora decides nothing", op.ID, op.State)
	}
	if op := l.Operation(l.other.ID); op.State != approvals.Denied || op.Decisions[0].Actor.ID != rig.Ben {
		t.Errorf("%s is %s", op.ID, op.State)
	}
}

func TestRefusedClicksAreRecordedOnceAMinuteForEachPersonAndButton(t *testing.T) {
	t.Parallel()
	l := lineUp(t, rig.Options{})
	for range 3 {
		l.Told(rig.Dora, l.card, "approve")
		l.Told(rig.Dora, l.card, "cancel")
		l.Told(rig.Anna, l.card, "approve")
	}
	var asked []string
	for _, r := range l.Trail(l.op.ID)[l.opTrail:] {
		asked = append(asked, r.Actor.ID+" "+r.Data.Asked)
	}
	slices.Sort(asked)
	if want := []string{rig.Anna + " approve", rig.Dora + " approve", rig.Dora + " cancel"}; !slices.Equal(asked, want) {
		t.Errorf("recorded %v, want %v", asked, want)
	}
}

func TestCommandsOnAnOperationThatAreRefusedAreRecorded(t *testing.T) {
	t.Parallel()
	l := lineUp(t, rig.Options{Extra: `requesters: ["group:S0ENG", "group:S0DBA"]`})
	for _, c := range []struct{ who, command, code, sentence string }{
		{rig.Ben, "cancel", "not_requester", "Only anna"},
		{rig.Dora, "cancel", "not_requester", "not among those who may use es-restore"},
		{rig.Gast, "cancel", "guest", "Guests can neither"},
		{rig.Gast, "status", "guest", "Guests can neither"},
	} {
		got := l.Answer(c.who, c.command+" "+string(l.op.ID), 1)
		if !strings.Contains(got, c.sentence) {
			t.Errorf("%s by %s: %s", c.command, c.who, got)
		}
		trail := l.Trail(l.op.ID)
		last := trail[len(trail)-1]
		if last.Event != approvals.Refused || last.Actor.ID != c.who || last.Data.Asked != c.command || last.Data.Code != c.code {
			t.Errorf("%s by %s: recorded %+v", c.command, c.who, last)
		}
	}
	if got := l.Answer(rig.Gast, "cancel R-22222", 1); !strings.Contains(got, "Guests can neither") {
		t.Error(got)
	}
	if op := l.Operation(l.op.ID); op.State != approvals.Waiting {
		t.Errorf("it is %s", op.State)
	}
}

func TestAChannelThatIsSharedMeanwhileDecidesNothing(t *testing.T) {
	t.Parallel()
	l := lineUp(t, rig.Options{})
	l.Click(rig.Ben, l.card, "deny")
	l.Until("the form", func() bool { return len(l.Slack.Views(rig.Ben)) == 1 })
	l.Slack.EditChannel(rig.Channel, func(c *slacksim.Channel) { c.ExtShared, c.ConnectedTeams = true, []string{"T0OTHER"} })
	l.forget(t)
	for _, button := range []string{"approve", "deny", "cancel"} {
		if got := l.Told(rig.Ben, l.card, button); !strings.Contains(got, "shared with another company") {
			t.Errorf("%s: %s", button, got)
		}
	}
	result := l.Submit(rig.Ben, slacksim.Values{"reason": "no"})
	if result.Action != "errors" || !strings.Contains(result.Errors["reason"], "shared with another company") {
		t.Errorf("the form that was open says %+v", result)
	}
	if got := l.Answer(rig.Anna, "cancel "+string(l.op.ID), 1); !strings.Contains(got, "shared with another company") {
		t.Errorf("the command says %s", got)
	}
	if op := l.Operation(l.op.ID); op.State != approvals.Waiting {
		t.Errorf("it is %s", op.State)
	}
	for _, r := range l.Trail(l.op.ID)[l.opTrail:] {
		if r.Event != approvals.Refused || r.Data.Code != "shared_channel" {
			t.Errorf("recorded: %+v", r)
		}
	}
}

// forget lets what Slack said of the channel grow too old to be used.
func (l *lineup) forget(t *testing.T) {
	t.Helper()
	l.Within(3*freshFor, "the channel is asked about again", func() bool {
		asked := len(l.Slack.Calls("conversations.info"))
		l.Answer(rig.Anna, "list", 1) // which is not to come among later answers
		return len(l.Slack.Calls("conversations.info")) > asked
	})
}

func TestABotThatWasPutOutOfTheChannelDecidesNothingThere(t *testing.T) {
	t.Parallel()
	l := lineUp(t, rig.Options{})
	l.Slack.Kick(rig.Channel, l.Slack.App().BotUserID)
	l.forget(t)
	if got := l.Told(rig.Ben, l.card, "approve"); !strings.Contains(got, "es-restore is not in this channel") || !strings.Contains(got, "/invite") {
		t.Error(got)
	}
	l.untouched(t, "not_in_channel", "approve")
	if got := l.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/"+rig.Snapshot+" "+file, 2); !strings.Contains(got, "es-restore is not in this channel") {
		t.Errorf("a restore is asked for where its card can't be: %s", got)
	}
	l.Slack.Invite(rig.Channel, l.Slack.App().BotUserID)
	l.forget(t)
	l.Click(rig.Ben, l.card, "approve")
	l.Await("the approval", func(r audit.Record) bool { return r.Event == approvals.Approved && r.Operation == l.op.ID })
}

// TestEverythingRedeliveredThreeTimesChangesNothing tells a whole story while
// every envelope comes again, thrice and in any order.
func TestEverythingRedeliveredThreeTimesChangesNothing(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	restored := r.Ask(rig.Anna, file)
	denied := r.Ask(rig.Anna, `kibana_sample_data_ecommerce --reason "to be denied"`)
	cancelled := r.Ask(rig.Anna, `kibana_sample_data_logs --reason "to be cancelled"`)
	r.Click(rig.Ben, restored, "approve")
	r.Click(rig.Ben, denied, "deny")
	r.Submit(rig.Ben, slacksim.Values{"reason": "no"})
	r.Click(rig.Anna, cancelled, "cancel")
	again := slices.Clone(r.Slack.Envelopes())
	again = slices.Concat(again, again, again)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	shuffle := rand.New(rand.NewPCG(seed, 0))
	shuffle.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	redeliver := func(some []slacksim.Envelope) {
		for _, e := range some {
			if d, err := r.Slack.Redeliver(t.Context(), e, shuffle.IntN(2) == 0); err != nil || !d.OK() {
				t.Errorf("redelivering a %s: %v %v", e.Type, d.Outcome, err)
			}
		}
	}
	redeliver(again[:len(again)/2]) // while it runs
	r.Becomes(restored, "succeeded")
	r.Becomes(denied, "denied")
	r.Becomes(cancelled, "cancelled")
	redeliver(again[len(again)/2:])
	if n := len(r.Slack.Messages(rig.Channel)); n != 3 {
		t.Errorf("%d cards", n)
	}
	if n := len(r.Clusters.SimReader.Restores()); n != 1 {
		t.Errorf("%d restores begun", n)
	}
	events := map[approvals.EventKind]int{}
	for _, record := range r.Records() {
		events[record.Event]++
	}
	delete(events, approvals.Stepped)
	delete(events, approvals.Refused)
	for kind, n := range map[approvals.EventKind]int{approvals.Opened: 3, approvals.Approved: 1, approvals.WasDenied: 1, approvals.WasCancel: 1, approvals.Claimed: 1, approvals.Succeed: 1} {
		if events[kind] != n {
			t.Errorf("%d records %s, want %d", events[kind], kind, n)
		}
	}
	if len(events) != 6 {
		t.Errorf("on record: %v", events)
	}
}
