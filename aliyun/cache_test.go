package aliyun_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"es-restore/aliyun"
	"es-restore/internal/aliyunsim"
)

// fifty is a cloud of fifty instances.
func fifty(t testing.TB) (*aliyunsim.Server, []string) {
	t.Helper()
	s := cloud(t)
	s.RemoveInstance("es-cn-a")
	s.RemoveInstance("es-cn-b")
	ids := make([]string, 50)
	for n := range ids {
		ids[n] = fmt.Sprintf("es-cn-%03d", n)
		s.PutInstance(aliyunsim.Instance{ID: ids[n]})
	}
	return s, ids
}

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func TestFiftyInstancesTakeOneListAndEightAtATime(t *testing.T) {
	s, ids := fifty(t)
	now := newClock()
	cache := aliyun.NewCache(client(t, s), now.Now)
	gate := s.Hold("DescribeInstance")
	done := make(chan map[string]aliyun.Described)
	go func() { done <- cache.Describe(within(t), region, ids...) }()
	if err := s.Wait(within(t), func() bool { return gate.Waiting() == 8 }); err != nil {
		t.Fatalf("%d at once: %v", gate.Waiting(), err)
	}
	gate.Release()
	got := <-done
	if len(got) != 50 || len(s.Requests("ListInstance")) != 1 || len(s.Requests("DescribeInstance")) != 50 || s.Busiest("DescribeInstance") != 8 {
		t.Errorf("%d told, %d lists, %d descriptions, %d at once", len(got), len(s.Requests("ListInstance")), len(s.Requests("DescribeInstance")), s.Busiest("DescribeInstance"))
	}
	for id, d := range got {
		if d.Err != nil || d.ID != id || d.Backup == nil || d.URL() == "" || !d.At.Equal(now.Now()) {
			t.Errorf("%s: %+v", id, d)
		}
	}
	s.ForgetRequests()
	now.forward(59 * time.Second)
	if again := cache.Describe(within(t), region, ids...); len(again) != 50 || len(s.Requests()) != 0 {
		t.Errorf("%d told with %d requests", len(again), len(s.Requests()))
	}
	now.forward(time.Second)
	if cache.Describe(within(t), region, ids...); len(s.Requests()) != 101 {
		t.Errorf("after a minute: %d requests", len(s.Requests()))
	}
}

func TestThoseWhoAskAtOnceShareOneAnswer(t *testing.T) {
	s, ids := fifty(t)
	cache := aliyun.NewCache(client(t, s), newClock().Now)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if got := cache.Describe(within(t), region, ids[:5]...); len(got) != 5 {
				t.Error(got)
			}
		})
	}
	group.Wait()
	if n := len(s.Requests()); n != 11 {
		t.Errorf("%d requests", n)
	}
}

func TestWhatCanNotBeDescribedIsTakenFromTheListAndNotRemembered(t *testing.T) {
	s, ids := fifty(t)
	cache := aliyun.NewCache(client(t, s), newClock().Now)
	s.Fail("DescribeInstance", aliyunsim.Fault(aliyunsim.Throttle().N(-1)))
	ask := append(ids[:3:3], "es-cn-nobody", ids[0])
	got := cache.Describe(within(t), region, ask...)
	if len(got) != 4 {
		t.Fatal(got)
	}
	for id, d := range got {
		known := id != "es-cn-nobody"
		if !errors.Is(d.Err, aliyun.ErrThrottled) || d.ID != id || d.URL() != "" || known != (d.Status == aliyun.StatusActive) {
			t.Errorf("%s: %+v", id, d)
		}
	}
	s.Heal("")
	got = cache.Describe(within(t), region, ask...)
	for id, d := range got {
		if (id == "es-cn-nobody") != (d.Err != nil) || d.Err == nil && d.URL() == "" {
			t.Errorf("%s: %+v", id, d)
		}
	}
	if code := refusal(t, got["es-cn-nobody"].Err).Code; code != "aliyun_no_instance" {
		t.Error(code)
	}
}

func TestAListThatMayNotBeReadDoesNotHinder(t *testing.T) {
	s, ids := fifty(t)
	s.Deny(keyID, "ListInstance")
	got := aliyun.NewCache(client(t, s), newClock().Now).Describe(within(t), region, ids[0])
	if d := got[ids[0]]; d.Err != nil || d.URL() == "" {
		t.Error(d)
	}
}

func TestWaitingForOthersEndsWithTheContext(t *testing.T) {
	s, ids := fifty(t)
	cache := aliyun.NewCache(client(t, s), newClock().Now)
	gate := s.Hold("ListInstance")
	done := make(chan struct{})
	go func() {
		defer close(done)
		cache.Describe(within(t), region, ids[0])
	}()
	if err := s.Wait(within(t), func() bool { return gate.Waiting() == 1 }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := cache.Describe(ctx, region, ids[1])
	if d := got[ids[1]]; !errors.Is(d.Err, context.Canceled) || d.ID != ids[1] {
		t.Error(got)
	}
	gate.Release()
	<-done
	if got := cache.Describe(within(t), "cn-beijing", ids[0]); got[ids[0]].Err == nil {
		t.Error("what one region told was told of another")
	}
}

// BenchmarkClusters is what a list of fifty clusters costs: one list and fifty
// descriptions, eight at a time, and nothing for a minute.
func BenchmarkClusters(b *testing.B) {
	s, ids := fifty(b)
	now := newClock()
	cache := aliyun.NewCache(client(b, s), now.Now)
	ctx := context.Background()
	b.Run("first", func(b *testing.B) {
		s.ForgetRequests()
		for b.Loop() {
			now.forward(time.Minute)
			cache.Describe(ctx, region, ids...)
		}
		b.ReportMetric(float64(len(s.Requests()))/float64(b.N), "requests/op")
		b.ReportMetric(float64(s.Busiest("DescribeInstance")), "at_once")
	})
	b.Run("within a minute", func(b *testing.B) {
		cache.Describe(ctx, region, ids...)
		s.ForgetRequests()
		for b.Loop() {
			cache.Describe(ctx, region, ids...)
		}
		b.ReportMetric(float64(len(s.Requests()))/float64(b.N), "requests/op")
	})
}
