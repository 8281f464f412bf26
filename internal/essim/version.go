package essim

import (
	"fmt"
	"strconv"
	"strings"
)

// Versions are the Elasticsearch versions whose answers are checked against
// real nodes. Other versions from 5.6 to 8.x behave like the nearest older one.
var Versions = []string{"5.6.16", "6.7.0", "6.8.23", "7.10.2", "7.17.28", "8.17.0"}

type version struct{ major, minor, patch int }

func parseVersion(s string) (version, error) {
	var n [3]int
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return version{}, fmt.Errorf("version %q is not of the form 6.7.0", s)
	}
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil {
			return version{}, fmt.Errorf("version %q is not of the form 6.7.0", s)
		}
		n[i] = v
	}
	return version{n[0], n[1], n[2]}, nil
}

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch) }

// from tells whether v is major.minor or later.
func (v version) from(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

func (v version) less(o version) bool { return v.id() < o.id() }

// id is the number Elasticsearch stores for a version in index settings and
// snapshots. From 8.11 on it counts index formats, not releases.
func (v version) id() int {
	if v.from(8, 11) {
		return 8500000 + v.minor*1000 + 4000 // 8.17: 8521000
	}
	return v.major*1000000 + v.minor*10000 + v.patch*100 + 99
}

// minIndex is the oldest version an index may have been created with to be
// read by v, as Elasticsearch writes it.
func (v version) minIndex() (version, string) {
	switch v.major {
	case 5:
		return version{2, 0, 0}, "2.0.0-beta1"
	case 6:
		return version{5, 0, 0}, "5.0.0"
	case 7:
		return version{6, 0, 0}, "6.0.0-beta1"
	default:
		return version{v.major - 1, 0, 0}, fmt.Sprintf("%d.0.0", v.major-1)
	}
}

// as is how a node of version reader names version v of a snapshot: across
// majors the number is read as something else.
func (v version) as(reader version) string {
	switch {
	case reader.major <= 7 && v.from(8, 11):
		id := v.id()
		return fmt.Sprintf("%d.%d.%d-alpha%d", id/1000000, id/10000%100, id/100%100, id%100)
	case reader.major == 8 && v.major == 7 && v.minor == 17:
		return fmt.Sprintf("7.17.%d-8.0.0", v.patch-1)
	}
	return v.String()
}

type build struct{ hash, date, lucene, wire, index string }

func (v version) build() build {
	switch v.String() {
	case "5.6.16":
		return build{"3a740d1", "2019-03-13T15:33:36.565Z", "6.6.1", "", ""}
	case "6.7.0":
		return build{"8453f77", "2019-03-21T15:32:29.844721Z", "7.7.0", "5.6.0", "5.0.0"}
	case "6.8.23":
		return build{"4f67856", "2022-01-06T21:30:50.087716Z", "7.7.3", "5.6.0", "5.0.0"}
	case "7.10.2":
		return build{"747e1cc71def077253878a59143c1f785afa92b9", "2021-01-13T00:42:12.435326Z", "8.7.0", "6.8.0", "6.0.0-beta1"}
	case "7.17.28":
		return build{"139cb5a961d8de68b8e02c45cc47f5289a3623af", "2025-02-20T09:05:31.349013687Z", "8.11.3", "6.8.0", "6.0.0-beta1"}
	case "8.17.0":
		return build{"2b6a7fed44faa321997703718f07ee0420804b41", "2024-12-11T12:08:05.663969764Z", "9.12.0", "7.17.0", "7.0.0"}
	}
	_, index := v.minIndex()
	return build{"0000000", "2020-01-01T00:00:00.000Z", "8.0.0", "5.6.0", index}
}
