package sandbox_test

import (
	"testing"
)

func TestThePageWorksAtThePhonesWidth(t *testing.T) {
	t.Parallel()
	b := open(t, started(t))
	w := b.window("U0ANNA", 390, 780)
	w.picture("phone-start")
	w.skipTour()
	w.command(aFile)
	w.shows(card, "waiting for approval")
	w.picture("phone-card")
	w.fits()
	w.command(invoices)
	w.shows(lastAnswer, "Not shared yet")
	w.picture("phone-offer")
	w.fits()
	w.click(".top .menu")
	w.shows(".sidebar.open", "audit")
	w.picture("phone-menu")
	w.become("ben")
	w.click(".top .menu")
	w.until("the menu is away", `getComputedStyle(document.querySelector('.sidebar')).visibility === 'hidden'`)
	w.click(card + ` [data-action="deny"]`)
	w.shows(".modal h2", "Deny")
	w.picture("phone-modal")
	w.fits()
	w.key("Escape")
	w.gone(".modal")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "succeeded")
	w.click("main .replies")
	w.shows(".panel", "verified")
	w.picture("phone-thread")
	w.fits()
	w.click(".top [aria-pressed]")
	w.shows(".behind", "chain whole")
	w.picture("phone-behind")
	w.fits()
}

// fits fails when something sticks out of the screen.
func (w *window) fits() {
	w.t.Helper()
	if over := ask[int](w, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		w.t.Errorf("the page is %d pixels wider than the screen", over)
	}
}

func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	w := open(t, started(t)).window("U0BEN")
	w.skipTour()
	w.write("main .composer textarea", "/es-restore li")
	w.shows(".completions", "list")
	w.picture("completions")
	w.key("ArrowDown")
	w.key("Enter")
	w.until("the verb is written", `document.querySelector('main .composer textarea').value === '/es-restore list '`)
	w.shows(".usage", "operations, open ones first")
	w.key("Enter")
	w.shows(".message.ephemeral", "Nothing is open")
}
