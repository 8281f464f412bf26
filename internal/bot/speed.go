package bot

import (
	"context"

	"es-restore/approvals"
	"es-restore/esops"
	"es-restore/store"
)

// What a cluster's speed is judged by: its last restores, and only ones that
// were long enough to tell.
const (
	speedRuns    = 10
	speedLooked  = 300
	speedAtLeast = 16 << 20 // bytes
)

// speedOf tells what restores to a cluster came to so far, in bytes a second.
func speedOf(s *store.Store, cluster string) func(context.Context) (float64, bool) {
	return func(ctx context.Context) (float64, bool) {
		recent, _, err := s.Recent(ctx, 0, speedLooked)
		if err != nil {
			return 0, false
		}
		var bytes, seconds float64
		runs := 0
		for _, op := range recent {
			if op.Plan.Cluster != cluster || op.State != approvals.Succeeded || op.Kind != esops.KindRestore || op.Sent == nil {
				continue
			}
			moved := restored(op)
			if moved < speedAtLeast {
				continue
			}
			bytes += moved
			seconds += max(1, op.Ended.Sub(op.Sent.At).Seconds())
			if runs++; runs == speedRuns {
				break
			}
		}
		if seconds == 0 {
			return 0, false
		}
		return bytes / seconds, true
	}
}

// restored is how many bytes an operation brought.
func restored(op approvals.Operation) float64 {
	var bytes int64
	for _, r := range op.Results {
		if r.Step == esops.StepVerify {
			for _, t := range r.Targets {
				bytes += t.Bytes
			}
		}
	}
	return float64(bytes)
}
