package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"es-restore/internal/slacksim"
)

// An act is what a person did on the page.
type act struct {
	Channel string         `json:"channel"`
	Text    string         `json:"text"`
	Thread  string         `json:"thread"`
	TS      string         `json:"ts"`
	View    string         `json:"view"`
	Action  string         `json:"action"`
	Block   string         `json:"block"`
	Value   any            `json:"value"`
	Values  map[string]any `json:"values"`
}

// place is where the person acted.
func (a act) place() slacksim.Place {
	p := slacksim.InMessage(a.Channel, a.TS)
	if a.View != "" {
		p = slacksim.InView(a.View)
	}
	if a.Block != "" {
		p = p.InBlock(a.Block)
	}
	return p
}

// A result is what the person's client shows of an act; what the bot does comes by
// the live connection.
type result struct {
	// Trouble is what went wrong, in Slack's words or ours.
	Trouble string            `json:"trouble,omitempty"`
	Errors  map[string]string `json:"errors,omitempty"`
	Options []optionJSON      `json:"options,omitempty"`
	Action  string            `json:"action,omitempty"` // of a submit: closed, errors, …
}

type optionJSON struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// act lets a person act, and tells how it went.
func (s *Sandbox) act(w http.ResponseWriter, r *http.Request) {
	user, known := s.person(r)
	if !known {
		http.Error(w, "Nobody here is called that.", http.StatusNotFound)
		return
	}
	var a act
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&a); err != nil {
		http.Error(w, "That can't be read.", http.StatusBadRequest)
		return
	}
	do, ok := acts[r.PathValue("what")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	res, err := do(s, r.Context(), user, a)
	var form *slacksim.FormError
	switch {
	case errors.As(err, &form):
		res.Errors = form.Fields
	case errors.Is(err, slacksim.ErrImpossible):
		res.Trouble = sentence(err)
	case err != nil:
		res.Trouble = "That did not work: " + err.Error() + "."
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(encode(res))
}

// sentence makes one of what the workspace refuses.
func sentence(err error) string {
	_, said, found := strings.Cut(err.Error(), ": ")
	if !found {
		said = err.Error()
	}
	return "Slack refuses: " + said + "."
}

var acts = map[string]func(*Sandbox, context.Context, string, act) (result, error){
	"write": (*Sandbox).write, "click": (*Sandbox).click, "select": (*Sandbox).choose, "suggest": (*Sandbox).suggest,
	"submit": (*Sandbox).submit, "close": (*Sandbox).dismiss, "home": (*Sandbox).home,
}

// write sends what a person typed: a command, or words.
func (s *Sandbox) write(ctx context.Context, user string, a act) (result, error) {
	if !strings.HasPrefix(a.Text, "/") {
		_, err := s.slack.Say(user, a.Channel, a.Text, a.Thread)
		return result{}, err
	}
	if a.Thread != "" {
		return result{Trouble: "Slack refuses: commands can't be used in threads."}, nil
	}
	command, text, _ := strings.Cut(a.Text, " ")
	got, err := s.slack.Command(ctx, user, a.Channel, command, text)
	if err == nil && !got.OK() {
		return result{Trouble: command + " failed with the error \"" + string(got.Outcome) + "\"."}, nil
	}
	return result{Trouble: got.Problem}, err
}

// unanswered is what Slack shows beside a button whose app did not answer.
func unanswered(d slacksim.Delivery, err error) (result, error) {
	if err == nil && !d.OK() {
		return result{Trouble: "The app did not answer in time (" + string(d.Outcome) + "). The card shows what holds."}, nil
	}
	return result{}, err
}

func (s *Sandbox) click(ctx context.Context, user string, a act) (result, error) {
	got, err := s.slack.Click(ctx, user, a.place(), a.Action)
	return unanswered(got.Delivery, err)
}

func (s *Sandbox) choose(ctx context.Context, user string, a act) (result, error) {
	got, err := s.slack.Select(ctx, user, a.place(), a.Action, entered(a.Value))
	return unanswered(got.Delivery, err)
}

func (s *Sandbox) suggest(ctx context.Context, user string, a act) (result, error) {
	got, err := s.slack.Suggest(ctx, user, a.place(), a.Action, a.Text)
	if err != nil {
		return result{}, err
	}
	res := result{Trouble: got.Problem, Options: []optionJSON{}}
	if !got.OK() {
		res.Trouble = "The options could not be loaded."
	}
	for _, o := range got.Options {
		res.Options = append(res.Options, optionJSON(o))
	}
	return res, nil
}

func (s *Sandbox) submit(ctx context.Context, user string, a act) (result, error) {
	values := slacksim.Values{}
	for block, value := range a.Values {
		values[block] = entered(value)
	}
	got, err := s.slack.Submit(ctx, user, a.View, values)
	return result{Action: got.Action, Errors: got.Errors}, err
}

func (s *Sandbox) dismiss(ctx context.Context, user string, a act) (result, error) {
	if a.Action == "all" {
		_, err := s.slack.CloseAll(ctx, user)
		return result{}, err
	}
	_, err := s.slack.CloseView(ctx, user, a.View)
	return result{}, err
}

func (s *Sandbox) home(ctx context.Context, user string, _ act) (result, error) {
	_, err := s.slack.OpenHome(ctx, user)
	return result{}, err
}

// entered turns what the page sends into what a person enters: an option is an
// object with text and value, several are a list.
func entered(value any) any {
	switch v := value.(type) {
	case map[string]any:
		text, _ := v["text"].(string)
		chosen, _ := v["value"].(string)
		return slacksim.Choice{Text: text, Value: chosen}
	case []any:
		choices, words := []slacksim.Choice{}, []string{}
		for _, one := range v {
			switch o := entered(one).(type) {
			case slacksim.Choice:
				choices = append(choices, o)
			case string:
				words = append(words, o)
			}
		}
		if len(choices) > 0 {
			return choices
		}
		return words
	}
	return value
}

func (s *Sandbox) serveMischief(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		ID string `json:"id"`
		On bool   `json:"on"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&ask); err != nil {
		http.Error(w, "That can't be read.", http.StatusBadRequest)
		return
	}
	res := result{}
	if err := s.disturb(r.Context(), ask.ID, ask.On); err != nil {
		res.Trouble = "It is not done: " + err.Error() + "."
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(encode(res))
}

func (s *Sandbox) serveVerify(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(encode(s.verify(r.Context())))
}
