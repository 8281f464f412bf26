package slacksim

import (
	"fmt"
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

func (w *world) newTrigger(a *App, user string) string {
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
