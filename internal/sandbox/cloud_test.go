package sandbox_test

import (
	"testing"
)

const (
	// invoices is a restore from the instance that shares nothing yet.
	invoices = `/es-restore restore es-cn-b aliyun_snapshot_from_es-cn-c/latest invoices-2019-08 --reason "ticket 4712"`
	shareIt  = `/es-restore share es-cn-c es-cn-b --reason "ticket 4712"`

	// newest is the newest card.
	newest = `main .message:nth-last-child(1 of .message:not(.ephemeral):has(.block.actions))`
	// lastAnswer is what the bot told this person last.
	lastAnswer = `main .message:nth-last-child(1 of .message.ephemeral)`
)

// requests counts what was asked, by words of it.
func (w *window) requests(words string) int {
	w.t.Helper()
	return ask[int](w, `[...document.querySelectorAll('.requests li')].filter(e => e.innerText.includes(`+"`"+words+"`"+`)).length`)
}

// awaits is a window in which Anna has asked for the share.
func awaits(b *browser) *window {
	w := b.window("U0ANNA")
	w.skipTour()
	w.command(shareIt)
	w.shows(newest, "waiting for approval")
	return w
}

// approves approves, as Ben, the newest card.
func (w *window) approves() {
	w.t.Helper()
	w.become("ben")
	w.click(newest + ` [data-action="approve"]`)
}

// shareAndRestore asks for a restore from a source that is not shared yet, has it
// shared, and restores from it, each step by the button that is offered.
func (w *window) shareAndRestore() {
	w.t.Helper()
	w.command(invoices)
	w.shows(lastAnswer, "Not shared yet")
	w.picture("share-offer")
	w.click(lastAnswer + ` [data-action="share"]`)
	w.shows(newest, "share the automatic snapshots of es-cn-c with es-cn-b")
	w.shows(newest, "waiting for approval")
	w.picture("share-card")
	w.approves()
	w.shows(newest, "waited for until it is available")
	w.shows(newest, "succeeded")
	w.become("anna")
	w.click(newest + " .replies")
	w.shows(".panel", "shared by es-restore")
	w.picture("share-thread")
	w.click(`.panel .message:nth-last-child(1 of .message) [data-action="plan_again"]`)
	w.shows(newest, "invoices-2019-08")
	w.shows(newest, "waiting for approval")
	w.approves()
	w.shows(newest, "succeeded")
	w.shows(newest, "320 documents in 1 index")
	w.picture("share-restored")
}

func TestASourceIsSharedAndRestoredFromByTheButtonsThatAreOffered(t *testing.T) {
	t.Parallel()
	w := open(t, started(t)).window("U0ANNA")
	w.skipTour()
	w.command("/es-restore clusters")
	w.shows(lastAnswer, "instance active, version 6.7.0_with_X-Pack, kernel ali1.4.0")
	w.command("/es-restore repos es-cn-b")
	w.shows(lastAnswer, "As Elasticsearch and Alibaba Cloud list them")
	w.shows(lastAnswer, "available by Alibaba Cloud")
	if ask[bool](w, `document.querySelector('`+lastAnswer+`').innerText.includes('es-cn-c')`) {
		t.Error("es-cn-c is shared before anybody asked")
	}
	w.command("/es-restore share es-cn-a es-cn-b --reason x")
	w.shows(lastAnswer, "has the repository of es-cn-a already")
	w.shareAndRestore()
	w.command("/es-restore repos es-cn-b")
	w.shows(lastAnswer, "owned by es-cn-c")
	w.picture("share-repos")
	w.click(".top [aria-pressed]")
	w.shows(".behind .good", "chain whole")
	w.picture("share-behind")
	if n := w.requests("POST /openapi/instances/es-cn-b/snapshot-repos"); n != 1 {
		t.Errorf("the cloud was asked %d times", n)
	}
	if n := w.requests("PUT /_snapshot/aliyun_snapshot_from_es-cn-c"); n != 1 {
		t.Errorf("the repository was registered %d times", n)
	}
}

func TestAShareIsTakenBack(t *testing.T) {
	t.Parallel()
	w := awaits(open(t, started(t)))
	w.approves()
	w.shows(newest, "succeeded")
	w.become("anna")
	w.click(newest + ` [data-action="undo"]`)
	w.shows(newest, "stop sharing the automatic snapshots of es-cn-c with es-cn-b")
	w.approves()
	w.shows(newest, "succeeded")
	w.command("/es-restore repos es-cn-b")
	w.shows(lastAnswer, "aliyun_snapshot_from_es-cn-a")
	if ask[bool](w, `document.querySelector('`+lastAnswer+`').innerText.includes('es-cn-c')`) {
		t.Error("es-cn-c is still shared")
	}
}

func TestTheCloudIsAwayAndWhatWasApprovedWaitsForIt(t *testing.T) {
	t.Parallel()
	w := awaits(open(t, started(t)))
	w.mischief("cloud")
	w.shows(`[data-mischief="cloud"][aria-checked="true"]`, "")
	w.command("/es-restore repos es-cn-b")
	w.shows(lastAnswer, "Alibaba Cloud's list can't be had now")
	w.picture("cloud-away")
	w.approves()
	w.shows(newest, "can't start")
	w.mischief("cloud")
	w.shows(newest, "succeeded")
}

func TestACloudThatThrottlesIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := awaits(open(t, started(t)))
	w.mischief("throttle")
	w.shows(`[data-mischief="throttle"][aria-checked="true"]`, "")
	w.approves()
	w.shows(newest, "can't start")
	w.mischief("throttle")
	w.shows(newest, "succeeded")
}

func TestAShareWhoseAnswerIsLostIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	w := awaits(open(t, started(t)))
	w.mischief("lose-share")
	w.shows(".drawer", "It waits for one.")
	w.approves()
	w.shows(newest, "succeeded")
	w.click(".top [aria-pressed]")
	w.shows(".requests .lost", "answer lost")
	if n := w.requests("POST /openapi/instances/es-cn-b/snapshot-repos"); n != 1 {
		t.Errorf("the cloud was asked %d times", n)
	}
}

func TestTheComposerKnowsWhoseSnapshotsCanBeShared(t *testing.T) {
	t.Parallel()
	w := open(t, started(t)).window("U0ANNA")
	w.skipTour()
	w.write("main .composer textarea", "/es-restore share ")
	w.shows(".completions", "es-cn-c")
	w.shows(".usage strong", "SOURCE")
	w.picture("share-completions")
	w.write("main .composer textarea", "es-cn-c ")
	w.shows(".completions", "es-cn-b")
	w.shows(".usage strong", "DESTINATION")
	if ask[bool](w, `document.querySelector('.completions').innerText.includes('es-cn-c')`) {
		t.Error("an instance that is configured nowhere is offered as a destination")
	}
}
