package sandbox

import (
	"testing"
	"time"

	"es-restore/internal/escontract/story"
)

func TestSnapshotsStartWhenTheirNamesSayAndTheLastIsAnHourToADayOld(t *testing.T) {
	for _, now := range []string{"2026-11-23T00:00:00Z", "2026-11-23T21:59:59Z", "2026-11-23T22:30:00Z", "2026-11-23T23:00:00Z", "2026-03-01T12:00:00Z"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		var last time.Time
		count := 0
		for name, start := range snapshots(at) {
			if !start.After(last) {
				t.Errorf("at %s: %s is not after the one before", now, name)
			}
			if want := ownerName + "_" + start.Format("20060102150405"); name != want || count == 0 && name != story.Snapshot {
				t.Errorf("at %s: %s starts at %s", now, name, start)
			}
			last = start
			count++
		}
		if age := at.Sub(last); age < time.Hour || age > 25*time.Hour || count != nights+1 {
			t.Errorf("at %s: %d snapshots, the last %s old", now, count, age)
		}
	}
}
