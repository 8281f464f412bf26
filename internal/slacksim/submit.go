package slacksim

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Values is what a person enters into a form, by block_id: a string for text,
// dates, people, conversations and the value (or the words) of an option; a
// []string for several; an int or time.Time for a date with time; a [Choice]
// where the options come from elsewhere; nil to clear. Inputs that are not named
// keep what they show.
type Values map[string]any

// FormError is Slack's client refusing to send a form: by block_id, what is
// wrong with the input. Nothing reached the app.
type FormError struct{ Fields map[string]string }

// Error names every field that is wrong.
func (e *FormError) Error() string {
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, id+" "+e.Fields[id])
	}
	return "the form is not complete: " + strings.Join(parts, "; ")
}

// SubmitResult is what a person sees after submitting a form.
type SubmitResult struct {
	Delivery
	// Action is what happened to the view: closed, errors, update, push or
	// clear; empty when the app did not answer well.
	Action string
	// Errors stand under the inputs, by block_id.
	Errors map[string]string
	// View is what the person has before them now; nil if nothing.
	View *View
	// Problem is why an answer was no good; the person sees "trouble
	// connecting".
	Problem string
}

// Submit fills in a modal and submits it. What Slack's client would not send is
// refused with a [FormError].
func (s *Server) Submit(ctx context.Context, userID, viewID string, values Values) (SubmitResult, error) {
	var out SubmitResult
	env, err := s.prepareSubmit(&out, userID, viewID, values)
	if err != nil {
		return out, err
	}
	trigger := out.TriggerID
	out.Delivery, err = s.deliver(ctx, env)
	out.TriggerID = trigger
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && out.Outcome != Acked {
		if v := s.world.view(viewID); v != nil {
			v.Trouble = "We had some trouble connecting. Try again?"
			s.world.announceView(ViewUpdated, v)
		}
	}
	if v := s.world.top(userID); v != nil {
		shown := v.copy()
		out.View = &shown
	}
	return out, err
}

func (s *Server) prepareSubmit(out *SubmitResult, userID, viewID string, values Values) (Envelope, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.world
	u, v, err := w.form(userID, viewID)
	if err != nil {
		return Envelope{}, err
	}
	if err := w.enter(u, v, values); err != nil {
		return Envelope{}, err
	}
	v.Errors, v.Trouble = nil, ""
	a := w.appByID(v.AppID)
	out.TriggerID = w.newTrigger(a, u.ID)
	payload := w.base("view_submission", u, a)
	payload["trigger_id"] = out.TriggerID
	payload["view"] = w.viewJSON(v, true)
	payload["response_urls"] = w.responseURLs(u, v, a)
	return Envelope{
		ID: uuid(), Type: "interactive", Payload: encode(payload), AcceptsPayload: true, app: a,
		apply: func(answer json.RawMessage) { w.answerSubmit(out, v, answer) },
	}, nil
}

// form finds the modal a person can submit: only the one on top.
func (w *world) form(userID, viewID string) (*User, *View, error) {
	u, err := w.person(userID)
	if err != nil {
		return nil, nil, err
	}
	v := w.view(viewID)
	switch {
	case v == nil || v.User != userID:
		return nil, nil, impossible("%s has no view %s open", userID, viewID)
	case v.Type != "modal":
		return nil, nil, impossible("a Home tab cannot be submitted")
	case w.top(userID) != v:
		return nil, nil, impossible("view %s lies under another", viewID)
	case v.SubmitLabel == "":
		return nil, nil, impossible("view %s has no submit button", viewID)
	}
	return u, v, nil
}

