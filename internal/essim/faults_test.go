package essim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"es-restore/internal/essim"
)

// overNetwork lets a bench use sockets.
func (b *bench) overNetwork() *bench {
	t := &http.Transport{}
	b.t.Cleanup(t.CloseIdleConnections)
	b.http = &http.Client{Transport: t}
	return b
}

// both runs a test in memory and over sockets.
func both(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Run("in memory", func(t *testing.T) { f(t, seeded(t, essim.Options{})) })
	t.Run("over sockets", func(t *testing.T) { f(t, seeded(t, essim.Options{}).overNetwork()) })
}

func TestALostAnswerIsLostAfterTheDeed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for how, want := range map[essim.Loss]error{essim.HangUp: io.EOF, essim.Reset: syscall.ECONNRESET} {
			b.ForgetRequests()
			b.Lose(essim.Restoring(), how)
			if _, err := b.try("POST", "/_snapshot/own/s1/_restore", intoR); !errors.Is(err, want) {
				t.Errorf("the client saw %v, want %v", err, want)
			}
			b.clock.Advance(time.Second)
			if h := b.health("r-orders"); h != "green" {
				t.Errorf("the restore was not carried out: %s", h)
			}
			asked := b.Requests(essim.Restoring())
			if len(asked) != 1 || asked[0].Status != 0 || !asked[0].Worked {
				t.Errorf("the record is %+v", asked)
			}
			b.ok("DELETE", "/r-orders", "") // only one answer was lost
		}
		if n := len(b.Restores()); n != 2 {
			t.Errorf("%d restores began, want 2", n)
		}
	})
}

func TestSilenceLastsUntilTheClientGivesUp(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.Lose(essim.Restoring(), essim.Silence)
		ctx, cancel := context.WithCancel(t.Context())
		b.After(essim.Restoring(), func(essim.Request) { cancel() })
		req, err := http.NewRequestWithContext(ctx, "POST", b.URL()+"/_snapshot/own/s1/_restore", strings.NewReader(intoR))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.http.Do(req); !errors.Is(err, context.Canceled) {
			t.Errorf("the client saw %v", err)
		}
		if n := len(b.Restores()); n != 1 {
			t.Errorf("%d restores began, want 1", n)
		}
	})
}

func TestAMadeUpAnswerKeepsTheRequestFromTheCluster(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.Answer(essim.Restoring(), 1, essim.Answer{Status: 502, HTML: true})
		r := b.do("POST", "/_snapshot/own/s1/_restore", intoR)
		if r.status != 502 || !strings.Contains(r.body, "502 Bad Gateway") || r.header.Get("Content-Type") != "text/html" {
			t.Errorf("the answer is %d %s", r.status, r.body)
		}
		stop := b.Answer(essim.On("GET", "/_cluster/*"), -1, essim.Answer{Status: 429})
		for range 3 {
			if r := b.do("GET", "/_cluster/health", ""); r.status != 429 {
				t.Errorf("the answer is %d", r.status)
			}
		}
		stop()
		if r := b.do("GET", "/_cluster/health", ""); r.status != 200 {
			t.Errorf("the answer is %d", r.status)
		}
		if n := len(b.Restores()); n != 0 {
			t.Errorf("%d restores began", n)
		}
	})
}

func TestARefusingClusterComesBackAtItsAddress(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		url := b.URL()
		up := b.Refuse()
		if _, err := b.try("GET", "/", ""); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the client saw %v", err)
		}
		up()
		up() // once is enough, twice does no harm
		if b.URL() != url || b.do("GET", "/", "").status != 200 {
			t.Errorf("it did not come back at %s", url)
		}
	})
}

func TestHooksSeeARequestBeforeAndAfterTheDeed(t *testing.T) {
	b := seeded(t, essim.Options{})
	var seen []string
	removeBefore := b.Before(essim.Restoring(), func(r essim.Request) {
		if len(b.Restores()) == 0 && r.Status == 0 {
			seen = append(seen, "before")
		}
	})
	removeAfter := b.After(essim.Restoring(), func(r essim.Request) {
		if len(b.Restores()) == 1 && r.Status == 200 {
			seen = append(seen, "after")
		}
	})
	b.restore()
	removeBefore()
	removeAfter()
	b.do("POST", "/_snapshot/own/s1/_restore", intoR)
	if strings.Join(seen, " ") != "before after" {
		t.Errorf("the hooks saw %q", seen)
	}
}

