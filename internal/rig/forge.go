package rig

import (
	"context"
	"encoding/json"
	"maps"

	"es-restore/internal/slacksim"
)

// A Payload is what Slack sends, as a forger can change it.
type Payload = map[string]any

// ClickPayload is what Slack would send of a person's click on a card.
func (r *Rig) ClickPayload(user string, card slacksim.Message, action, value string) Payload {
	app := r.Slack.App()
	return Payload{
		"type": "block_actions", "user": r.userRef(user), "api_app_id": app.ID, "token": app.VerificationToken,
		"team": Payload{"id": r.Slack.Team().ID, "domain": r.Slack.Team().Domain}, "enterprise": nil, "is_enterprise_install": false,
		"container":  Payload{"type": "message", "message_ts": card.TS, "channel_id": card.Channel, "is_ephemeral": false},
		"channel":    Payload{"id": card.Channel, "name": "somewhere"},
		"trigger_id": "1.2.forged",
		"actions": []any{Payload{"type": "button", "action_id": action, "block_id": "forged", "value": value,
			"text": Payload{"type": "plain_text", "text": action}, "action_ts": "1700000000.000100"}},
	}
}

// FormPayload is what Slack would send of a submitted form.
func (r *Rig) FormPayload(user, callback, metadata string, values map[string]string) Payload {
	app := r.Slack.App()
	state, blocks := Payload{}, []any{}
	for input, value := range values {
		state[input] = Payload{input: Payload{"type": "plain_text_input", "value": value}}
		blocks = append(blocks, Payload{"type": "input", "block_id": input, "label": Payload{"type": "plain_text", "text": input},
			"element": Payload{"type": "plain_text_input", "action_id": input}})
	}
	return Payload{
		"type": "view_submission", "user": r.userRef(user), "api_app_id": app.ID, "token": app.VerificationToken,
		"team": Payload{"id": r.Slack.Team().ID, "domain": r.Slack.Team().Domain}, "enterprise": nil, "is_enterprise_install": false,
		"trigger_id": "1.2.forged", "response_urls": []any{},
		"view": Payload{"id": "V0FORGED", "type": "modal", "callback_id": callback, "private_metadata": metadata, "hash": "1.forged",
			"title": Payload{"type": "plain_text", "text": "forged"}, "blocks": blocks, "state": Payload{"values": state}},
	}
}

func (r *Rig) userRef(user string) Payload {
	for _, u := range r.Slack.Users() {
		if u.ID == user {
			return Payload{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID}
		}
	}
	return Payload{"id": user, "username": user, "name": user, "team_id": r.Slack.Team().ID}
}

// With is a payload with some fields changed.
func (r *Rig) With(p Payload, changes Payload) Payload {
	changed := maps.Clone(p)
	maps.Copy(changed, changes)
	return changed
}

// Forge sends an interaction that no person could have caused, and returns the
// ack's payload; it must be acked in time.
func (r *Rig) Forge(p Payload) Ack {
	r.T.Helper()
	d, err := r.Slack.Deliver(context.Background(), "interactive", p)
	if err != nil || !d.OK() {
		r.T.Fatalf("forging: %v %v\n%s", d.Outcome, err, r.Dump())
	}
	var ack Ack
	if len(d.Ack) > 0 {
		if err := json.Unmarshal(d.Ack, &ack); err != nil {
			r.T.Fatalf("an ack's payload: %v in %s", err, d.Ack)
		}
	}
	return ack
}

// An Ack is what an ack of a submitted form says.
type Ack struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
}

// Words are what stands under the form's inputs.
func (a Ack) Words() string {
	words := ""
	for _, sentence := range a.Errors {
		words += sentence
	}
	return words
}
