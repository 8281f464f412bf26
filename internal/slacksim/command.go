package slacksim

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// CommandResult is what a person sees of a slash command.
type CommandResult struct {
	Delivery
	// Reply is the message the ack's payload became, if it had one.
	Reply *Message
	// Problem is what Slack shows instead when the ack's payload is no good.
	Problem string
}

// Command sends a slash command as a person types it into a channel, and waits
// for the ack. Text is everything after the command, as Slack passes it on.
func (s *Server) Command(ctx context.Context, userID, channelID, command, text string) (CommandResult, error) {
	var out CommandResult
	env, err := s.prepareCommand(&out, userID, channelID, command, text)
	if err != nil {
		return out, err
	}
	trigger, url := out.TriggerID, out.ResponseURL
	out.Delivery, err = s.deliver(ctx, env)
	out.TriggerID, out.ResponseURL = trigger, url
	s.mu.Lock()
	defer s.mu.Unlock() // pairs with apply, which writes out
	return out, err
}

func (s *Server) prepareCommand(out *CommandResult, userID, channelID, command, text string) (Envelope, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.world
	u, c, err := w.writer(userID, channelID)
	if err != nil {
		return Envelope{}, err
	}
	if w.external(u) {
		return Envelope{}, impossible("%s is of another company; slash commands are for the installing team", userID)
	}
	a := w.owner(command)
	if a == nil {
		return Envelope{}, impossible("%s is not a valid command", command)
	}
	out.TriggerID = w.newTrigger(a, u.ID)
	out.ResponseURL = w.newResponse("commands", responseURL{app: a, user: u.ID, channel: c.ID})
	payload := Object{
		"token": a.VerificationToken, "team_id": w.team.ID, "team_domain": w.team.Domain,
		"channel_id": c.ID, "channel_name": c.spokenName(), "user_id": u.ID, "user_name": u.Name,
		"command": command, "text": strings.TrimSpace(text), "api_app_id": a.ID, "is_enterprise_install": "false",
		"response_url": out.ResponseURL, "trigger_id": out.TriggerID,
	}
	if w.team.EnterpriseID != "" {
		payload["enterprise_id"], payload["enterprise_name"] = w.team.EnterpriseID, w.team.EnterpriseName
	}
	return Envelope{
		ID: uuid(), Type: "slash_commands", Payload: encode(payload), AcceptsPayload: true, app: a,
		apply: func(answer json.RawMessage) { out.Reply, out.Problem = w.answerCommand(a, u, c, answer) },
	}, nil
}

// writer finds a person and a channel that person can write in.
func (w *world) writer(userID, channelID string) (*User, *Channel, error) {
	u, err := w.person(userID)
	if err != nil {
		return nil, nil, err
	}
	c := w.channels[channelID]
	switch {
	case c == nil:
		return nil, nil, impossible("there is no channel %s", channelID)
	case c.Archived:
		return nil, nil, impossible("%s is archived", channelID)
	case !c.member(userID):
		return nil, nil, impossible("%s is not in %s", userID, channelID)
	}
	return u, c, nil
}

// owner is the app that gets a command: the one installed last that names it,
// or else one that names none.
func (w *world) owner(command string) *App {
	for _, a := range slices.Backward(w.apps) {
		if slices.Contains(a.Commands, command) {
			return a
		}
	}
	for _, a := range w.apps {
		if len(a.Commands) == 0 && a.has("commands") {
			return a
		}
	}
	return nil
}

// answerCommand shows what an ack's payload says. The lock is held.
func (w *world) answerCommand(a *App, u *User, c *Channel, answer json.RawMessage) (*Message, string) {
	if len(answer) == 0 {
		return nil, ""
	}
	v, err := decode(answer)
	o, ok := v.(Object)
	if err != nil || !ok {
		return nil, "invalid_command_response"
	}
	body, err := readContent(args{values: o}, maxPostText)
	if err != nil {
		return nil, "invalid_command_response: " + err.Error()
	}
	if body.empty() {
		return nil, ""
	}
	m := Message{Channel: c.ID, User: a.BotUserID, AppID: a.ID, BotID: a.BotID}
	var posted *Message
	if stringAt(o, "response_type") == "in_channel" {
		posted = w.post(m, body, "ack")
	} else {
		m.To = u.ID
		posted = w.whisper(m, body, "ack")
	}
	shown := posted.copy()
	return &shown, ""
}

// Say posts a message as a person types it, in a thread when threadTS is given.
func (s *Server) Say(userID, channelID, text, threadTS string) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.world
	u, c, err := w.writer(userID, channelID)
	if err != nil {
		return Message{}, err
	}
	root, err := w.thread(c, threadTS)
	if err != nil || root == "" && threadTS != "" {
		return Message{}, impossible("there is no thread %s", threadTS)
	}
	m := w.post(Message{Channel: c.ID, ThreadTS: root, User: u.ID}, content{text: text}, "person")
	return m.copy(), nil
}
