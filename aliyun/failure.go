package aliyun

import (
	"errors"
	"slices"

	"es-restore/esops"
)

// ErrThrottled is joined to an error when the cloud asks to slow down. Beside it
// is esops.ErrUnavailable, or esops.ErrBusy for a change: nothing was changed.
var ErrThrottled = errors.New("alibaba cloud asks to slow down")

// A failure is what became of a call, for people and for programs. It holds no
// error of the SDK or the network: their texts repeat headers, addresses of
// proxies and whole answers.
type failure struct {
	refusal *esops.Refusal
	kinds   []error // esops.ErrUnavailable, ErrBusy, ErrUnknown, ErrThrottled, a context's
	again   bool    // asking once more may help
}

// Error implements error. It is what people are shown.
func (f *failure) Error() string { return f.refusal.Error() }

// Unwrap gives the refusal and the kinds.
func (f *failure) Unwrap() []error { return append([]error{f.refusal}, f.kinds...) }

// because adds why no further attempt was made.
func (f *failure) because(cause error) *failure {
	if cause == nil {
		return f
	}
	return &failure{refusal: f.refusal, kinds: append(slices.Clone(f.kinds), cause)}
}

// A fate is what a call that failed did.
type fate int

const (
	refused fate = iota // it changed nothing, and never will as it is
	later               // it changed nothing, and may work later
	unsure              // a change may have been carried out
)

// fail joins a refusal with what it means for a question, or for a change.
func (q question) fail(f fate, r *esops.Refusal) *failure {
	failed := &failure{refusal: r}
	switch {
	case f == refused:
	case !q.changes:
		failed.kinds = []error{esops.ErrUnavailable}
	case f == later:
		failed.kinds = []error{esops.ErrBusy}
	case f == unsure:
		failed.kinds = []error{esops.ErrUnknown}
		failed.refusal = esops.Refuse(r.Code, "Look whether it was carried out before anything else is done.",
			"%s It may have carried out %s all the same.", r.Sentence, q.action)
	}
	return failed
}

// retry marks a failure that asking once more may mend.
func (f *failure) retry() *failure {
	f.again = true
	return f
}

// throttled marks a failure by which the cloud asks to slow down.
func (f *failure) throttled() *failure {
	f.kinds = append(f.kinds, ErrThrottled)
	return f
}
