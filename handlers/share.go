package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/esops"
)

// actionShare asks for a share; the button's value is the restore that needs it.
const actionShare = "share"

// share plans to share one cluster's automatic snapshots with another, and puts
// the plan on the desk. What is shared already is said, and nobody is asked.
func (a visit) share(ctx context.Context, c Command, caller Caller) (*Answer, error) {
	destination, err := a.changeable(c.Cluster)
	if err != nil {
		return nil, err
	}
	if refusal := a.inCloud(destination); refusal != nil {
		return nil, refusal
	}
	source, err := a.sharer(c.Source, destination)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, planWithin)
	defer cancel()
	plan, readings, err := destination.Planner.Share(within, source, destination.Instance)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return nil, esops.Refuse("planning_slow", "Try again when they are less busy.",
			"Alibaba Cloud or %s did not answer within a minute. Nothing was asked.", destination.Name)
	}
	if err != nil {
		return nil, err
	}
	if f := findingOf(readings.Findings, "already_shared"); f != nil {
		return say(fmt.Sprintf("%s Nobody was asked. See its snapshots with: snapshots %s %s", f.Sentence, destination.Name, plan.Repository)), nil
	}
	if len(readings.Blocking()) > 0 {
		return blocked("This can't be shared; nobody was asked.", readings.Findings), nil
	}
	op, err := a.open(ctx, caller, approvals.Opening{
		Request: esops.Request{Kind: esops.KindShare, Cluster: destination.Name, Source: source.ID, Repository: plan.Repository, Then: c.Then},
		Plan:    plan, Readings: readings, Reason: c.Reason,
	})
	if err != nil {
		return nil, err
	}
	if op.Channel == caller.Channel {
		return nil, nil // its card is the answer
	}
	return a.elsewhere(ctx, op), nil
}

func findingOf(findings []esops.Finding, code string) *esops.Finding {
	at := slices.IndexFunc(findings, func(f esops.Finding) bool { return f.Code == code })
	if at < 0 {
		return nil
	}
	return &findings[at]
}

// inCloud refuses a cluster that no repository can be shared with.
func (a *App) inCloud(c Cluster) *esops.Refusal {
	switch {
	case a.Cloud == nil || c.Planner.Cloud == nil:
		return esops.Refuse("no_cloud", "Whoever keeps the bot's configuration can add the section aliyun.",
			"Alibaba Cloud is not configured here, so no repository can be shared.")
	case c.Instance.ID == "":
		return esops.Refuse("no_instance_id", "Whoever keeps the bot's configuration can add its instance_id.",
			"It is not known which instance of Alibaba Cloud %s is.", c.Name)
	}
	return nil
}

// sharer finds the source of a share: a configured cluster, or any instance by
// its ID. One that the person may not read about is to them as if it were not
// configured, and can't be given away by its ID either.
func (a visit) sharer(name string, destination Cluster) (esops.Instance, error) {
	for _, c := range a.App.Clusters {
		if !strings.EqualFold(c.Name, name) && (c.Instance.ID == "" || c.Instance.ID != name) {
			continue
		}
		if !slices.ContainsFunc(a.Clusters, func(seen Cluster) bool { return seen.Name == c.Name }) {
			break
		}
		if refusal := a.inCloud(c); refusal != nil {
			return esops.Instance{}, refusal
		}
		return c.Instance, nil
	}
	hidden := slices.ContainsFunc(a.App.Clusters, func(c Cluster) bool { return c.Instance.ID == name })
	if hidden || !looksLikeInstance(name) {
		return a.noSharer(name)
	}
	return esops.Instance{ID: name, Region: destination.Instance.Region}, nil
}

// looksLikeInstance tells an ID of the cloud from a name with a typo in it.
func looksLikeInstance(name string) bool {
	return strings.HasPrefix(name, "es-") && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (a visit) noSharer(name string) (esops.Instance, error) {
	_, err := a.cluster(name)
	if err == nil {
		err = esops.Refuse("no_such_cluster", "See which there are with: clusters", "No cluster %q is configured here.", clean(name, 60))
	}
	return esops.Instance{}, err
}

// offerShare makes of a restore whose repository is not there an offer to share
// it first, when that is what is missing.
func (a visit) offerShare(c Command, err error) (*Answer, error) {
	var refusal *esops.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "no_such_repository" {
		return nil, err
	}
	cluster, wrong := a.changeable(c.Cluster)
	if wrong != nil || a.inCloud(cluster) != nil {
		return nil, err
	}
	source, wrong := a.sharer(sourceOf(c.Repository), cluster)
	if wrong != nil || source.ID == cluster.Instance.ID {
		return nil, err
	}
	c.Repository = esops.SharedName(source.ID)
	command := "share " + quote(sourceName(source)) + " " + quote(cluster.Name)
	said := fmt.Sprintf("%s does not share its automatic snapshots with %s, so nothing can be restored from them there. Nobody was asked.", sourceName(source), cluster.Name)
	answer := &Answer{
		Text:   escape(clean(said+" Share them first with: "+command+` --reason "why"`, 2800)),
		Blocks: []block{prose{}.strong("Not shared yet. ").say(said + " Share them first: ").code("/es-restore " + command + ` --reason "why"`).block()},
	}
	if value := valueOf(wanted{c.request(cluster.Name), c.Reason}); c.Verb == "restore" && value != "" {
		b := slack.NewButtonBlockElement(actionShare, value, plainText("Ask for the share"))
		b.AccessibilityLabel = clean("Ask for sharing "+sourceName(source)+" with "+cluster.Name, 70)
		answer.Blocks = append(answer.Blocks,
			words("When that is done, its thread offers this restore again.").block(), slack.NewActionBlock("", b))
	}
	return answer, nil
}

// sourceOf is whose snapshots a repository's name speaks of.
func sourceOf(repository string) string {
	return strings.TrimPrefix(repository, esops.SharedName(""))
}

func sourceName(i esops.Instance) string {
	if i.Name != "" {
		return i.Name
	}
	return i.ID
}

// sharedFirst asks for the share that a restore needs, which the button holds.
func (a *App) sharedFirst(value string, caller Caller) (*Answer, error) {
	w, ok := wantedBy(value)
	if !ok {
		return nil, unknownOffer()
	}
	share := Command{Verb: "share", Source: sourceOf(w.Request.Repository), Cluster: w.Request.Cluster, Reason: w.Reason, Then: &w.Request}
	return a.sayThen(planning, share, caller), nil
}
