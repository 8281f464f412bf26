package esops

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Latest is the word for the newest successful snapshot.
const Latest = "latest"

// ParseMoment reads a time as people type it: 2019-07-05T22:00, with or without
// seconds, with Z, an offset such as +08:00, or in loc when neither is given.
func ParseMoment(text string, loc *time.Location) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil && !t.IsZero() {
			return t, true
		}
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, loc); err == nil && !t.IsZero() {
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

// family is what names have in common that are numbered or dated alike. The
// random end that Elasticsearch's own lifecycle management gives a name is no
// part of it.
func family(name string) string {
	name = randomEnd.ReplaceAllString(name, "")
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

var randomEnd = regexp.MustCompile(`-[a-z0-9_-]{22}$`)

// startedBy finds the newest successful snapshot of a cheap listing that
// started at or before moment by Elasticsearch's own clock; a zero moment is
// any. Each start costs a read of the repository, so few are asked for: within
// a family of names that differ in their digits alone, the order of the names
// is taken for that of the starts, as long as every start that was read agrees.
func startedBy(ctx context.Context, r Reader, repository string, listed []Snapshot, moment time.Time) (Snapshot, bool, error) {
	byFamily := map[string]*lineage{}
	for _, s := range listed {
		if s.State == SnapshotSuccess {
			name := family(s.Name)
			if byFamily[name] == nil {
				byFamily[name] = &lineage{read: map[string]Snapshot{}}
			}
			byFamily[name].names = append(byFamily[name].names, s.Name)
		}
	}
	for _, l := range byFamily {
		slices.SortFunc(l.names, natural)
	}
	for {
		var ask []string
		for _, l := range byFamily {
			ask = append(ask, l.unsure(moment)...)
		}
		if len(ask) == 0 {
			break
		}
		details, err := r.Snapshots(ctx, repository, ask...)
		if err != nil {
			return Snapshot{}, false, err
		}
		told := map[string]Snapshot{}
		for _, s := range details {
			if s.State == SnapshotSuccess {
				told[s.Name] = s
			}
		}
		for _, l := range byFamily {
			l.learn(ask, told)
		}
	}
	var best Snapshot
	for _, l := range byFamily {
		best = later(best, l.newest(moment))
	}
	return best, best.Name != "", nil
}

// samples is how many starts of one family are asked for at once.
const samples = 16

// A lineage is one family of names, oldest first as far as the names tell.
type lineage struct {
	names []string
	read  map[string]Snapshot
}

// unsure are the names whose start decides next; none when the newest is known.
func (l *lineage) unsure(moment time.Time) []string {
	// Everything before from started in time, nothing from to on did.
	from, to := 0, len(l.names)
	var last time.Time
	ordered := true
	for i, name := range l.names {
		s, ok := l.read[name]
		if !ok {
			continue
		}
		if s.Started.Before(last) {
			ordered = false
		}
		last = s.Started
		if in(s, moment) {
			from = i + 1
		} else if to == len(l.names) {
			to = i
		}
	}
	if !ordered { // the names tell nothing: read them all
		return l.unread(l.names)
	}
	if to-from > samples {
		return l.spread(from, to)
	}
	return l.unread(l.names[from:to])
}

// spread picks names evenly, the first and the last among them.
func (l *lineage) spread(from, to int) []string {
	var picked []string
	for i := range samples {
		picked = append(picked, l.names[from+i*(to-1-from)/(samples-1)])
	}
	return l.unread(picked)
}

func (l *lineage) unread(names []string) []string {
	var unread []string
	for _, name := range names {
		if _, ok := l.read[name]; !ok {
			unread = append(unread, name)
		}
	}
	return unread
}

// learn takes in what was told, and forgets what was asked for in vain: it was
// deleted, or made anew, since the listing.
func (l *lineage) learn(asked []string, told map[string]Snapshot) {
	in := map[string]bool{}
	for _, name := range asked {
		in[name] = true
	}
	l.names = slices.DeleteFunc(l.names, func(name string) bool {
		s, ok := told[name]
		if ok {
			l.read[name] = s
		}
		return in[name] && !ok
	})
}

// newest is the newest one read that started in time.
func (l *lineage) newest(moment time.Time) Snapshot {
	var best Snapshot
	for _, s := range l.read {
		if in(s, moment) {
			best = later(best, s)
		}
	}
	return best
}

// later is the one that started later, or the later name.
func later(a, b Snapshot) Snapshot {
	if cmp.Or(a.Started.Compare(b.Started), strings.Compare(a.Name, b.Name)) > 0 {
		return a
	}
	return b
}

// in reports whether a snapshot started at or before moment, if there is one.
func in(s Snapshot, moment time.Time) bool { return moment.IsZero() || !s.Started.After(moment) }
