package esops_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

// begun is a driver whose restore was just begun.
func begun(t *testing.T, indices string, flags esops.Flags) (*standin, *driver) {
	t.Helper()
	s := newStandin()
	d := restoring(t, s, indices, flags)
	d.must()
	if !d.step(esops.StepRestore)() {
		t.Fatal(d.end, d.failure)
	}
	return s, d
}

// Reasons as Elasticsearch words them.
const (
	corrupt = "failed shard on node [x]: failed recovery, failure RecoveryFailedException; nested: CorruptIndexException[verification failed (hardware problem?) : expected=1mrd1s3]; "
	missing = "failed shard on node [x]: failed recovery; nested: NoSuchFileException[/repository/indices/0/__0]; "
)

func TestFailedShardsAreExplainedAndTheRestIsCalledWhole(t *testing.T) {
	for _, c := range []struct {
		name, reason, detail string
		says                 string
	}{
		{"a damaged file", "ALLOCATION_FAILED", corrupt, "a file in the repository is damaged"},
		{"a missing file", "ALLOCATION_FAILED", missing, "the source cluster deleted the snapshot meanwhile"},
		{"a missing object", "ALLOCATION_FAILED", "OSSException: NoSuchKey", "a file is gone from the repository"},
		{"a full disk", "ALLOCATION_FAILED", "IOException[No space left on device]", "no room for it on its disk"},
		{"a repository that is gone", "ALLOCATION_FAILED", "RepositoryMissingException[[r] missing]", "no longer registered"},
		{"a setting the cluster does not know", "ALLOCATION_FAILED", "failed to create index, failure IllegalArgumentException[unknown setting [index.bogus]]", "can't hold an index with these settings"},
		{"after a reroute", "MANUAL_ALLOCATION", corrupt, "damaged"},
		{"no node, and why", "NEW_INDEX_RESTORED", "", "no room for it on its disk"}, // told by explain: a watermark
		{"no node may take it", "NEW_INDEX_RESTORED", "node does not match index setting [index.routing.allocation.require] filters", "no node of the cluster may take it: node does not match"},
		{"over an old index", "EXISTING_INDEX_RESTORED", "node is not eligible", "no node of the cluster may take it: node is not eligible"},
		{"closed and opened by hand", "INDEX_REOPENED", "-", "closed and opened"},
		{"at the end of a chain", "ALLOCATION_FAILED", "failed recovery, failure RecoveryFailedException[x]; nested: IndexShardRecoveryException[y]; nested: ShardLockObtainFailedException[no lock]; ",
			"Elasticsearch says: ShardLockObtainFailedException[no lock] "},
		{"at the end of a trace", "ALLOCATION_FAILED", "failed recovery\n\tat x\nCaused by: y\n\tat z\nCaused by: org.elasticsearch.env.ShardLock: no lock\n\tat org.elasticsearch.Trouble",
			"Elasticsearch says: org.elasticsearch.env.ShardLock: no lock "},
		{"something else", "ALLOCATION_FAILED", "a new kind of trouble\nat org.elasticsearch.Trouble", "Elasticsearch says: a new kind of trouble"},
	} {
		s, d := begun(t, fileIndex+","+logs, esops.Flags{})
		s.explain = "the node is above the low watermark cluster setting"
		s.fail(logs, 1, c.reason, c.detail)
		s.finish()
		d.must()
		if d.end != "failed" || d.failure.Code != "shards_failed" {
			t.Errorf("%s: %s %v", c.name, d.end, d.failure)
			continue
		}
		for _, part := range []string{"1 of 3 primary shards could not be restored (" + logs + ")", c.says, "The other 1 index is whole."} {
			if !strings.Contains(d.failure.Sentence, part) {
				t.Errorf("%s: %q is not in %q", c.name, part, d.failure.Sentence)
			}
		}
		if strings.Contains(d.failure.Sentence, "Trouble") || !strings.Contains(d.failure.WayOut, "delete or close") {
			t.Errorf("%s: %+v", c.name, d.failure)
		}
		if s.indices[logs].marker+s.indices[fileIndex].marker != "" {
			t.Errorf("%s: a marker stays", c.name)
		}
	}
}

