package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"es-restore/esops"
)

// suggestWithin bounds what a search in the form may take; Slack waits three
// seconds.
const suggestWithin = 2500 * time.Millisecond

// listedFor is how long the form's searches use one answer of a cluster.
const listedFor = time.Minute

// Suggest answers a search in one of the form's selects.
func (a *App) Suggest(ctx context.Context, in slack.InteractionCallback) *slack.OptionsResponse {
	within, cancel := context.WithTimeout(ctx, suggestWithin)
	defer cancel()
	if a.ours(in) != nil {
		return &slack.OptionsResponse{}
	}
	d := readDraft(in.View)
	// Who searches sees names: whoever may not use the bot sees none.
	v, err := a.visit(within, Caller{User: in.User.ID, Channel: d.Channel}, nil)
	if err != nil {
		return &slack.OptionsResponse{}
	}
	cluster, err := v.cluster(d.Destination)
	if err != nil {
		return &slack.OptionsResponse{}
	}
	var options []*slack.OptionBlockObject
	switch in.ActionID {
	case inputRepository:
		options, err = v.suggestRepositories(within, cluster, in.Value)
	case inputSnapshot:
		options, err = v.suggestSnapshots(within, cluster, d.Repository, in.Value)
	case inputIndices:
		options, err = v.suggestIndices(within, cluster, d, in.Value)
	}
	if err != nil {
		a.Log.Warn("search not answered", "cluster", cluster.Name, "err", err)
		options = a.whyNone(err)
	}
	return &slack.OptionsResponse{Options: options[:min(len(options), optionsMost)]}
}

// notThere is the value of what is offered where nothing can be: no name has it, and
// choosing it chooses nothing.
const notThere = "?"

// whyNone says in the place of a list why there is none. There is room for the
// beginning only; once something is chosen, the form says all of it.
func (a *App) whyNone(err error) []*slack.OptionBlockObject {
	o, _ := option(notThere, strings.TrimPrefix(a.trouble(err).words(), "Not done. "))
	return []*slack.OptionBlockObject{o}
}

func (a visit) suggestRepositories(ctx context.Context, cluster Cluster, typed string) ([]*slack.OptionBlockObject, error) {
	repositories, err := cluster.Planner.Reader.Repositories(ctx)
	if err != nil {
		return nil, err
	}
	var options []*slack.OptionBlockObject
	for _, r := range repositories {
		text := r.Name
		if owner := cluster.Planner.Owner(r.Name); owner != r.Name {
			text = fmt.Sprintf("%s (%s)", r.Name, owner)
		}
		if o, fits := option(r.Name, text); fits && holds(r.Name, typed) {
			options = append(options, o)
		}
	}
	return options, nil
}

func (a visit) suggestSnapshots(ctx context.Context, cluster Cluster, repository, typed string) ([]*slack.OptionBlockObject, error) {
	if repository == "" {
		return nil, nil
	}
	listed, err := a.listings.list(ctx, cluster, repository, a.Now)
	if err != nil {
		return nil, err
	}
	var options []*slack.OptionBlockObject
	if o, fits := option(esops.Latest, "latest: the newest successful one"); fits && holds(esops.Latest, typed) {
		options = append(options, o)
	}
	if _, isTime := esops.ParseMoment(strings.TrimSpace(typed), a.Zone); isTime {
		if o, fits := option(strings.TrimSpace(typed), "the newest that started by "+typed); fits {
			options = append(options, o)
		}
	}
	for _, s := range listed {
		text := fmt.Sprintf("%s, %s, %s", s.Name, s.State, count(len(s.Indices), "index", "indices"))
		if o, fits := option(s.Name, text); fits && holds(s.Name, typed) {
			options = append(options, o)
		}
	}
	return options, nil
}

func (a visit) suggestIndices(ctx context.Context, cluster Cluster, d draft, typed string) ([]*slack.OptionBlockObject, error) {
	if d.Repository == "" || d.Snapshot == "" {
		return nil, nil
	}
	listed, err := a.listings.list(ctx, cluster, d.Repository, a.Now)
	if err != nil {
		return nil, err
	}
	indices := indicesOf(listed, d.Snapshot)
	typed = strings.TrimSpace(typed)
	var options []*slack.OptionBlockObject
	add := func(value, text string) {
		if o, fits := option(value, text); fits {
			options = append(options, o)
		}
	}
	if typed == "" {
		add("*", fmt.Sprintf("* (all but system indices, of %d)", len(indices)))
	} else if strings.ContainsRune(typed, '*') {
		n := 0
		for _, name := range indices {
			if esops.Match(typed, name) {
				n++
			}
		}
		add(typed, fmt.Sprintf("%s (matches %d now)", typed, n))
	}
	for _, name := range indices {
		if holds(name, typed) {
			add(name, "")
		}
	}
	return options, nil
}

// indicesOf are the indices of a listed snapshot; for one that is picked by time
// or as the latest, those of the newest.
func indicesOf(listed []esops.Snapshot, name string) []string {
	for _, s := range listed {
		if s.Name == name {
			return slices.Sorted(slices.Values(s.Indices))
		}
	}
	for _, s := range listed {
		if s.State == esops.SnapshotSuccess {
			return slices.Sorted(slices.Values(s.Indices))
		}
	}
	return nil
}

// holds reports whether a name holds what was typed, in any case.
func holds(name, typed string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(strings.TrimSpace(typed)))
}

// listings keep cheap listings for the searches of a form: each key stroke is a
// question, and nothing is decided by their answers.
type listings struct {
	mu   sync.Mutex
	kept map[string]listing
}

type listing struct {
	snapshots []esops.Snapshot
	at        time.Time
}

func (l *listings) list(ctx context.Context, cluster Cluster, repository string, now func() time.Time) ([]esops.Snapshot, error) {
	key := cluster.Name + "/" + repository
	l.mu.Lock()
	kept, ok := l.kept[key]
	l.mu.Unlock()
	if ok && now().Sub(kept.at) < listedFor {
		return kept.snapshots, nil
	}
	listed, err := cluster.Planner.Reader.Snapshots(ctx, repository)
	if err != nil {
		return nil, err
	}
	esops.NewestFirst(listed)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil || len(l.kept) > 100 {
		l.kept = map[string]listing{}
	}
	l.kept[key] = listing{listed, now()}
	return listed, nil
}
