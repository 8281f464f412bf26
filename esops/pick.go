package esops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// snapshot finds the one asked for, with its details; a finding says what is the
// matter with it, or which one a word or a time came to.
// A plain name costs one request; one that is really so named wins over a word
// or a time.
func (p Planner) snapshot(ctx context.Context, req Request) (Snapshot, *Finding, error) {
	moment, isTime := ParseMoment(req.Snapshot, p.Zone)
	byTime := isTime || req.Snapshot == Latest
	if !byTime {
		if s, ok, err := p.detail(ctx, req); ok || err != nil {
			return s, unfinished(s), err
		}
	}
	listed, err := p.Reader.Snapshots(ctx, req.Repository)
	if err != nil {
		return Snapshot{}, nil, fmt.Errorf("listing repository %q of %s: %w", req.Repository, p.Cluster, err)
	}
	named := slices.ContainsFunc(listed, func(s Snapshot) bool { return s.Name == req.Snapshot })
	if named && byTime {
		if s, ok, err := p.detail(ctx, req); ok || err != nil {
			return s, unfinished(s), err
		}
	}
	if named || !byTime {
		return Snapshot{}, missingSnapshot(p.Cluster, req, listed), nil
	}
	found, ok, err := startedBy(ctx, p.Reader, req.Repository, listed, moment)
	if err != nil {
		return Snapshot{}, nil, fmt.Errorf("looking for a snapshot by time in %q: %w", req.Repository, err)
	}
	if !ok {
		return Snapshot{}, &Finding{Code: "no_such_snapshot", Severity: Blocking,
			Sentence: noneByTime(req, len(listed), moment, isTime),
			WayOut:   fmt.Sprintf("List them with: snapshots %s %s", p.Cluster, req.Repository)}, nil
	}
	picked, err := p.picked(ctx, req, found, listed)
	return found, picked, err
}

// picked says which snapshot a word or a time came to, and what lies between it
// and the next one.
func (p Planner) picked(ctx context.Context, req Request, found Snapshot, listed []Snapshot) (*Finding, error) {
	said := fmt.Sprintf("%s is %s, which started at %s.", req.Snapshot, found.Name, found.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	NewestFirst(listed)
	at := slices.IndexFunc(listed, func(s Snapshot) bool { return s.Name == found.Name })
	if at > 0 {
		next := listed[at-1]
		details, err := p.Reader.Snapshots(ctx, req.Repository, next.Name)
		if err != nil {
			return nil, fmt.Errorf("reading the snapshot after %q: %w", found.Name, err)
		}
		if len(details) == 1 && details[0].Started.After(found.Started) {
			said += fmt.Sprintf(" The next one is %s (%s), started at %s: what was written between the two is in that one alone.",
				next.Name, next.State, details[0].Started.UTC().Format("2006-01-02 15:04:05 UTC"))
		}
	}
	return &Finding{Code: "picked", Severity: Note, Sentence: said}, nil
}

// detail reads the snapshot with exactly the name that was asked for.
func (p Planner) detail(ctx context.Context, req Request) (Snapshot, bool, error) {
	details, err := p.Reader.Snapshots(ctx, req.Repository, req.Snapshot)
	if err != nil {
		return Snapshot{}, false, fmt.Errorf("reading snapshot %q: %w", req.Snapshot, err)
	}
	for _, s := range details {
		if s.Name == req.Snapshot {
			return s, true, nil
		}
	}
	return Snapshot{}, false, nil
}

func noneByTime(req Request, listed int, moment time.Time, isTime bool) string {
	switch {
	case listed == 0:
		return emptyRepository(req.Repository)
	case !isTime:
		return fmt.Sprintf("Repository %s has no successful snapshot among its %d.", req.Repository, listed)
	}
	return fmt.Sprintf("No successful snapshot among the %d of %s started at or before %s.",
		listed, req.Repository, moment.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func emptyRepository(name string) string {
	return fmt.Sprintf("Repository %s holds no snapshot at all. A repository that is registered over a wrong path looks just like that, and a snapshot that is still being taken is not listed.", name)
}

func missingSnapshot(cluster string, req Request, listed []Snapshot) *Finding {
	names := make([]string, len(listed))
	for i, s := range listed {
		names[i] = s.Name
	}
	if slices.Contains(names, req.Snapshot) {
		return &Finding{Code: "snapshot_unreadable", Severity: Blocking,
			Sentence: fmt.Sprintf("Repository %s lists snapshot %s, but its description can't be read: it is damaged, or was deleted a moment ago.", req.Repository, req.Snapshot),
			WayOut:   "Choose another one."}
	}
	f := &Finding{Code: "no_such_snapshot", Severity: Blocking,
		Sentence: fmt.Sprintf("Repository %s has no snapshot %s.", req.Repository, req.Snapshot),
		WayOut:   fmt.Sprintf("List them with: snapshots %s %s", cluster, req.Repository)}
	switch near := Nearest(req.Snapshot, names); {
	case len(listed) == 0:
		f.Sentence = emptyRepository(req.Repository)
	case len(near) > 0:
		f.WayOut = "Did you mean " + strings.Join(near, " or ") + "? " + f.WayOut
	}
	return f
}

func unfinished(s Snapshot) *Finding {
	switch s.State {
	case SnapshotSuccess, SnapshotPartial:
		return nil
	case SnapshotInProgress:
		return &Finding{Code: "snapshot_in_progress", Severity: Blocking,
			Sentence: fmt.Sprintf("Snapshot %s is still being taken.", s.Name),
			WayOut:   "Wait until it is done, or choose an earlier one."}
	case SnapshotFailed:
		return &Finding{Code: "snapshot_failed", Severity: Blocking,
			Sentence: fmt.Sprintf("Snapshot %s failed; Elasticsearch restores nothing from it.", s.Name),
			WayOut:   "Choose another one."}
	}
	return &Finding{Code: "snapshot_unusable", Severity: Blocking,
		Sentence: fmt.Sprintf("Snapshot %s is %s, and only a SUCCESS or PARTIAL one can be restored.", s.Name, s.State),
		WayOut:   "Choose another one."}
}