func TestEveryReasonIsToldOnceAndAllIndicesAreNamed(t *testing.T) {
	s, d := begun(t, "*", esops.Flags{})
	s.fail(logs, 0, "ALLOCATION_FAILED", corrupt)
	s.fail(logs, 1, "ALLOCATION_FAILED", corrupt)
	s.fail(fileIndex, 0, "ALLOCATION_FAILED", missing)
	s.fail(ecommerce, 0, "ALLOCATION_FAILED", corrupt)
	d.must()
	sentence := d.failure.Sentence
	if !strings.HasPrefix(sentence, "4 of 4 primary shards could not be restored ("+fileIndex+", "+ecommerce+", "+logs+"): ") ||
		strings.Count(sentence, "damaged") != 1 || strings.Count(sentence, "gone from the repository") != 1 || strings.Contains(sentence, "whole.") {
		t.Error(sentence)
	}
}

func TestAFailureIsOnlyToldOnceNothingIsPending(t *testing.T) {
	s, d := begun(t, fileIndex+","+logs, esops.Flags{})
	s.fail(logs, 0, "ALLOCATION_FAILED", corrupt)
	d.must()
	if d.end != "" {
		t.Error("it ended while other shards were coming")
	}
	s.finish()
	d.must()
	if d.end != "failed" {
		t.Error(d.end)
	}
}

func TestAWhyThatCannotBeAskedIsAskedAgain(t *testing.T) {
	s, d := begun(t, fileIndex, esops.Flags{})
	s.fail(fileIndex, 0, "NEW_INDEX_RESTORED", "")
	s.fails["explain"] = []error{esops.ErrUnavailable}
	if err := d.look(false); !errors.Is(err, esops.ErrUnavailable) || d.end != "" {
		t.Errorf("%v %s", err, d.end)
	}
	d.must()
	if d.end != "failed" {
		t.Error(d.end)
	}
}

// loseNode takes the node of a shard away, and with it the shard.
func (s *standin) loseNode(target string, shard int, reason string) {
	s.finish()
	*s.indices[target].routing[shard] = esops.Shard{Index: target, Number: shard, State: "UNASSIGNED", Reason: reason}
}

func TestANodeThatWentMayComeBackForAMinute(t *testing.T) {
	for _, reason := range []string{"NODE_LEFT", "CLUSTER_RECOVERED"} {
		s, d := begun(t, fileIndex, esops.Flags{})
		s.loseNode(fileIndex, 0, reason)
		d.must()
		d.pass(time.Minute)
		d.must()
		if d.end != "" {
			t.Fatalf("%s: it ended within the minute: %v", reason, d.failure)
		}
		s.indices[fileIndex].routing[0].State = "STARTED" // back
		d.must()
		if !d.step(esops.StepWait)() {
			t.Errorf("%s: the node came back, and %q", reason, d.waiting)
		}
	}
}

func TestANodeThatStaysAwayIsAFailureAfterAMinute(t *testing.T) {
	for _, reason := range []string{"NODE_LEFT", "CLUSTER_RECOVERED"} {
		s, d := begun(t, fileIndex, esops.Flags{})
		s.explain = "cannot allocate because all found copies of the shard are either stale or corrupt"
		s.loseNode(fileIndex, 0, reason)
		d.must()
		d.pass(time.Minute + time.Second)
		d.must()
		if d.end != "failed" || !strings.Contains(d.failure.Sentence, "a node went away or was restarted before the shard was whole") {
			t.Errorf("%s: %s %v", reason, d.end, d.failure)
		}
	}
}

func TestANodeThatGoesTwiceHasAMinuteEachTime(t *testing.T) {
	s, d := begun(t, fileIndex, esops.Flags{})
	shard := s.indices[fileIndex].routing[0]
	for range 2 {
		shard.State, shard.Reason = "UNASSIGNED", "NODE_LEFT"
		for _, w := range s.restoring {
			w.failed[fileIndex+"/0"] = true
		}
		s.end()
		d.must()
		d.pass(50 * time.Second)
		shard.State = "INITIALIZING"
		d.must()
		d.pass(50 * time.Second)
	}
	if d.end != "" {
		t.Errorf("%s %v", d.end, d.failure)
	}
}

func TestARestoreThatElasticsearchIsStillAtIsNotFailed(t *testing.T) {
	_, d := begun(t, logs, esops.Flags{}) // UNASSIGNED and listed, four a node
	for range 100 {
		d.pass(time.Minute)
		d.must()
	}
	if d.end != "" || d.waiting != "2 shards wait for a place on a node." {
		t.Errorf("%s %v, waiting %q", d.end, d.failure, d.waiting)
	}
}

