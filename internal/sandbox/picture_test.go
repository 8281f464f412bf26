package sandbox_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var readme = flag.String("readme", "", "write the README's picture into this file, seen from the repository's root")

// web/screenshot.sh takes the picture; without it, this shows that it can be taken.
func TestThePictureOfTheReadmeCanBeTaken(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "picture.png")
	if *readme != "" {
		path = filepath.Join("../..", *readme)
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
	if err := os.WriteFile(path, png, 0o644); err != nil {
		t.Fatal(err)
	}
}
