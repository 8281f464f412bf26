package slacksim

import (
	"fmt"
	"maps"
	"regexp"
	"time"
)

// triggerLife is how long a trigger_id may be exchanged for a view.
const triggerLife = 3 * time.Second

// trigger is the right to show one view to one person, for three seconds.
type trigger struct {
	app, user string
	at        time.Time
	used      bool
}

// manyRights is how many triggers or response URLs pile up before the expired
// ones are swept away.
const manyRights = 10_000

func (w *world) sweep() {
	if len(w.triggers)+len(w.responses) < manyRights {
		return
	}
	now := w.now()
	maps.DeleteFunc(w.triggers, func(_ string, t *trigger) bool { return now.Sub(t.at) > time.Hour })
	maps.DeleteFunc(w.responses, func(_ string, r *responseURL) bool { return now.Sub(r.at) > time.Hour })
}

func (w *world) newTrigger(a *App, user string) string {
	w.sweep()
	id := fmt.Sprintf("%d.%d.%s", w.now().UnixMilli(), 1000+w.number(), secret(16))
	w.triggers[id] = &trigger{app: a.ID, user: user, at: w.now()}
	return id
}

var triggerShape = regexp.MustCompile(`^\d+\.\d+\.[0-9a-zA-Z]+$`)

// exchange uses a trigger up and says for whom.
func (w *world) exchange(a *App, id string) (user string, err error) {
	if !triggerShape.MatchString(id) {
		return "", invalid("invalid `trigger_id` [json-pointer:/trigger_id]")
	}
	t := w.triggers[id]
	switch {
	case t == nil || t.app != a.ID:
		return "", fail("invalid_trigger_id")
	case t.used:
		return "", fail("exchanged_trigger_id")
	case w.now().Sub(t.at) > triggerLife:
		return "", fail("expired_trigger_id")
	}
	t.used = true
	return t.user, nil
}
