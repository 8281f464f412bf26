package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/approvals"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

type message = slacksim.Message

const file = `file-2019-08-25 --reason "ticket 4711"`

func TestTheStoryFromCommandToVerifiedIndex(t *testing.T) {
	t.Parallel()
	tellStoryOf(t, rig.New(t, rig.Options{}), false, "6.7.0")
}

// tellStoryOf walks the vendor's page in Slack, on simulated or real clusters.
func tellStoryOf(t *testing.T, r *rig.Rig, binary bool, version string) {
	if binary {
		r.Spawn()
		r.Until("the bot connects", func() bool { return len(r.Slack.Sockets()) >= 2 })
	} else {
		r.Start()
	}
	has := func(got string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%q is not in:\n%s", w, got)
			}
		}
	}
	has(r.Answer(rig.Anna, "clusters", 1), "es-cn-a", "es-cn-b", version, "read-only")
	has(r.Answer(rig.Anna, "repos es-cn-b", 1), rig.Repository, "owned by es-cn-a", "read-only")
	has(r.Answer(rig.Anna, "snapshots es-cn-b "+rig.Repository, 1), rig.Snapshot, "SUCCESS", "5 indices")
	has(r.Answer(rig.Anna, "show es-cn-b "+rig.Repository+"/"+rig.Snapshot, 1), "file-2019-08-25", "kibana_sample_data_logs", "KiB", "SUCCESS", version)
	has(r.Answer(rig.Anna, "plan es-cn-b "+rig.Repository+"/"+rig.Snapshot+" '*'", 2), "3 indices", "2 system indices stay out")

	card := r.Ask(rig.Anna, file)
	has(card.AllText(), "ticket 4711", "es-cn-b", "file-2019-08-25", rig.Snapshot, "waiting", "May decide", "one DBA")
	if diff := cmp.Diff([]string{"approve", "deny", "cancel", "details"}, card.Actions()); diff != "" {
		t.Errorf("buttons: %s", diff)
	}
	has(r.Told(rig.Anna, card, "approve"), "You asked for")
	has(r.Told(rig.Ben, card, "approve"), "Recorded")
	want := []string{"asked", "refused", "approved", "started", "sent", "accepted", "restored", "verified", "settled", "succeeded"}
	if diff := cmp.Diff(want, r.Thread(card, "succeeded")); diff != "" {
		t.Errorf("thread: %s", diff)
	}
	done := r.Becomes(card, "succeeded")
	if diff := cmp.Diff([]string{"undo", "details"}, done.Actions()); diff != "" {
		t.Errorf("buttons at the end: %s", diff)
	}
	has(done.AllText(), "250 documents", "Verified", "yes")
	sameCount(t, r, "file-2019-08-25", "file-2019-08-25")

	two := r.Ask(rig.Anna, `kibana_sample_data_ecommerce,kibana_sample_data_logs --reason "both"`)
	r.Click(rig.Cleo, two, "approve")
	r.Becomes(two, "succeeded")
	sameCount(t, r, "kibana_sample_data_ecommerce", "kibana_sample_data_ecommerce")
	sameCount(t, r, "kibana_sample_data_logs", "kibana_sample_data_logs")

	all := r.Ask(rig.Anna, `'*' --as 'restored-$1' --reason "everything"`)
	r.Click(rig.Cleo, all, "approve")
	has(r.Becomes(all, "succeeded").AllText(), "3 indices", "2 system indices stay out")
	sameCount(t, r, "kibana_sample_data_logs", "restored-kibana_sample_data_logs")

	system := r.Ask(rig.Anna, `.kibana_1 --system --reason "dashboards"`)
	has(system.AllText(), "Warning", "lock people out of Kibana")
	r.Click(rig.Cleo, system, "approve")
	r.Becomes(system, "succeeded")
	has(r.Answer(rig.Anna, "list --all", 1), rig.ID(card), rig.ID(system), "succeeded")
	has(r.Answer(rig.Anna, "log "+strings.ToLower(rig.ID(card)), 1), "asked by", "#1", "succeeded")
	has(r.Answer(rig.Anna, "status "+rig.ID(card), 1), "succeeded", "250 documents")
}

func sameCount(t *testing.T, r *rig.Rig, source, target string) {
	t.Helper()
	var from, to struct{ Count int }
	if err := rig.At(r.Clusters.Owner).Do(t.Context(), "GET", "/"+source+"/_count", nil, &from); err != nil {
		t.Fatal(err)
	}
	if err := rig.At(r.Clusters.Reader).Do(t.Context(), "GET", "/"+target+"/_count", nil, &to); err != nil {
		t.Fatal(err)
	}
	if from.Count != to.Count || to.Count == 0 {
		t.Errorf("%s has %d documents, %s %d", source, from.Count, target, to.Count)
	}
}

