package bot_test

import (
	"strings"
	"testing"

	"es-restore/internal/rig"
)

// A Redis that may lose data is used for a trial only, and everyone is told.
func TestATrialSaysThatItIsOne(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	r.Ready(200, "warning: a trial: Redis may lose data")
	card := r.Ask(rig.Anna, file)
	contains(t, card.AllText(), "This is a trial: the bot's Redis may lose data.")
	if !strings.Contains(r.Log.String(), "redis may lose data") {
		t.Error("the log does not say it")
	}
	check := checks(t, r)["redis"]
	if check.Status != "not_proved" || !strings.Contains(check.Detail, "allow_data_loss") {
		t.Errorf("check says %+v", check)
	}
}