// enter fills a form in and checks it as Slack's client does.
func (w *world) enter(u *User, v *View, values Values) error {
	wrong := map[string]string{}
	filled := v.State.copy()
	sp := spot{place: v.Place(), view: v}
	known := map[string]bool{}
	for _, b := range v.Blocks {
		e := objectAt(b, "element")
		sh, holds := shapes[stringAt(e, "type")]
		if stringAt(b, "type") != "input" || !holds {
			continue
		}
		id := stringAt(b, "block_id")
		known[id] = true
		if entered, said := values[id]; said {
			value, err := sh.fill(e, entered, w.offered(u, sp, stringAt(e, "action_id")))
			if err != nil {
				wrong[id] = err.Error()
				continue
			}
			filled.set(b, e, value)
		}
		if !boolAt(b, "optional") && sh.empty(filled[id][stringAt(e, "action_id")]) {
			wrong[id] = "is required"
		}
	}
	for id := range values {
		if !known[id] {
			return impossible("there is no input %q in view %s", id, v.ID)
		}
	}
	if len(wrong) > 0 {
		return &FormError{Fields: wrong}
	}
	v.State = filled
	return nil
}

// responseURLs gives one for each conversation picked in a select that asks for
// it.
func (w *world) responseURLs(u *User, v *View, a *App) []any {
	out := []any{}
	for _, b := range v.Blocks {
		e := objectAt(b, "element")
		if !boolAt(e, "response_url_enabled") {
			continue
		}
		value := v.State[stringAt(b, "block_id")][stringAt(e, "action_id")]
		channel, _ := value[shapes[stringAt(e, "type")].field].(string)
		if channel == "" {
			continue
		}
		out = append(out, Object{
			"block_id": b["block_id"], "action_id": e["action_id"], "channel_id": channel,
			"response_url": w.newResponse("app", responseURL{app: a, user: u.ID, channel: channel}),
		})
	}
	return out
}

// answerSubmit does what the ack of a view_submission says. The lock is held.
func (w *world) answerSubmit(out *SubmitResult, v *View, answer json.RawMessage) {
	o := Object{}
	if len(answer) > 0 {
		parsed, err := decode(answer)
		if o, _ = parsed.(Object); err != nil || o == nil {
			w.trouble(out, v, "the ack's payload is not an object")
			return
		}
	}
	switch kind := stringAt(o, "response_action"); kind {
	case "":
		out.Action = "closed"
		w.close(v)
	case "clear":
		out.Action = kind
		for w.top(v.User) != nil {
			w.close(w.top(v.User))
		}
	case "errors":
		w.showErrors(out, v, objectAt(o, "errors"))
	case "update", "push":
		w.showView(out, v, kind, o["view"])
	default:
		w.trouble(out, v, "unknown response_action "+kind)
	}
}

// showErrors puts messages under inputs. One key that is no input's block_id,
// and Slack shows none of them.
func (w *world) showErrors(out *SubmitResult, v *View, errs Object) {
	shown := map[string]string{}
	for id, message := range errs {
		text, ok := message.(string)
		block := blockByID(v.Blocks, id)
		if !ok || text == "" || stringAt(block, "type") != "input" {
			w.trouble(out, v, "errors for "+id+", which is not the block_id of an input")
			return
		}
		shown[id] = text
	}
	if len(shown) == 0 {
		w.trouble(out, v, "errors without any error")
		return
	}
	out.Action, out.Errors, v.Errors = "errors", maps.Clone(shown), shown
	w.announceView(ViewUpdated, v)
}

func blockByID(blocks []Object, id string) Object {
	for _, b := range flatten(blocks) {
		if stringAt(b, "block_id") == id {
			return b
		}
	}
	return nil
}

// showView replaces the view, or lays another on it.
func (w *world) showView(out *SubmitResult, v *View, kind string, sent any) {
	raw, err := checkView(sent)
	if err == nil && stringAt(raw, "type") != "modal" {
		err = fail("invalid_arguments", "must be a modal")
	}
	if err != nil {
		w.trouble(out, v, err.Error())
		return
	}
	if kind == "update" {
		w.fillView(v, raw)
		out.Action = kind
		w.announceView(ViewUpdated, v)
		return
	}
	if err := w.push(w.makeView(w.appByID(v.AppID), v.User, raw)); err != nil {
		w.trouble(out, v, err.Error())
		return
	}
	out.Action = kind
}

func (w *world) trouble(out *SubmitResult, v *View, why string) {
	out.Problem = why
	v.Trouble = "We had some trouble connecting. Try again?"
	w.announceView(ViewUpdated, v)
}
