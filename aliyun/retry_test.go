package aliyun_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"es-restore/aliyun"
	"es-restore/internal/aliyunsim"
)

func TestAQuestionIsAskedAgainAfterARandomPause(t *testing.T) {
	s := cloud(t)
	seen := map[time.Duration]bool{}
	for range 20 {
		p := &pauses{}
		s.Fail("DescribeInstance", aliyunsim.Throttle().N(2))
		_, err := client(t, s, func(o *aliyun.Options) { o.Pause = p.wait }).Instance(within(t), region, "es-cn-b")
		took := p.all()
		if err != nil || len(took) != 2 {
			t.Fatal(err, took)
		}
		if took[0] < 200*time.Millisecond || took[0] >= 600*time.Millisecond || took[1] < 600*time.Millisecond || took[1] >= 1800*time.Millisecond {
			t.Error(took)
		}
		seen[took[0]] = true
	}
	if len(seen) < 10 {
		t.Errorf("only %d different pauses", len(seen))
	}
}

func TestAQuestionIsAskedThreeTimesAtMost(t *testing.T) {
	s := cloud(t)
	s.Fail("DescribeInstance", aliyunsim.Throttle().N(3))
	c := client(t, s)
	if _, err := c.Instance(within(t), region, "es-cn-b"); !errors.Is(err, aliyun.ErrThrottled) || len(s.Requests()) != 3 {
		t.Error(err, len(s.Requests()))
	}
	if _, err := c.Instance(within(t), region, "es-cn-b"); err != nil {
		t.Error(err)
	}
}

func TestThrottlingThatLastsAMinuteIsOverAfterIt(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	s := aliyunsim.New(aliyunsim.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	t.Cleanup(s.Close)
	s.PutKey(aliyunsim.Key{ID: keyID, Secret: secret, Token: token})
	s.Fail("*", aliyunsim.ThrottleFor(time.Minute))
	c := client(t, s)
	if _, err := c.Instances(within(t), region); !errors.Is(err, aliyun.ErrThrottled) {
		t.Error(err)
	}
	mu.Lock()
	now = now.Add(time.Minute)
	mu.Unlock()
	if _, err := c.Instances(within(t), region); err != nil {
		t.Error(err)
	}
}

func TestCancellingEndsARequestAtOnce(t *testing.T) {
	for name, ask := range map[string]func(context.Context, *aliyun.Client) error{
		"unavailable": func(ctx context.Context, c *aliyun.Client) error {
			_, err := c.Instance(ctx, region, "es-cn-b")
			return err
		},
		"unknown": func(ctx context.Context, c *aliyun.Client) error {
			return c.AddSharedRepository(ctx, region, "es-cn-b", "es-cn-a")
		},
	} {
		s := cloud(t)
		s.Fail("*", aliyunsim.Silence().N(-1))
		ctx, cancel := context.WithCancelCause(within(t))
		why := errors.New("someone hung up")
		done := make(chan error)
		go func() { done <- ask(ctx, client(t, s)) }()
		if err := s.Wait(within(t), func() bool { return len(s.Requests()) == 1 }); err != nil {
			t.Fatal(err)
		}
		cancel(why)
		err := <-done
		if kind(err) != name || !errors.Is(err, context.Canceled) || !errors.Is(err, why) || refusal(t, err).Code != "aliyun_slow" {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(s.Requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
	}
}

func TestADeadlineEndsAPauseBetweenAttempts(t *testing.T) {
	s := cloud(t)
	s.Fail("*", aliyunsim.Throttle().N(-1))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	// The real pause: 200 ms at least.
	c := client(t, s, func(o *aliyun.Options) { o.Pause = nil })
	_, err := c.Instance(ctx, region, "es-cn-b")
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, aliyun.ErrThrottled) || len(s.Requests()) != 1 {
		t.Error(err, len(s.Requests()))
	}
}

func TestTheRealPauseEndsByItself(t *testing.T) {
	s := cloud(t)
	s.Fail("*", aliyunsim.Throttle())
	c := client(t, s, func(o *aliyun.Options) { o.Pause = nil })
	if _, err := c.Instance(within(t), region, "es-cn-b"); err != nil {
		t.Error(err)
	}
}

func TestAnEndedContextSendsNothing(t *testing.T) {
	s := cloud(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := client(t, s)
	_, err := c.Instance(ctx, region, "es-cn-b")
	if kind(err) != "unavailable" || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// Nothing left, so nothing is unknown.
	if err := c.AddSharedRepository(ctx, region, "es-cn-b", "es-cn-a"); kind(err) != "unavailable" || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestAnAttemptThatTakesTooLongIsMadeAgain(t *testing.T) {
	s := cloud(t)
	s.Fail("DescribeInstance", aliyunsim.Silence())
	c := client(t, s, func(o *aliyun.Options) { o.Timeout = 100 * time.Millisecond })
	if _, err := c.Instance(within(t), region, "es-cn-b"); err != nil || len(s.Requests()) != 2 {
		t.Error(err, len(s.Requests()))
	}
	s.Fail("AddSnapshotRepo", aliyunsim.Silence())
	err := c.AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a")
	if kind(err) != "unknown" || refusal(t, err).Code != "aliyun_slow" || errors.Is(err, context.DeadlineExceeded) || len(s.Requests("AddSnapshotRepo")) != 1 {
		t.Error(err)
	}
}

func TestManyCallsAtOnceDoNotDisturbOneAnother(t *testing.T) {
	s := cloud(t)
	c := client(t, s)
	ctx := within(t)
	gate := s.Hold("*")
	var group sync.WaitGroup
	errs := make([]error, 64)
	for n := range errs {
		group.Go(func() {
			switch n % 4 {
			case 0:
				_, errs[n] = c.Instance(ctx, region, "es-cn-a")
			case 1:
				_, errs[n] = c.Instances(ctx, region)
			case 2:
				_, errs[n] = c.AlternativeRepositories(ctx, region, "es-cn-b")
			case 3:
				// One of them is first; the others are refused.
				if err := c.AddSharedRepository(ctx, region, "es-cn-b", "es-cn-a"); err != nil && refusal(t, err).Code != "aliyun_repeated" {
					errs[n] = err
				}
			}
		})
	}
	if err := s.Wait(ctx, func() bool { return gate.Waiting() == len(errs) }); err != nil {
		t.Fatalf("%d at once: %v", gate.Waiting(), err)
	}
	gate.Release()
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if shared := s.Shared("es-cn-b"); len(shared) != 1 {
		t.Error(shared)
	}
}

func TestQuestionsKeepTheirConnectionsAndChangesDoNot(t *testing.T) {
	s := cloud(t)
	c := client(t, s)
	for range 5 {
		if _, err := c.Instance(within(t), region, "es-cn-b"); err != nil {
			t.Fatal(err)
		}
		if err := c.AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a"); err != nil {
			t.Fatal(err)
		}
		if err := c.RemoveSharedRepository(within(t), region, "es-cn-b", "es-cn-a"); err != nil {
			t.Fatal(err)
		}
	}
	from := map[bool]map[string]bool{true: {}, false: {}}
	for _, r := range s.Requests() {
		from[r.Method == "GET"][r.From] = true
	}
	if len(from[true]) != 1 || len(from[false]) != 10 {
		t.Errorf("%d connections for 5 questions, %d for 10 changes", len(from[true]), len(from[false]))
	}
}
