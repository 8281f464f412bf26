package sandbox_test

import (
	"testing"
)

func TestTheTourLeadsFromTheListToTheVerifiedRestore(t *testing.T) {
	t.Parallel()
	w := open(t, started(t)).window("U0ANNA")
	w.shows(".tour", "Step 1 of 4")
	w.click(".tour .primary")
	w.until("it is typed", `document.activeElement.value?.startsWith('/es-restore ')`)
	w.key("Enter")
	w.shows(".message.ephemeral", "es-cn-a_20190705220000")
	w.picture("tour1")
	w.shows(".tour", "Step 2 of 4")
	w.click(".tour .primary")
	w.until("it is typed", `document.activeElement.value?.startsWith('/es-restore ')`)
	w.key("Enter")
	w.shows(card, "waiting for approval")
	w.shows(".tour", "Step 3 of 4")
	w.picture("tour2")
	w.click(".tour .primary")
	w.shows(".me", "Ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(".tour", "Step 4 of 4")
	w.shows(card, "running")
	w.picture("tour3")
	w.shows(card, "succeeded")
	w.shows(".road .now", "succeeded")
	w.shows(".behind", "chain whole")
	w.shows(".tour", "Restored and verified")
	w.picture("tour4")
	w.click(".tour .primary")
	w.gone(".tour")
}

// asked is a window in which Anna has asked for a restore.
func asked(b *browser) *window {
	w := b.window("U0ANNA")
	w.skipTour()
	w.command(aFile)
	w.shows(card, "waiting for approval")
	return w
}

func TestNobodyApprovesTheirOwnRequest(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.click(card + ` [data-action="approve"]`)
	w.shows(".message.ephemeral", "yourself")
	w.picture("self")
	w.shows(card, "waiting for approval")
}

func TestAGuestIsRefusedThoughInTheGroup(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.become("gil")
	w.shows(".me", "guest")
	w.click(card + ` [data-action="approve"]`)
	w.shows(".message.ephemeral", "uest")
	w.shows(card, "waiting for approval")
}

func TestADenialNeedsAReasonAndShowsIt(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.become("ben")
	w.click(card + ` [data-action="deny"]`)
	w.shows(".modal h2", "Deny the restore")
	w.picture("deny")
	w.click(".modal [type=submit]")
	w.shows(".modal .error", "required")
	w.write(".modal textarea", "not <!channel> *today*")
	w.click(".modal [type=submit]")
	w.gone(".modal")
	w.shows(card, "denied")
	w.shows(card, "not <!channel> *today*") // literally: nothing of it is markup
	w.gone(card + ` [data-action="approve"]`)
	w.click("main .replies")
	w.shows(".panel", "denied by @ben")
	w.picture("thread")
	w.write(".panel textarea", "What about tomorrow?")
	w.key("Enter")
	w.shows(".panel .message", "What about tomorrow?")
}

func TestSomebodyOfAnotherCompanySeesTheSharedChannelOnlyAndCannotAsk(t *testing.T) {
	t.Parallel()
	w := open(t, started(t)).window("U0OTTO")
	w.shows("h1", "#with-partners")
	w.gone(`[data-channel="es-restores"]`)
	w.command("/es-restore list")
	w.shows(".notices", "for the installing team")
}

func TestDetailsShowTheRequestElasticsearchWillGet(t *testing.T) {
	t.Parallel()
	w := asked(open(t, started(t)))
	w.click(card + ` [data-action="details"]`)
	w.shows(".modal", "POST _snapshot/aliyun_snapshot_from_es-cn-a")
	w.shows(".modal", "include_global_state")
	w.picture("details")
	w.key("Escape")
	w.gone(".modal")
}

func TestOverwritingAsksForTheNameOfTheDestination(t *testing.T) {
	t.Parallel()
	b := open(t, started(t))
	w := asked(b)
	w.become("ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "succeeded")
	w.become("anna")
	w.command(aFile)
	w.shows(".message.ephemeral", "file-2019-08-25")
	w.picture("exists")
}
