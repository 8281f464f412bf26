package bot_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/internal/esnode/esnodetest"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// onRecord matches an event of an operation.
func onRecord(id approvals.ID, kind approvals.EventKind) func(audit.Record) bool {
	return func(r audit.Record) bool { return r.Operation == id && r.Event == kind }
}

// TestWithoutSlackWhatRunsRunsOnAndWhatIsReadyWaitsAndExpires takes Slack away in
// three ways, during a restore and with another one behind it.
func TestWithoutSlackWhatRunsRunsOnAndWhatIsReadyWaitsAndExpires(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]slacksim.Outage{"refusing": slacksim.Refusing, "answering 503": slacksim.Unavailable, "silent": slacksim.Silent} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{Policies: `
  - name: hurried
    when: {indices: ["hurried-*"]}
    require: [{count: 1, from: [group:S0DBA]}]
    start_within: 6s
  - name: one DBA
    require: [{count: 1, from: [group:S0DBA]}]`})
			r.Start()
			r.Clusters.SimReader.Slow(6000) // 31 KiB take five seconds
			running := r.Ask(rig.Anna, file)
			r.Click(rig.Ben, running, "approve")
			runs, waits := approvals.ID(rig.ID(running)), r.Writer(false).Open(rig.Channel, "later-$1").ID
			r.Await("the restore is begun", func(rec audit.Record) bool { return rec.Operation == runs && rec.Data.Result != nil })
			hurried := r.Writer(false).Open(rig.Channel, "hurried-$1").ID
			r.Slack.Down(how)
			desk := r.Writer(false).Desk()
			for _, id := range []approvals.ID{waits, hurried} {
				for _, who := range []string{rig.Ben, rig.Cleo} { // the hurried one needs both
					if _, err := desk.Decide(t.Context(), rig.As(who), id, approvals.Choice{}); err != nil {
						t.Fatal(err)
					}
				}
			}
			r.Await("it runs on to its end", onRecord(runs, approvals.Succeed))
			r.Await("what could not start expires", onRecord(hurried, approvals.WasExpired))
			if op := r.Operation(waits); op.State != approvals.Ready {
				t.Errorf("what is ready is %s", op.State)
			}
			if n := len(r.Clusters.SimReader.Restores()); n != 1 {
				t.Errorf("%d restores begun", n)
			}
			r.Slack.Up()
			r.Await("what waited is done", onRecord(waits, approvals.Succeed))
			for id, state := range map[approvals.ID]approvals.State{runs: approvals.Succeeded, waits: approvals.Succeeded, hurried: approvals.Expired} {
				shownWhole(t, r, id, state)
			}
			r.Within(90*time.Second, "it connects", func() bool { return len(fresh(r)) > 0 })
		})
	}
}

var told = regexp.MustCompile(`by [^\n]{1,40}? at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`)

// shownWhole waits until a card shows its operation's end, and its thread every
// record.
func shownWhole(t *testing.T, r *rig.Rig, id approvals.ID, state approvals.State) {
	t.Helper()
	card := r.Card(id)
	r.Within(4*time.Minute, "the card of "+string(id)+" is "+string(state), func() bool {
		return strings.Contains(r.Now(card).Text, "("+string(state)+")")
	})
	records := len(r.Trail(id))
	replied := func() (n int) {
		for _, reply := range r.Slack.Thread(card.Channel, card.TS)[1:] {
			n += len(told.FindAllString(reply.AllText(), -1))
		}
		return n
	}
	r.Within(4*time.Minute, fmt.Sprintf("%d records in the thread of %s", records, id), func() bool { return replied() >= records })
	if n := replied(); n > records {
		t.Errorf("%s: %d records and %d in the thread", id, records, n)
	}
}

