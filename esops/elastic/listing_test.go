package elastic_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
)

// crowded is a stage whose owner took n more snapshots, half an hour apart.
func crowded(t testing.TB, version string, n int) *stage {
	t.Helper()
	s := simulated(t, version)
	s.do(s.owner, "PUT", "/tiny", nil, nil)
	for range n {
		s.pass(30 * time.Minute)
		name := "es-cn-a_" + s.now().Format("20060102150405")
		s.do(s.owner, "PUT", "/_snapshot/"+story.OwnerRepository+"/"+name+"?wait_for_completion=true", map[string]any{"indices": "tiny"}, nil)
	}
	s.simReader.ForgetRequests()
	return s
}

// page lists the newest snapshots with their details, as a page of an answer
// shows them.
func (s *stage) page(size int) []esops.Snapshot {
	s.t.Helper()
	listed, err := s.es.Snapshots(s.t.Context(), story.ReaderRepository)
	if err != nil {
		s.t.Fatal(err)
	}
	esops.NewestFirst(listed)
	var names []string
	for _, one := range listed[:min(size, len(listed))] {
		names = append(names, one.Name)
	}
	details, err := s.es.Snapshots(s.t.Context(), story.ReaderRepository, names...)
	if err != nil {
		s.t.Fatal(err)
	}
	esops.NewestFirst(details)
	return details
}

func TestTheFirstPageOfTwoThousandSnapshotsTakesTwoRequests(t *testing.T) {
	s := crowded(t, "6.7.0", 2000)
	shown := s.page(25)
	if len(shown) != 25 {
		t.Fatalf("%d snapshots", len(shown))
	}
	for i, one := range shown {
		want := s.now().Add(-time.Duration(i) * 30 * time.Minute)
		if !one.Started.Equal(want) || one.State != esops.SnapshotSuccess || one.Version.Major != 6 {
			t.Errorf("%+v, want one of %v", one, want)
		}
	}
	var paths []string
	for _, r := range s.simReader.Requests() {
		path, _, _ := strings.Cut(r.Path, "es-cn-a_")
		paths = append(paths, r.Method+" "+path+" verbose="+r.Query.Get("verbose"))
	}
	want := []string{
		"GET /_snapshot/" + story.ReaderRepository + "/_all verbose=false",
		"GET /_snapshot/" + story.ReaderRepository + "/ verbose=",
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

func TestPlanningLatestOfTwoThousandSnapshotsTakesFewRequests(t *testing.T) {
	s := crowded(t, "6.7.0", 2000)
	for _, word := range []string{"latest", s.now().Add(-300 * time.Hour).Format(time.RFC3339)} {
		s.simReader.ForgetRequests()
		req := ask("tiny", esops.Flags{})
		req.Snapshot = word
		made, _ := s.plan(req)
		if made.Snapshot == "" {
			t.Errorf("%s: nothing was found", word)
		}
		if n := len(s.simReader.Requests(essim.On("GET", "/_snapshot/*/es-cn-a_*"))); n > 5 { // three to find it, one for the next one, one for sizes
			t.Errorf("%s: %d requests about snapshots", word, n)
		}
	}
}

// broad is a stage whose snapshot "broad" holds n indices.
func broad(t testing.TB, n int) *stage {
	t.Helper()
	s := simulated(t, "6.7.0")
	for i := range n {
		s.do(s.owner, "PUT", fmt.Sprintf("/payments-of-the-eastern-region-%05d", i), map[string]any{"settings": map[string]any{"index.number_of_shards": 1, "index.number_of_replicas": 0}}, nil)
	}
	s.do(s.owner, "PUT", "/_snapshot/"+story.OwnerRepository+"/broad?wait_for_completion=true", map[string]any{"indices": "payments-*"}, nil)
	s.simReader.ForgetRequests()
	return s
}

func TestPlanningManyIndicesTakesFewRequests(t *testing.T) {
	for indices, atMost := range map[int]int{500: 8, 2000: 9} {
		s := broad(t, indices)
		req := ask("payments-*", esops.Flags{As: "restored-$1"})
		req.Snapshot = "broad"
		made, readings := s.plan(req)
		if len(made.Items) != indices || len(readings.Blocking()) > 0 {
			t.Fatalf("%d items, %+v", len(made.Items), readings.Blocking())
		}
		if asked := s.simReader.Requests(); len(asked) > atMost {
			t.Errorf("%d indices take %d requests, want %d at most: %v", indices, len(asked), atMost, asked)
		}
	}
}

// A look comes every three seconds.
func TestFollowingAThousandShardsTakesThreeSmallRequestsALook(t *testing.T) {
	s := broad(t, 1000)
	req := ask("payments-*", esops.Flags{})
	req.Snapshot = "broad"
	r := s.ride(req)
	r.until(false, r.step(esops.StepRestore))
	s.simReader.ForgetRequests()
	s.door.largest.Store(0)
	if err := r.look(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if asked := s.simReader.Requests(); len(asked) == 0 || len(asked) > 3 {
		t.Errorf("%d requests a look", len(asked))
	}
	if bytes := s.door.largest.Load(); bytes == 0 || bytes > 1_000_000 {
		t.Errorf("an answer has %d bytes", bytes)
	} else {
		t.Logf("the largest answer has %d bytes", bytes)
	}
}

// BenchmarkListing compares the first page, as the bot asks for it, with what
// everyone else does: all snapshots by _cat/snapshots.
func BenchmarkListing(b *testing.B) {
	for _, version := range []string{"6.7.0", "7.10.2"} {
		s := crowded(b, version, 2000)
		b.Run(version+"/page", func(b *testing.B) {
			for b.Loop() {
				s.page(15)
			}
		})
		b.Run(version+"/cat", func(b *testing.B) {
			plain := &http.Client{Transport: &http.Transport{}}
			b.Cleanup(plain.CloseIdleConnections)
			for b.Loop() {
				res, err := plain.Get(s.simReader.URL() + "/_cat/snapshots/" + story.ReaderRepository + "?format=json")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil {
					b.Fatal(err)
				}
				_ = res.Body.Close()
			}
		})
	}
}

func BenchmarkPlanningTwoThousandIndices(b *testing.B) {
	s := broad(b, 2000)
	req := ask("payments-*", esops.Flags{As: "restored-$1"})
	req.Snapshot = "broad"
	for b.Loop() {
		s.plan(req)
	}
}
