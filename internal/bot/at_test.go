package bot_test

import (
	"strings"
	"testing"
	"time"

	"es-restore/internal/rig"
)

func TestWhatIsAskedForTonightIsApprovedNowAndStartsThen(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	at := time.Now().UTC().Add(4 * time.Second)
	card := r.Ask(rig.Anna, `file-2019-08-25 --at `+at.Format("2006-01-02T15:04:05")+` --reason "when it is quiet"`)
	r.Click(rig.Ben, card, "approve")
	r.Until("the card says when", func() bool {
		return strings.Contains(r.Now(card).AllText(), "Starts at "+at.Format("2006-01-02 15:04:05"))
	})
	r.Becomes(card, "succeeded")
	for _, record := range r.Records() {
		if record.Event == "claimed" && record.Time.Before(at.Truncate(time.Second)) {
			t.Errorf("it started at %s, before %s", record.Time, at)
		}
	}
	for text, want := range map[string]string{
		"--at 25:00": "no time to start", "--at 2019-07-05T22:00": "is over", "--at 2099-01-01T00:00": "more than seven days",
	} {
		got := r.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/latest kibana_sample_data_logs "+text+" --reason x", 2)
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
}
