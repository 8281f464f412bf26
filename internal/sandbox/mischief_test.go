package sandbox_test

import (
	"testing"
)

// mischief does one, by its ID, in the drawer.
func (w *window) mischief(id string) {
	w.t.Helper()
	if !ask[bool](w, `document.querySelector('.drawer') !== null`) {
		w.click(`.top [aria-expanded]`)
	}
	w.click(`[data-mischief="` + id + `"]`)
}

func TestABotKilledInMidRestoreIsFollowedByOneThatVerifiesIt(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.mischief("slow")
	w.shows(`[data-mischief="slow"][aria-checked="true"]`, "slow")
	w.picture("mischief")
	w.become("ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "%")
	w.mischief("kill")
	w.shows(".health", "Bot killed")
	w.picture("killed")
	w.click(card + ` [data-action="cancel"]`) // nobody hears it
	w.shows(".notices", "did not answer")
	w.mischief("start")
	w.shows(".health", "Bot connected")
	w.mischief("slow")
	w.shows(card, "succeeded")
	w.shows(card, "every shard from this snapshot")
	w.click(".top [aria-pressed]")
	w.shows(".behind", "taken over")
	w.shows(".behind .good", "chain whole")
	if n := ask[int](w, `[...document.querySelectorAll('.requests li')].filter(e => e.innerText.includes('/_restore')).length`); n != 1 {
		t.Errorf("%d restore requests", n)
	}
}

func TestALostAnswerIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.mischief("lose")
	w.shows(".drawer", "It waits for one.")
	w.become("ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "succeeded")
	w.click(".top [aria-pressed]")
	w.shows(".requests .lost", "answer lost")
	if n := ask[int](w, `[...document.querySelectorAll('.requests li')].filter(e => e.innerText.includes('/_restore')).length`); n != 1 {
		t.Errorf("%d restore requests", n)
	}
	w.picture("behind")
}

func TestAShardThatStandsStillHoldsTheRestoreAndGoesOn(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.mischief("stall")
	w.become("ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "0 of 1 primary shard")
	w.mischief("stall")
	w.shows(card, "succeeded")
}

func TestWithoutSlackNobodyActsAndAllIsShownLater(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.become("ben")
	w.mischief("slack")
	w.shows(".health", "Slack is away")
	w.click(card + ` [data-action="approve"]`)
	w.shows(".notices", "Slack is down")
	w.mischief("slack")
	w.shows(".health", "Bot connected")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "succeeded")
}

func TestWithoutRedisNothingIsDecided(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.become("ben")
	w.mischief("redis")
	w.shows(`[data-mischief="redis"][aria-checked="true"]`, "")
	w.click(card + ` [data-action="approve"]`)
	w.shows(".message.ephemeral", "othing was recorded")
	w.mischief("redis")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "succeeded")
}

func TestAClusterThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.mischief("away:es-cn-b")
	w.become("ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "can't start")
	w.mischief("away:es-cn-b")
	w.shows(card, "succeeded")
}

func TestWhatCannotBeDoneHereSaysWhy(t *testing.T) {
	t.Parallel()
	w := open(t, started(t)).window("U0ANNA")
	w.click(`.top [aria-expanded]`)
	w.shows(".drawer", "It runs.")
	if !ask[bool](w, `document.querySelector('[data-mischief="start"]').disabled`) {
		t.Error("a bot that runs can be started")
	}
}

func TestHoursPassAndWhatNobodyAnsweredExpires(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	for range 5 {
		w.mischief("hour")
	}
	w.shows(card, "expired")
	w.picture("expired")
	w.mischief("kill")
	w.mischief("start") // and a new bot lives by the same clock
	w.shows(".health", "Bot connected")
	w.command(aFile)
	w.shows(card, "waiting for approval")
	w.become("ben")
	w.click(`main .message:last-of-type [data-action="approve"]`)
	w.shows(card, "succeeded")
}
