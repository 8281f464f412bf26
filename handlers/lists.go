package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
)

type block = slack.Block

// perPage is how many entries an answer shows.
const perPage = 15

// clusters tells who each cluster is and how it is, asking all at once.
func (a visit) clusters(ctx context.Context) (*Answer, error) {
	items := make([]prose, len(a.Clusters))
	text := make([]string, len(a.Clusters))
	said := make([]string, len(a.Clusters))
	var seen map[string]Seen
	var asking sync.WaitGroup
	asking.Go(func() {
		within, cancel := context.WithTimeout(ctx, cloudWithin)
		defer cancel()
		seen = a.seen(within)
	})
	for i, c := range a.Clusters {
		asking.Go(func() {
			within, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			said[i] = a.health(within, c)
		})
	}
	asking.Wait()
	for i, c := range a.Clusters {
		instance, warnings := instanceWords(c, seen)
		if instance != "" {
			said[i] += "; " + instance
		}
		if c.ReadOnly {
			said[i] += "; read-only by the configuration"
		}
		items[i] = prose{}.strong(c.Name).say(" · " + said[i])
		for _, w := range warnings {
			items[i] = items[i].strong(" Warning: ").say(clean(w, proseLimit))
			said[i] += " Warning: " + w
		}
		text[i] = c.Name + ": " + said[i]
	}
	return listed("Clusters", items, text), nil
}

// cloudWithin bounds what Alibaba Cloud is asked for a list of clusters, of which
// it may take a while to tell.
const cloudWithin = 30 * time.Second

// health tells how a cluster answers.
func (a *App) health(ctx context.Context, c Cluster) string {
	cluster, err := c.Planner.Reader.Cluster(ctx)
	var refusal *esops.Refusal
	switch {
	case err == nil:
		return fmt.Sprintf("Elasticsearch %s, health %s, %s", cluster.Version, cluster.Health, count(cluster.Nodes, "data node", "data nodes"))
	case errors.As(err, &refusal):
		return refusal.Error()
	}
	a.Log.Warn("cluster not asked", "cluster", c.Name, "err", err)
	return "It can't be asked now; the log says why."
}

// listed is an answer of one line per thing; the top-level text says the same.
func listed(title string, items []prose, text []string) *Answer {
	return &Answer{
		Text:   escape(clean(title+": "+strings.Join(text, "; "), 2800)),
		Blocks: []block{prose{}.strong(title).block(), list(items)},
	}
}

func (a visit) repos(ctx context.Context, c Command) (*Answer, error) {
	cluster, err := a.cluster(c.Cluster)
	if err != nil {
		return nil, err
	}
	shelves, from, err := a.shelves(ctx, cluster)
	if err != nil {
		return nil, err
	}
	if len(shelves) == 0 {
		return say(fmt.Sprintf("%s has no snapshot repository. %s", cluster.Name, from)), nil
	}
	var items []prose
	var text []string
	for _, s := range shelves {
		owner := cluster.Planner.Owner(s.name)
		if owner == s.name {
			owner = ""
		} else {
			owner = a.ownerName(owner)
		}
		said := s.said(owner)
		items = append(items, prose{}.code(clean(s.name, nameLimit)).say(" · "+said))
		text = append(text, s.name+", "+said)
	}
	answer := listed("Repositories of "+cluster.Name, items, text)
	answer.Blocks = append(answer.Blocks, words(from).block())
	answer.Text = clip(answer.Text+" "+escape(from), 3500)
	return answer, nil
}

// ownerName says whether the owner of a repository is configured here.
func (a *App) ownerName(owner string) string {
	if slices.ContainsFunc(a.Clusters, func(c Cluster) bool { return c.Name == owner }) {
		return owner
	}
	return owner + " (not configured here)"
}

// show tells what one snapshot holds.
func (a visit) show(ctx context.Context, c Command) (*Answer, error) {
	cluster, err := a.cluster(c.Cluster)
	if err != nil {
		return nil, err
	}
	contents, findings, err := cluster.Planner.Contents(ctx, c.Repository, c.Snapshot)
	if err != nil {
		return nil, err
	}
	if len(findings) > 0 {
		return blocked("It can't be shown.", findings), nil
	}
	s := contents.Snapshot
	title := fmt.Sprintf("Snapshot %s of %s", s.Name, c.Repository)
	version := "made by Elasticsearch " + contents.Maker
	about := fmt.Sprintf("%s, %s, took %s", a.snapshotLine(s), version, roughly(s.Ended.Sub(s.Started))) + a.automaticWords(cluster, c.Repository, s)
	page, pages := paged(contents.Indices, c.Page)
	var items []prose
	var text []string
	for _, index := range page {
		said := size(index.Bytes)
		if index.Shards >= 0 {
			said += ", " + count(index.Shards, "shard", "shards")
		}
		if index.Failed > 0 {
			said += fmt.Sprintf(", %d of them missing", index.Failed)
		}
		items = append(items, prose{}.code(index.Index).say(" · "+said))
		text = append(text, index.Index+" "+said)
	}
	answer := &Answer{
		Text:   escape(clean(title+": "+about+". "+strings.Join(text, "; "), 2800)),
		Blocks: []block{prose{}.strong(title).br().say(about).block()},
	}
	if len(items) > 0 {
		answer.Blocks = append(answer.Blocks, list(items))
	}
	answer.Blocks = append(answer.Blocks, pager(c, pages)...)
	answer.Blocks = append(answer.Blocks, formButton(cluster, c.Repository, s.Name))
	return answer, nil
}

// status is an operation's card, for one reader.
func (a visit) status(ctx context.Context, c Command) (*Answer, error) {
	op, err := a.find(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	shown, err := a.shown(ctx, op)
	if err != nil {
		return nil, err
	}
	answer := render(shown)
	answer.Blocks = slices.DeleteFunc(answer.Blocks, func(b block) bool { return b.BlockType() == slack.MBTAction })
	if link := a.link(ctx, op.ID); link != "" {
		answer.Blocks = append(answer.Blocks, slack.NewRichTextBlock("", slack.NewRichTextSection(
			slack.NewRichTextSectionLinkElement(link, "Its card and thread", nil))))
	}
	return &answer, nil
}

// link is the address of an operation's card, or "".
func (a *App) link(ctx context.Context, id approvals.ID) string {
	card, err := a.Store.Card(ctx, id)
	if err != nil || card.TS == "" {
		return ""
	}
	link, err := a.API.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: card.Channel, Ts: card.TS})
	if err != nil {
		return ""
	}
	return link
}
