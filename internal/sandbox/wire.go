package sandbox

import (
	"encoding/json"
	"slices"

	"es-restore/internal/slacksim"
)

// What the page reads. web/src/wire.ts has the same.

type worldJSON struct {
	Me       string        `json:"me"`
	Team     string        `json:"team"`
	Bot      string        `json:"bot"` // the bot's user ID
	People   []personJSON  `json:"people"`
	Groups   []groupJSON   `json:"groups"`
	Channels []channelJSON `json:"channels"`
	Hints    hints         `json:"hints"`
}

type personJSON struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
	Role   string `json:"role,omitempty"`
	Bot    bool   `json:"bot,omitempty"`
	Badge  string `json:"badge,omitempty"` // guest, or another company
}

type groupJSON struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
}

type channelJSON struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	DM     bool   `json:"dm,omitempty"`
	Shared bool   `json:"shared,omitempty"`
}

type messageJSON struct {
	Channel   string            `json:"channel"`
	TS        string            `json:"ts"`
	Thread    string            `json:"thread,omitempty"`
	User      string            `json:"user,omitempty"`
	Text      string            `json:"text,omitempty"`
	Blocks    []slacksim.Object `json:"blocks,omitempty"`
	Ephemeral bool              `json:"ephemeral,omitempty"`
	Edited    bool              `json:"edited,omitempty"`
	Broadcast bool              `json:"broadcast,omitempty"`
	Deleted   bool              `json:"deleted,omitempty"`
	Gone      bool              `json:"gone,omitempty"`
}

type viewJSON struct {
	ID       string            `json:"id"`
	Hash     string            `json:"hash"`
	Callback string            `json:"callback,omitempty"`
	Title    string            `json:"title"`
	Submit   string            `json:"submit,omitempty"`
	Close    string            `json:"close,omitempty"`
	Blocks   []slacksim.Object `json:"blocks"`
	State    slacksim.State    `json:"state,omitempty"`
	Errors   map[string]string `json:"errors,omitempty"`
	Trouble  string            `json:"trouble,omitempty"`
}

// encode writes a value of ours, which always can be written.
func encode(value any) json.RawMessage {
	data, err := json.Marshal(value)
	if err != nil {
		panic("sandbox: encoding: " + err.Error())
	}
	return data
}

func messageOf(m slacksim.Message, gone bool) json.RawMessage {
	return encode(messageJSON{
		Channel: m.Channel, TS: m.TS, Thread: m.ThreadTS, User: m.User, Text: m.Text, Blocks: m.Blocks,
		Ephemeral: m.Ephemeral, Edited: m.Edited, Broadcast: m.Broadcast, Deleted: m.Deleted, Gone: gone,
	})
}

func viewOf(v slacksim.View) viewJSON {
	return viewJSON{
		ID: v.ID, Hash: v.Hash, Callback: v.CallbackID, Title: v.Title, Submit: v.SubmitLabel, Close: v.CloseLabel,
		Blocks: v.Blocks, State: v.State, Errors: v.Errors, Trouble: v.Trouble,
	}
}

func (s *Sandbox) viewsOf(user string) json.RawMessage {
	views := []viewJSON{}
	for _, v := range s.slack.Views(user) {
		views = append(views, viewOf(v))
	}
	return encode(views)
}

func (s *Sandbox) homeOf(user string) json.RawMessage {
	if v, published := s.slack.Home(user); published {
		return encode(viewOf(v))
	}
	return json.RawMessage("null")
}

// worldOf is the workspace as one person sees it.
func (s *Sandbox) worldOf(user string) json.RawMessage {
	w := worldJSON{Me: user, Team: team.Name, Bot: s.slack.App().BotUserID, Hints: s.said}
	for _, u := range s.slack.Users() {
		p := personJSON{ID: u.ID, Handle: u.Name, Name: u.RealName, Role: roles[u.ID], Bot: u.IsBot}
		switch {
		case u.Restricted || u.UltraRestricted:
			p.Badge = "guest"
		case u.TeamID != team.ID:
			p.Badge = "other company"
		}
		w.People = append(w.People, p)
	}
	for _, g := range s.slack.Groups() {
		w.Groups = append(w.Groups, groupJSON{ID: g.ID, Handle: g.Handle})
	}
	for _, c := range s.slack.Channels() {
		if slices.Contains(c.Members, user) {
			w.Channels = append(w.Channels, channelJSON{ID: c.ID, Name: c.Name, DM: c.IsDM(), Shared: c.ExtShared})
		}
	}
	return encode(w)
}
