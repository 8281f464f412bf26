package bot_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/internal/rig"
)

// TestClocksThatJumpMakeNoSecondExecutor moves the clocks of two bots apart, back and
// forth, while one of them restores: who works on a destination is told by Redis, not by
// a clock of theirs.
func TestClocksThatJumpMakeNoSecondExecutor(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Clusters.SimReader.Slow(6000)
	var leads [2]atomic.Int64
	for i := range leads {
		r.LaunchAt(func() time.Time { return time.Now().Add(time.Duration(leads[i].Load())) })
	}
	r.Until("both connect", func() bool { return len(r.Slack.Sockets()) >= 4 })
	jumps := func(match func(audit.Record) bool, first, second time.Duration) {
		r.OnRecord(match, func() { leads[0].Store(int64(first)); leads[1].Store(int64(second)) })
	}
	jumps(func(rec audit.Record) bool { return rec.Event == approvals.Claimed }, time.Hour, -time.Hour)
	jumps(func(rec audit.Record) bool { return rec.Data.Sent != nil }, -time.Hour, time.Hour)
	jumps(func(rec audit.Record) bool { return rec.Data.Result != nil }, 48*time.Hour, 0)
	card := r.Ask(rig.Anna, file)
	id := approvals.ID(rig.ID(card))
	r.Click(rig.Ben, card, "approve")
	r.Within(3*time.Minute, "success", func() bool { return strings.Contains(r.Now(card).Text, "(succeeded)") })
	once(t, r, id)
	claimed := 0
	for _, rec := range r.Trail(id) {
		if rec.Event == approvals.Claimed {
			claimed++
		}
	}
	if claimed != 1 {
		t.Errorf("%d claims are on record", claimed)
	}
}
