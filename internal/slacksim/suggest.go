package slacksim

import (
	"context"
	"encoding/json"
	"unicode/utf8"
)

// SuggestResult is what an external select offers after a person typed.
type SuggestResult struct {
	Delivery
	Options []Choice
	// Problem is why nothing is offered although the app answered.
	Problem string
}

// Suggest types into an external select and waits for the app's options. What
// comes back can then be chosen with Select or Submit.
func (s *Server) Suggest(ctx context.Context, userID string, at Place, actionID, typed string) (SuggestResult, error) {
	var out SuggestResult
	env, err := s.prepareSuggest(&out, action{user: userID, at: at, id: actionID, chosen: typed})
	if err != nil {
		return out, err
	}
	out.Delivery, err = s.deliver(ctx, env)
	s.mu.Lock()
	defer s.mu.Unlock() // pairs with apply, which writes out
	return out, err
}

func (s *Server) prepareSuggest(out *SuggestResult, do action) (Envelope, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.world
	u, sp, err := w.reach(do, false)
	if err != nil {
		return Envelope{}, err
	}
	block, element, err := w.element(sp, do, click{})
	if err != nil {
		return Envelope{}, err
	}
	typ := stringAt(element, "type")
	if typ != "external_select" && typ != "multi_external_select" {
		return Envelope{}, impossible("%q is a %s and asks the app for nothing", do.id, typ)
	}
	typed := do.chosen.(string)
	least, said := intAt(element, "min_query_length")
	if !said {
		least = 3
	}
	if utf8.RuneCountInString(typed) < least {
		return Envelope{}, impossible("%q asks only from %d characters on", do.id, least)
	}
	payload := w.base("block_suggestion", u, sp.app)
	w.whereabouts(payload, sp)
	payload["action_id"], payload["block_id"], payload["value"] = do.id, block["block_id"], typed
	key := suggestKey{sp.key(), u.ID, do.id}
	return Envelope{
		ID: uuid(), Type: "interactive", Payload: encode(payload), AcceptsPayload: true, app: sp.app,
		apply: func(answer json.RawMessage) { w.answerSuggest(out, key, answer) },
	}, nil
}

// answerSuggest takes the options out of an ack. The lock is held.
func (w *world) answerSuggest(out *SuggestResult, key suggestKey, answer json.RawMessage) {
	if len(answer) == 0 {
		out.Problem = "the ack carries no options"
		return
	}
	v, err := decode(answer)
	o, ok := v.(Object)
	if err != nil || !ok {
		out.Problem = "the ack's payload is not an object"
		return
	}
	if problems := checkSuggestions(o); len(problems) > 0 {
		out.Problem = problems[0]
		return
	}
	offered := choices(o, nil)
	for _, item := range offered {
		spellTexts(item)
		out.Options = append(out.Options, Choice{Text: stringAt(objectAt(item, "text"), "text"), Value: stringAt(item, "value")})
	}
	w.suggested[key] = offered
}
