package slacksim

import (
	"context"
	"slices"
)

// ClickOption changes one thing about a click.
type ClickOption func(*click)

type click struct {
	force bool
	value *string
}

// Forced sends the click although the element is not there now: as it last was,
// if the message ever had it, or else a bare button. It also lets anybody click
// who has an account, in the channel or not. That is what a stale or a hostile
// client could try.
func Forced() ClickOption { return func(c *click) { c.force = true } }

// WithValue sends another value than the button carries. Only a forged click
// can; it implies Forced.
func WithValue(v string) ClickOption { return func(c *click) { c.force, c.value = true, &v } }

// ClickResult is what came of a click.
type ClickResult struct {
	Delivery
	// Confirm is the dialog the person had to agree to first; nil if none.
	Confirm Object
}

// Click presses a button as a person does, agreeing to its confirmation dialog,
// and waits for the ack. It refuses with [ErrImpossible] what the person could
// not do: see the message, find the button.
func (s *Server) Click(ctx context.Context, userID string, at Place, actionID string, opts ...ClickOption) (ClickResult, error) {
	return s.act(ctx, action{user: userID, at: at, id: actionID, opts: opts})
}

// Select chooses in a select, a picker, checkboxes, radio buttons or an
// overflow menu outside a form's submit, or types into an input that dispatches
// actions. What chosen may be is said at [Values].
func (s *Server) Select(ctx context.Context, userID string, at Place, actionID string, chosen any) (ClickResult, error) {
	return s.act(ctx, action{user: userID, at: at, id: actionID, chosen: chosen, choosing: true})
}

type action struct {
	user, id string
	at       Place
	chosen   any
	choosing bool
	opts     []ClickOption
}

func (s *Server) act(ctx context.Context, do action) (ClickResult, error) {
	var out ClickResult
	env, err := s.prepareAction(&out, do)
	if err != nil {
		return out, err
	}
	trigger, url := out.TriggerID, out.ResponseURL
	out.Delivery, err = s.deliver(ctx, env)
	out.TriggerID, out.ResponseURL = trigger, url
	return out, err
}

func (s *Server) prepareAction(out *ClickResult, do action) (Envelope, error) {
	var c click
	for _, opt := range do.opts {
		opt(&c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.world
	u, sp, err := w.reach(do, c.force)
	if err != nil {
		return Envelope{}, err
	}
	block, element, err := w.element(sp, do, c)
	if err != nil {
		return Envelope{}, err
	}
	if c.value != nil {
		element = cloneObject(element)
		element["value"] = *c.value
	}
	value, err := w.choose(u, sp, block, element, do)
	if err != nil {
		return Envelope{}, err
	}
	out.Confirm = cloneObject(objectAt(element, "confirm"))
	out.TriggerID = w.newTrigger(sp.app, u.ID)
	payload := w.base("block_actions", u, sp.app)
	w.whereabouts(payload, sp)
	payload["trigger_id"] = out.TriggerID
	payload["actions"] = []any{w.actionJSON(block, element, value)}
	if sp.view == nil {
		payload["state"] = Object{"values": w.state(u, sp).json()}
		out.ResponseURL = w.newResponse("actions", responseURL{
			app: sp.app, user: u.ID, channel: sp.message.Channel, thread: sp.message.ThreadTS, original: sp.message,
		})
		payload["response_url"] = out.ResponseURL
	}
	return Envelope{ID: uuid(), Type: "interactive", Payload: encode(payload), app: sp.app}, nil
}

// reach finds the person and the place. A forged click needs only that both
// exist.
func (w *world) reach(do action, force bool) (*User, spot, error) {
	u, err := w.person(do.user)
	if force && w.users[do.user] != nil {
		u, err = w.users[do.user], nil
	}
	if err != nil {
		return nil, spot{}, err
	}
	sp, err := w.find(u, do.at)
	if err == nil || !force {
		return u, sp, err
	}
	sp = spot{place: do.at, channel: w.channels[do.at.Channel], app: w.apps[0]}
	if sp.channel == nil {
		return nil, spot{}, err
	}
	for _, m := range w.messages[do.at.Channel] {
		if m.TS == do.at.TS {
			sp.message = m
		}
	}
	if sp.message == nil {
		sp.message = &Message{Channel: do.at.Channel, TS: do.at.TS, User: w.apps[0].BotUserID, AppID: w.apps[0].ID, BotID: w.apps[0].BotID}
	}
	if a := w.appByID(sp.message.AppID); a != nil {
		sp.app = a
	}
	return u, sp, nil
}

// element finds what is clicked, in the message as it stands.
func (w *world) element(sp spot, do action, c click) (block, element Object, err error) {
	if block, element = findElement(sp.blocks(), do.id, do.at.Block); element != nil {
		return block, element, visible(element, do.user, c.force)
	}
	if !c.force {
		return nil, nil, impossible("there is no element %q in %s, only %q", do.id, do.at, actionIDs(sp.blocks()))
	}
	if sp.message != nil {
		for _, v := range slices.Backward(sp.message.Versions) {
			if block, element = findElement(v.Blocks, do.id, do.at.Block); element != nil {
				return block, element, nil
			}
		}
	}
	id := do.at.Block
	if id == "" {
		id = "forged"
	}
	return Object{"type": "actions", "block_id": id}, Object{
		"type": "button", "action_id": do.id,
		"text": Object{"type": "plain_text", "text": do.id, "emoji": true},
	}, nil
}

// visible keeps from a person what the app shows to others only.
func visible(element Object, user string, force bool) error {
	only := stringsAt(element, "visible_to_user_ids")
	if force || len(only) == 0 || slices.Contains(only, user) {
		return nil
	}
	return impossible("%s does not see %q", user, stringAt(element, "action_id"))
}

// choose fills in what a person chose, and remembers it as the form's state.
func (w *world) choose(u *User, sp spot, block, element Object, do action) (Object, error) {
	sh, holds := shapes[stringAt(element, "type")]
	switch {
	case holds != do.choosing && !holds:
		return nil, impossible("%q is a %v: click it", do.id, element["type"])
	case holds != do.choosing:
		return nil, impossible("%q is a %v: select in it", do.id, element["type"])
	case !holds:
		return nil, nil
	}
	if stringAt(block, "type") == "input" && !boolAt(block, "dispatch_action") {
		return nil, impossible("%q sends nothing before its form is submitted", do.id)
	}
	value, err := sh.fill(element, do.chosen, w.offered(u, sp, do.id))
	if err != nil {
		return nil, impossible("%q %v", do.id, err)
	}
	if stringAt(element, "type") != "overflow" {
		w.state(u, sp).set(block, element, value)
	}
	return value, nil
}