// TestWithoutSlacksAnswerNobodyApprovesAndIsToldWhy lets Slack deliver clicks and
// answer nothing about people.
func TestWithoutSlacksAnswerNobodyApprovesAndIsToldWhy(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]slacksim.Fault{
		"503": {Status: 503, Times: -1}, "429": {RetryAfter: 30 * time.Second, Times: -1}, "silence": {Silence: true, Times: -1}, "an error": {Error: "fatal_error", Times: -1},
	} {
		for _, method := range []string{"users.info", "usergroups.users.list"} {
			t.Run(name+" of "+method, func(t *testing.T) {
				t.Parallel()
				l := lineUp(t, rig.Options{})
				l.Slack.Fail(method, fault)
				if got := l.Told(rig.Ben, l.card, "approve"); !strings.Contains(got, "Slack did not say who you are and what groups you are in, so nothing was done") {
					t.Error(got)
				}
				l.untouched(t, "slack_away", "approve")
				l.Slack.Heal("")
				l.Click(rig.Ben, l.card, "approve")
				l.Await("the approval", onRecord(l.op.ID, approvals.Approved))
			})
		}
	}
}

// TestAnOldAnswerAboutPeopleDecidesNothing puts an approver out of the group: the
// answer of a while ago is not used.
func TestAnOldAnswerAboutPeopleDecidesNothing(t *testing.T) {
	t.Parallel()
	l := lineUp(t, rig.Options{})
	l.Told(rig.Dora, l.card, "approve") // Slack is asked who is in the group
	l.Slack.EditGroup(rig.DBAs, func(g *slacksim.Group) { g.Members = []string{rig.Cleo, rig.Dora} })
	began := time.Now()
	asked := func() int { return len(l.Slack.Calls("usergroups.users.list")) }
	before := asked()
	for asked() == before {
		l.Told(rig.Gone, l.card, "approve", slacksim.Forced()) // is refused before groups matter
		l.Told(rig.Anna, l.card, "approve")
		if time.Since(began) > 2*freshFor {
			t.Fatal("Slack is not asked again")
		}
	}
	if got := l.Told(rig.Ben, l.card, "approve"); !strings.Contains(got, "not among those who may decide") {
		t.Error(got)
	}
	if op := l.Operation(l.op.ID); op.State != approvals.Waiting {
		t.Errorf("it is %s", op.State)
	}
}

// TestAfterAnOutageEverythingIsShownWithoutAStorm lets operations come to their
// ends while Slack takes nothing, and then looks how they are shown.
func TestAfterAnOutageEverythingIsShownWithoutAStorm(t *testing.T) {
	t.Parallel()
	n := 12
	if esnodetest.Required("redis") {
		n = 100
	}
	r := rig.New(t, rig.Options{
		Policies: `
  - name: at once
    when: {overwrites: false}
    require: []`,
		Slack: []slacksim.Option{slacksim.WithRateLimits()},
	})
	r.Start()
	r.Slack.Fail("chat.postMessage", slacksim.Fault{Status: 503, Times: -1})
	w := r.Writer(false)
	var ids []approvals.ID
	for i := range n {
		ids = append(ids, w.Open(rig.Channel, fmt.Sprintf("s%d-$1", i)).ID)
	}
	for _, id := range ids {
		r.Await("an end", onRecord(id, approvals.Succeed))
	}
	r.Slack.ForgetCalls()
	r.Slack.Heal("chat.postMessage")
	for _, id := range ids {
		shownWhole(t, r, id, approvals.Succeeded)
	}
	if cards := len(r.Slack.Messages(rig.Channel)); cards != n {
		t.Errorf("%d cards for %d operations", cards, n)
	}
	calm(t, r)
}

