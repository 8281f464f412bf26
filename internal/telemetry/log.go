// Package telemetry is what operators see: the log, the metrics, and whether the
// process is ready.
//
// It follows and reports; nothing depends on it, and nothing it does changes an
// operation. Start at health.go.
package telemetry

import (
	"io"
	"log/slog"
)

// NewLog writes JSON lines. Messages are constant and lower-case; keys are from
// a short list (operation, actor, cluster, step, event, attempt, err and a few
// more), so that lines can be searched by them.
func NewLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
