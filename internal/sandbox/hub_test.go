package sandbox

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func frameOf(t *testing.T, m *mailbox) map[string]any {
	t.Helper()
	raw := m.frame(nil)
	if len(raw) == 0 {
		return nil
	}
	var frame map[string]any
	if err := json.Unmarshal(raw, &frame); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return frame
}

func TestAPageIsToldOfEachThingOnlyTheNewest(t *testing.T) {
	m := newMailbox("U1")
	for i := range 3 {
		m.set(secStatus, json.RawMessage(fmt.Sprint(i)))
		m.put(secMessages, "a", json.RawMessage(fmt.Sprint(10+i)))
		m.put(secMessages, "b", json.RawMessage(fmt.Sprint(20+i)))
		m.add(secRequests, json.RawMessage(fmt.Sprint(i)))
	}
	want := map[string]any{"status": 2.0, "messages": []any{12.0, 22.0}, "requests": []any{0.0, 1.0, 2.0}}
	if diff := cmp.Diff(want, frameOf(t, m)); diff != "" {
		t.Error(diff)
	}
	if frame := frameOf(t, m); frame != nil {
		t.Errorf("told twice: %v", frame)
	}
}

func TestAPageThatDoesNotReadHoldsNoMoreThanItMust(t *testing.T) {
	m := newMailbox("U1")
	for i := range 10 * mostListed {
		m.add(secLog, json.RawMessage(fmt.Sprint(i)))
	}
	log := frameOf(t, m)["log"].([]any)
	if len(log) != mostListed || log[len(log)-1] != float64(10*mostListed-1) {
		t.Errorf("%d lines, the last %v", len(log), log[len(log)-1])
	}
}

func TestAPageIsToldOnlyWhatIsForItsPerson(t *testing.T) {
	h := newHub()
	anna, ben := h.join("anna"), h.join("ben")
	h.each("anna", func(m *mailbox) { m.set(secViews, json.RawMessage("1")) })
	if frameOf(t, anna) == nil || frameOf(t, ben) != nil {
		t.Error("Ben was told, or Anna was not")
	}
}

func TestPagesEndWithTheHub(t *testing.T) {
	h := newHub()
	before := h.join("anna")
	h.close()
	<-before.done
	<-h.join("late").done
}
