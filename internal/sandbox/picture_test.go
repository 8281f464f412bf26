package sandbox_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var readme = flag.String("readme", "", "write the README's picture into this file, seen from the repository's root")

// web/screenshot.sh runs this.
func TestThePictureOfTheReadme(t *testing.T) {
	if *readme == "" {
		t.Skip("left out: it writes a file; web/screenshot.sh runs it")
	}
	w := open(t, started(t)).window("U0ANNA", 1320, 860)
	w.skipTour()
	w.command(`/es-restore restore es-cn-b aliyun_snapshot_from_es-cn-a/latest kibana_sample_data_logs --as 'restored-$1' --reason "ticket 4711: rows lost on Friday"`)
	w.shows(card, "waiting for approval")
	w.become("ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "running")
	w.click(".top [aria-pressed]")
	w.shows(".behind", "chain whole")
	w.until("it is under way", `/ [2-6]\d %,/.test(document.querySelector('main').innerText)`)
	png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("../..", *readme), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
