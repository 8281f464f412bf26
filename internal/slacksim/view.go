package slacksim

import (
	"fmt"
	"maps"
	"slices"
)

// View is one modal or Home tab as a person sees it.
type View struct {
	ID, Hash        string
	Type            string // "modal" or "home"
	User            string // who sees it
	AppID           string
	RootID          string
	PreviousID      string // the view below it in the stack
	ExternalID      string
	CallbackID      string
	PrivateMetadata string
	Title           string
	SubmitLabel     string // empty: no submit button of its own
	CloseLabel      string
	Blocks          []Object
	NotifyOnClose   bool
	ClearOnClose    bool
	State           State             // what is filled in now
	Errors          map[string]string // shown under the inputs, by block_id
	Trouble         string            // what Slack shows when the app did not answer well

	raw Object
}

// Place is where to click in it.
func (v View) Place() Place { return Place{View: v.ID} }

func (v *View) copy() View {
	out := *v
	out.Blocks = cloneObjects(v.Blocks)
	out.State = v.State.copy()
	out.Errors = maps.Clone(v.Errors)
	out.raw = nil
	return out
}

// makeView builds a view from what an app sent; the JSON has been checked.
func (w *world) makeView(a *App, user string, raw Object) *View {
	v := &View{ID: fmt.Sprintf("V%04d%s", w.number(), secret(2)), User: user, AppID: a.ID}
	v.RootID = v.ID
	w.fillView(v, raw)
	return v
}

// fillView gives a view new content. What a person filled in stays where
// block_id and action_id stay.
func (w *world) fillView(v *View, raw Object) {
	w.lastViewHash++
	v.Hash = fmt.Sprintf("%d.%08x", w.now().Unix(), w.lastViewHash)
	v.raw = cloneObject(raw)
	v.Type = stringAt(raw, "type")
	v.Title = stringAt(objectAt(raw, "title"), "text")
	v.SubmitLabel = stringAt(objectAt(raw, "submit"), "text")
	v.CloseLabel = stringAt(objectAt(raw, "close"), "text")
	v.CallbackID = stringAt(raw, "callback_id")
	v.PrivateMetadata = stringAt(raw, "private_metadata")
	v.ExternalID = stringAt(raw, "external_id")
	v.NotifyOnClose, v.ClearOnClose = boolAt(raw, "notify_on_close"), boolAt(raw, "clear_on_close")
	v.Blocks = objects(raw["blocks"])
	v.Blocks = cloneObjects(v.Blocks)
	w.nameBlocks(v.Blocks)
	v.State = initialState(v.Blocks).keep(v.State)
	v.Errors, v.Trouble = nil, ""
}

// viewJSON is the view as Slack writes it, with or without what was filled in.
func (w *world) viewJSON(v *View, withState bool) Object {
	a := w.appByID(v.AppID)
	out := Object{
		"id": v.ID, "team_id": w.team.ID, "type": v.Type, "blocks": array(v.Blocks),
		"private_metadata": v.PrivateMetadata, "callback_id": v.CallbackID,
		"state": Object{"values": Object{}}, "hash": v.Hash,
		"title": textOrNil(v.raw["title"]), "close": textOrNil(v.raw["close"]), "submit": textOrNil(v.raw["submit"]),
		"clear_on_close": v.ClearOnClose, "notify_on_close": v.NotifyOnClose,
		"root_view_id": v.RootID, "previous_view_id": nil, "external_id": v.ExternalID,
		"app_id": v.AppID, "bot_id": a.BotID, "app_installed_team_id": w.team.ID,
	}
	if v.PreviousID != "" {
		out["previous_view_id"] = v.PreviousID
	}
	if withState {
		out["state"] = Object{"values": v.State.json()}
	}
	return out
}

func textOrNil(v any) any {
	if o, ok := v.(Object); ok {
		o = cloneObject(o)
		spellText(o)
		return o
	}
	return nil
}

// view finds an open modal or a Home tab by its ID.
func (w *world) view(id string) *View {
	for _, stack := range w.modals {
		for _, v := range stack {
			if v.ID == id {
				return v
			}
		}
	}
	for _, v := range w.homes {
		if v.ID == id {
			return v
		}
	}
	return nil
}

func (w *world) viewByExternalID(a *App, id string) *View {
	for _, stack := range w.modals {
		for _, v := range stack {
			if v.ExternalID == id && v.AppID == a.ID {
				return v
			}
		}
	}
	for _, v := range w.homes {
		if v.ExternalID == id && v.AppID == a.ID {
			return v
		}
	}
	return nil
}

// top is the modal a person has before them.
func (w *world) top(user string) *View {
	stack := w.modals[user]
	if len(stack) == 0 {
		return nil
	}
	return stack[len(stack)-1]
}

// open shows a modal as the only one.
func (w *world) open(v *View) {
	for w.top(v.User) != nil {
		w.close(w.top(v.User))
	}
	w.modals[v.User] = []*View{v}
	w.announceView(ViewOpened, v)
}

// maxStack is how many modals may lie on each other.
const maxStack = 3

// push lays a modal on top of the stack.
func (w *world) push(v *View) error {
	below := w.top(v.User)
	if below == nil {
		return fail("not_found")
	}
	if len(w.modals[v.User]) >= maxStack {
		return fail("push_limit_reached")
	}
	v.RootID, v.PreviousID = below.RootID, below.ID
	w.modals[v.User] = append(w.modals[v.User], v)
	w.announceView(ViewOpened, v)
	return nil
}

// close takes one modal, and whatever lies on it, away.
func (w *world) close(v *View) {
	stack := w.modals[v.User]
	at := slices.Index(stack, v)
	if at < 0 {
		return
	}
	for i := len(stack) - 1; i >= at; i-- {
		w.modals[v.User] = stack[:i]
		w.announceView(ViewClosed, stack[i])
	}
}

func (w *world) announceView(kind ChangeKind, v *View) {
	shown := v.copy()
	w.announce(Change{Kind: kind, User: v.User, View: &shown})
}
