package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"es-restore/esops"
)

// snapshots lists one page of a repository, newest first. It costs two
// requests however many there are: the names of all, and the details of a page.
func (a visit) snapshots(ctx context.Context, c Command) (*Answer, error) {
	cluster, err := a.cluster(c.Cluster)
	if err != nil {
		return nil, err
	}
	if c.Repository == "" {
		if c.Repository, err = onlyRepository(ctx, cluster); err != nil {
			return nil, err
		}
	}
	listed, err := cluster.Planner.Reader.Snapshots(ctx, c.Repository)
	if err != nil {
		return nil, fmt.Errorf("listing the snapshots of %q: %w", c.Repository, err)
	}
	if c.Match != "" {
		listed = slices.DeleteFunc(listed, func(s esops.Snapshot) bool { return !esops.Match(c.Match, s.Name) })
	}
	esops.NewestFirst(listed)
	if c.Since > 0 {
		if listed, err = a.since(ctx, cluster, c, listed); err != nil {
			return nil, err
		}
	}
	total := len(listed)
	page, pages := paged(listed, c.Page)
	if len(page) == 0 {
		return say(noSnapshots(c, total)), nil
	}
	details, err := detailed(ctx, cluster, c.Repository, page)
	if err != nil {
		return nil, err
	}
	var items []prose
	var text []string
	for _, s := range details {
		said := a.snapshotLine(s) + a.automaticWords(cluster, c.Repository, s)
		items = append(items, prose{}.code(s.Name).say(" · "+said))
		text = append(text, s.Name+", "+said)
	}
	title := fmt.Sprintf("%s in %s, newest first", count(total, "snapshot", "snapshots"), c.Repository)
	answer := &Answer{Text: escape(clean(title+": "+strings.Join(text, "; "), 2800)),
		Blocks: []block{prose{}.strong(title).block(), list(items)}}
	answer.Blocks = append(answer.Blocks, pager(c, pages)...)
	answer.Blocks = append(answer.Blocks, formButton(cluster, c.Repository, details[0].Name))
	return answer, nil
}

// formButton opens the form with a snapshot chosen.
func formButton(cluster Cluster, repository, snapshot string) block {
	destination := cluster.Name
	if cluster.ReadOnly {
		destination = noDestination
	}
	b := slack.NewButtonBlockElement(actionForm, clip(quote(destination)+" "+quote(repository+"/"+snapshot), 1900), plainText("Ask for a restore"))
	b.AccessibilityLabel = "Ask for a restore in a form"
	return slack.NewActionBlock("", b)
}

func noSnapshots(c Command, total int) string {
	switch {
	case total > 0:
		return fmt.Sprintf("There is no page %d.", c.Page)
	case c.Match != "" || c.Since > 0:
		return fmt.Sprintf("No snapshot of %s is like that.", c.Repository)
	}
	return fmt.Sprintf("%s holds no snapshot. A repository that is registered over a wrong path looks just like that.", c.Repository)
}

// since keeps what started lately. Names come newest first, so the first page
// that is wholly older ends the search.
func (a visit) since(ctx context.Context, cluster Cluster, c Command, listed []esops.Snapshot) ([]esops.Snapshot, error) {
	earliest := a.Now().Add(-c.Since)
	var recent []esops.Snapshot
	for chunk := range slices.Chunk(listed, 50) {
		details, err := detailed(ctx, cluster, c.Repository, chunk)
		if err != nil {
			return nil, err
		}
		before := len(recent)
		for _, s := range details {
			if s.Started.IsZero() || s.Started.After(earliest) {
				recent = append(recent, s)
			}
		}
		if len(recent) == before {
			break
		}
	}
	return recent, nil
}

// onlyRepository chooses for people where there is nothing to choose.
func onlyRepository(ctx context.Context, cluster Cluster) (string, error) {
	repositories, err := cluster.Planner.Reader.Repositories(ctx)
	if err != nil {
		return "", fmt.Errorf("listing the repositories of %s: %w", cluster.Name, err)
	}
	if len(repositories) == 1 {
		return repositories[0].Name, nil
	}
	var names []string
	for _, r := range repositories {
		names = append(names, r.Name)
	}
	return "", esops.Refuse("which_repository", fmt.Sprintf("Name one, such as: snapshots %s %s", cluster.Name, append(names, "REPOSITORY")[0]),
		"%s has %d repositories: %s.", cluster.Name, len(names), strings.Join(names, ", "))
}

// detailed fills in what a cheap listing lacks, in the order of the page. One
// whose description can't be read stays as it was listed.
func detailed(ctx context.Context, cluster Cluster, repository string, page []esops.Snapshot) ([]esops.Snapshot, error) {
	names := make([]string, len(page))
	for i, s := range page {
		names[i] = s.Name
	}
	details, err := cluster.Planner.Reader.Snapshots(ctx, repository, names...)
	if err != nil {
		return nil, fmt.Errorf("reading %d snapshots of %q: %w", len(names), repository, err)
	}
	known := map[string]esops.Snapshot{}
	for _, d := range details {
		known[d.Name] = d
	}
	filled := slices.Clone(page)
	for i, s := range page {
		if d, ok := known[s.Name]; ok {
			filled[i] = d
		}
	}
	slices.SortStableFunc(filled, func(x, y esops.Snapshot) int { return y.Started.Compare(x.Started) })
	return filled, nil
}

// automaticWords tell of a snapshot that the cloud took by itself: by which
// instance, when by its region's clock, and when it is deleted.
func (a *App) automaticWords(c Cluster, repository string, s esops.Snapshot) string {
	if c.Planner.Automatic == nil {
		return ""
	}
	told, ok := c.Planner.Automatic(repository, s)
	if !ok {
		return ""
	}
	said := ""
	if told.Zone != nil && !s.Started.IsZero() {
		said += s.Started.In(told.Zone).Format(", 2006-01-02 15:04 in its region")
	}
	if told.Maker != "" {
		said += ", of instance " + told.Maker
	}
	return said + goneWords(told.Gone, a.Now())
}

// goneWords tell when the cloud deletes a snapshot.
func goneWords(gone, now time.Time) string {
	switch {
	case gone.IsZero():
		return ""
	case !gone.After(now):
		return ", kept for seven days only: it can be deleted at any moment"
	}
	return fmt.Sprintf(", deleted at %s, in %s", stamp(gone), roughly(gone.Sub(now)))
}

func (a *App) snapshotLine(s esops.Snapshot) string {
	said := fmt.Sprintf("%s, %s", s.State, count(len(s.Indices), "index", "indices"))
	if s.Started.IsZero() {
		return said + ", its description can't be read"
	}
	said += ", started " + moment(s.Started, a.Zone)
	if s.Failed > 0 {
		said += fmt.Sprintf(", %d of %d shards missing", s.Failed, s.Shards)
	}
	return said
}
