package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"

	"es-restore/approvals"
	"es-restore/esops"
)

// freshFor is how old an answer from Slack about a person, a group or a channel
// may be when something is decided by it.
const freshFor = 10 * time.Second

// askWithin bounds one question to Slack; leftToRecord is what is left of a
// decision's time when no further answer is waited for.
const (
	askWithin    = 2 * time.Second
	leftToRecord = 500 * time.Millisecond
)

// A Directory knows who people are and where they are, as Slack says. It never
// answers from an older answer than freshFor, and never guesses: without an
// answer nobody is anybody.
type Directory struct {
	api  *slack.Client
	home Home
	now  func() time.Time

	users    answers[*slack.User]
	groups   answers[[]string]
	rosters  answers[map[string][]string]
	channels answers[*slack.Channel]
	absent   answers[bool] // whether the bot is outside a channel
}

// Home is the workspace the bot is installed in, and the bot itself there.
type Home struct {
	Team       string
	Enterprise string // of a Grid organisation, else empty
	BotUser    string
	Bot        string
}

// NewDirectory asks through api; home is whose people it takes for its own.
func NewDirectory(api *slack.Client, home Home, now func() time.Time) *Directory {
	return &Directory{api: api, home: home, now: now}
}

// answers keeps what Slack said for freshFor, and asks once where many want to
// know the same.
type answers[T any] struct {
	mu   sync.Mutex
	kept map[string]answer[T]
	once singleflight.Group
}

type answer[T any] struct {
	value T
	at    time.Time
}

// get returns an answer that is at most maxAge old, counted from when it was
// asked for.
func (a *answers[T]) get(ctx context.Context, key string, maxAge time.Duration, now func() time.Time, ask func(context.Context) (T, error)) (T, error) {
	a.mu.Lock()
	kept, ok := a.kept[key]
	a.mu.Unlock()
	if ok && now().Sub(kept.at) < maxAge {
		return kept.value, nil
	}
	wait := askWithin
	if until, bounded := ctx.Deadline(); bounded {
		wait = min(wait, time.Until(until)-leftToRecord)
	}
	late := time.After(wait)
	var none T
	for began := now(); ; {
		select {
		case got := <-a.once.DoChan(key, func() (any, error) { return a.ask(ctx, key, now, ask) }):
			told, _ := got.Val.(answer[T])
			if got.Err != nil && told.at.Before(began) {
				began = told.at // others had asked before; this one asks once for itself
				continue
			}
			return told.value, got.Err
		case <-ctx.Done():
			return none, ctx.Err()
		case <-late:
			return none, errors.New("slack did not answer in time")
		}
	}
}

// ask asks Slack, and keeps what it says.
func (a *answers[T]) ask(ctx context.Context, key string, now func() time.Time, ask func(context.Context) (T, error)) (answer[T], error) {
	at := now()
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	value, err := ask(within)
	told := answer[T]{value, at}
	if err != nil {
		return told, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.kept == nil {
		a.kept = map[string]answer[T]{}
	}
	a.kept[key] = told
	return told, nil
}

// Actor tells who a person is and which of the groups they are in, as Slack
// said at most freshFor ago. Whoever can neither ask nor decide is refused.
func (d *Directory) Actor(ctx context.Context, userID string, groups []string) (approvals.Actor, error) {
	return d.actor(ctx, userID, groups, freshFor)
}

// AtTheStart is the Directory for a start: it asks Slack for each one.
func (d *Directory) AtTheStart() approvals.People { return atTheStart{d} }

type atTheStart struct{ *Directory }

func (a atTheStart) Actor(ctx context.Context, userID string, groups []string) (approvals.Actor, error) {
	return a.actor(ctx, userID, groups, 0)
}

func (d *Directory) actor(ctx context.Context, userID string, groups []string, maxAge time.Duration) (approvals.Actor, error) {
	user, err := d.users.get(ctx, userID, maxAge, d.now, func(ctx context.Context) (*slack.User, error) {
		return d.api.GetUserInfoContext(ctx, userID)
	})
	if err != nil {
		return approvals.Actor{}, fmt.Errorf("asking Slack who %s is: %w", userID, err)
	}
	if refusal := d.member(user); refusal != nil {
		return approvals.Actor{}, refusal
	}
	actor := approvals.Actor{ID: user.ID, Name: nameOf(user)}
	members, err := d.members(ctx, groups, maxAge)
	if err != nil {
		return approvals.Actor{}, err
	}
	for group, in := range members {
		if slices.Contains(in, userID) {
			actor.Groups = append(actor.Groups, group)
		}
	}
	slices.Sort(actor.Groups)
	return actor, nil
}

// askedOneByOne is up to how many groups are asked for each by itself. Slack
// takes some twenty of these questions a minute; beyond, it is asked for all
// groups at once.
const askedOneByOne = 3

// members lists who is in each of the groups.
func (d *Directory) members(ctx context.Context, groups []string, maxAge time.Duration) (map[string][]string, error) {
	groups = slices.Compact(slices.Sorted(slices.Values(groups)))
	in := map[string][]string{}
	if len(groups) > askedOneByOne {
		all, err := d.rosters.get(ctx, "", maxAge, d.now, d.askAll)
		if err != nil {
			return nil, fmt.Errorf("asking Slack who is in which group: %w", err)
		}
		for _, group := range groups {
			in[group] = all[group]
		}
		return in, nil
	}
	for _, group := range groups {
		members, err := d.Members(ctx, group, maxAge)
		if err != nil && !lasting(err) {
			return nil, err
		}
		in[group] = members // a group that is not there has nobody in it
	}
	return in, nil
}

func (d *Directory) askAll(ctx context.Context) (map[string][]string, error) {
	all, err := d.api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeUsers(true))
	if err != nil {
		return nil, err
	}
	rosters := map[string][]string{}
	for _, group := range all {
		rosters[group.ID] = group.Users
	}
	return rosters, nil
}

