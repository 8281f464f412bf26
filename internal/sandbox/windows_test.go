package sandbox_test

import (
	"testing"
)

func TestTwoPeopleInTwoWindowsSeeTheSameCardAndTheirOwnAnswers(t *testing.T) {
	t.Parallel()
	b := open(t, started(t))
	ben := b.window("U0BEN")
	ben.skipTour()
	ben.click(`[data-channel="audit"]`)
	anna := b.window("U0ANNA")
	anna.command(aFile)
	anna.shows(card, "waiting for approval")
	ben.shows(`[data-channel="es-restores"] .count`, "1")
	ben.picture("unread")
	ben.click(`[data-channel="es-restores"]`)
	ben.gone(`[data-channel="es-restores"] .count`)
	ben.click(card + ` [data-action="approve"]`)
	ben.shows(".message.ephemeral", "Recorded")
	anna.shows(card, "Approved by @ben")
	anna.shows(card, "primary shard")
	anna.shows(card, "succeeded")
	if ask[bool](anna, `[...document.querySelectorAll('.ephemeral')].some(e => e.innerText.includes('Recorded'))`) {
		t.Error("Anna sees what only Ben was told")
	}
}

func TestAWindowThatWasAwaySeesWhatHoldsNow(t *testing.T) {
	t.Parallel()
	b := open(t, started(t))
	w := asked(b)
	address := ask[string](w, `location.href`)
	w.run(navigate("about:blank"))
	ben := b.window("U0BEN")
	ben.click(card + ` [data-action="approve"]`)
	ben.shows(card, "succeeded")
	w.run(navigate(address))
	w.shows(card, "succeeded")
}
