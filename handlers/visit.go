package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"es-restore/approvals"
	"es-restore/esops"
)

// A visit is one person's use of the bot: what they ask for is answered from
// what they may see.
type visit struct {
	*App
	actor    approvals.Actor
	Clusters []Cluster // those the person may read about
}

// visit looks up who asks, where; whoever may not use the bot is refused. The
// Home tab is in no channel. groups are further ones that matter for what is
// asked.
func (a *App) visit(ctx context.Context, caller Caller, groups []string) (visit, error) {
	if caller.Channel != "" {
		if refusal := a.place(ctx, caller.Channel); refusal != nil {
			return visit{}, refusal
		}
	}
	groups = slices.Concat(approvals.GroupsOf(a.Requesters), groups)
	for _, c := range a.Clusters {
		groups = append(groups, approvals.GroupsOf(c.VisibleTo)...)
	}
	actor, err := a.Directory.Actor(ctx, caller.User, groups)
	if err != nil {
		return visit{}, slackAway(err)
	}
	if len(a.Requesters) > 0 && !actor.IsAny(a.Requesters) {
		return visit{}, esops.Refuse("not_requester", "Ask one of them, or whoever keeps the bot's configuration.",
			"You are not among those who may use es-restore.")
	}
	v := visit{App: a, actor: actor}
	for _, c := range a.Clusters {
		if len(c.VisibleTo) == 0 || actor.IsAny(c.VisibleTo) {
			v.Clusters = append(v.Clusters, c)
		}
	}
	return v, nil
}

// sees reports whether the person may read about a cluster. One that is no
// longer configured is hidden from nobody.
func (a visit) sees(cluster string) bool {
	named := func(c Cluster) bool { return c.Name == cluster }
	return slices.ContainsFunc(a.Clusters, named) || !slices.ContainsFunc(a.App.Clusters, named)
}

// find loads an operation that the person may read about; another is to them as
// if it were not there.
func (a visit) find(ctx context.Context, id approvals.ID) (approvals.Operation, error) {
	op, err := a.operation(ctx, id)
	if err == nil && !a.sees(op.Plan.Cluster) {
		return approvals.Operation{}, noOperation(id)
	}
	return op, err
}

func noOperation(id approvals.ID) *esops.Refusal {
	return esops.Refuse("no_such_operation", "See them with: list --all", "There is no %s.", id)
}

// cluster finds a configured cluster.
func (a visit) cluster(name string) (Cluster, error) {
	var names []string
	for _, c := range a.Clusters {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
		names = append(names, c.Name)
	}
	wayOut := "See which there are with: clusters"
	if near := esops.Nearest(name, names); len(near) > 0 {
		wayOut = fmt.Sprintf("Did you mean %s? %s", strings.Join(near, " or "), wayOut)
	}
	return Cluster{}, esops.Refuse("no_such_cluster", wayOut, "No cluster %q is configured here.", clean(name, 60))
}
