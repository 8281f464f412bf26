package bot_test

import (
	"slices"
	"testing"

	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// offerTo types a command that is refused with an offer, and returns the message
// with its button.
func offerTo(t *testing.T, r *rig.Rig, user, text, action string) slacksim.Message {
	t.Helper()
	before := len(r.Slack.Ephemerals(user, rig.Channel))
	r.Answer(user, text, 2)
	answers := r.Slack.Ephemerals(user, rig.Channel)[before:]
	at := slices.IndexFunc(answers, func(m message) bool { return slices.Contains(m.Actions(), action) })
	if at < 0 {
		t.Fatalf("no button %s\n%s", action, r.Dump())
	}
	return answers[at]
}

func TestWhatStandsInTheWayIsRefusedWithAButtonForWhatCanBeDone(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	if err := rig.At(r.Clusters.Reader).Do(t.Context(), "PUT", "/file-2019-08-25", map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	r.Start()
	reason := `--reason "it's <b>urgent</b> & 'quoted'"`
	offer := offerTo(t, r, rig.Anna, "restore es-cn-b "+rig.Repository+"/latest file-2019-08-25 "+reason, "instead")
	contains(t, offer.AllText(), "open index file-2019-08-25", "--as 'restored-$1'")
	r.Click(rig.Anna, offer, "instead")
	r.Until("a card", func() bool { return len(cards(r)) == 1 })
	card := cards(r)[0]
	contains(t, card.AllText(), "restored-file-2019-08-25", "it's <b>urgent</b> & 'quoted'")
	r.Click(rig.Ben, card, "approve")
	r.Becomes(card, "succeeded")
	sameCount(t, r, "file-2019-08-25", "restored-file-2019-08-25")

	// What another name does not mend has no such button.
	before := len(r.Slack.Ephemerals(rig.Anna, rig.Channel))
	r.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/latest file-2019-08-25,nothing "+reason, 2)
	for _, m := range r.Slack.Ephemerals(rig.Anna, rig.Channel)[before:] {
		if slices.Contains(m.Actions(), "instead") {
			t.Errorf("it is offered all the same: %s", m.AllText())
		}
	}
}
