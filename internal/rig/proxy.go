package rig

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"es-restore/audit"
	"es-restore/store"
)

// A Proxy stands between the bot and a cluster, where a test can do something
// at the very moment a request passes.
type Proxy struct {
	URL string

	mu     sync.Mutex
	before func(*http.Request) bool // true: the request goes no further
	after  func(*http.Request) bool // true: the answer goes no further
	begun  int                      // restore requests the cluster accepted
}

// NewProxy stands in front of a cluster.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{}
	forward := httputil.NewSingleHostReverseProxy(to)
	forward.ModifyResponse = func(res *http.Response) error {
		p.mu.Lock()
		after := p.after
		p.mu.Unlock()
		lost := after != nil && after(res.Request)
		if restoring(res.Request) && res.StatusCode == http.StatusOK {
			p.mu.Lock()
			p.begun++
			p.mu.Unlock()
		}
		if lost {
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	forward.ErrorLog = nil
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body) // all of it has arrived when the test is asked
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
		p.mu.Lock()
		before := p.before
		p.mu.Unlock()
		if before != nil && before(req) {
			panic(http.ErrAbortHandler)
		}
		// The cluster goes on although the bot is gone. A context that can't end would
		// make the proxy watch the connection instead.
		lasts, end := context.WithCancel(context.WithoutCancel(req.Context()))
		defer end()
		forward.ServeHTTP(w, req.WithContext(lasts))
	}))
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func restoring(req *http.Request) bool {
	return req.Method == http.MethodPost && len(req.URL.Path) > 9 && req.URL.Path[len(req.URL.Path)-9:] == "/_restore"
}

// Restoring matches restore requests, Settling those that take a marker off.
func Restoring(req *http.Request) bool { return restoring(req) }

// Settling matches requests that take a marker off.
func Settling(req *http.Request) bool {
	return req.Method == http.MethodPut && len(req.URL.Path) > 10 && req.URL.Path[len(req.URL.Path)-10:] == "/_settings"
}

// Before does something once, before the first request that matches goes on; it
// goes no further.
func (p *Proxy) Before(match func(*http.Request) bool, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = once(match, do)
}

// After does something once, when the first request that matches was answered;
// the answer goes no further.
func (p *Proxy) After(match func(*http.Request) bool, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after = once(match, do)
}

func once(match func(*http.Request) bool, do func()) func(*http.Request) bool {
	var mu sync.Mutex
	done := false
	return func(req *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if done || !match(req) {
			return false
		}
		done = true
		do()
		return true
	}
}

// Begun is how many restore requests the cluster accepted; each is counted when
// what a test does after it is done.
func (p *Proxy) Begun() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun
}

// Store opens the rig's Redis as the bot does.
func (r *Rig) Store() *store.Store {
	client := redis.NewClient(&redis.Options{Addr: r.Redis})
	r.T.Cleanup(func() { _ = client.Close() })
	return store.New(client)
}

// OnRecord does something once, as soon as a record that matches is in the log.
func (r *Rig) OnRecord(match func(audit.Record) bool, do func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	r.T.Cleanup(func() { cancel(); <-done })
	s := r.Store()
	go func() {
		defer close(done)
		for seq := int64(0); ctx.Err() == nil; {
			records, err := s.After(ctx, seq, 10, 200*time.Millisecond)
			if err != nil {
				return
			}
			for _, record := range records {
				if seq = record.Seq; match(record) {
					do()
					return
				}
			}
		}
	}()
}

// Records is the whole log, checked.
func (r *Rig) Records() []audit.Record {
	r.T.Helper()
	var checker audit.Checker
	var records []audit.Record
	err := r.Store().Lines(r.T.Context(), 1, func(line string) error {
		record, err := audit.Parse([]byte(line))
		if err != nil {
			return err
		}
		records = append(records, record)
		return checker.Next([]byte(line))
	})
	if err != nil {
		r.T.Fatalf("the chain: %v", err)
	}
	return records
}
