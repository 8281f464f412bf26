package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"
)

func shot(t *testing.T, w *window, name string) {
	if dir := os.Getenv("SHOTS"); dir != "" {
		w.picture(filepath.Join(dir, name+".png"))
	}
}

func TestTheTourLeadsFromTheListToTheVerifiedRestore(t *testing.T) {
	w := open(t, started(t)).window("U0ANNA")
	w.shows(".tour", "Step 1 of 4")
	w.click(".tour .primary")
	w.write("main .composer textarea", "\r")
	w.shows(".message.ephemeral", "es-cn-a_20190705220000")
	shot(t, w, "tour1")
	w.shows(".tour", "Step 2 of 4")
	w.click(".tour .primary")
	w.write("main .composer textarea", "\r")
	w.shows(card, "waiting for approval")
	w.shows(".tour", "Step 3 of 4")
	shot(t, w, "tour2")
	w.click(".tour .primary")
	w.shows(".me", "Ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(".tour", "Step 4 of 4")
	w.shows(card, "running")
	shot(t, w, "tour3")
	w.shows(card, "succeeded")
	w.shows(".road .now", "succeeded")
	w.shows(".behind", "chain whole")
	w.shows(".tour", "Restored and verified")
	shot(t, w, "tour4")
	w.click(".tour .primary")
	w.gone(".tour")
}
