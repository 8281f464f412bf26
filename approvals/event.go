package approvals

import (
	"time"

	"es-restore/esops"
)

// An Event is what happened to an operation, and its audit record once sealed.
type Event struct {
	Time      time.Time
	Operation ID
	Kind      EventKind
	Actor     Actor
	Plan      string // the digest of the plan as it was then
	Data      Data
}

// Data are the particulars of an event. Which fields are set depends on its
// kind; free text stands here as it came and is cleaned where it is shown.
type Data struct {
	// Opened: everything that decides, so that the log alone tells what was
	// approved. Plan gives the digest.
	Request  *esops.Request  `json:"request,omitempty"`
	Plan     *esops.Plan     `json:"plan,omitempty"`
	Readings *esops.Readings `json:"readings,omitempty"`
	Needs    *Needs          `json:"needs,omitempty"`
	Channel  string          `json:"channel,omitempty"`
	Follows  ID              `json:"follows,omitempty"`
	At       time.Time       `json:"at,omitzero"`
	// Standing: the rules of the configuration that approve it without people.
	Standing []string `json:"standing,omitempty"`

	// Opened, approved, denied, cancelled and rolled_back: why, in people's words.
	Reason string `json:"reason,omitempty"`

	// Approved: whether that was the last one missing.
	Met bool `json:"met,omitempty"`

	// Claimed: by which process, and whether another had it before. Approvers
	// are those whose approval counted, as Slack knew them at the start.
	Worker    string  `json:"worker,omitempty"`
	Epoch     int64   `json:"epoch,omitempty"`
	TakenOver bool    `json:"taken_over,omitempty"`
	Approvers []Actor `json:"approvers,omitempty"`

	// Stepped: a journal entry before the restore request, or a finished step.
	Step   esops.StepKind `json:"step,omitempty"`
	Sent   *esops.Sent    `json:"sent,omitempty"`
	Result *esops.Result  `json:"result,omitempty"`

	// Stopped: what was removed and what was left.
	Stopped *esops.Stopped `json:"stopped,omitempty"`

	// Failed, expired and refused: what was the matter. Asked is the button or
	// verb of a refused click or command.
	Asked       string   `json:"asked,omitempty"`
	Code        string   `json:"code,omitempty"`
	Sentence    string   `json:"sentence,omitempty"`
	WayOut      string   `json:"way_out,omitempty"`
	Differences []string `json:"differences,omitempty"`

	// RolledBack: the highest record any process had seen, when one reported it.
	LostFrom int64 `json:"lost_from,omitempty"`
	LostTo   int64 `json:"lost_to,omitempty"`
}
