package bot

import (
	"context"
	"errors"
	"io"
	"time"

	"es-restore/audit"
	"es-restore/config"
	"es-restore/store"
)

// exporter is the name of the export's lease and cursor.
const exporter = "export"

// Times of the export.
const (
	exportLease = 10 * time.Second
	trimEvery   = time.Hour
)

// export follows the log and writes it where the configuration says, in one
// process at a time. What was taken is noted after it is on disk, so nothing is
// dropped; on a stream, a crash may bring a record twice.
func (s *server) export(ctx context.Context, stdout io.Writer) error {
	if s.config.Audit.Export == "" {
		return nil
	}
	for ctx.Err() == nil {
		lease, err := s.store.Acquire(ctx, exporter, exportLease)
		if lease != nil {
			err = s.exportUnder(ctx, lease, stdout)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("export interrupted", "err", err)
		}
		pause(ctx, 2*time.Second)
	}
	return nil
}

func (s *server) exportUnder(ctx context.Context, lease *store.Lease, stdout io.Writer) error {
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = lease.Release(release) // it lapses by itself
	}()
	sink, err := openSink(s.config.Audit, stdout)
	if err != nil {
		return err
	}
	defer func() { _ = sink.Close() }()
	cursor, err := s.store.Cursor(ctx, exporter)
	if err != nil {
		return err
	}
	var trimmed time.Time
	for ctx.Err() == nil {
		lines, err := lease.LinesAfter(ctx, cursor, 500, time.Second)
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			if err := take(sink, lines); err != nil {
				return err
			}
			cursor = lines[len(lines)-1].Seq
			if err := lease.SetCursor(ctx, exporter, cursor); err != nil {
				return err
			}
		}
		if keep := s.config.Audit.Keep; keep > 0 && time.Since(trimmed) > trimEvery {
			trimmed = time.Now()
			removed, err := s.store.Trim(ctx, s.now().Add(-keep), exporter)
			if err != nil {
				return err
			}
			if removed > 0 {
				s.log.Info("old records removed", "records", removed)
			}
		}
	}
	return nil
}

func openSink(a config.Audit, stdout io.Writer) (*audit.Sink, error) {
	if a.Export == config.Stdout {
		return audit.NewSink(stdout), nil
	}
	return audit.OpenSink(a.Export)
}

func take(sink *audit.Sink, lines []store.Line) error {
	texts := make([]string, len(lines))
	for i, l := range lines {
		if l.Text == "" {
			return errors.New("the log has a record without a line")
		}
		texts[i] = l.Text
	}
	return sink.Write(texts)
}