func TestShardsThatAreNotRoutedYetAreWaitedFor(t *testing.T) {
	s, d := begun(t, logs, esops.Flags{})
	s.finish()
	routing := s.indices[logs].routing
	d.s = s
	hidden := &unrouted{standin: s, hide: 1}
	d.runner.Watcher = hidden
	d.must()
	if d.step(esops.StepWait)() || d.reading.Shards != 2 || d.reading.Done != 1 {
		t.Errorf("%d of %d, %+v", d.reading.Done, len(routing), d.reading)
	}
	hidden.hide = 0
	d.must()
	if !d.step(esops.StepWait)() {
		t.Error(d.waiting)
	}
}

func TestWhatOthersDoToATargetEndsIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*standin)
		code   string
	}{
		{"removed", func(s *standin) { s.remove(logs) }, "target_gone"},
		{"replaced", func(s *standin) { s.remove(logs); s.put(logs, 2, false) }, "target_gone"},
		{"closed", func(s *standin) { s.finish(); s.indices[logs].closed = true }, "target_closed"},
	} {
		s, d := begun(t, fileIndex+","+logs, esops.Flags{})
		c.change(s)
		d.must()
		if d.end != "failed" || d.failure.Code != c.code || !strings.Contains(d.failure.Sentence, "by someone else") || d.failure.WayOut == "" {
			t.Errorf("%s: %s %v", c.name, d.end, d.failure)
		}
		if s.indices[fileIndex].marker != "" {
			t.Errorf("%s: the other's marker stays", c.name)
		}
		if len(s.deleted) > 0 {
			t.Errorf("%s: something was deleted", c.name)
		}
	}
}

func TestProgressIsMeasuredInBytesAndShards(t *testing.T) {
	s, d := begun(t, logs, esops.Flags{})
	d.must()
	first := *d.reading
	if first.Shards != 2 || first.Done != 0 || first.Bytes != 0 || first.Total != 5000 || first.Rate != 0 || first.Left() != 0 {
		t.Errorf("%+v", first)
	}
	s.progress()
	d.pass(10 * time.Second)
	d.must()
	if diff := cmp.Diff(&esops.Progress{At: s.now, Step: esops.StepWait, Bytes: 400, Total: 5000, Shards: 2, Rate: 40}, d.reading); diff != "" {
		t.Error(diff)
	}
	if left := d.reading.Left(); left != 115*time.Second {
		t.Errorf("%v left", left)
	}
	s.progress()
	s.progress()
	d.pass(10 * time.Second)
	d.must()
	if diff := cmp.Diff(&esops.Progress{At: s.now, Step: esops.StepWait, Bytes: 1400, Total: 5000, Shards: 2, Done: 1, Rate: 0.7*40 + 0.3*100}, d.reading); diff != "" {
		t.Error(diff)
	}
	rate := d.reading.Rate
	d.must() // no time passed
	if d.reading.Rate != rate {
		t.Errorf("rate %v", d.reading.Rate)
	}
}

func TestTheTotalIsWhatIsListedWhenThePlanKnowsLess(t *testing.T) {
	s, d := begun(t, logs, esops.Flags{})
	d.runner.Total = 0
	s.progress()
	d.must()
	if d.reading.Total != 1000 {
		t.Errorf("%+v", d.reading)
	}
}

func TestWhatCameFromElsewhereIsNotProved(t *testing.T) {
	for name, change := range map[string]func(*held){
		"a peer":          func(h *held) { h.kind[1] = "PEER" },
		"its own disk":    func(h *held) { h.kind[1] = "EXISTING_STORE" },
		"another's index": func(h *held) { h.from = ecommerce },
	} {
		s, d := begun(t, logs, esops.Flags{})
		s.finish()
		change(s.indices[logs])
		d.must()
		result, ok := d.result(esops.StepWait)
		if !ok || result.Targets[0].Proved >= 2 {
			t.Errorf("%s: %+v", name, result)
		}
	}
}

func TestEmptyShardsAreTold(t *testing.T) {
	s, d := begun(t, logs, esops.Flags{})
	s.finish()
	s.indices[logs].kind = []string{"EMPTY_STORE", "SNAPSHOT"}
	d.until(false, nil)
	result, _ := d.result(esops.StepVerify)
	if diff := cmp.Diff([]int{0}, result.Targets[0].Empty); diff != "" || result.Targets[0].Proved != 1 || !result.Verified {
		t.Errorf("%s %+v", diff, result)
	}
}
