package main

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const good = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":2.5}
{"Action":"pass","Package":"p","Test":"TestA/sub","Elapsed":2.4}
{"Action":"pass","Package":"p","Elapsed":3}
`

func told(t *testing.T, run string, allowed ...string) (string, bool) {
	t.Helper()
	r := newReport()
	r.allowed = allowed
	if err := r.read(bufio.NewReader(strings.NewReader(run)), io.Discard); err != nil {
		t.Fatal(err)
	}
	return r.String(), r.good()
}

func TestARunThatPassedIsGood(t *testing.T) {
	said, fine := told(t, good)
	if want := "   2.5 s  p TestA\ntests: 2 passed, 0 failed, 0 skipped\n"; said != want || !fine {
		t.Errorf("%v %s", fine, cmp.Diff(want, said))
	}
}

func TestAFailureIsToldWithTheEndOfItsOutput(t *testing.T) {
	said, fine := told(t, good+`{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: not so\n"}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0.1}
{"Action":"fail","Package":"p","Elapsed":3}
`)
	if fine || !strings.HasPrefix(said, "FAILED p TestB\n    b_test.go:7: not so\n") || !strings.HasSuffix(said, "tests: 2 passed, 1 failed, 0 skipped\n") {
		t.Errorf("%v\n%s", fine, said)
	}
}

func TestAPackageThatCanNotBeBuiltIsAFailure(t *testing.T) {
	said, fine := told(t, good+`{"Action":"build-output","ImportPath":"q","Output":"q.go:1:1: undefined: x\n"}
{"Action":"build-fail","ImportPath":"q"}
{"Action":"fail","Package":"q","Elapsed":0}
`)
	if fine || strings.Count(said, "FAILED q\n") != 1 || !strings.Contains(said, "undefined: x") {
		t.Errorf("%v\n%s", fine, said)
	}
}

func TestAPackageThatEndsBadlyIsAFailure(t *testing.T) {
	said, fine := told(t, good+`{"Action":"output","Package":"q","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"q","Elapsed":600}
`)
	if fine || !strings.Contains(said, "panic: test timed out") {
		t.Errorf("%v\n%s", fine, said)
	}
}

func TestATestThatIsLeftOutIsAHole(t *testing.T) {
	run := good + `{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:31: left out: no redis\n"}
{"Action":"skip","Package":"p","Test":"TestC","Elapsed":0}
`
	said, fine := told(t, run)
	if fine || !strings.HasPrefix(said, "LEFT OUT p TestC: left out: no redis\n") {
		t.Errorf("%v\n%s", fine, said)
	}
	said, fine = told(t, run, "left out: no redis")
	if !fine || !strings.HasPrefix(said, "skipped 1, rightly: left out: no redis\n") {
		t.Errorf("%v\n%s", fine, said)
	}
}

func TestARunWithoutTestsIsNotGood(t *testing.T) {
	if said, fine := told(t, "go: no packages\n"); fine {
		t.Error(said)
	}
}

func TestReasonsAreReadWithoutTheirComments(t *testing.T) {
	got := reasons("# all\n\nno root page # of 8.17\n")
	if diff := cmp.Diff([]string{"no root page"}, got); diff != "" {
		t.Error(diff)
	}
}
