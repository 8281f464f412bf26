package slacksim

import (
	"errors"
	"fmt"
	"slices"
)

// ErrImpossible is wrapped by every refusal of something a person could not do
// in Slack: click a button that is not there, write in an archived channel, act
// after the account was deactivated.
var ErrImpossible = errors.New("not possible in Slack")

func impossible(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrImpossible, fmt.Sprintf(format, a...))
}

// Place is where an element is: in a message (ephemeral or not), in a modal or
// in a Home tab.
type Place struct {
	Channel, TS string // a message
	View        string // a modal or Home tab, by its ID
	// Block narrows the place to one block_id, for action_ids that stand in
	// several.
	Block string
}

// InMessage is a place in a message.
func InMessage(channel, ts string) Place { return Place{Channel: channel, TS: ts} }

// InView is a place in a modal or Home tab.
func InView(id string) Place { return Place{View: id} }

// InBlock narrows the place to one block.
func (p Place) InBlock(id string) Place {
	p.Block = id
	return p
}

// String says where in words.
func (p Place) String() string {
	where := "message " + p.TS + " in " + p.Channel
	if p.View != "" {
		where = "view " + p.View
	}
	if p.Block != "" {
		where = "block " + p.Block + " of " + where
	}
	return where
}

// spot is a place as it is found in the world.
type spot struct {
	place   Place
	app     *App
	message *Message
	channel *Channel
	view    *View
}

// key names the message or view, whatever the block.
func (sp spot) key() string {
	return Place{Channel: sp.place.Channel, TS: sp.place.TS, View: sp.place.View}.String()
}

func (sp spot) blocks() []Object {
	if sp.view != nil {
		return sp.view.Blocks
	}
	return sp.message.Blocks
}

// person finds an account that can act at all.
func (w *world) person(id string) (*User, error) {
	u := w.users[id]
	switch {
	case w.server.outage != 0:
		return nil, impossible("Slack is down")
	case u == nil:
		return nil, impossible("there is no user %s", id)
	case u.Deleted:
		return nil, impossible("%s is deactivated", id)
	case u.IsBot:
		return nil, impossible("%s is a bot", id)
	}
	return u, nil
}

// find looks a place up as one person sees it.
func (w *world) find(u *User, p Place) (spot, error) {
	if p.View != "" {
		v := w.view(p.View)
		if v == nil || v.User != u.ID {
			return spot{}, impossible("%s has no view %s open", u.ID, p.View)
		}
		return spot{place: p, view: v, app: w.appByID(v.AppID)}, nil
	}
	c := w.channels[p.Channel]
	if c == nil {
		return spot{}, impossible("there is no channel %s", p.Channel)
	}
	if m := w.ephemeral(p.Channel, p.TS); m != nil && m.To == u.ID {
		return spot{place: p, message: m, channel: c, app: w.appByID(m.AppID)}, nil
	}
	m := w.message(p.Channel, p.TS)
	if m == nil {
		return spot{}, impossible("%s sees no %s", u.ID, p)
	}
	if !c.member(u.ID) && (c.Private || u.guest() || w.external(u)) {
		return spot{}, impossible("%s is not in %s", u.ID, p.Channel)
	}
	a := w.appByID(m.AppID)
	if a == nil {
		return spot{}, impossible("%s was not posted by an app", p)
	}
	return spot{place: p, message: m, channel: c, app: a}, nil
}

// state is what a person has filled in at a place.
func (w *world) state(u *User, sp spot) State {
	if sp.view != nil {
		return sp.view.State
	}
	key := stateKey{sp.message.Channel, sp.message.TS, u.ID}
	if w.states[key] == nil {
		w.states[key] = initialState(sp.message.Blocks)
	}
	return w.states[key]
}

// dropStates forgets what people picked in a message that has changed, but for
// inputs that are still there.
func (w *world) dropStates(channel, ts string) {
	for key, old := range w.states {
		if key.channel != channel || key.ts != ts {
			continue
		}
		m := w.message(channel, ts)
		if m == nil {
			m = w.ephemeral(channel, ts)
		}
		if m == nil {
			delete(w.states, key)
			continue
		}
		w.states[key] = initialState(m.Blocks).keep(old)
	}
}

// offered is what an app last suggested to a person for one select.
func (w *world) offered(u *User, sp spot, action string) []Object {
	return slices.Clone(w.suggested[suggestKey{sp.key(), u.ID, action}])
}
