package aliyun

import (
	"strings"
	"time"
)

// Retention is how long an automatic snapshot is kept. Older pages of the vendor
// say three or five days; those of 2026 say seven.
const Retention = 7 * 24 * time.Hour

// GoneAt is when an automatic snapshot that started then is deleted for good, at
// the latest.
func GoneAt(started time.Time) time.Time { return started.Add(Retention) }

// A SnapshotName is what the name of an automatic snapshot tells:
// es-cn-a_20190705220000.
type SnapshotName struct {
	Maker string // the instance
	// Local is when it started by the region's clock, written as if in UTC.
	Local time.Time
}

// ParseSnapshotName reads the name of an automatic snapshot; false for another.
func ParseSnapshotName(name string) (SnapshotName, bool) {
	at := strings.LastIndexByte(name, '_')
	if at < 1 || !instanceForm.MatchString(name[:at]) || len(name)-at-1 != len("20060102150405") {
		return SnapshotName{}, false
	}
	local, err := time.Parse("20060102150405", name[at+1:])
	if err != nil {
		return SnapshotName{}, false
	}
	return SnapshotName{Maker: name[:at], Local: local}, true
}

// In is when it started, in the region it was made in; false for a region whose
// clock is not known. In the hour that clocks repeat in autumn it is the first
// of the two.
func (n SnapshotName) In(region string) (time.Time, bool) {
	zone, ok := Zone(region)
	if !ok {
		return time.Time{}, false
	}
	l := n.Local
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, zone), true
}

// Maker is the instance that made a snapshot, by its name.
func Maker(snapshot string) (string, bool) {
	n, ok := ParseSnapshotName(snapshot)
	return n.Maker, ok
}

// SnapshotTime is when a snapshot was started, by its name and the clock of its
// region. Elasticsearch's own clock decides wherever it was asked.
func SnapshotTime(snapshot, region string) (time.Time, bool) {
	n, ok := ParseSnapshotName(snapshot)
	if !ok {
		return time.Time{}, false
	}
	return n.In(region)
}
