package bot

import (
	"context"
	"fmt"
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
	checks = append(checks, checkChannels(ctx, c, directory)...)
	return append(checks, checkPeople(ctx, c, directory)...)
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

// checkPeople tries every person and group the configuration names.
func checkPeople(ctx context.Context, c *config.Config, d *handlers.Directory) []Check {
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
		members, err := d.Members(ctx, p.ID, time.Minute)
		if err != nil {
			return bad(name, plainError(err)+" "+at, "Name a user group by its ID, such as S0ENG.")
		}
		if len(members) == 0 {
			return bad(name, "nobody is in it "+at, "Put people into the group, or name another.")
		}
		return ok(name, fmt.Sprintf("%d people", len(members)))
	})
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
