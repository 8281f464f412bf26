package esops

import "errors"

// What a call to a cluster can end as, beside an answer and a *Refusal. They
// are wrapped around what happened in detail.
var (
	// ErrUnavailable: the request was not sent, or only asked something.
	// Nothing was changed by it.
	ErrUnavailable = errors.New("the cluster did not answer")
	// ErrUnknown: the request was sent and its answer lost. It may have been
	// carried out, or may yet be; only looking tells.
	ErrUnknown = errors.New("it is not known whether the cluster carried it out")
	// ErrBusy: Elasticsearch refused for now and changed nothing.
	ErrBusy = errors.New("the cluster is busy")
)

// Refused returns the refusal in err when the cluster itself refused. A cluster
// that did not answer, is busy, or whose answer was lost has refused nothing,
// though its error may hold a Refusal for people to read.
func Refused(err error) (*Refusal, bool) {
	var refusal *Refusal
	if !errors.As(err, &refusal) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknown) {
		return nil, false
	}
	return refusal, true
}