// calm checks the pace of what the bot sent: a burst, then no more than one post
// a second in each channel and forty updates a minute.
func calm(t *testing.T, r *rig.Rig) {
	t.Helper()
	posts := map[string][]time.Time{}
	for _, c := range r.Slack.Calls("chat.postMessage") {
		posts[c.Arg("channel")] = append(posts[c.Arg("channel")], c.Time)
	}
	for channel, times := range posts {
		if n := most(times, 10*time.Second); n > 10+6+1 {
			t.Errorf("%d posts in %s within 10 s", n, channel)
		}
	}
	var updates []time.Time
	for _, c := range r.Slack.Calls("chat.update") {
		updates = append(updates, c.Time)
	}
	if n := most(updates, time.Minute); n > 40+10 {
		t.Errorf("%d updates within a minute", n)
	}
	refused := 0
	for _, c := range r.Slack.Calls("") {
		if c.Status == 429 {
			refused++
		}
	}
	if refused > 20 {
		t.Errorf("Slack had to refuse %d calls", refused)
	}
}

// most is how many of the times lie within any span.
func most(times []time.Time, span time.Duration) int {
	slices.SortFunc(times, time.Time.Compare)
	found, from := 0, 0
	for i := range times {
		for times[i].Sub(times[from]) >= span {
			from++
		}
		found = max(found, i-from+1)
	}
	return found
}

// TestRetryAfterIsObeyed counts what comes before Slack said it may.
func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Slack.ForgetCalls()
	const wait = 3 * time.Second
	r.Slack.Fail("chat.update", slacksim.Fault{RetryAfter: wait, Times: 2})
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
	calls := r.Slack.Calls("chat.update")
	for i := range 2 {
		if pause := calls[i+1].Time.Sub(calls[i].Time); calls[i].Status != 429 || pause < wait {
			t.Errorf("after %d it called again within %s", calls[i].Status, pause)
		}
	}
	for _, c := range calls[3:] {
		if !strings.Contains(c.Arg("text"), "succeeded") {
			t.Errorf("what was outdated meanwhile is sent all the same: %s", c.Arg("text"))
		}
	}
}

// TestACardThatCameTwiceDecidesOnce loses Slack's answer to the post of a card.
func TestACardThatCameTwiceDecidesOnce(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	r.Slack.Fail("chat.postMessage", slacksim.Fault{DropReply: true})
	op := r.Writer(false).Open(rig.Channel, "")
	card := r.Card(op.ID)
	cards := r.Slack.Messages(rig.Channel)
	if len(cards) != 2 || cards[1].TS != card.TS {
		t.Fatalf("%d cards", len(cards))
	}
	got := r.Told(rig.Ben, cards[0], "approve")
	if !strings.Contains(got, "only that one decides") || !strings.Contains(got, strings.ReplaceAll(card.TS, ".", "")) {
		t.Errorf("no link to the real one: %s", got)
	}
	if now := r.Operation(op.ID); now.State != approvals.Waiting {
		t.Errorf("it is %s", now.State)
	}
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
}

// TestACardThatCannotBeChangedTellsItsEndInTheThread refuses every change.
func TestACardThatCannotBeChangedTellsItsEndInTheThread(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"edit_window_closed", "cant_update_message"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{})
			r.Start()
			card := r.Ask(rig.Anna, file)
			if code == "edit_window_closed" {
				r.Slack.SetEditWindow(time.Nanosecond)
			} else {
				r.Slack.Fail("chat.update", slacksim.Fault{Error: code, Times: -1})
			}
			r.Click(rig.Ben, card, "approve")
			r.Until("the thread tells the end", func() bool {
				return slices.ContainsFunc(r.Slack.Thread(rig.Channel, card.TS)[1:], func(m message) bool {
					return strings.Contains(m.Text, "is succeeded") && slices.Equal(m.Actions(), []string{"undo", "details"})
				})
			})
			r.Thread(card, "succeeded")
			if got := r.Told(rig.Ben, card, "approve"); !strings.Contains(got, "is succeeded") {
				t.Errorf("the outdated card's button says: %s", got)
			}
		})
	}
}