func TestRefusalsComeBeforeAnyoneIsAskedAndShowAWayOut(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	es := rig.At(r.Clusters.Reader)
	for _, make := range [][2]string{
		{"PUT", "/file-2019-08-25"}, {"PUT", "/closed-kibana_sample_data_logs"}, {"POST", "/closed-kibana_sample_data_logs/_close"},
	} {
		if err := es.Do(t.Context(), make[0], make[1], map[string]any{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := es.Do(t.Context(), "PUT", "/other", map[string]any{"aliases": map[string]any{"kibana_sample_data_ecommerce": map[string]any{}}}, nil); err != nil {
		t.Fatal(err)
	}
	r.Start()
	at := "restore es-cn-b " + rig.Repository + "/" + rig.Snapshot + " "
	for _, c := range []struct{ text, want, wayOut string }{
		{at + file, "open index file-2019-08-25", "--as 'restored-$1'"},
		{at + `kibana_sample_data_logs --as 'closed-$1' --reason x`, "closed index closed-kibana_sample_data_logs", "--overwrite-closed"},
		{at + `kibana_sample_data_logs --as 'closed-$1' --overwrite-closed --reason x`, "5 primary shards", "--as"},
		{at + `kibana_sample_data_ecommerce --reason x`, "is an alias", "--as"},
		{at + `file-2019-08-26 --reason x`, "holds no index file-2019-08-26", "Did you mean file-2019-08-25"},
		{at + `.kibana_1 --reason x`, "system index", "--system"},
		{at + `*,-* --reason x`, "picks nothing", "show"},

		{at + `'*' --as same --reason x`, "would both become same", "$1"},
		{at + `'*' --as 'UP-$1' --reason x`, "lower-case", "--as"},
		{`restore es-cn-b ` + rig.Repository + `/es-cn-a_20190705220001 x --reason x`, "has no snapshot", "Did you mean " + rig.Snapshot},
		{`restore es-cn-b nowhere/x x --reason x`, "no such repository", "repos es-cn-b"},
		{`restore es-cn-c ` + rig.Repository + `/latest x --reason x`, "No cluster", "Did you mean es-cn-"},
		{`restore es-cn-a ` + rig.Repository + `/latest x --reason x`, "read-only", "another destination"},
	} {
		got := r.Answer(rig.Anna, c.text, 2)
		if !strings.Contains(got, c.want) || !strings.Contains(got, c.wayOut) {
			t.Errorf("%s\nwant %q and %q in:\n%s", c.text, c.want, c.wayOut, got)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"help", "colleagues approve"}, {"help", "/es-restore help restore"}, {"help restore", "--overwrite-closed"}, {"restroe", "Did you mean restore"},
		{"restore es-cn-b", "Something is missing"}, {at + "x", "needs a reason"}, {at + "x --raeson y", "Did you mean --reason"},
		{at + `'-*' --reason x`, "begins with an exclusion"}, {"status R-00000", "is not an ID"}, {"snapshots es-cn-b --since soon", "no time span"}, {`show es-cn-b "x`, "quote"},
	} {
		if got := r.Answer(rig.Anna, c.text, 1); !strings.Contains(got, c.want) {
			t.Errorf("%q: want %q in:\n%s", c.text, c.want, got)
		}
	}
	if n := len(r.Slack.Messages(rig.Channel)); n != 0 {
		t.Errorf("somebody was asked: %d messages", n)
	}
	if got := r.Answer(rig.Anna, "status R-22222", 1); !strings.Contains(got, "There is no R-22222") {
		t.Error(got)
	}
}

func TestTwoPeopleClickingAtOnceMakeOneRestore(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	done := make(chan bool, 2)
	for _, who := range []string{rig.Ben, rig.Cleo} {
		go func() { r.Click(who, card, "approve", slacksim.Forced()); done <- true }()
	}
	<-done
	<-done
	r.Becomes(card, "succeeded")
	if n := len(r.Clusters.SimReader.Restores()); n != 1 {
		t.Errorf("%d restores begun", n)
	}
}

func TestADenialNeedsAReasonAndEndsIt(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Click(rig.Ben, card, "deny")
	result := r.Submit(rig.Ben, slacksim.Values{"reason": "not <!channel> today"})
	if result.Action != "closed" {
		t.Fatalf("the form stays: %v", result.Errors)
	}
	denied := r.Becomes(card, "denied")
	if diff := cmp.Diff([]string{"details"}, denied.Actions()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(denied.AllText(), "not <!channel> today") {
		t.Error("the reason is not on the card as literal text")
	}
	r.Thread(card, "denied")
	if got := r.Told(rig.Cleo, card, "approve", slacksim.Forced()); !strings.Contains(got, "was denied by ben") {
		t.Error(got)
	}
	for _, m := range append(r.Slack.Thread(rig.Channel, card.TS), denied) {
		if strings.Contains(m.Text, "<!channel>") {
			t.Errorf("markup of a reason is live: %s", m.Text)
		}
	}
}

func TestTheRequesterCancelsBeforeTheStart(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	if got := r.Told(rig.Ben, card, "cancel"); !strings.Contains(got, "Only anna") {
		t.Error(got)
	}
	r.Click(rig.Anna, card, "cancel")
	r.Becomes(card, "cancelled")
	other := r.Ask(rig.Anna, file) // its target is free again
	if got := r.Answer(rig.Anna, "cancel "+rig.ID(other)+` --reason "by command"`, 1); !strings.Contains(got, "is cancelled") {
		t.Error(got)
	}
	if text := r.Becomes(other, "cancelled").AllText(); !strings.Contains(text, "by command") {
		t.Error(text)
	}
}

func TestUnansweredRequestsExpireAndSoDoUnstartedOnes(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Policies: `
  - name: short
    require: [{count: 1, from: [group:S0DBA]}]
    expires: 3s
    start_within: 3s`})
	r.Start()
	card := r.Ask(rig.Anna, file)
	if text := r.Becomes(card, "expired").AllText(); !strings.Contains(text, "Nobody who may decided it") {
		t.Error(text)
	}
	if got := r.Told(rig.Ben, card, "approve", slacksim.Forced()); !strings.Contains(got, "expired") {
		t.Error(got)
	}
	ready := r.Ask(rig.Anna, file)
	defer r.Clusters.SimReader.Refuse()()
	r.Click(rig.Ben, ready, "approve")
	if text := r.Becomes(ready, "expired").AllText(); !strings.Contains(text, "could not start") {
		t.Error(text)
	}
	if n := len(r.Clusters.SimReader.Restores()); n != 0 {
		t.Errorf("%d restores begun", n)
	}
}

func TestAClusterThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	back := r.Clusters.SimReader.Refuse()
	r.Click(rig.Ben, card, "approve")
	r.Until("the card says why it waits", func() bool { return strings.Contains(r.Now(card).AllText(), "It can't start") })
	back()
	r.Becomes(card, "succeeded")
}

func TestASecondOperationOnATargetIsRefusedWithTheFirst(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	got := r.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/latest "+file, 2)
	if !strings.Contains(got, rig.ID(card)) || !strings.Contains(got, "not finished") {
		t.Error(got)
	}
}

func TestRedeliveryOpensAndDecidesOnce(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	if _, err := r.Slack.RedeliverLast(t.Context(), 1, false); err != nil {
		t.Fatal(err)
	}
	r.Click(rig.Ben, card, "approve")
	for range 3 {
		if _, err := r.Slack.RedeliverLast(t.Context(), 1, false); err != nil {
			t.Fatal(err)
		}
	}
	words := r.Thread(card, "succeeded")
	if n := len(r.Slack.Messages(rig.Channel)); n != 1 {
		t.Errorf("%d cards", n)
	}
	if n := len(slices.DeleteFunc(words, func(w string) bool { return w != "approved" })); n != 1 {
		t.Errorf("%d approvals on record", n)
	}
}

func TestADestinationDoesOneRestoreAtATimeAndTheCardShowsThePlace(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	r.Clusters.SimReader.Slow(4000) // 31 KiB take some seconds
	first := r.Ask(rig.Anna, file)
	second := r.Ask(rig.Anna, `kibana_sample_data_ecommerce --reason "next"`)
	r.Click(rig.Ben, first, "approve")
	r.Becomes(first, "running")
	r.Click(rig.Ben, second, "approve")
	r.Until("the second card shows its place", func() bool { return strings.Contains(r.Now(second).AllText(), "number 2 in the queue") })
	r.Until("progress shows", func() bool { return strings.Contains(r.Now(first).AllText(), "primary shard") })
	r.Clusters.SimReader.Slow(0)
	r.Becomes(second, "succeeded")
	runs := r.Clusters.SimReader.Restores()
	if len(runs) != 2 || runs[1].Began.Before(runs[0].Ended) {
		t.Errorf("they ran at once: %v", runs)
	}
}

func TestARunningRestoreIsStoppedAndOnlyWhatItMadeIsRemoved(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	r.Clusters.SimReader.Slow(2000)
	card := r.Ask(rig.Anna, `'*' --reason "too much"`)
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "running")
	r.Until("the restore runs", func() bool { return slices.Contains(r.Thread(card, "accepted"), "accepted") })
	if got := r.Told(rig.Dora, r.Now(card), "cancel"); !strings.Contains(got, "not among those who may stop it") {
		t.Error(got)
	}
	r.Click(rig.Anna, r.Now(card), "cancel")
	view := r.Slack.Views(rig.Anna)
	if len(view) != 1 || !strings.Contains(view[0].AllText(), "Removed if they are not finished") {
		t.Fatalf("the form does not say what is removed: %v", view)
	}
	r.Submit(rig.Anna, slacksim.Values{"reason": "wrong day"})
	text := r.Becomes(card, "cancelled").AllText()
	if !strings.Contains(text, "Removed, since it was made by this operation") || !strings.Contains(text, "wrong day") {
		t.Error(text)
	}
	var indices []map[string]string
	if err := rig.At(r.Clusters.Reader).Do(t.Context(), "GET", "/_cat/indices?format=json", nil, &indices); err != nil {
		t.Fatal(err)
	}
	if len(indices) != 0 {
		t.Errorf("left behind: %v", indices)
	}
}

