package esops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// lostGrace is how long a primary without a place may be missing when no
// restore runs for it and its node may yet come back.
const lostGrace = 60 * time.Second

// wait looks whether every expected primary is there. It counts primaries:
// neither a colour, nor HTTP 200, nor a recovery list without unfinished
// entries means that a restore succeeded, since failed shards are in none.
func (r *Runner) wait(ctx context.Context, run Run) (Outcome, error) {
	view, err := r.look(ctx, run)
	if err != nil {
		return Outcome{}, err
	}
	if view.gone != nil {
		if _, err := r.clear(ctx, run); err != nil {
			return Outcome{}, err
		}
		return Outcome{Failure: view.gone}, nil
	}
	reading := r.reading(view)
	if view.pending > 0 {
		waiting, err := r.holdUp(ctx, view)
		return Outcome{Reading: reading, Waiting: waiting}, err
	}
	if len(view.failed) > 0 {
		failure, err := r.explain(ctx, view)
		if err != nil {
			return Outcome{}, err
		}
		if _, err := r.clear(ctx, run); err != nil {
			return Outcome{}, err
		}
		return Outcome{Failure: failure, Reading: reading}, nil
	}
	return Outcome{Result: view.result(run), Reading: reading}, nil
}

// A view is one look at a running restore.
type view struct {
	at         time.Time // what is seen may be as old as this
	state      State
	recoveries []Recovery
	begun      []TargetResult // what the restore step established
	gone       *Refusal       // a target was removed, remade or closed by someone else
	done       int            // primaries with data
	pending    int            // primaries that are still coming
	failed     []Shard
	running    map[string]bool // targets that Elasticsearch is at restoring
}

// look takes one view. Restores and shards are from one cluster state, so a
// shard without a place that no running restore lists is a failed one.
func (r *Runner) look(ctx context.Context, run Run) (view, error) {
	begun, _ := run.result(StepRestore)
	v := view{at: r.Now(), begun: begun.Targets, running: map[string]bool{}}
	var err error
	if v.state, err = r.state(ctx, run); err != nil {
		return v, fmt.Errorf("looking at the restore: %w", err)
	}
	var present []string
	uuids := map[string]string{}
	for _, t := range begun.Targets {
		if gone := goneBy(t, v.state.Targets, run.Plan.Cluster); gone != nil {
			v.gone = cmp.Or(v.gone, gone)
			continue
		}
		present = append(present, t.Name)
		uuids[t.UUID] = t.Name
	}
	live := map[string]bool{} // "index/shard" that Elasticsearch is still at
	for _, restoring := range v.state.Restores {
		for _, s := range restoring.Shards {
			name, ours := uuids[s.UUID]
			if ours && s.State != "SUCCESS" && s.State != "FAILURE" {
				live[key(name, s.Shard)] = true
				v.running[name] = true
			}
		}
	}
	if v.recoveries, err = r.Watcher.Recoveries(ctx, present); err != nil {
		return v, fmt.Errorf("looking at the recoveries: %w", err)
	}
	r.judge(&v, present, live)
	return v, nil
}

// goneBy tells what others did to a target that was begun, or nil.
func goneBy(t TargetResult, now map[string]Target, cluster string) *Refusal {
	is, there := now[t.Name]
	switch {
	case !there || is.UUID != t.UUID:
		return Refuse("target_gone", "Ask again if it is still needed.",
			"%s was removed or replaced on %s by someone else while it was being restored.", t.Name, cluster)
	case is.State == TargetClosed: // and its shards can't be seen on older versions
		return Refuse("target_closed", "Open it to see what it holds, or ask again.",
			"%s was closed on %s by someone else before it was seen to be whole.", t.Name, cluster)
	}
	return nil
}

func key(index string, shard int) string { return fmt.Sprintf("%s/%d", index, shard) }

// judge sorts the expected primaries into done, pending and failed.
func (r *Runner) judge(v *view, present []string, live map[string]bool) {
	expected := 0
	for _, name := range present {
		expected += v.state.Targets[name].Shards
	}
	for _, s := range v.state.Shards {
		at := key(s.Index, s.Number)
		if s.State != "UNASSIGNED" || live[at] {
			delete(r.lost, at)
		}
		switch {
		case s.State == "STARTED" || s.State == "RELOCATING":
			v.done++
		case s.State == "INITIALIZING" || live[at]:
			v.pending++
		case !r.beyondHope(at, s.Reason):
			v.pending++
		default:
			v.failed = append(v.failed, s)
		}
	}
	if unseen := expected - len(v.state.Shards); unseen > 0 {
		v.pending += unseen // not yet routed
	}
}

// beyondHope reports whether a primary without a place and without a running
// restore will stay so. One whose node went may come back with it, for a while.
func (r *Runner) beyondHope(at, reason string) bool {
	if reason != "NODE_LEFT" && reason != "CLUSTER_RECOVERED" {
		return true
	}
	if r.lost == nil {
		r.lost = map[string]time.Time{}
	}
	since, seen := r.lost[at]
	if !seen {
		r.lost[at] = r.Now()
		return false
	}
	return r.Now().Sub(since) > lostGrace
}

