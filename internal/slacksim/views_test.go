package slacksim_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1700000000, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// trigger is a fresh trigger_id of a person.
func trigger(t *testing.T, s *slacksim.Server, user string) string {
	t.Helper()
	cmd, err := s.Command(within(t), user, ops, "/es-restore", "")
	if err != nil {
		t.Fatal(err)
	}
	return cmd.TriggerID
}

func views(t *testing.T, s *slacksim.Server, method string, body obj) map[string]any {
	t.Helper()
	answer, _ := postJSON(t, s.APIURL()+method, s.App().BotToken, body)
	return answer
}

func viewID(t *testing.T, answer map[string]any) string {
	t.Helper()
	wantOK(t, answer)
	v, _ := answer["view"].(map[string]any)
	id, _ := v["id"].(string)
	return id
}

func form(extra obj) modalProbe {
	v := view("blocks", []any{
		with(input(obj{"type": "plain_text_input", "action_id": "reason"}), "block_id", "reason"),
		with(with(input(obj{"type": "plain_text_input", "action_id": "note"}), "block_id", "note"), "optional", true),
	})
	for k, x := range extra {
		v[k] = x
	}
	return v
}

func TestATriggerServesOnceAndForThreeSeconds(t *testing.T) {
	c := newClock()
	s := workspace(t, slacksim.WithClock(c.Now))
	once := trigger(t, s, alice)
	wantOK(t, views(t, s, "views.open", obj{"trigger_id": once, "view": form(nil)}))
	wantError(t, views(t, s, "views.open", obj{"trigger_id": once, "view": form(nil)}), "exchanged_trigger_id")

	inTime := trigger(t, s, alice)
	c.Advance(3 * time.Second)
	wantOK(t, views(t, s, "views.open", obj{"trigger_id": inTime, "view": form(nil)}))
	late := trigger(t, s, alice)
	c.Advance(3*time.Second + time.Millisecond)
	wantError(t, views(t, s, "views.open", obj{"trigger_id": late, "view": form(nil)}), "expired_trigger_id")

	wantError(t, views(t, s, "views.open", obj{"trigger_id": "1.2.abc", "view": form(nil)}), "invalid_trigger_id")
	wantError(t, views(t, s, "views.open", obj{"trigger_id": "nonsense", "view": form(nil)}), "invalid_arguments")
	wantError(t, views(t, s, "views.open", obj{"view": form(nil)}), "invalid_arguments")

	other := s.AddApp(slacksim.App{ID: "A0OTHER"})
	answer, _ := postJSON(t, s.APIURL()+"views.open", other.BotToken, obj{"trigger_id": trigger(t, s, alice), "view": form(nil)})
	wantError(t, answer, "invalid_trigger_id")
}

func TestModalsLieOnEachOtherThreeDeep(t *testing.T) {
	s := workspace(t)
	wantError(t, views(t, s, "views.push", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}), "not_found")
	root := viewID(t, views(t, s, "views.open", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}))
	second := viewID(t, views(t, s, "views.push", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}))
	third := viewID(t, views(t, s, "views.push", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}))
	wantError(t, views(t, s, "views.push", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}), "push_limit_reached")
	open := s.Views(alice)
	var ids, below []string
	for _, v := range open {
		ids, below = append(ids, v.ID), append(below, v.PreviousID)
		if v.RootID != root {
			t.Errorf("view %s has root %s", v.ID, v.RootID)
		}
	}
	if diff := cmp.Diff([]string{root, second, third}, ids); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"", root, second}, below); diff != "" {
		t.Error(diff)
	}
	_, err := s.Submit(within(t), alice, root, slacksim.Values{"reason": "x"})
	wantImpossible(t, err, "submitting a view under others")
	if _, err := s.CloseView(within(t), alice, third); err != nil {
		t.Error(err)
	}
	if _, err := s.CloseAll(within(t), alice); err != nil {
		t.Error(err)
	}
	if v := s.Views(alice); len(v) != 0 {
		t.Errorf("still open: %+v", v)
	}
}

