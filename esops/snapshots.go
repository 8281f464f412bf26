package esops

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
	"time"
)

// Latest is the word for the newest successful snapshot.
const Latest = "latest"

// ParseMoment reads a time as people type it: 2019-07-05T22:00, with or without
// seconds, with Z, an offset such as +08:00, or in loc when neither is given.
func ParseMoment(text string, loc *time.Location) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, loc); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// NewestFirst orders a cheap listing, which has no times, as well as its names
// allow: runs of digits count as numbers, so that dates and counters come
// newest first.
func NewestFirst(listed []Snapshot) {
	slices.SortStableFunc(listed, func(a, b Snapshot) int { return natural(b.Name, a.Name) })
}

// natural compares names with their runs of digits read as numbers.
func natural(a, b string) int {
	for a != "" && b != "" {
		if digit(a[0]) && digit(b[0]) {
			x, restA := digits(a)
			y, restB := digits(b)
			if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
				return c
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// digits cuts the leading run of digits off s, without its leading zeros.
func digits(s string) (run, rest string) {
	end := 0
	for end < len(s) && digit(s[end]) {
		end++
	}
	return strings.TrimLeft(s[:end], "0"), s[end:]
}

// family is what names have in common that are numbered or dated alike.
func family(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if !digit(name[i]) {
			b.WriteByte(name[i])
		} else if i == 0 || !digit(name[i-1]) {
			b.WriteByte('0')
		}
	}
	return b.String()
}

// startedBy finds the newest successful snapshot of a cheap listing that
// started at or before moment by Elasticsearch's own clock; a zero moment is
// any. It asks for the details of few snapshots: within a family of names that
// differ in their digits alone, their order is that of their start, so that a
// binary search does.
func startedBy(ctx context.Context, r Reader, repository string, listed []Snapshot, moment time.Time) (Snapshot, bool, error) {
	families := map[string][]string{}
	for _, s := range listed {
		if s.State == SnapshotSuccess {
			families[family(s.Name)] = append(families[family(s.Name)], s.Name)
		}
	}
	var best Snapshot
	for _, names := range families {
		slices.SortFunc(names, natural)
		found, ok, err := newestIn(ctx, r, repository, names, moment)
		if err != nil {
			return Snapshot{}, false, err
		}
		if ok && found.Started.After(best.Started) {
			best = found
		}
	}
	return best, best.Name != "", nil
}

// newestIn searches one family, oldest name first.
func newestIn(ctx context.Context, r Reader, repository string, names []string, moment time.Time) (Snapshot, bool, error) {
	var failed error
	details := map[string]Snapshot{}
	detail := func(name string) (Snapshot, bool) {
		if s, ok := details[name]; ok {
			return s, true
		}
		got, err := r.Snapshots(ctx, repository, name)
		if err != nil {
			failed = err
			return Snapshot{}, false
		}
		if len(got) == 0 { // deleted since the listing
			return Snapshot{}, false
		}
		details[name] = got[0]
		return got[0], true
	}
	after := len(names) // the first that started after the moment
	if !moment.IsZero() {
		after = sort.Search(len(names), func(i int) bool {
			s, ok := detail(names[i])
			return ok && s.Started.After(moment)
		})
	}
	for i := after - 1; i >= 0 && failed == nil; i-- {
		s, ok := detail(names[i])
		if ok && (moment.IsZero() || !s.Started.After(moment)) {
			return s, true, nil
		}
	}
	return Snapshot{}, false, failed
}
