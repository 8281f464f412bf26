package elastic

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"es-restore/esops"
)

// unhurried is a client of a cloud, with connections of its own.
var unhurried = &http.Client{Timeout: time.Minute}

// cloud is a cluster and somebody who knows where it is.
type cloud struct {
	asked   atomic.Int32
	mu      sync.Mutex
	address string
	err     error
}

func (c *cloud) set(address string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.address, c.err = address, err
}

func (c *cloud) resolve(ctx context.Context) (string, error) {
	c.asked.Add(1)
	c.mu.Lock()
	address, err := c.address, c.err
	c.mu.Unlock()
	if err != nil {
		return "", err
	}
	// As the real one does: over a connection of its own.
	req, _ := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	res, err := unhurried.Do(req)
	if err == nil {
		_ = res.Body.Close()
	}
	return address, nil
}

func at(t *testing.T, c *cloud) *Client {
	t.Helper()
	client, err := New(Options{Name: "orders", Resolve: c.resolve, Username: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestAnAddressIsLookedUpOnceAndAgainWhenNothingAnswersThere(t *testing.T) {
	var users []string
	var mu sync.Mutex
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if user, _, ok := r.BasicAuth(); ok {
			users = append(users, user+" "+r.Host)
		}
		_, _ = w.Write([]byte(`{}`))
	})
	first, second := httptest.NewServer(handler), httptest.NewServer(handler)
	defer second.Close()
	var c cloud
	c.set(first.URL, nil)
	client := at(t, &c)

	var out struct{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			var out struct{}
			if err := client.get(t.Context(), &out, nil, "_cluster", "health"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := c.asked.Load(); n != 1 {
		t.Errorf("8 requests looked the address up %d times, want once", n)
	}
	first.Close()
	client.Close()
	if err := client.get(t.Context(), &out, nil, "x"); !errors.Is(err, esops.ErrUnavailable) {
		t.Errorf("a server that is gone: %v", err)
	}
	c.set(second.URL, nil)
	if err := client.get(t.Context(), &out, nil, "x"); err != nil {
		t.Errorf("after it moved: %v", err)
	}
	if n := c.asked.Load(); n != 2 {
		t.Errorf("looked up %d times, want twice", n)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(users) == 0 || users[len(users)-1] != "u "+second.Listener.Addr().String() {
		t.Errorf("the login and the host did not reach the cluster: %q", users)
	}
}

func TestAnAddressIsLookedUpAgainAfterAWhile(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
	defer server.Close()
	var c cloud
	c.set(server.URL, nil)
	client := at(t, &c)
	now := time.Now()
	client.at.now = func() time.Time { return now }
	var out struct{}
	for _, want := range []int32{1, 1, 2} {
		if err := client.get(t.Context(), &out, nil, "x"); err != nil {
			t.Fatal(err)
		}
		if n := c.asked.Load(); n != want {
			t.Errorf("looked up %d times, want %d", n, want)
		}
		now = now.Add(addressFor/2 + time.Second)
	}
}

// A change whose address is not known, or that finds nobody there, never left:
// the lookup's own connection must not be taken for the cluster's.
func TestAChangeWithoutAnAddressNeverLeft(t *testing.T) {
	refusing := httptest.NewServer(nil)
	gone := refusing.URL
	refusing.Close()
	answering := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer answering.Close()

	for name, resolve := range map[string]func(context.Context) (string, error){
		"refused": func(context.Context) (string, error) {
			return "", esops.Refuse("aliyun_forbidden", "Grant it.", "Alibaba Cloud refuses.")
		},
		"nothing there": func(ctx context.Context) (string, error) {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, answering.URL, nil)
			res, err := unhurried.Do(req)
			if err != nil {
				return "", err
			}
			return gone, res.Body.Close()
		},
		"no address": func(context.Context) (string, error) { return "", nil },
		"nonsense":   func(context.Context) (string, error) { return "ftp://x", nil },
	} {
		client, err := New(Options{Name: "orders", Resolve: resolve})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.write(t.Context(), time.Minute, request{method: http.MethodPost, segments: []string{"a"}})
		var refusal *esops.Refusal
		if !errors.Is(err, esops.ErrUnavailable) || errors.Is(err, esops.ErrUnknown) || !errors.As(err, &refusal) {
			t.Errorf("%s: %v", name, err)
		}
		client.Close()
	}
}

func TestALookupEndsWithItsRequest(t *testing.T) {
	asked := make(chan struct{})
	client, err := New(Options{Name: "orders", Resolve: func(ctx context.Context) (string, error) {
		close(asked)
		<-ctx.Done()
		return "", ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	var out struct{}
	if err := client.get(ctx, &out, nil, "x"); !errors.Is(err, esops.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
