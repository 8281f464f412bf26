package esops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Send sends the request that was just journaled. Only the process that wrote
// the journal entry may call it, and once.
func (r *Runner) Send(ctx context.Context, run Run, sent Sent) (Outcome, error) {
	if next := run.Next(); next == StepShare || next == StepUnshare {
		return r.sendCloud(ctx, run, sent)
	}
	r.quietSince, r.notSent = time.Time{}, 0
	if r.Now().Sub(sent.At) > lookFresh {
		r.notSent = sent.Attempt // too long between look and request: look again
		return Outcome{Waiting: "Looking at the cluster and recording took too long; it is looked at again."}, nil
	}
	err := r.Writer.Restore(ctx, withMarker(*run.Plan.Body(), run.Marker), run.Plan.Repository, run.Plan.Snapshot)
	refusal, wasRefused := Refused(err)
	switch {
	case err == nil:
		r.accepted = true
		return r.restore(ctx, run, false)
	case errors.Is(err, ErrUnavailable):
		r.notSent = sent.Attempt
		return Outcome{}, err
	case errors.Is(err, ErrBusy):
		r.notSent = sent.Attempt
		r.busySince, r.busy = r.Now(), min(max(2*r.busy, busyPause), busyLimit)
		return Outcome{Waiting: busyWords}, nil
	case wasRefused:
		return r.refused(ctx, run, sent, refusal)
	}
	return Outcome{}, err // ErrUnknown and all else: only looking tells
}

// Unsent tells the runner that an attempt's journal entry may be on record, but
// its request was surely never sent by this process, which alone could.
func (r *Runner) Unsent(attempt int) { r.notSent = attempt }

// refused finds out what a refusal means: that of a second request, sent
// because the first one's answer was lost, may be due to the first.
func (r *Runner) refused(ctx context.Context, run Run, sent Sent, refusal *Refusal) (Outcome, error) {
	state, err := r.state(ctx, run)
	if err != nil {
		return Outcome{}, fmt.Errorf("looking at the targets after a refusal: %w", err)
	}
	if marked(state, run.Marker) {
		return r.begun(ctx, run, state)
	}
	r.notSent = sent.Attempt
	return Outcome{Failure: refusal}, nil
}

func withMarker(body RestoreBody, marker string) RestoreBody {
	settings := map[string]any{}
	maps.Copy(settings, body.IndexSettings)
	settings[MarkerSetting] = marker
	body.IndexSettings = settings
	return body
}
