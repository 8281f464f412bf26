package esops_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"es-restore/esops"
)

func TestAMomentIsReadAsPeopleTypeIt(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	for text, want := range map[string]time.Time{
		"2019-07-05T22:00":          time.Date(2019, 7, 5, 22, 0, 0, 0, shanghai),
		"2019-07-05T22:00:30":       time.Date(2019, 7, 5, 22, 0, 30, 0, shanghai),
		"2019-07-05T22:00Z":         time.Date(2019, 7, 5, 22, 0, 0, 0, time.UTC),
		"2019-07-05T22:00:30Z":      time.Date(2019, 7, 5, 22, 0, 30, 0, time.UTC),
		"2019-07-05T22:00-03:00":    time.Date(2019, 7, 6, 1, 0, 0, 0, time.UTC),
		"2019-07-05T22:00:30+08:00": time.Date(2019, 7, 5, 14, 0, 30, 0, time.UTC),
	} {
		if got, ok := esops.ParseMoment(text, shanghai); !ok || !got.Equal(want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", "latest", "2019-07-05", "22:00", "2019-07-05 22:00", "2019-13-05T22:00", "2019-02-30T22:00",
		"es-cn-a_20190705220000", "2019-07-05T22:00+0800", "0001-01-01T00:00Z"} {
		if got, ok := esops.ParseMoment(text, time.UTC); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestListingsComeNewestFirstByTheirNumbers(t *testing.T) {
	for _, want := range [][]string{
		{"es-cn-a_20190706100000", "es-cn-a_20190705220000", "es-cn-a_20181231230000"},
		{"snap-100", "snap-20", "snap-3"},
		{"snap-10b", "snap-10", "snap-9z"},
		{"s-2", "s-01", "s"},
		{"b", "a10", "a9"},
	} {
		listed := make([]esops.Snapshot, len(want))
		for i, name := range want {
			listed[len(want)-1-i].Name = name
		}
		esops.NewestFirst(listed)
		var got []string
		for _, s := range listed {
			got = append(got, s.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAnOrderOfNamesDoesNotDependOnTheOrderOfTheListing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[ab]{0,2}[1-9][0-9]{0,2}[ab]?`), 0, 8, rapid.ID).Draw(t, "names")
		order := func(seed uint64) []esops.Snapshot {
			listed := make([]esops.Snapshot, len(names))
			for i, name := range names {
				listed[i].Name = name
			}
			rand.New(rand.NewPCG(seed, 0)).Shuffle(len(listed), func(i, j int) { listed[i], listed[j] = listed[j], listed[i] })
			esops.NewestFirst(listed)
			return listed
		}
		if diff := cmp.Diff(order(1), order(2)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// resolve plans for a word or a time, and returns the snapshot's name.
func resolve(t testing.TB, s *shelf, word string) string {
	t.Helper()
	req := ask("*")
	req.Snapshot = word
	plan, readings, err := s.planner().Restore(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Snapshot == "" {
		if len(readings.Findings) != 1 || readings.Findings[0].Code != "no_such_snapshot" {
			t.Fatalf("%+v", readings.Findings)
		}
	}
	return plan.Snapshot
}

func stamped(_ int, at time.Time) string { return "es-cn-a_" + at.Format("20060102150405") }

func TestATimeOrLatestPicksTheNewestThatStartedByThen(t *testing.T) {
	s := story()
	s.snapshots = snapshotsEvery(48, 30*time.Minute, stamped)
	newest := s.snapshots[47]
	for word, want := range map[string]string{
		"latest":                  newest.Name,
		"2019-07-06T11:30":        newest.Name,
		"2019-07-06T11:29:59":     s.snapshots[46].Name,
		"2019-07-06T11:31":        newest.Name,
		"2030-01-01T00:00":        newest.Name,
		"2019-07-05T12:00Z":       s.snapshots[0].Name,
		"2019-07-05T11:59:59Z":    "",
		"2019-07-05T20:00+08:00":  s.snapshots[0].Name,
		"2019-07-06T02:10:00.000": s.snapshots[28].Name,
	} {
		if got := resolve(t, s, word); got != want {
			t.Errorf("%s is %q, want %q", word, got, want)
		}
	}
}

func TestASnapshotThatIsReallyNamedSoWins(t *testing.T) {
	s := story()
	s.snapshots = append(snapshotsEvery(3, time.Hour, stamped), esops.Snapshot{
		Name: "latest", UUID: "u", State: esops.SnapshotSuccess, Indices: []string{fileIndex}, Started: noon.Add(-100 * time.Hour), Version: esops.Version{Major: 6, Minor: 7},
	})
	if got := resolve(t, s, "latest"); got != "latest" {
		t.Error(got)
	}
}

func TestOnlySuccessfulSnapshotsAreFoundByTime(t *testing.T) {
	s := story()
	s.snapshots = snapshotsEvery(6, time.Hour, stamped)
	s.snapshots[5].State, s.snapshots[4].State, s.snapshots[3].State = esops.SnapshotInProgress, esops.SnapshotFailed, esops.SnapshotPartial
	for _, word := range []string{"latest", "2030-01-01T00:00"} {
		if got := resolve(t, s, word); got != s.snapshots[2].Name {
			t.Errorf("%s is %s", word, got)
		}
	}
}

func TestSnapshotsDeletedSinceTheListingArePassedOver(t *testing.T) {
	s := story()
	s.snapshots = snapshotsEvery(2000, 30*time.Minute, stamped)
	for _, i := range []int{1999, 1998, 1000, 999, 500} {
		s.unreadable = append(s.unreadable, s.snapshots[i].Name)
	}
	if got := resolve(t, s, "latest"); got != s.snapshots[1997].Name {
		t.Error(got)
	}
	if got := resolve(t, s, s.snapshots[1000].Started.Format("2006-01-02T15:04:05Z")); got != s.snapshots[998].Name {
		t.Error(got)
	}
	for _, one := range s.snapshots {
		s.unreadable = append(s.unreadable, one.Name)
	}
	if got := resolve(t, s, "latest"); got != "" {
		t.Error(got)
	}
}

func TestLookingByTimeAmongTwoThousandSnapshotsAsksForFew(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for kind, name := range map[string]func(int, time.Time) string{
		"the vendor's":       stamped,
		"numbered":           func(i int, _ time.Time) string { return fmt.Sprint("nightly-", i) },
		"dated, month first": func(_ int, at time.Time) string { return at.Format("backup-2006.01.02-15.04") },
		"of two makers": func(i int, at time.Time) string {
			return []string{"blue_", "green_"}[i%2] + at.Format("20060102150405")
		},
		"of the lifecycle management": func(_ int, at time.Time) string { return at.Format("daily-2006.01.02.15.04-") + ending(random) },
	} {
		s := story()
		s.snapshots = snapshotsEvery(2000, 30*time.Minute, name)
		for _, c := range []struct {
			word string
			want int
		}{{"latest", 1999}, {s.snapshots[1234].Started.Format(time.RFC3339), 1234}, {s.snapshots[0].Started.Format(time.RFC3339), 0}} {
			s.calls, s.asked = nil, nil
			if got := resolve(t, s, c.word); got != s.snapshots[c.want].Name {
				t.Errorf("%s, %s: %s", kind, c.word, got)
			}
			if n := s.called("details"); n > 4 { // the last is the next one, to tell what lies between
				t.Errorf("%s, %s: %d requests for details", kind, c.word, n)
			}
			if n := len(s.asked); n > 100 {
				t.Errorf("%s, %s: %d snapshots were read", kind, c.word, n)
			}
		}
	}
}

// ending is what Elasticsearch's lifecycle management puts behind a name.
func ending(r *rand.Rand) string {
	b := make([]byte, 22)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789_-"[r.IntN(38)]
	}
	return string(b)
}

func TestNamesThatTellNothingAreReadAllInOneCall(t *testing.T) {
	s := story()
	s.snapshots = snapshotsEvery(40, time.Hour, func(i int, _ time.Time) string { return strings.Repeat(string(rune('a'+i*7%26)), 1+i) })
	if got := resolve(t, s, "latest"); got != s.snapshots[39].Name {
		t.Error(got)
	}
	if n := s.called("details"); n > 2 { // and the one that comes next by its name
		t.Errorf("%d calls", n)
	}
}

func TestNamesOutOfOrderDoNotMislead(t *testing.T) {
	for kind, name := range map[string]func(int, time.Time) string{
		"day first":  func(_ int, at time.Time) string { return at.Format("backup-02.01.2006-15") },
		"backwards":  func(i int, _ time.Time) string { return fmt.Sprint("left-", 500-i) },
		"clock hour": func(i int, at time.Time) string { return at.Format("h15-") + fmt.Sprint(i) },
	} {
		s := story()
		s.snapshots = snapshotsEvery(300, 5*time.Hour, name)
		for _, i := range []int{299, 250, 123, 17, 1} {
			if got := resolve(t, s, s.snapshots[i].Started.Add(time.Minute).Format(time.RFC3339)); got != s.snapshots[i].Name {
				t.Errorf("%s: %s, want %s", kind, got, s.snapshots[i].Name)
			}
		}
		if got := resolve(t, s, "latest"); got != s.snapshots[299].Name {
			t.Errorf("%s: latest is %s", kind, got)
		}
	}
}

// newestBy is what should be found: of the successful ones that can be read.
func newestBy(s *shelf, moment time.Time) (best esops.Snapshot) {
	for _, one := range s.snapshots {
		if one.State == esops.SnapshotSuccess && !slices.Contains(s.unreadable, one.Name) && !one.Started.After(moment) && one.Started.After(best.Started) {
			best = one
		}
	}
	return best
}

func TestAnyListingFindsTheNewestStartedByAnyMoment(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := story()
		makers := rapid.SliceOfN(rapid.SampledFrom([]string{"a-", "b_", "es-cn-a_"}), 1, 3).Draw(rt, "makers")
		n := rapid.IntRange(0, 120).Draw(rt, "n")
		s.snapshots = snapshotsEvery(n, time.Duration(rapid.IntRange(1, 7200).Draw(rt, "every"))*time.Second, func(i int, at time.Time) string {
			return fmt.Sprintf("%s%s-%d", makers[i%len(makers)], at.Format("20060102150405"), i)
		})
		for i := range s.snapshots {
			switch rapid.IntRange(0, 5).Draw(rt, "fate") {
			case 0:
				s.snapshots[i].State = rapid.SampledFrom([]string{esops.SnapshotPartial, esops.SnapshotFailed, esops.SnapshotInProgress}).Draw(rt, "state")
			case 1:
				s.unreadable = append(s.unreadable, s.snapshots[i].Name)
			}
		}
		moment := noon.Add(-time.Duration(rapid.IntRange(0, 900_000).Draw(rt, "ago")) * time.Second)
		if got, want := resolve(t, s, moment.Format(time.RFC3339)), newestBy(s, moment).Name; got != want {
			rt.Fatalf("by %v: %q, want %q", moment, got, want)
		}
		if got, want := resolve(t, s, "latest"), newestBy(s, noon).Name; got != want {
			rt.Fatalf("latest: %q, want %q", got, want)
		}
	})
}