func TestAHeldRestoreIsCarriedOutAlthoughItsClientLeft(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		release := b.HoldRestores()
		ctx, cancel := context.WithCancel(t.Context())
		arrived := make(chan struct{})
		b.Before(essim.Restoring(), func(essim.Request) { close(arrived) })
		left := make(chan error)
		go func() {
			req, _ := http.NewRequestWithContext(ctx, "POST", b.URL()+"/_snapshot/own/s1/_restore", strings.NewReader(intoR))
			_, err := b.http.Do(req)
			left <- err
		}()
		<-arrived
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Fatalf("the client saw %v", err)
		}
		if n := len(b.Restores()); n != 0 {
			t.Fatalf("%d restores began while they were held", n)
		}
		done := make(chan struct{})
		b.After(essim.Restoring(), func(essim.Request) { close(done) })
		release()
		<-done
		if n := len(b.Restores()); n != 1 {
			t.Errorf("%d restores began, want 1", n)
		}
	})
}

func TestHeldSnapshotsStayInProgress(t *testing.T) {
	b := seeded(t, essim.Options{})
	release := b.HoldSnapshots()
	b.ok("PUT", "/_snapshot/own/s2", `{}`)
	if got := b.ok("GET", "/_snapshot/own/s2", "").at("snapshots.0.state"); got != "IN_PROGRESS" {
		t.Errorf("the state is %q", got)
	}
	release()
	if got := b.ok("GET", "/_snapshot/own/s2", "").at("snapshots.0.state"); got != "SUCCESS" {
		t.Errorf("the state is %q", got)
	}
}

func TestALostShardMakesASnapshotPartial(t *testing.T) {
	b := seeded(t, essim.Options{})
	b.LoseShard("orders", 1)
	b.ok("PUT", "/_snapshot/own/s2?wait_for_completion=true", `{"partial":true}`)
	r := b.ok("GET", "/_snapshot/own/s2", "")
	if r.at("snapshots.0.state") != "PARTIAL" || r.at("snapshots.0.shards.failed") != "1" {
		t.Errorf("the snapshot is %s", r.body)
	}
}

func TestClosingLetsWaitingRequestsGo(t *testing.T) {
	b := seeded(t, essim.Options{}).overNetwork()
	b.Slow(1)
	arrived := make(chan struct{})
	b.Before(essim.Restoring(), func(essim.Request) { close(arrived) })
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = b.try("POST", "/_snapshot/own/s1/_restore?wait_for_completion=true", intoR)
	}()
	<-arrived
	b.Close()
	b.Close()
	<-gone
	if _, err := b.try("GET", "/", ""); err == nil {
		t.Error("a closed cluster answers")
	}
}

func TestWaitingInABubbleTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := essim.New(essim.Options{NoListen: true}) // the wall clock is the bubble's
		defer c.Close()
		b := &bench{Cluster: c, t: t, http: &http.Client{Transport: c.Transport()}}
		b.ok("PUT", "/orders", `{"settings":{"number_of_shards":1,"number_of_replicas":0}}`)
		b.PadShard("orders", 0, 40<<20)
		b.ok("PUT", "/_snapshot/own", `{"type":"fs","settings":{"location":"/r"}}`)
		b.ok("PUT", "/_snapshot/own/s1?wait_for_completion=true", `{}`)
		c.Slow(1 << 20)
		began := time.Now()
		b.ok("POST", "/_snapshot/own/s1/_restore?wait_for_completion=true", intoR)
		if d := time.Since(began); d < 40*time.Second || d > 42*time.Second {
			t.Errorf("40 MB at 1 MB/s took %v of the bubble's time", d)
		}
	})
}

func TestALeapingClockAnswersAtOnce(t *testing.T) {
	clock := essim.NewLeapClock(start)
	c := essim.New(essim.Options{Clock: clock})
	defer c.Close()
	b := &bench{Cluster: c, t: t, http: &http.Client{Transport: c.Transport()}}
	if r := b.do("GET", "/_cluster/health/nosuch", ""); r.status != 408 {
		t.Errorf("the answer is %d, want 408", r.status)
	}
	if d := clock.Now().Sub(start); d < 30*time.Second {
		t.Errorf("only %v passed", d)
	}
}

func TestARefusalEndsByTheClock(t *testing.T) {
	b := seeded(t, essim.Options{})
	over := b.RefuseFor(time.Minute)
	if _, err := b.try("GET", "/", ""); err == nil {
		t.Fatal("it answers")
	}
	b.clock.Advance(2 * time.Minute)
	<-over
	b.ok("GET", "/", "")
}
