package handlers

import "sync"

// latest tells of several choices in one form, which are answered at the same
// time, which is the last. It knows of those that this process answers.
type latest struct {
	mu    sync.Mutex
	forms map[string]*answering
}

// answering is a form with choices that are being answered.
type answering struct {
	last string // the time of the last choice, as Slack writes it
	busy int
}

// enter notes a choice. isLast may be asked until leave.
func (l *latest) enter(form, at string) (isLast func() bool, leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forms == nil {
		l.forms = map[string]*answering{}
	}
	f := l.forms[form]
	if f == nil {
		f = &answering{}
		l.forms[form] = f
	}
	f.busy++
	f.last = max(f.last, at)
	isLast = func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return at == f.last
	}
	leave = func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if f.busy--; f.busy == 0 {
			delete(l.forms, form)
		}
	}
	return isLast, leave
}
