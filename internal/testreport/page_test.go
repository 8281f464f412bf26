package main

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// paired is a run of a test with two cases that run at the same time, of a property,
// and of a test that is left out.
const paired = `{"Time":"2026-01-02T03:04:00Z","Action":"run","Package":"p","Test":"TestPairs"}
{"Time":"2026-01-02T03:04:00Z","Action":"run","Package":"p","Test":"TestPairs/6_to_7"}
{"Time":"2026-01-02T03:04:01Z","Action":"run","Package":"p","Test":"TestPairs/6_to_7/swaps"}
{"Time":"2026-01-02T03:04:05Z","Action":"pass","Package":"p","Test":"TestPairs/6_to_7/swaps","Elapsed":4}
{"Time":"2026-01-02T03:04:06Z","Action":"pass","Package":"p","Test":"TestPairs/6_to_7","Elapsed":0}
{"Time":"2026-01-02T03:04:06Z","Action":"run","Package":"p","Test":"TestPairs/7|8"}
{"Time":"2026-01-02T03:04:08Z","Action":"fail","Package":"p","Test":"TestPairs/7|8","Elapsed":0}
{"Time":"2026-01-02T03:04:08Z","Action":"fail","Package":"p","Test":"TestPairs","Elapsed":0}
{"Time":"2026-01-02T03:04:08Z","Action":"fail","Package":"p","Elapsed":9}
{"Time":"2026-01-02T03:04:10Z","Action":"run","Package":"q","Test":"TestOracle"}
{"Time":"2026-01-02T03:04:10Z","Action":"output","Package":"q","Test":"TestOracle","Output":"    q_test.go:7: [rapid] OK, passed 100000 tests (1.5s)\n"}
{"Time":"2026-01-02T03:04:12Z","Action":"pass","Package":"q","Test":"TestOracle","Elapsed":2}
{"Time":"2026-01-02T03:04:12Z","Action":"run","Package":"q","Test":"TestNode"}
{"Time":"2026-01-02T03:04:12Z","Action":"output","Package":"q","Test":"TestNode","Output":"    q_test.go:9: left out: no node\n"}
{"Time":"2026-01-02T03:04:12Z","Action":"skip","Package":"q","Test":"TestNode","Elapsed":0}
`

func TestAPageTellsOfEachTestAndItsCases(t *testing.T) {
	r := newReport()
	if err := r.read(bufio.NewReader(strings.NewReader(paired)), io.Discard); err != nil {
		t.Fatal(err)
	}
	got := r.page("abc1234", time.Date(2026, 1, 2, 3, 5, 0, 0, time.UTC))
	_, got, _ = strings.Cut(got, "| date")
	want := ` | 2026-01-02 03:05 UTC |
| commit | abc1234 |
| result | **not all is well**: 3 passed, 2 failed, 1 left out, those within others counted |

## p

| test | case | result | took | |
|---|---|---|---|---|
| Pairs |  | **failed** | 8 s |  |
|  | 6 to 7 | passed | 6 s | 1 check |
|  | 7\|8 | **failed** | 2 s |  |

## q

| test | case | result | took | |
|---|---|---|---|---|
| Oracle |  | passed | 2 s | 100000 random cases |
| Node |  | left out | 0 s | left out: no node |
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPageIsWrittenWhateverCameOfTheRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := run(strings.NewReader(paired), io.Discard, "", "", page{path: path, commit: "abc1234"}); err == nil {
		t.Error("a failed run is good")
	}
	written, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(written), "| commit | abc1234 |") {
		t.Errorf("%v\n%s", err, written)
	}
	if err := run(strings.NewReader(good), io.Discard, "", "", page{path: path}); err != nil {
		t.Error(err)
	}
	if written, err = os.ReadFile(path); err != nil || !strings.Contains(string(written), "| result | all is well: 2 passed") {
		t.Errorf("%v\n%s", err, written)
	}
}

func TestANameIsToldAsWords(t *testing.T) {
	for name, want := range map[string]string{
		"TestKilledAnywhereItRestoresOnce":                "Killed anywhere it restores once",
		"TestARealRedisThatIsKilledLosesNothing":          "A real redis that is killed loses nothing",
		"TestKilledAtEveryStepOfAPlan":                    "Killed at every step of a plan",
		"TestAConfigurationIsTakenUpOnSIGHUPAndABadIsNot": "A configuration is taken up on SIGHUP and a bad is not",
		"TestTheEnd2": "The end2",
	} {
		if got := sentence(name); got != want {
			t.Errorf("%s is told as %q", name, got)
		}
	}
}
