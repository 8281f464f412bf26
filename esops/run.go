package esops

import (
	"strings"
	"time"
)

// A Run is how far a plan has been carried out, as the operation's record
// holds it. A Runner reads it and never changes it.
type Run struct {
	Plan   Plan
	Marker string
	// Sent is the last journal entry of the restore request; nil before the first.
	Sent *Sent
	// Results are the finished steps, in the plan's order.
	Results []Result
}

// MarkerOf derives the marker of an operation's restore from its ID and its
// plan's digest, so that a bot that lost all memory still recognises it.
func MarkerOf(id, digest string) string {
	return strings.ToLower(id) + "-" + strings.TrimPrefix(digest, "sha256:")[:12]
}

// Sent is the journal of one restore request: written before it is sent, with
// the look it rests on.
type Sent struct {
	At      time.Time `json:"at"`
	Attempt int       `json:"attempt"` // from 1
	Looked  []Looked  `json:"looked"`
}

// Looked is what stood under a target's name right before the request.
type Looked struct {
	Target string `json:"target"`
	State  string `json:"state"` // absent or closed
	UUID   string `json:"uuid,omitempty"`
}

// A Result is what a finished step established.
type Result struct {
	Step    StepKind       `json:"step"`
	Targets []TargetResult `json:"targets,omitempty"`
	// Verified belongs to StepVerify: everything that can be known was seen.
	// NotProved says in words what was not, and of StepSettle where the marker
	// stays.
	Verified  bool     `json:"verified,omitempty"`
	NotProved []string `json:"not_proved,omitempty"`
	// Found says what else was seen, such as a comparison with the source.
	Found []string `json:"found,omitempty"`
}

// A TargetResult is what a step established about one target. Each step knows
// its part: restore Name, UUID and Made; wait all but Docs; verify everything.
type TargetResult struct {
	Name string `json:"name"`
	UUID string `json:"uuid,omitempty"`
	// Made: the name was absent in the look before the request and the UUID was
	// read together with our marker. Only what is made by us is ever removed.
	Made   bool  `json:"made"`
	Shards int   `json:"shards,omitempty"`
	Proved int   `json:"proved,omitempty"` // shards that Elasticsearch says it filled from this snapshot
	Empty  []int `json:"empty,omitempty"`  // shards the snapshot did not hold
	Bytes  int64 `json:"bytes,omitempty"`
	Docs   int64 `json:"docs,omitempty"`
}

// result returns the result of a finished step.
func (r Run) result(kind StepKind) (Result, bool) {
	for _, result := range r.Results {
		if result.Step == kind {
			return result, true
		}
	}
	return Result{}, false
}

// Next is the first step that is not finished, or "" when all are.
func (r Run) Next() StepKind {
	if len(r.Results) < len(r.Plan.Steps) {
		return r.Plan.Steps[len(r.Results)].Kind
	}
	return ""
}

// An Outcome is what one look at a run came to. Exactly one of Journal, Result,
// Failure and Stopped is set when something is to be recorded; none of them
// when there is only more to wait for.
type Outcome struct {
	// Journal: record this, then call Runner.Send with it.
	Journal *Sent
	// Result: the step is finished.
	Result *Result
	// Failure: the operation ends here.
	Failure *Refusal
	// Stopped: nothing of it runs any more.
	Stopped *Stopped
	// Reading is how far it is; nil when it was not measured.
	Reading *Progress
	// Waiting says why nothing moves, for people; "" when something does.
	Waiting string
}

// Stopped is what stopping an operation came to.
type Stopped struct {
	Removed []string `json:"removed,omitempty"` // made by us, and removed
	Moved   string   `json:"moved,omitempty"`   // the alias that an undo had given back
	Kept    []string `json:"kept,omitempty"`    // finished, or overwritten: left as it is
	Begun   bool     `json:"begun"`             // whether Elasticsearch had begun at all
}

// Progress is a reading of a running restore. It is no event and no fact: it is
// shown and forgotten.
type Progress struct {
	At     time.Time `json:"at"`
	Step   StepKind  `json:"step"`
	Bytes  int64     `json:"bytes"`
	Total  int64     `json:"total"` // of the shards that Elasticsearch lists, or of the plan when known
	Shards int       `json:"shards"`
	Done   int       `json:"done"`
	Rate   float64   `json:"rate"` // bytes a second
	// Slowest is the shard that is least far, in words.
	Slowest string `json:"slowest,omitempty"`
	Waiting string `json:"waiting,omitempty"`
}

// Left estimates the time left, or 0 when it can't be told.
func (p Progress) Left() time.Duration {
	if p.Rate <= 0 || p.Total <= p.Bytes {
		return 0
	}
	return time.Duration(float64(p.Total-p.Bytes) / p.Rate * float64(time.Second))
}
