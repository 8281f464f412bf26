package esops

import "fmt"

// A Refusal is an answer for people: what can't be done, why, and the way out.
// It is the one error kind whose text reaches Slack; everything else is shown
// as a short reference.
type Refusal struct {
	// Code is stable and meant for programs, such as "open_index".
	Code string `json:"code"`
	// Sentence tells what is the matter and what is still true. It may hold
	// untrusted names; whoever shows it cleans it first.
	Sentence string `json:"sentence"`
	// WayOut tells what to do next; empty when there is nothing to be done.
	WayOut string `json:"way_out,omitempty"`
}

func (r *Refusal) Error() string {
	if r.WayOut == "" {
		return r.Sentence
	}
	return r.Sentence + " " + r.WayOut
}

// Refuse builds a Refusal with a formatted sentence.
func Refuse(code, wayOut, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Sentence: fmt.Sprintf(format, args...), WayOut: wayOut}
}
