package handlers

import "testing"

func TestTheLastOfSeveralChoicesIsKnownWhileAnyIsAnswered(t *testing.T) {
	var l latest
	first, leaveFirst := l.enter("V1", "1700000000.000100")
	second, leaveSecond := l.enter("V1", "1700000000.000300")
	late, leaveLate := l.enter("V1", "1700000000.000200") // delivered out of turn
	other, leaveOther := l.enter("V2", "1700000000.000050")
	if first() || !second() || late() || !other() {
		t.Errorf("first %v, second %v, late %v, in another form %v", first(), second(), late(), other())
	}
	leaveSecond()
	if first() {
		t.Error("once the last is answered, one before it is the last")
	}
	leaveFirst()
	leaveLate()
	leaveOther()
	if len(l.forms) > 0 {
		t.Errorf("%d forms are kept", len(l.forms))
	}
}
