package config

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The units of a duration, which stand in it in this order, each at most once.
var durationUnits = []struct {
	name string
	unit time.Duration
}{
	{"d", 24 * time.Hour},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
}

// parseDuration reads 90s, 4h, 7d, 1h30m: whole numbers with units, the larger
// ones first. A day is 24 hours.
func parseDuration(text string) (time.Duration, bool) {
	var total time.Duration
	rest := text
	for _, u := range durationUnits {
		number, after, found := strings.Cut(rest, u.name)
		if !found {
			continue
		}
		count, err := strconv.ParseUint(number, 10, 63)
		if err != nil || count > uint64((math.MaxInt64-total)/u.unit) {
			return 0, false
		}
		total += time.Duration(count) * u.unit
		rest = after
	}
	return total, text != "" && rest == ""
}