// waiting says what holds the restore up when nothing of it is initializing.
func (v view) waiting() string {
	waiting := 0
	for _, s := range v.state.Shards {
		if s.State == "INITIALIZING" {
			return ""
		}
		if s.State == "UNASSIGNED" {
			waiting++
		}
	}
	if waiting == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s for a place on a node.", waiting, plural(waiting, "shard waits", "shards wait"))
}

// Times of a restore that does not move.
const (
	// stalledAfter is how long nothing may come until people are told. It is
	// judged on the sum: from 7.10 on a shard can stand for seconds while
	// another moves.
	stalledAfter = 3 * time.Minute
	// explainEvery is how often Elasticsearch is asked why shards wait.
	explainEvery = 30 * time.Second
)

// holdUp says what holds a restore up, or "" when it moves.
func (r *Runner) holdUp(ctx context.Context, v view) (string, error) {
	said := v.waiting()
	if said == "" {
		if still := r.Now().Sub(r.moved); still > stalledAfter {
			return fmt.Sprintf("Nothing has come for %d minutes. See whether the repository and the nodes answer; it can be stopped.", int(still.Minutes())), nil
		}
		return "", nil
	}
	if r.Now().Sub(r.asked) >= explainEvery {
		r.asked = r.Now()
		for _, s := range v.state.Shards {
			if s.State == "UNASSIGNED" {
				detail, err := r.Watcher.Explain(ctx, s.Index, s.Number)
				if err != nil {
					return "", fmt.Errorf("asking why shard %d of %s waits: %w", s.Number, s.Index, err)
				}
				r.why = whyWaiting(detail)
				break
			}
		}
	}
	return strings.TrimSpace(said + " " + r.why), nil
}

// whyWaiting translates why a shard has no place yet; that others go first is
// no news.
func whyWaiting(detail string) string {
	switch {
	case detail == "", strings.Contains(detail, "throttl"), strings.Contains(detail, "too many"):
		return ""
	case strings.Contains(detail, "watermark") && strings.HasPrefix(detail, "on "):
		return "Disk watermark " + first(detail)
	case strings.Contains(detail, "watermark"):
		return "Disk watermark: " + first(detail)
	}
	return "Elasticsearch says: " + first(detail)
}

// reading measures progress. Elasticsearch lists four shards a node at a time,
// so the listed total is a floor; the plan's is better where it is known.
func (r *Runner) reading(v view) *Progress {
	p := Progress{At: r.Now().UTC(), Step: StepWait, Shards: v.done + v.pending + len(v.failed), Done: v.done, Waiting: v.waiting()}
	for _, rec := range v.recoveries {
		if rec.Type == "SNAPSHOT" {
			p.Bytes += rec.Recovered
			p.Total += rec.Total
		}
	}
	p.Total = max(p.Total, r.Total)
	p.Rate = r.rate(p)
	p.Slowest = slowest(v.recoveries)
	if r.moved.IsZero() || p.Bytes != r.last.Bytes || p.Done != r.last.Done {
		r.moved = r.Now()
	}
	r.last = p
	return &p
}

// slowest names the shard that is least far, when there are several to compare.
func slowest(recoveries []Recovery) string {
	least, name, running := 2.0, "", 0
	for _, rec := range recoveries {
		if rec.Type != "SNAPSHOT" || rec.Stage == "DONE" || rec.Total == 0 {
			continue
		}
		running++
		if far := float64(rec.Recovered) / float64(rec.Total); far < least {
			least, name = far, fmt.Sprintf("shard %d of %s, %d %%", rec.Shard, rec.Target, int(far*100))
		}
	}
	if running < 2 {
		return ""
	}
	return name
}

// rate smooths the speed over readings; shards move file by file.
func (r *Runner) rate(p Progress) float64 {
	elapsed := p.At.Sub(r.last.At).Seconds()
	if r.last.At.IsZero() || elapsed <= 0 {
		return r.last.Rate
	}
	now := max(0, float64(p.Bytes-r.last.Bytes)/elapsed)
	if r.last.Rate == 0 {
		return now
	}
	return 0.7*r.last.Rate + 0.3*now
}

// result tells for each target how many shards Elasticsearch says it filled
// from this very snapshot. It forgets that when a shard moves or a node
// restarts, so it is written down now.
func (v view) result(run Run) *Result {
	source := map[string]string{}
	for _, item := range run.Plan.Items {
		source[item.Target] = item.Index
	}
	result := &Result{Step: StepWait}
	for _, t := range v.begun {
		t.Shards = v.state.Targets[t.Name].Shards
		for _, rec := range v.recoveries {
			switch {
			case rec.Target != t.Name:
			case rec.Type == "EMPTY_STORE":
				t.Empty = append(t.Empty, rec.Shard)
			case rec.Type == "SNAPSHOT" && rec.Repository == run.Plan.Repository && rec.Snapshot == run.Plan.Snapshot && rec.Index == source[t.Name]:
				t.Proved++
				t.Bytes += rec.Total
			}
		}
		slices.Sort(t.Empty)
		result.Targets = append(result.Targets, t)
	}
	return result
}
