package config

import (
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// The units of a size. As in Elasticsearch a kilobyte is 1024 bytes, and the
// case of a unit does not matter.
var sizeUnits = []struct {
	name string
	unit int64
}{
	{"kb", humanize.KiByte},
	{"mb", humanize.MiByte},
	{"gb", humanize.GiByte},
	{"tb", humanize.TiByte},
	{"pb", humanize.PiByte},
	{"b", humanize.Byte},
}

// parseSize reads 500mb, 1.5gb, 2tb into bytes.
func parseSize(text string) (int64, bool) {
	for _, u := range sizeUnits {
		number, found := strings.CutSuffix(strings.ToLower(text), u.name)
		if !found {
			continue
		}
		if strings.Trim(number, "0123456789.") != "" {
			return 0, false
		}
		if count, err := strconv.ParseInt(number, 10, 64); err == nil {
			return count * u.unit, count <= math.MaxInt64/u.unit
		}
		count, err := strconv.ParseFloat(number, 64)
		bytes := count * float64(u.unit)
		if err != nil || bytes >= math.MaxInt64 {
			return 0, false
		}
		return int64(bytes), true
	}
	return 0, false
}
