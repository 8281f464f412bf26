package sandbox_test

import (
	"fmt"
	"testing"
)

// combobox is a menu of a form, by its label.
func combobox(label string) string {
	return fmt.Sprintf(`.modal [role="combobox"][aria-label=%q]`, label)
}

// choose types into a menu, waits for what is offered, and takes the first.
func (w *window) choose(label, typed, offered string) {
	w.t.Helper()
	w.click(combobox(label))
	if typed != "" {
		w.write(combobox(label), typed)
	}
	w.shows(".picker-list:not(.waiting) [role=option]:first-child", offered)
	w.key("Enter")
	if ask[bool](w, `document.querySelector('.picker-list') !== null`) {
		w.key("Escape")
	}
	w.gone(".picker-list")
}

func TestTheFormOffersWhatTheClusterHolds(t *testing.T) {
	t.Parallel()
	w := open(t, started(t)).window("U0ANNA")
	w.skipTour()
	w.command("/es-restore")
	w.shows(".modal h2", "")
	w.picture("form")
	w.choose("Destination", "", "es-cn-b")
	w.choose("Repository", "", "aliyun_snapshot_from_es-cn-a")
	w.choose("Snapshot", "", "latest")
	w.choose("Indices", "file", "file-2019-08-25")
	w.choose("Indices", "ecom", "kibana_sample_data_ecommerce")
	w.shows(".modal .chip", "kibana_sample_data_ecommerce")
	w.write(`.modal [aria-label="New names"]`, "copy-of-$1")
	w.click(".modal [type=submit]")
	w.shows(".modal .error", "required") // the reason
	w.write(`.modal textarea[aria-label="Reason"]`, "ticket 4712")
	w.picture("form-filled")
	w.click(".modal [type=submit]")
	w.shows(".modal", "Submit once more") // the plan changed with what was typed since
	w.shows(".modal", "copy-of-file-2019-08-25")
	w.click(".modal [type=submit]")
	w.gone(".modal")
	w.shows(card, "waiting for approval")
	w.shows(card, "copy-of-file-2019-08-25")
	w.shows(card, "copy-of-kibana_sample_data_ecommerce")
	w.shows(card, "ticket 4712")
}
