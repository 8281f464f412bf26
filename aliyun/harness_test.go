package aliyun_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"es-restore/aliyun"
	"es-restore/esops"
	"es-restore/internal/aliyunsim"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const region = aliyunsim.DefaultRegion

// canary is in every secret that the tests sign with.
const canary = "cAnArY"

const (
	keyID  = "LTAI5t" + canary + "KeyId"
	secret = "secret-" + canary + "-secret"
	token  = "token-" + canary + "-token"
)

// cloud starts the vendor's example: es-cn-a and es-cn-b, both 6.7.0, the first
// with automatic snapshots.
func cloud(t testing.TB) *aliyunsim.Server {
	t.Helper()
	s := aliyunsim.New(aliyunsim.Options{})
	t.Cleanup(s.Close)
	s.PutKey(aliyunsim.Key{ID: keyID, Secret: secret, Token: token})
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-a", Kernel: "ali1.3.0", Snapshots: 3, Backup: aliyunsim.Backup{Enabled: true}})
	s.PutInstance(aliyunsim.Instance{ID: "es-cn-b", Kernel: "ali1.3.0"})
	return s
}

// client is one of that cloud, which waits for nothing between attempts.
func client(t testing.TB, s *aliyunsim.Server, change ...func(*aliyun.Options)) *aliyun.Client {
	t.Helper()
	o := aliyun.Options{
		Region: region, Endpoint: s.URL(), AccessKeyID: keyID, AccessKeySecret: secret, SecurityToken: token,
		Pause: new(pauses).wait,
	}
	for _, f := range change {
		f(&o)
	}
	c, err := aliyun.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// pauses remembers how long it was told to wait, and does not.
type pauses struct {
	mu   sync.Mutex
	took []time.Duration
}

func (p *pauses) wait(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took = append(p.took, d)
	return ctx.Err()
}

func (p *pauses) all() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.took
}

// within bounds a test that waits for something.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// refusal is what an error tells people; every error of the package has one.
func refusal(t testing.TB, err error) *esops.Refusal {
	t.Helper()
	var r *esops.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("no refusal in %v", err)
	}
	return r
}

// kind is what an error means to programs.
func kind(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, esops.ErrUnknown):
		return "unknown"
	case errors.Is(err, esops.ErrBusy):
		return "busy"
	case errors.Is(err, esops.ErrUnavailable):
		return "unavailable"
	}
	if _, ok := esops.Refused(err); ok {
		return "refused"
	}
	return "?"
}
