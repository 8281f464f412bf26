package esops_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"es-restore/esops"
)

// A paused process wrote the journal and was stopped before it sent anything.
type paused struct {
	runner *esops.Runner
	run    esops.Run
	sent   esops.Sent
}

// A muddle is one operation, run by processes that die, pause and take over, on
// a cluster that loses answers.
type muddle struct {
	*driver
	stopping bool
	asleep   []paused
}

func (m *muddle) look(*rapid.T) { _ = m.driver.look(m.stopping) }

func (m *muddle) dieWhileLooking(t *rapid.T) {
	m.dieAt = m.points + rapid.IntRange(1, 4).Draw(t, "point")
	_ = m.driver.look(m.stopping)
}

// takeOver lets another process go on while this one sleeps before it sends.
func (m *muddle) takeOver(t *rapid.T) {
	if m.end != "" || m.run.Next() == "" {
		return
	}
	o, err := m.runner.Look(m.t.Context(), m.run, m.stopping)
	if err != nil || o.Journal == nil {
		return // it died before it recorded anything
	}
	m.run.Sent = o.Journal
	m.asleep = append(m.asleep, paused{m.runner, m.run, *o.Journal})
	m.restart()
}

// wake lets a process that slept send what it had journaled. What it would
// record is refused: it has lost its lease.
func (m *muddle) wake(t *rapid.T) {
	if len(m.asleep) > 0 {
		p := m.asleep[0]
		m.asleep = m.asleep[1:]
		_, _ = p.runner.Send(m.t.Context(), p.run, p.sent)
	}
}

func (m *muddle) timePasses(t *rapid.T) {
	m.pass(time.Duration(rapid.SampledFrom([]int{1, 2, 4, 6, 30, 61}).Draw(t, "seconds")) * time.Second)
}

func (m *muddle) clusterWorks(t *rapid.T) { m.s.progress() }

func (m *muddle) arrive(t *rapid.T) { m.s.arrive() }

func (m *muddle) snapshotRuns(t *rapid.T) { m.s.snapshots = rapid.IntRange(0, 1).Draw(t, "snapshots") }

func (m *muddle) clusterIsAway(t *rapid.T) {
	call := rapid.SampledFrom([]string{"state", "recoveries", "queued", "count", "clear", "delete"}).Draw(t, "call")
	m.s.fails[call] = append(m.s.fails[call], esops.ErrUnavailable)
}

func (m *muddle) answersDiffer(t *rapid.T) {
	m.s.answers = append(m.s.answers, rapid.SampledFrom([]answer{lost, never, queued, late, busy, unsent, plainly, forbid, stranger}).Draw(t, "answer"))
}

func (m *muddle) aShardFails(t *rapid.T) {
	if len(m.s.restoring) > 0 && len(m.s.restoring[0].targets) > 0 {
		m.s.fail(m.s.restoring[0].targets[0], 0, "ALLOCATION_FAILED", corrupt)
	}
}

func (m *muddle) someoneElseMakesAnIndex(t *rapid.T) {
	if name := rapid.SampledFrom(m.run.Plan.Targets()).Draw(t, "name"); m.s.indices[name] == nil {
		m.s.put(name, 1, false)
	}
}

func (m *muddle) stop(t *rapid.T) { m.stopping = true }

// holds is what must be true at any moment.
func (m *muddle) holds(t *rapid.T) {
	if twice := m.s.again(); len(twice) > 0 {
		t.Fatalf("the restore of %v was begun twice", twice)
	}
	for _, uuid := range m.s.deleted {
		if !m.s.made[uuid] {
			t.Fatalf("an index was removed that was not made by us: %s", uuid)
		}
	}
	for _, body := range m.s.asked {
		if diff := cmp.Diff(m.s.asked[0], body); diff != "" {
			t.Fatalf("another request was sent: %s", diff)
		}
	}
	switch {
	case m.end == "stopped" && m.stopped.Begun != (m.begunThen > 0):
		t.Fatalf("stopped, begun %v, and %d were", m.stopped.Begun, m.begunThen)
	case m.end == "succeeded" && len(m.s.begun) != len(m.run.Plan.Items):
		t.Fatalf("succeeded, and begun were %v", m.s.begun)
	case m.end == "failed" && m.failure.Code == "no_answer" && m.begunThen > 0:
		t.Fatal("failed without an answer, and it was begun")
	}
}

func TestHoweverProcessesDieARestoreIsBegunOnceAndOnlyOursIsRemoved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStandin()
		if rapid.Bool().Draw(rt, "overwrites") {
			s.put(logs, 2, true)
		}
		m := &muddle{driver: restoring(t, s, "*", esops.Flags{OverwriteClosed: true})}
		rt.Repeat(map[string]func(*rapid.T){
			"look": m.look, "look again": m.look, "die while looking": m.dieWhileLooking, "take over": m.takeOver, "wake": m.wake,
			"time passes": m.timePasses, "the cluster works": m.clusterWorks, "what is under way arrives": m.arrive,
			"a snapshot runs": m.snapshotRuns, "the cluster is away": m.clusterIsAway, "an answer differs": m.answersDiffer,
			"a shard fails": m.aShardFails, "someone else makes an index": m.someoneElseMakesAnIndex, "stop": m.stop,
			"": m.holds,
		})
		// Left alone, it comes to an end.
		s.snapshots, s.answers = 0, nil
		clear(s.fails)
		m.dieAt = 0
		s.arrive()
		m.until(m.stopping, nil)
		m.holds(rt)
		for name, h := range s.indices {
			if m.end != "failed" && h.marker != "" && !m.stopping {
				rt.Fatalf("%s, and a marker stays on %s", m.end, name)
			}
		}
	})
}
