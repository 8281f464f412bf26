package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Health tells whether the process can do its work, part by part. It begins
// with every part missing.
type Health struct {
	mu      sync.Mutex
	parts   []string
	missing map[string]string
	warning string
}

// NewHealth names the parts that must be there, and what they wait for at first.
func NewHealth(parts ...string) *Health {
	h := &Health{parts: parts, missing: map[string]string{}}
	for _, p := range parts {
		h.missing[p] = "starting"
	}
	return h
}

// Set says what a part is missing; "" when nothing.
func (h *Health) Set(part, missing string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.missing[part] = missing
}

// Warn sets what /readyz says of a process that is ready all the same.
func (h *Health) Warn(warning string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.warning = warning
}

func (h *Health) ready() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.warning == "" {
		return "ready"
	}
	return "ready\nwarning: " + h.warning
}

// Missing lists the parts that are not there, with why.
func (h *Health) Missing() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, p := range h.parts {
		if h.missing[p] != "" {
			all = append(all, p+": "+h.missing[p])
		}
	}
	return all
}

// Serve answers /healthz, /readyz and /metrics until ctx ends.
func Serve(ctx context.Context, listener net.Listener, health *Health, metrics *Metrics, log *slog.Logger) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if missing := health.Missing(); len(missing) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintln(w, strings.Join(missing, "\n"))
			return
		}
		_, _ = fmt.Fprintln(w, health.ready())
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stopped := context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(within)
	})
	defer stopped()
	log.Info("listening", "address", listener.Addr().String())
	if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving health and metrics: %w", err)
	}
	return nil
}
