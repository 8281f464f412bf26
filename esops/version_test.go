package esops

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestVersionsAreReadAsServersAndVendorsWriteThem(t *testing.T) {
	for text, want := range map[string]Version{
		"6.7.0": {6, 7, 0}, "5.6.16": {5, 6, 16}, "6.7": {6, 7, 0}, "8": {8, 0, 0},
		"7.10.2-SNAPSHOT": {7, 10, 2}, "5.5.3_with_X-Pack": {5, 5, 3}, "7.17.27-8.0.0": {7, 17, 27}, "8.52.10-alpha0": {8, 52, 10},
	} {
		if got, err := ParseVersion(text); err != nil || got != want {
			t.Errorf("ParseVersion(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "six", "6.", "6.7.0.1", "6.-7.0", "v6.7.0", "6.x"} {
		if got, err := ParseVersion(text); err == nil {
			t.Errorf("ParseVersion(%q) = %v", text, got)
		}
	}
}

func TestAVersionIDTellsOnlyWhatIsTrue(t *testing.T) {
	for id, want := range map[int]Version{
		5061699: {5, 6, 16}, 6070099: {6, 7, 0}, 6082399: {6, 8, 23}, 7100299: {7, 10, 2}, 7172899: {7, 17, 28},
		8521000: {8, 0, 0}, 8080299: {8, 0, 0}, 9009000: {9, 0, 0}, 0: {},
	} {
		if got := VersionOfID(id); got != want {
			t.Errorf("VersionOfID(%d) = %v", id, got)
		}
	}
	if (Version{}).Zero() != true || (Version{Major: 6}).Zero() {
		t.Error("only the zero version is not known")
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	version := rapid.Custom(func(t *rapid.T) Version {
		return Version{rapid.IntRange(1, 9).Draw(t, "major"), rapid.IntRange(0, 20).Draw(t, "minor"), rapid.IntRange(0, 30).Draw(t, "patch")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := version.Draw(t, "a"), version.Draw(t, "b")
		number := func(v Version) int { return v.Major*10000 + v.Minor*100 + v.Patch }
		if a.Less(b) != (number(a) < number(b)) {
			t.Fatalf("%v.Less(%v) = %v", a, b, a.Less(b))
		}
		if a.AtLeast(b.Major, b.Minor) != (a.Major*100+a.Minor >= b.Major*100+b.Minor) {
			t.Fatalf("%v.AtLeast(%v)", a, b)
		}
		if back, err := ParseVersion(a.String()); err != nil || back != a {
			t.Fatalf("%v was read back as %v: %v", a, back, err)
		}
	})
}

// TestEveryPairOfVersionsIsJudgedAsRealNodesDecided holds the verdicts against
// what nodes of these versions did with each other's snapshots.
func TestEveryPairOfVersionsIsJudgedAsRealNodesDecided(t *testing.T) {
	destinations := []string{"5.6.16", "6.7.0", "6.8.23", "7.0.0", "7.1.1", "7.2.0", "7.10.2", "7.17.28", "8.17.0"}
	ids := map[string]int{
		"2.4.6": 2040699, "5.5.3": 5050399, "5.6.16": 5061699, "6.7.0": 6070099, "6.8.23": 6082399,
		"7.0.0": 7000099, "7.10.2": 7100299, "7.17.28": 7172899, "8.17.0": 8521000,
	}
	const (
		ok, newer, old  = "", "source_newer", "source_too_old"
		older, twoTypes = "older_major", "multiple_types"
	)
	for source, want := range map[string][]string{
		//         5.6.16 6.7.0     6.8.23    7.0.0  7.1.1  7.2.0  7.10.2 7.17.28 8.17.0
		"2.4.6":   {older, old, old, old, old, old, old, old, old},
		"5.5.3":   {ok, twoTypes, twoTypes, old, old, old, old, old, old},
		"5.6.16":  {ok, twoTypes, twoTypes, old, old, old, old, old, old},
		"6.7.0":   {newer, ok, ok, older, older, older, older, older, old},
		"6.8.23":  {newer, newer, ok, newer, newer, older, older, older, old},
		"7.0.0":   {newer, newer, newer, ok, ok, ok, ok, ok, older},
		"7.10.2":  {newer, newer, newer, newer, newer, newer, ok, ok, older},
		"7.17.28": {newer, newer, newer, newer, newer, newer, newer, ok, older},
		"8.17.0":  {newer, newer, newer, newer, newer, newer, newer, newer, ok},
	} {
		for i, destination := range destinations {
			to, err := ParseVersion(destination)
			if err != nil {
				t.Fatal(err)
			}
			got, f := "", versionVerdict(VersionOfID(ids[source]), to)
			if f != nil {
				got = f.Code
			}
			if got != want[i] {
				t.Errorf("%s on %s: %q, want %q", source, destination, got, want[i])
			}
			blocking := want[i] == newer || want[i] == old
			if f != nil && (f.Severity == Blocking) != blocking {
				t.Errorf("%s on %s is %s", source, destination, f.Severity)
			}
			if blocking && (!strings.Contains(f.Sentence, destination) || f.WayOut == "") {
				t.Errorf("%s on %s says too little: %+v", source, destination, f)
			}
		}
	}
}

func TestAnUnknownVersionIsLeftToElasticsearch(t *testing.T) {
	for _, pair := range [][2]Version{{{}, {6, 7, 0}}, {{6, 7, 0}, {}}, {{}, {}}} {
		if f := versionVerdict(pair[0], pair[1]); f == nil || f.Code != "version_unknown" || f.Severity != Note {
			t.Errorf("%v: %+v", pair, f)
		}
	}
}

func TestTheMinorOfAnEightIsNeverMadeUp(t *testing.T) {
	f := versionVerdict(VersionOfID(8521000), Version{7, 17, 28})
	if f == nil || !strings.Contains(f.Sentence, "8.x") || strings.Contains(f.Sentence, "52") {
		t.Errorf("%+v", f)
	}
	if got := fmt.Sprint(maker(Version{7, 17, 28}), " ", maker(Version{Major: 9})); got != "7.17.28 9.x" {
		t.Error(got)
	}
}
