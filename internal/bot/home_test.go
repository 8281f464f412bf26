package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"es-restore/approvals"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

func TestTheHomeTabShowsWhatWaitsAndLetsPeopleDecide(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, file)
	home := func(user string) slacksim.View {
		t.Helper()
		if _, err := r.Slack.OpenHome(t.Context(), user); err != nil {
			t.Fatal(err)
		}
		r.Until("the Home tab", func() bool { _, ok := r.Slack.Home(user); return ok })
		view, _ := r.Slack.Home(user)
		return view
	}
	if text := home(rig.Anna).AllText(); !strings.Contains(text, "Nothing waits for your decision") || !strings.Contains(text, rig.ID(card)) {
		t.Errorf("the requester's:\n%s", text)
	}
	if text := home(rig.Gast).AllText(); !strings.Contains(text, "Guests") || strings.Contains(text, rig.ID(card)) {
		t.Errorf("a guest's:\n%s", text)
	}
	view := home(rig.Ben)
	if text := view.AllText(); !strings.Contains(text, rig.ID(card)) {
		t.Fatalf("an approver's:\n%s", text)
	}
	if _, err := r.Slack.Click(t.Context(), rig.Ben, view.Place(), "approve"); err != nil {
		t.Fatal(err)
	}
	r.Until("the form", func() bool { return len(r.Slack.Views(rig.Ben)) == 1 })
	if text := r.Slack.Views(rig.Ben)[0].AllText(); !strings.Contains(text, "file-2019-08-25") {
		t.Errorf("the form does not show what is approved:\n%s", text)
	}
	r.Submit(rig.Ben, nil)
	r.Becomes(card, "succeeded")
	r.Until("the decision shows", func() bool {
		now, _ := r.Slack.Home(rig.Ben)
		return strings.Contains(now.AllText(), "Nothing waits for your decision")
	})
}

func TestTheHomeTabHoldsFiveHundredOpenOperationsInOnePublish(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	w := r.Writer(true)
	for i := range 500 {
		state := approvals.Waiting
		if i%5 == 0 {
			state = approvals.Ready
		}
		w.In(state, rig.Channel, fmt.Sprintf("many%03d-$1", i))
	}
	r.Start()
	if _, err := r.Slack.OpenHome(t.Context(), rig.Ben); err != nil {
		t.Fatal(err)
	}
	r.Until("the Home tab", func() bool { _, ok := r.Slack.Home(rig.Ben); return ok })
	if n := len(r.Slack.Calls("views.publish")); n != 1 {
		t.Errorf("%d publishes", n)
	}
	view, _ := r.Slack.Home(rig.Ben) // Slack's limits are kept, or it would not be there
	for _, want := range []string{"and 380 more; see them with /es-restore list", "and 92 more"} {
		if !strings.Contains(view.AllText(), want) {
			t.Errorf("it does not say %q:\n%s", want, view.AllText())
		}
	}
}
