package elastic_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"es-restore/esops"
	"es-restore/esops/elastic"
	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
)

// A stage is the vendor's example on two clusters, simulated or real: es-cn-a
// owns the repository, and es-cn-b reads it and is restored to.
type stage struct {
	t       testing.TB
	version string
	owner   *story.Cluster
	reader  *story.Cluster

	ownerURL string
	es       *elastic.Client // of the reader, through the door
	door     *door
	now      func() time.Time
	pass     func(time.Duration)

	// simOwner and simReader are nil on real nodes.
	simOwner, simReader *essim.Cluster
}

// A door stands before the reader. It can lose the answers to restore requests
// that the reader has carried out, or the requests themselves.
type door struct {
	next     *httputil.ReverseProxy
	answers  atomic.Int32 // to lose
	requests atomic.Int32 // to lose
	passed   atomic.Int32 // restore requests that came
	largest  atomic.Int64 // answer, in bytes
}

// A scale weighs an answer.
type scale struct {
	http.ResponseWriter
	bytes int64
}

func (s *scale) Write(p []byte) (int, error) {
	s.bytes += int64(len(p))
	return s.ResponseWriter.Write(p)
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/_restore") {
		weighed := &scale{ResponseWriter: w}
		d.next.ServeHTTP(weighed, r)
		d.largest.Store(max(d.largest.Load(), weighed.bytes))
		return
	}
	d.passed.Add(1)
	if d.requests.Add(-1) >= 0 {
		panic(http.ErrAbortHandler)
	}
	if d.answers.Add(-1) >= 0 {
		d.next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	d.next.ServeHTTP(w, r)
}

