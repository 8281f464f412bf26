package telemetry

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"es-restore/approvals"
	"es-restore/audit"
)

// Metrics are this process's numbers. Records are counted by following the log
// from where it stood at the start, so every process counts all of them.
type Metrics struct {
	registry   *prometheus.Registry
	events     *prometheus.CounterVec
	operations *prometheus.GaugeVec
	lost       *prometheus.CounterVec
	up         prometheus.Gauge
	head       prometheus.Gauge
	decisions  prometheus.Histogram
}

// NewMetrics makes all of them, each with every label at zero, so that an alert
// on one can be written before it first happens.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "esrestore_events_total",
			Help: "Records written to the log since this process started, by event."}, []string{"event"}),
		operations: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "esrestore_operations",
			Help: "Operations that are not finished, by state."}, []string{"state"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "esrestore_slack_lost_total",
			Help: "Messages that Slack will never take, by method."}, []string{"method"}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{Name: "esrestore_slack_connections",
			Help: "Socket Mode connections that are up."}),
		head: prometheus.NewGauge(prometheus.GaugeOpts{Name: "esrestore_log_seq",
			Help: "The sequence number of the newest record this process has seen."}),
		decisions: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "esrestore_decision_seconds",
			Help: "From receiving a click or form to its being on record or refused.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5}}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "esrestore_build_info", Help: "Which version runs."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(m.events, m.operations, m.lost, m.up, m.head, m.decisions, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, kind := range approvals.EventKinds {
		m.events.WithLabelValues(string(kind))
	}
	for _, state := range approvals.States {
		if !state.Final() {
			m.operations.WithLabelValues(string(state))
		}
	}
	for _, method := range []string{"chat.postMessage", "chat.update"} {
		m.lost.WithLabelValues(method)
	}
	return m
}

// Lost counts a message that Slack will never take.
func (m *Metrics) Lost(method string) { m.lost.WithLabelValues(method).Inc() }

// Connections sets how many Socket Mode connections are up.
func (m *Metrics) Connections(n int) { m.up.Set(float64(n)) }

// Decided takes the time of one decision.
func (m *Metrics) Decided(d time.Duration) { m.decisions.Observe(d.Seconds()) }

// Store is what the metrics follow.
type Store interface {
	Head(ctx context.Context) (audit.Head, error)
	After(ctx context.Context, seq int64, limit int64, wait time.Duration) ([]audit.Record, error)
	Open(ctx context.Context) ([]approvals.Operation, error)
}

// Follow counts records, and open operations, until ctx ends.
func (m *Metrics) Follow(ctx context.Context, store Store, log *slog.Logger) error {
	var seen *audit.Head
	for ctx.Err() == nil {
		if err := m.follow(ctx, store, &seen); err != nil && ctx.Err() == nil {
			log.Warn("metrics not followed", "err", err)
			pause(ctx, 5*time.Second)
		}
	}
	return nil
}

func (m *Metrics) follow(ctx context.Context, store Store, seen **audit.Head) error {
	head, err := store.Head(ctx)
	if err != nil {
		return err
	}
	if *seen == nil || head.Seq < (*seen).Seq || head.Seq == (*seen).Seq && head.Hash != (*seen).Hash {
		*seen = &head // the first look, or Redis came back older than it was
	}
	records, err := store.After(ctx, (*seen).Seq, 500, time.Second)
	if err != nil {
		return err
	}
	for _, r := range records {
		m.events.WithLabelValues(string(r.Event)).Inc()
		last := r.Head()
		*seen = &last
	}
	m.head.Set(float64((*seen).Seq))
	open, err := store.Open(ctx)
	if err != nil {
		return err
	}
	states := map[approvals.State]int{approvals.Waiting: 0, approvals.Ready: 0, approvals.Running: 0, approvals.Stopping: 0}
	for _, op := range open {
		states[op.State]++
	}
	for state, n := range states {
		m.operations.WithLabelValues(string(state)).Set(float64(n))
	}
	if len(records) > 0 {
		return nil
	}
	pause(ctx, 4*time.Second)
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
