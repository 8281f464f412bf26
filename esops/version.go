package esops

import (
	"fmt"
	"strconv"
	"strings"
)

// A Version is an Elasticsearch version, such as 6.7.0.
type Version struct {
	Major, Minor, Patch int
}

// ParseVersion reads the leading numbers of a version string; what follows a
// dash or an underscore is ignored.
func ParseVersion(s string) (Version, error) {
	numbers, _, _ := strings.Cut(s, "-")
	numbers, _, _ = strings.Cut(numbers, "_")
	var v Version
	for i, part := range strings.SplitN(numbers, ".", 3) {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return Version{}, fmt.Errorf("version %q is not of the form 6.7.0", s)
		}
		*[]*int{&v.Major, &v.Minor, &v.Patch}[i] = n
	}
	return v, nil
}

// VersionOfID reads the version id that snapshots carry, such as 6070099.
//
// From 8.x on the id is that of an index version, so only its major is true:
// 8.17.0 writes 8521000.
func VersionOfID(id int) Version {
	v := Version{Major: id / 1_000_000}
	if v.Major < 8 {
		v.Minor, v.Patch = id/10_000%100, id/100%100
	}
	return v
}

// String gives the three numbers with dots.
func (v Version) String() string {
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// Zero reports whether the version is not known.
func (v Version) Zero() bool { return v == Version{} }

// Less orders versions.
func (v Version) Less(w Version) bool {
	if v.Major != w.Major {
		return v.Major < w.Major
	}
	if v.Minor != w.Minor {
		return v.Minor < w.Minor
	}
	return v.Patch < w.Patch
}

// AtLeast reports whether v is major.minor or later.
func (v Version) AtLeast(major, minor int) bool {
	return !v.Less(Version{Major: major, Minor: minor})
}

// maker names the version that made a snapshot, as far as it is known.
func maker(v Version) string {
	if v.Major >= 8 {
		return fmt.Sprintf("%d.x", v.Major)
	}
	return v.String()
}

// versionVerdict judges whether a snapshot made by source can be restored on
// destination. Elasticsearch restores indices created by its own or the
// previous major; the version an index was created with is not in the snapshot
// listing, so an allowed pair can still be refused for an older index.
func versionVerdict(source, destination Version) *Finding {
	if source.Zero() || destination.Zero() {
		return &Finding{Code: "version_unknown", Severity: Note,
			Sentence: "The version that made this snapshot is not known; Elasticsearch itself decides whether it fits."}
	}
	newer := destination.Less(source)
	if source.Major >= 8 {
		newer = destination.Major < source.Major
	}
	if newer {
		return &Finding{Code: "source_newer", Severity: Blocking,
			Sentence: fmt.Sprintf("The snapshot was made by Elasticsearch %s, which is newer than the destination's %s; Elasticsearch never restores backwards.", maker(source), destination),
			WayOut:   "Restore it to a cluster of the same or a newer version."}
	}
	if source.Major < before(destination.Major) {
		return &Finding{Code: "source_too_old", Severity: Blocking,
			Sentence: fmt.Sprintf("The snapshot was made by Elasticsearch %s, and %s reads indices of %d.x and %d.x only.", maker(source), destination, before(destination.Major), destination.Major),
			WayOut:   fmt.Sprintf("Restore it to a %d.x cluster, reindex there, and take a snapshot of that.", after(source.Major))}
	}
	if source.Major == 6 && source.Minor >= 8 && destination.Major == 7 && destination.Minor < 2 {
		return &Finding{Code: "source_newer", Severity: Blocking,
			Sentence: fmt.Sprintf("Snapshots made by %s can't be restored on %s: 6.8 is younger than 7.0 and 7.1.", maker(source), destination),
			WayOut:   "Restore it to a cluster of 6.8, or of 7.2 or newer."}
	}
	if source.Major == 5 && destination.Major == 6 {
		return &Finding{Code: "multiple_types", Severity: Warning,
			Sentence: "Indices from 5.x may hold several document types; 6.x keeps such an index readable but an error may occur, and no later version takes it.",
			WayOut:   "Reindex such an index into one with a single type."}
	}
	if source.Major < destination.Major {
		return &Finding{Code: "older_major", Severity: Note,
			Sentence: fmt.Sprintf("Made by %s for %s: an index that was created before %d.0 is refused by Elasticsearch as a whole, with nothing restored.", maker(source), destination, before(destination.Major))}
	}
	return nil
}

// before and after are the majors beside one; there never was a 3.x or 4.x.
func before(major int) int {
	if major == 5 {
		return 2
	}
	return major - 1
}

func after(major int) int {
	if major == 2 {
		return 5
	}
	return major + 1
}