func TestOverwritingNeedsTheDestinationsNameTyped(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	es := rig.At(r.Clusters.Reader)
	if err := es.Do(t.Context(), "PUT", "/file-2019-08-25", map[string]any{"settings": map[string]any{"number_of_shards": 1}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := es.Do(t.Context(), "POST", "/file-2019-08-25/_close", map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	r.Start()
	card := r.Ask(rig.Anna, `file-2019-08-25 --overwrite-closed --reason "start over"`)
	if !strings.Contains(card.AllText(), "its data is gone from the first second") {
		t.Error(card.AllText())
	}
	r.Click(rig.Ben, card, "approve")
	if result := r.Submit(rig.Ben, slacksim.Values{"confirm": "es-cn-a"}); result.Action != "errors" || result.Errors["confirm"] == "" {
		t.Errorf("a wrong name is taken: %+v", result)
	}
	if result := r.Submit(rig.Ben, slacksim.Values{"confirm": "es-cn-b"}); result.Action != "closed" {
		t.Errorf("the right name is not taken: %+v", result)
	}
	r.Becomes(card, "succeeded")
	sameCount(t, r, "file-2019-08-25", "file-2019-08-25")
}

// What stands under the target's name is exchanged for its like between the approval
// and the start.
func TestAPlanThatChangedSinceItWasApprovedIsNotStarted(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	es := rig.At(r.Clusters.Reader)
	do := func(method, path string, body any) {
		t.Helper()
		if err := es.Do(t.Context(), method, path, body, nil); err != nil {
			t.Fatal(err)
		}
	}
	closed := func() {
		t.Helper()
		do("PUT", "/file-2019-08-25", map[string]any{"settings": map[string]any{"number_of_shards": 1}})
		do("POST", "/file-2019-08-25/_close", map[string]any{})
	}
	closed()
	writer := r.Writer(true) // holds the start back
	r.Start()
	card := r.Ask(rig.Anna, `file-2019-08-25 --overwrite-closed --reason "start over"`)
	r.Click(rig.Ben, card, "approve")
	r.Submit(rig.Ben, slacksim.Values{"confirm": "es-cn-b"})
	r.Thread(card, "approved")
	do("DELETE", "/file-2019-08-25", nil)
	closed()
	writer.Release()
	if said := r.Becomes(card, "failed").AllText(); !strings.Contains(said, "What was approved is not what would happen now") {
		t.Error(said)
	}
	if failure := r.Operation(approvals.ID(rig.ID(card))).Failure; failure == nil || failure.Code != "plan_changed" {
		t.Errorf("it failed by %+v", failure)
	}
	if n := len(r.Clusters.SimReader.Restores()); n != 0 {
		t.Errorf("%d restores begun", n)
	}
}

func TestTheBotEndsWithinSecondsOfBeingTold(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	b := r.Start()
	r.Clusters.SimReader.Slow(2000)
	card := r.Ask(rig.Anna, file)
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "running")
	began := time.Now()
	if code := b.Stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	r.Clusters.SimReader.Slow(0)
	r.Start()
	r.Becomes(card, "succeeded")
	if n := len(r.Clusters.SimReader.Restores()); n != 1 {
		t.Errorf("%d restores begun", n)
	}
}
