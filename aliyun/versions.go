package aliyun

import (
	"fmt"

	"es-restore/esops"
)

// oldest is the oldest destination: before it, a restore that fails hangs for
// ever.
var oldest = esops.Version{Major: 5, Minor: 6}

// versions judges the pair by the vendor's two pages and, where these are
// silent, by what Elasticsearch itself takes: indices of its own major version
// and of the one before. When an index was made is not told by the cloud, so a
// pair that is allowed can still be refused for an older index.
// https://www.alibabacloud.com/help/en/elasticsearch/latest/data-backup-overview
func versions(src, dst Side) []esops.Finding {
	from, to := src.Instance.Version, dst.Instance.Version
	if from.Zero() || to.Zero() {
		return []esops.Finding{warn("version_unknown", "See both in the console: the source's must not be later.",
			"Whether the versions of %s and %s fit is not known.", src.name(), dst.name())}
	}
	if to.Less(oldest) {
		return []esops.Finding{block("destination_too_old", "Upgrade it to 5.6.16 first. As a source it is fine.",
			"%s is %s, in which a failed restore hangs for ever; %d.%d is the oldest that can be a destination.", dst.name(), shownVersion(dst.Instance), oldest.Major, oldest.Minor)}
	}
	if newer(src.Instance, dst.Instance) {
		return []esops.Finding{block("source_newer", "Share with a cluster of the same or a later version.",
			"%s is %s, later than the %s of %s; a cluster can use only the repository of one of the same or an earlier version.", src.name(), shownVersion(src.Instance), shownVersion(dst.Instance), dst.name())}
	}
	pair := fmt.Sprintf("%s is %s and %s is %s", src.name(), shownVersion(src.Instance), dst.name(), shownVersion(dst.Instance))
	row, column := bandOf(from), bandOf(to)
	switch {
	case from.Major < to.Major-1:
		return []esops.Finding{block("source_too_old", fmt.Sprintf("Restore to a %d.x cluster, reindex there, and share that one's snapshots.", from.Major+1),
			"%s; %d.x reads what %d.x and %d.x wrote, and nothing older.", pair, to.Major, to.Major-1, to.Major)}
	case row == band68 && column == band70:
		return []esops.Finding{block("source_newer", "Share with a cluster of 6.8, or of 7.2 or later.",
			"%s; 6.8 is younger than 7.0 and 7.1, which can't read what it wrote.", pair)}
	case column == bandBeyond || row == bandBeyond:
		return []esops.Finding{warn("versions_not_listed", "Try it with one small index first.",
			"%s; the vendor's pages say nothing about this pair, neither that it works nor that it does not. Elasticsearch itself %s", pair, takes(from, to))}
	case from.Major == 5 && to.Major == 6:
		return []esops.Finding{note("multiple_types",
			"%s; an index of 5.x with one document type can be restored there, one with several may fail.", pair)}
	case from.Major < to.Major:
		return []esops.Finding{note("older_major",
			"%s; an index that was made before %d.0 is refused there.", pair, from.Major)}
	}
	return nil
}

// takes says what Elasticsearch's own rule makes of a pair of 8.x or later.
func takes(from, to esops.Version) string {
	if from.Major == to.Major {
		return "restores to the same or a later version."
	}
	return fmt.Sprintf("restores indices that were made in %d.x, and none that is older.", from.Major)
}

// The bands of versions that the vendor's matrix knows. Rows are makers of
// snapshots, columns destinations:
//
//	              6.8 | 7.0-7.1 | 7.2-7.16
//	5.0 to 5.6    yes | no      | no
//	6.0 to 6.7    yes | yes     | yes
//	6.8           yes | no      | yes
//	7.0 to 7.1    no  | yes     | yes
//	7.2 to 7.16   no  | no      | yes
//
// Destinations before 6.8 are on the other page: the source's version must not
// be later.
type band int

const (
	band5 band = iota
	band6
	band68
	band70
	band72
	bandBeyond // 7.17 and later: on no page
)

func bandOf(v esops.Version) band {
	switch {
	case v.AtLeast(7, 17):
		return bandBeyond
	case v.AtLeast(7, 2):
		return band72
	case v.AtLeast(7, 0):
		return band70
	case v.AtLeast(6, 8):
		return band68
	case v.AtLeast(6, 0):
		return band6
	}
	return band5
}

// newer reports whether a is of a later version than b. The cloud leaves the
// patch out at times; then it does not count.
func newer(a, b Instance) bool {
	v, w := a.Version, b.Version
	if !a.PatchKnown() || !b.PatchKnown() {
		v.Patch, w.Patch = 0, 0
	}
	return w.Less(v)
}

func shownVersion(i Instance) string {
	if !i.PatchKnown() {
		return fmt.Sprintf("%d.%d", i.Version.Major, i.Version.Minor)
	}
	return i.Version.String()
}

// newest670 is the newest kernel for 6.7.0 in the vendor's release notes. Later
// ones may be there: the console tells.
// https://www.alibabacloud.com/help/en/es/product-overview/alies-release-notes
var newest670 = Kernel{1, 3, 0}

// kernels wants, of two 6.7.0 of the Standard Edition, the destination's kernel
// to be later than the source's, or both to be the latest.
func kernels(src, dst Side) []esops.Finding {
	if !standard670(src.Instance) || !standard670(dst.Instance) {
		return nil
	}
	const upgrade = "Upgrade its kernel in the console, under Basic Information."
	from, to := src.Instance.Kernel, dst.Instance.Kernel
	switch {
	case to.Zero() || from.Zero():
		return []esops.Finding{warn("kernel_unknown", "See both in the console, under Basic Information.",
			"Both are 6.7.0, and then the kernel of %s must be the latest, or later than that of %s. It is not known whether it is: the kernels are %s and %s.", dst.name(), src.name(), to, from)}
	case to.Less(from):
		return []esops.Finding{block("kernel_older", upgrade,
			"Both are 6.7.0, and the kernel of %s (%s) is older than that of %s (%s).", dst.name(), to, src.name(), from)}
	case from.Less(to):
		return nil
	case to.Less(newest670):
		return []esops.Finding{block("kernel_not_latest", upgrade,
			"Both are 6.7.0 with the kernel %s, which is not the latest; that of %s must be later, or the latest.", to, dst.name())}
	}
	return []esops.Finding{note("kernel_same",
		"Both are 6.7.0 with the kernel %s. That is fine if it is the latest, which the console tells.", to)}
}

// standard670 takes an edition that is not told for the Standard one.
func standard670(i Instance) bool {
	return i.Version == esops.Version{Major: 6, Minor: 7} && (i.Category == CategoryStandard || i.Category == "")
}