// set builds a stage on two clusters that both may use location.
func set(t testing.TB, version, owner, reader, location string) *stage {
	t.Helper()
	plain := &http.Client{Transport: &http.Transport{}}
	to, err := url.Parse(reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{next: httputil.NewSingleHostReverseProxy(to)}
	inside := &http.Transport{}
	d.next.Transport, d.next.ErrorLog = inside, log.New(io.Discard, "", 0)
	front := httptest.NewServer(d)
	t.Cleanup(func() {
		front.Close()
		inside.CloseIdleConnections()
		plain.CloseIdleConnections()
	})
	o := story.Options{Owner: owner, Reader: reader, Location: location, Client: plain}
	if err := story.Tell(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return &stage{
		t: t, version: version, ownerURL: owner, owner: story.NewCluster(owner, o), reader: story.NewCluster(reader, o),
		es: client(t, front.URL), door: d, now: time.Now, pass: func(d time.Duration) { <-time.After(d) },
	}
}

// simulated is a stage of simulated clusters of one version.
func simulated(t testing.TB, version string) *stage { return between(t, version, version) }

// between is a stage whose owner has another version than its reader.
func between(t testing.TB, ownerVersion, version string) *stage {
	t.Helper()
	clock := essim.NewLeapClock(time.Date(2019, 7, 5, 22, 0, 0, 0, time.UTC))
	repos := essim.NewRepos("/repositories")
	open := func(name, version string) *essim.Cluster {
		c := essim.New(essim.Options{Name: name, Version: version, Repos: repos, Clock: clock, RepositoryTypes: []string{"oss"}})
		t.Cleanup(c.Close)
		return c
	}
	owner, reader := open("es-cn-a", ownerVersion), open("es-cn-b", version)
	s := set(t, version, owner.URL(), reader.URL(), "/repositories/es-cn-a")
	s.now, s.pass, s.simOwner, s.simReader = clock.Now, clock.Advance, owner, reader
	return s
}

// do asks a cluster for something that has to work.
func (s *stage) do(c *story.Cluster, method, path string, body, out any) {
	s.t.Helper()
	if err := c.Do(s.t.Context(), method, path, body, out); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) planner() esops.Planner {
	return esops.Planner{
		Reader: s.es, Cluster: "es-cn-b", Zone: time.UTC, Now: s.now,
		Owner: func(repository string) string { return esops.OwnerOf(repository, "es-cn-b", nil) },
	}
}

// ask is a request for indices of the automatic snapshot.
func ask(indices string, flags esops.Flags) esops.Request {
	return esops.Request{Kind: esops.KindRestore, Cluster: "es-cn-b", Repository: story.ReaderRepository, Snapshot: story.Snapshot, Indices: indices, Flags: flags}
}

func (s *stage) plan(req esops.Request) (esops.Plan, esops.Readings) {
	s.t.Helper()
	made, readings, err := s.planner().Restore(s.t.Context(), req)
	if err != nil {
		s.t.Fatal(err)
	}
	return made, readings
}

// A ride is one operation on its way.
type ride struct {
	*stage
	runner   *esops.Runner
	run      esops.Run
	readings esops.Readings

	end     string
	failure *esops.Refusal
	stopped *esops.Stopped
	waiting string
	measure []esops.Progress
}

// ride plans a request that must be possible.
func (s *stage) ride(req esops.Request) *ride {
	s.t.Helper()
	made, readings := s.plan(req)
	if blocking := readings.Blocking(); len(blocking) > 0 {
		s.t.Fatalf("%+v", blocking)
	}
	r := &ride{stage: s, run: esops.Run{Plan: made, Marker: esops.MarkerOf("R-7K3M9", made.Digest())}, readings: readings}
	r.restart()
	return r
}

// restart is another process that goes on.
func (r *ride) restart() {
	version, err := esops.ParseVersion(r.readings.Version)
	if err != nil {
		r.t.Fatal(err)
	}
	total, _ := r.readings.Bytes()
	r.runner = &esops.Runner{Watcher: r.es, Writer: r.es, Version: version, Total: total, Now: r.now}
}

// look makes one look and records what it came to.
func (r *ride) look(ctx context.Context, stopping bool) error {
	if r.run.Next() == "" {
		r.end = "succeeded"
		return nil
	}
	o, err := r.runner.Look(ctx, r.run, stopping)
	if err == nil && o.Journal != nil {
		r.run.Sent = o.Journal
		o, err = r.runner.Send(ctx, r.run, *o.Journal)
	}
	if err != nil {
		return err
	}
	if o.Reading != nil {
		r.measure = append(r.measure, *o.Reading)
	}
	r.waiting = o.Waiting
	switch {
	case o.Result != nil:
		r.run.Results = append(r.run.Results, *o.Result)
	case o.Failure != nil:
		r.end, r.failure = "failed", o.Failure
	case o.Stopped != nil:
		r.end, r.stopped = "stopped", o.Stopped
	}
	return nil
}

// until looks until the end, or until done holds.
func (r *ride) until(stopping bool, done func() bool) {
	r.t.Helper()
	for range 3000 {
		if r.end != "" || done != nil && done() {
			return
		}
		_ = r.look(r.t.Context(), stopping)
		r.pass(100 * time.Millisecond)
	}
	r.t.Fatalf("no end: step %q, waiting %q", r.run.Next(), r.waiting)
}

// succeed looks until the restore is done and proved.
func (r *ride) succeed() map[string]esops.TargetResult {
	r.t.Helper()
	r.until(false, nil)
	if r.end != "succeeded" {
		r.t.Fatalf("%s: %v", r.end, r.failure)
	}
	verified, _ := r.result(esops.StepVerify)
	if !verified.Verified {
		r.t.Errorf("not proved: %q", verified.NotProved)
	}
	found := map[string]esops.TargetResult{}
	for _, target := range verified.Targets {
		found[target.Name] = target
	}
	return found
}

func (r *ride) result(kind esops.StepKind) (esops.Result, bool) {
	for _, result := range r.run.Results {
		if result.Step == kind {
			return result, true
		}
	}
	return esops.Result{}, false
}

func (r *ride) step(kind esops.StepKind) func() bool {
	return func() bool {
		_, ok := r.result(kind)
		return ok
	}
}

// from reports whether the reader is of that version or a later one.
func (s *stage) from(major, minor int) bool {
	version, err := esops.ParseVersion(s.version)
	if err != nil {
		s.t.Fatal(err)
	}
	return version.AtLeast(major, minor)
}

func (s *stage) major() int {
	for major := 9; ; major-- {
		if s.from(major, 0) {
			return major
		}
	}
}

// marked lists the indices of the reader that bear a marker.
func (s *stage) marked() []string {
	s.t.Helper()
	var settings map[string]struct {
		Settings struct {
			Index struct {
				Routing struct {
					Allocation struct {
						Exclude map[string]string
					}
				}
			}
		}
	}
	s.do(s.reader, "GET", "/_all/_settings", nil, &settings)
	var bear []string
	for name, index := range settings {
		if index.Settings.Index.Routing.Allocation.Exclude["restore_op"] != "" {
			bear = append(bear, name)
		}
	}
	return bear
}

// uuid is that of an index of the reader.
func (s *stage) uuid(index string) string {
	s.t.Helper()
	state, err := s.es.State(s.t.Context(), []string{index})
	if err != nil {
		s.t.Fatal(err)
	}
	return state.Targets[index].UUID
}

// each runs a test on simulated clusters of every version.
func each(t *testing.T, f func(t *testing.T, version string)) {
	for _, version := range essim.Versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			f(t, version)
		})
	}
}
