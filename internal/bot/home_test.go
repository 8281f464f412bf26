package bot_test

import (
	"strings"
	"testing"

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