// TestACardThatWasDeletedIsPostedAgain deletes the message, as an administrator can.
func TestACardThatWasDeletedIsPostedAgain(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Policies: `
  - name: two DBAs
    require: [{count: 2, from: [group:S0DBA]}]`})
	r.Start()
	card := r.Card(r.Writer(false).Open(rig.Channel, "").ID)
	api := slack.New(r.Slack.App().BotToken, slack.OptionAPIURL(r.Slack.APIURL()))
	updates := r.Slack.Hold("chat.update") // the click is on its way when the card goes
	defer updates.Release()
	r.Click(rig.Ben, card, "approve")
	if _, _, err := api.DeleteMessageContext(t.Context(), card.Channel, card.TS); err != nil {
		t.Fatal(err)
	}
	posts := r.Slack.HoldReply("chat.postMessage")
	defer posts.Release()
	updates.Release()
	r.Until("another card is there, and the bot does not know where", func() bool { return posts.Waiting() == 1 })
	if on, err := r.Store().Card(t.Context(), approvals.ID(rig.ID(card))); err != nil || on.TS != "" {
		t.Errorf("the card on record is %+v: %v; a click on the next one is not waited for", on, err)
	}
	posts.Release()
	r.Until("another card", func() bool {
		cards := r.Slack.Messages(rig.Channel)
		return len(cards) > 0 && slices.Contains(cards[len(cards)-1].Actions(), "approve")
	})
	cards := r.Slack.Messages(rig.Channel)
	r.Click(rig.Cleo, cards[len(cards)-1], "approve")
	r.Becomes(cards[len(cards)-1], "succeeded")
}

// TestTwoBotsKeepOneCardAndOneThread runs two on one log, and kills one.
func TestTwoBotsKeepOneCardAndOneThread(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	bots := []*rig.Bot{r.Spawn(), r.Spawn()}
	r.Until("both connect", func() bool { return len(r.Slack.Sockets()) >= 4 })
	first := r.Ask(rig.Anna, file)
	r.Click(rig.Ben, first, "approve")
	want := []string{"asked", "approved", "started", "sent", "accepted", "restored", "verified", "settled", "succeeded"}
	if got := r.Thread(first, "succeeded"); !slices.Equal(got, want) {
		t.Errorf("with two bots the thread is %v", got)
	}
	r.Clusters.SimReader.Slow(4000)
	second := r.Ask(rig.Anna, `kibana_sample_data_ecommerce --reason "next"`)
	r.Click(rig.Ben, second, "approve")
	r.Becomes(second, "running")
	r.Await("the restore is begun", func(rec audit.Record) bool {
		return string(rec.Operation) == rig.ID(second) && rec.Data.Result != nil
	})
	bots[0].Kill()
	r.Clusters.SimReader.Slow(0)
	r.Becomes(second, "succeeded")
	got := slices.Compact(slices.DeleteFunc(r.Thread(second, "succeeded"), func(w string) bool { return w == "taken over" }))
	if !slices.Equal(got, want) { // one reply may have come twice, none may be missing
		t.Errorf("after a kill the thread is %v", got)
	}
	if n := len(r.Slack.Messages(rig.Channel)); n != 2 {
		t.Errorf("%d cards for 2 operations", n)
	}
	if n := len(r.Clusters.SimReader.Restores()); n != 2 {
		t.Errorf("%d restores begun", n)
	}
}

// TestASlowRestoreUpdatesItsCardAtMostEveryThreeSeconds counts.
func TestASlowRestoreUpdatesItsCardAtMostEveryThreeSeconds(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Clusters.SimReader.Slow(2000) // 31 KiB take fifteen seconds
	r.Click(rig.Ben, card, "approve")
	r.Thread(card, "accepted")
	r.Slack.ForgetCalls()
	r.Thread(card, "restored")
	var times []time.Time
	for _, c := range r.Slack.Calls("chat.update") {
		times = append(times, c.Time)
	}
	if len(times) < 3 {
		t.Errorf("%d updates: progress hardly shows", len(times))
	}
	if n := most(times[:max(0, len(times)-2)], 9*time.Second); n > 4 {
		t.Errorf("%d updates within 9 s", n)
	}
}
