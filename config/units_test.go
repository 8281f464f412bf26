package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDurationsAreReadWithTheirUnits(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "4h": 4 * time.Hour, "7d": 7 * 24 * time.Hour, "1h30m": 90 * time.Minute, "1d12h": 36 * time.Hour,
		"1d2h3m4s": 26*time.Hour + 3*time.Minute + 4*time.Second, "0s": 0, "106751d": 106751 * 24 * time.Hour,
	} {
		if got, ok := parseDuration(text); !ok || got != want {
			t.Errorf("%s is read as %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "4", "h", "4 h", "4h ", "-4h", "+4h", "1.5h", "4ms", "4w", "30m1h", "1h1h", "4H", "106752d", "106751d24h",
		"99999999999999999999s", "1e3s", "4hh", "0x4s", "1_0s", "٤h",
	} {
		if got, ok := parseDuration(text); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestADurationThatIsWrittenOutIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(1, int64(math.MaxInt64/time.Second)).Draw(t, "seconds")) * time.Second
		rest, text := want, ""
		for _, u := range durationUnits {
			// What is left out of a larger unit goes into the smaller ones.
			count := rest / u.unit
			if u.name != "s" && rapid.Bool().Draw(t, "without "+u.name) {
				continue
			}
			if count > 0 {
				text += fmt.Sprintf("%d%s", count, u.name)
			}
			rest -= count * u.unit
		}
		if got, ok := parseDuration(text); !ok || got != want {
			t.Fatalf("%s is read as %v, %v; not as %v", text, got, ok, want)
		}
	})
}

func TestADurationWithoutDaysIsReadAsGoReadsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?`).Draw(t, "text")
		want, err := time.ParseDuration(text)
		if got, ok := parseDuration(text); ok != (err == nil) || got != want {
			t.Fatalf("%q is read as %v, %v; by Go as %v, %v", text, got, ok, want, err)
		}
	})
}

func TestSizesAreCountedBy1024(t *testing.T) {
	for text, want := range map[string]int64{
		"500mb": 500 << 20, "1.5gb": 3 << 29, "2tb": 2 << 40, "1kb": 1024, "3PB": 3 << 50, "7b": 7, "0.5kb": 512, "0b": 0,
		"8191pb": 8191 << 50, ".5mb": 1 << 19,
	} {
		if got, ok := parseSize(text); !ok || got != want {
			t.Errorf("%s is read as %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "500", "gb", "-1gb", "+1gb", "1 gb", "1.5.1gb", "1e3mb", "infgb", "nangb", "8192pb", "9999999999999999999b", "9000.5pb", "1mib", "0x1mb", "1_0mb", "."} {
		if got, ok := parseSize(text); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestASizeThatIsWrittenOutIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom(sizeUnits).Draw(t, "unit")
		count := rapid.Int64Range(0, math.MaxInt64/unit.unit).Draw(t, "count")
		text := strconv.FormatInt(count, 10) + rapid.SampledFrom([]string{unit.name, strings.ToUpper(unit.name)}).Draw(t, "name")
		if got, ok := parseSize(text); !ok || got != count*unit.unit {
			t.Fatalf("%s is read as %d, %v", text, got, ok)
		}
	})
}

func TestAHalfOfAUnitIsHalfOfItsBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom(sizeUnits[:5]).Draw(t, "unit")
		count := rapid.Int64Range(0, 1000).Draw(t, "count")
		if got, ok := parseSize(fmt.Sprintf("%d.5%s", count, unit.name)); !ok || got != count*unit.unit+unit.unit/2 {
			t.Fatalf("%d and a half %s is read as %d, %v", count, unit.name, got, ok)
		}
	})
}