// Rosters lists who is in which user group of the workspace, by one question.
func (d *Directory) Rosters(ctx context.Context) (map[string][]string, error) {
	all, err := d.askAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking Slack who is in which group: %w", err)
	}
	return all, nil
}

// Members lists who is in a user group, as Slack said at most maxAge ago.
func (d *Directory) Members(ctx context.Context, group string, maxAge time.Duration) ([]string, error) {
	members, err := d.groups.get(ctx, group, maxAge, d.now, func(ctx context.Context) ([]string, error) {
		return d.api.GetUserGroupMembersContext(ctx, group)
	})
	if err != nil {
		return nil, fmt.Errorf("asking Slack who is in %s: %w", group, err)
	}
	return members, nil
}

// member refuses everyone but full, active people of this workspace or, on a
// Grid, of this organisation. What is not proved is a no.
func (d *Directory) member(u *slack.User) *esops.Refusal {
	no := func(code, sentence string) *esops.Refusal { return &esops.Refusal{Code: code, Sentence: sentence} }
	switch {
	case u.Deleted:
		return no("deactivated", "This account is deactivated.")
	case u.IsBot, u.IsAppUser, u.IsWorkflowBot, u.ID == "USLACKBOT":
		return no("not_a_person", "Bots and workflows can neither ask nor decide.")
	case u.IsRestricted, u.IsUltraRestricted:
		return no("guest", "Guests can neither ask for restores nor decide about them.")
	case u.IsStranger:
		return no("outsider", "People of other companies can neither ask for restores nor decide about them.")
	case d.home.Enterprise != "" && u.Enterprise.EnterpriseID == d.home.Enterprise:
		return nil
	case u.TeamID == d.home.Team && u.TeamID != "":
		return nil
	}
	return no("outsider", "People of other companies can neither ask for restores nor decide about them.")
}

func nameOf(u *slack.User) string {
	for _, name := range []string{u.Profile.DisplayName, u.RealName, u.Name} {
		if name != "" {
			return name
		}
	}
	return u.ID
}

// Channel refuses channels in which nobody can ask or decide.
func (d *Directory) Channel(ctx context.Context, id string) *esops.Refusal {
	channel, err := d.channels.get(ctx, id, freshFor, d.now, func(ctx context.Context) (*slack.Channel, error) {
		return d.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	})
	switch {
	case slackCode(err) == "channel_not_found":
		return esops.Refuse("not_in_channel", "Invite it with /invite, and try again.", "es-restore is not in this channel.")
	case err != nil:
		return esops.Refuse(codeSlackAway, "Try again in a moment.", "Slack did not say what kind of channel this is, so nothing was done.")
	case channel.IsExtShared, channel.IsPendingExtShared:
		return esops.Refuse("shared_channel", "Use a channel of your own company.",
			"This channel is shared with another company; nothing is asked for or decided here.")
	case channel.IsArchived:
		return esops.Refuse("archived_channel", "Use another channel.", "This channel is archived.")
	case channel.IsIM, channel.IsMpIM:
		return esops.Refuse("not_a_channel", "Use a channel, where colleagues can see it.", "Direct messages are no place for this.")
	case !channel.IsMember && d.outside(ctx, id):
		return esops.Refuse("not_in_channel", "Invite it with /invite, and try again.", "es-restore is not in this channel.")
	}
	return nil
}

// outside reports whether the bot is surely not in a channel. It looks once more
// before people are told so: what a channel's description leaves out is no proof.
func (d *Directory) outside(ctx context.Context, channel string) bool {
	outside, err := d.absent.get(ctx, channel, freshFor, d.now, func(ctx context.Context) (bool, error) {
		for cursor := ""; ; {
			members, next, err := d.api.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{ChannelID: channel, Cursor: cursor, Limit: 200})
			if err != nil {
				return false, err
			}
			if slices.Contains(members, d.home.BotUser) {
				return false, nil
			}
			if cursor = next; cursor == "" {
				return true, nil
			}
		}
	})
	return err == nil && outside
}