func TestAnUpdateWithAnOldHashIsRefused(t *testing.T) {
	s := workspace(t)
	id := viewID(t, views(t, s, "views.open", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}))
	old := s.Views(alice)[0].Hash
	wantOK(t, views(t, s, "views.update", obj{"view_id": id, "hash": old, "view": form(obj{"title": plain("Two")})}))
	wantError(t, views(t, s, "views.update", obj{"view_id": id, "hash": old, "view": form(nil)}), "hash_conflict")
	wantOK(t, views(t, s, "views.update", obj{"view_id": id, "view": form(obj{"title": plain("Three")})}))
	if v := s.Views(alice)[0]; v.Title != "Three" || v.Hash == old {
		t.Errorf("got %+v", v)
	}
	wantError(t, views(t, s, "views.update", obj{"view_id": "V0NONE", "view": form(nil)}), "not_found")
	wantError(t, views(t, s, "views.update", obj{"view": form(nil)}), "invalid_arguments")
}

func TestAnExternalIDNamesOneView(t *testing.T) {
	s := workspace(t)
	wantOK(t, views(t, s, "views.open", obj{"trigger_id": trigger(t, s, alice), "view": form(obj{"external_id": "mine"})}))
	wantError(t, views(t, s, "views.open", obj{"trigger_id": trigger(t, s, bob), "view": form(obj{"external_id": "mine"})}), "duplicate_external_id")
	wantOK(t, views(t, s, "views.update", obj{"external_id": "mine", "view": form(obj{"external_id": "mine", "title": plain("Two")})}))
	if v := s.Views(alice)[0]; v.Title != "Two" {
		t.Errorf("got %+v", v)
	}
}

func TestWhatIsTypedSurvivesAnUpdateThatKeepsTheInput(t *testing.T) {
	s := workspace(t, slacksim.WithAckTimeout(time.Millisecond))
	id := viewID(t, views(t, s, "views.open", obj{"trigger_id": trigger(t, s, alice), "view": form(nil)}))
	if _, err := s.Submit(within(t), alice, id, slacksim.Values{"reason": "because"}); err != nil {
		t.Fatal(err)
	}
	wantOK(t, views(t, s, "views.update", obj{"view_id": id, "view": form(obj{"title": plain("Two")})}))
	if got := s.Views(alice)[0].State["reason"]["reason"]["value"]; got != "because" {
		t.Errorf("the reason is now %v", got)
	}
	renamed := view("blocks", []any{with(input(obj{"type": "plain_text_input", "action_id": "reason", "initial_value": "new"}), "block_id", "why")})
	wantOK(t, views(t, s, "views.update", obj{"view_id": id, "view": renamed}))
	if got := s.Views(alice)[0].State["why"]["reason"]["value"]; got != "new" {
		t.Errorf("the renamed input shows %v", got)
	}
}

func TestAHomeTabIsPublishedForOnePerson(t *testing.T) {
	s := workspace(t)
	home := obj{"type": "home", "blocks": []any{actions("b", button("refresh", "1"))}, "private_metadata": "m"}
	answer := views(t, s, "views.publish", obj{"user_id": alice, "view": home})
	wantOK(t, answer)
	hash := answer["view"].(map[string]any)["hash"]
	v, ok := s.Home(alice)
	if !ok || v.PrivateMetadata != "m" || len(v.Actions()) != 1 {
		t.Fatalf("home %+v", v)
	}
	if _, ok := s.Home(bob); ok {
		t.Error("bob has a home too")
	}
	wantOK(t, views(t, s, "views.publish", obj{"user_id": alice, "view": home, "hash": hash}))
	wantError(t, views(t, s, "views.publish", obj{"user_id": alice, "view": home, "hash": hash}), "hash_conflict")
	wantError(t, views(t, s, "views.publish", obj{"user_id": alice, "view": form(nil)}), "invalid_arguments")
	wantError(t, views(t, s, "views.publish", obj{"user_id": "U0NONE", "view": home}), "invalid_arguments")
}

func TestAnAppWithoutAHomeTabCannotPublishOne(t *testing.T) {
	s := workspace(t, slacksim.WithApp(slacksim.App{NoHome: true}))
	home := obj{"type": "home", "blocks": []any{obj{"type": "divider"}}}
	wantError(t, views(t, s, "views.publish", obj{"user_id": alice, "view": home}), "not_enabled")
	if _, err := s.OpenHome(context.Background(), alice); err == nil {
		t.Error("a Home tab that does not exist was opened")
	}
}
