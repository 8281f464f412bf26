package bot

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/config"
	"es-restore/handlers"
)

// scopes are what the bot token needs; docs/setup.md says what each is for.
var scopes = []string{"commands", "chat:write", "usergroups:read", "users:read", "channels:read", "groups:read"}

func checkSlack(ctx context.Context, c *config.Config) []Check {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	api := newSlack(c.Slack, http.DefaultTransport)
	auth, err := api.AuthTestContext(ctx)
	if err != nil {
		mend := "Check slack.api_url and the network."
		if handlers.RefusedToken(err) {
			mend = "Make a new bot token under OAuth & Permissions and put it into slack.bot_token."
		}
		return []Check{bad("slack bot token", plainError(err), mend), checkApp(ctx, api)}
	}
	checks := []Check{
		ok("slack bot token", fmt.Sprintf("%s in %s", auth.User, auth.Team)),
		checkScopes(auth.Header),
		checkApp(ctx, api),
	}
	directory := handlers.NewDirectory(api, handlers.Home{Team: auth.TeamID, Enterprise: auth.EnterpriseID, BotUser: auth.UserID}, time.Now)
	return append(checks, checkNamed(ctx, c, directory)...)
}

// checkNamed tries every channel, person and group that the configuration names,
// and whether they are enough for its policies.
func checkNamed(ctx context.Context, c *config.Config, d *handlers.Directory) []Check {
	rosters, err := d.Rosters(ctx)
	if err != nil {
		return append(checkChannels(ctx, c, d), bad("slack user groups", plainError(err), "Give the bot the scope usergroups:read, or try again."))
	}
	return slices.Concat(checkChannels(ctx, c, d), checkPeople(ctx, c, d, rosters), checkRules(c, rosters))
}

func plainError(err error) string { return strings.TrimSpace(err.Error()) }

func checkScopes(header http.Header) Check {
	const name = "slack scopes"
	granted := header.Get("X-OAuth-Scopes")
	if granted == "" {
		return unproved(name, "Slack did not say which scopes the token has", "")
	}
	has := strings.Split(strings.ReplaceAll(granted, " ", ""), ",")
	var missing []string
	for _, s := range scopes {
		if !slices.Contains(has, s) {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		return bad(name, "missing: "+strings.Join(missing, ", "), "Install the app again from manifest.yml.")
	}
	return ok(name, strings.Join(scopes, ", "))
}

// checkApp opens no connection; it asks whether one could be opened.
func checkApp(ctx context.Context, api *slack.Client) Check {
	const name = "slack socket mode"
	if _, _, err := api.StartSocketModeContext(ctx); err != nil {
		return bad(name, plainError(err), "Switch Socket Mode on, make an app-level token with connections:write under Basic Information, and put it into slack.app_token.")
	}
	return ok(name, "on, and the app-level token is good")
}

// checkChannels tries every channel the configuration names.
func checkChannels(ctx context.Context, c *config.Config, d *handlers.Directory) []Check {
	paths := map[string]string{}
	var order []string
	add := func(id, path string) {
		if id != "" && paths[id] == "" {
			paths[id] = path
			order = append(order, id)
		}
	}
	for i, id := range c.Slack.Channels {
		add(id, fmt.Sprintf("slack.channels[%d]", i))
	}
	add(c.Slack.AuditChannel, "slack.audit_channel")
	for i, p := range c.Policies {
		add(p.Channel, fmt.Sprintf("policies[%d].channel", i))
	}
	return each(order, func(id string) Check {
		name := "slack channel " + id
		if refusal := d.Channel(ctx, id); refusal != nil {
			return bad(name, fmt.Sprintf("%s (%s, line %d)", refusal.Sentence, paths[id], c.Line(paths[id])), refusal.WayOut)
		}
		return ok(name, "the bot is in it, and it is your company's alone")
	})
}

// checkPeople tries every person and group the configuration names. rosters are
// the members of each group that there is.
func checkPeople(ctx context.Context, c *config.Config, d *handlers.Directory, rosters map[string][]string) []Check {
	paths := map[approvals.Principal]string{}
	var order []approvals.Principal
	add := func(all []approvals.Principal, path string) {
		for i, p := range all {
			if paths[p] == "" {
				paths[p] = fmt.Sprintf("%s[%d]", path, i)
				order = append(order, p)
			}
		}
	}
	add(c.Requesters, "requesters")
	for i, one := range c.Clusters {
		add(one.VisibleTo, fmt.Sprintf("clusters[%d].visible_to", i))
	}
	for i, rule := range c.Policies {
		at := fmt.Sprintf("policies[%d]", i)
		add(rule.When.Requesters, at+".when.requesters")
		add(rule.Stop, at+".stop")
		for j, r := range rule.Require {
			add(r.From, fmt.Sprintf("%s.require[%d].from", at, j))
		}
	}
	return each(order, func(p approvals.Principal) Check {
		name := "policies, " + p.String()
		at := fmt.Sprintf("(%s, line %d)", paths[p], c.Line(paths[p]))
		if !p.Group {
			actor, err := d.Actor(ctx, p.ID, nil)
			if err != nil {
				return bad(name, plainError(err)+" "+at, "Name a full member of the workspace.")
			}
			return ok(name, actor.Name)
		}
		members, there := rosters[p.ID]
		if !there {
			return bad(name, "Slack knows no such group, or it is disabled "+at, "Name a user group by its ID, such as S0ENG.")
		}
		if len(members) == 0 {
			return bad(name, "nobody is in it "+at, "Put people into the group, or name another.")
		}
		return ok(name, fmt.Sprintf("%d people", len(members)))
	})
}

// checkRules finds policies that nobody could meet, even if everyone whom they
// name approved. Who asks never counts, and is taken to be somebody else.
func checkRules(c *config.Config, rosters map[string][]string) []Check {
	var checks []Check
	for i, rule := range c.Policies {
		if len(rule.Require) == 0 {
			continue
		}
		everyone := namedIn(rule, rosters)
		needs := approvals.Needs{Rules: []approvals.NeededRule{{Name: rule.Name, Require: rule.Require}}}
		verdict := approvals.Judge(needs, approvals.Actor{}, everyone)
		name, path := "policy "+rule.Name, fmt.Sprintf("policies[%d].require", i)
		if verdict.Met {
			checks = append(checks, ok(name, fmt.Sprintf("can be met: it names %d people", len(everyone))))
			continue
		}
		checks = append(checks, bad(name, fmt.Sprintf("it can never be met: missing, even if everyone approves, %s (%s, line %d)",
			verdict.Missing(approvals.Principal.String), path, c.Line(path)), "Ask for fewer people, or name more."))
	}
	return checks
}

// namedIn are the people whom a policy's requirements name, with their groups.
func namedIn(rule approvals.Rule, rosters map[string][]string) []approvals.Actor {
	groups := map[string][]string{} // by person
	for _, r := range rule.Require {
		for _, p := range r.From {
			if !p.Group {
				groups[p.ID] = append(groups[p.ID], "")
				continue
			}
			for _, m := range rosters[p.ID] {
				groups[m] = append(groups[m], p.ID)
			}
		}
	}
	var everyone []approvals.Actor
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		everyone = append(everyone, approvals.Actor{ID: id, Groups: groups[id]})
	}
	return everyone
}

// each checks several things at once, a few at a time, in order.
func each[T any](all []T, one func(T) Check) []Check {
	checks := make([]Check, len(all))
	slots := make(chan struct{}, 4)
	var trying sync.WaitGroup
	for i, item := range all {
		trying.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			checks[i] = one(item)
		})
	}
	trying.Wait()
	return checks
}
