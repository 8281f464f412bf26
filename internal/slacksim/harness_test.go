package slacksim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"es-restore/internal/slacksim"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	ops   = "C0OPS"
	alice = "U0ALICE"
	bob   = "U0BOB"
)

// workspace starts a Slack with two people and a channel the bot is in.
func workspace(t *testing.T, opts ...slacksim.Option) *slacksim.Server {
	t.Helper()
	s := slacksim.New(opts...)
	t.Cleanup(s.Close)
	s.PutUser(slacksim.User{ID: alice, Name: "alice", RealName: "Alice A"})
	s.PutUser(slacksim.User{ID: bob, Name: "bob", Email: "bob@example.org"})
	s.PutChannel(slacksim.Channel{ID: ops, Name: "es-ops", Members: []string{alice, bob, s.App().BotUserID}})
	return s
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// client is slack-go's Web API client, with connections of its own so that none
// outlives the test.
func client(t *testing.T, s *slacksim.Server, opts ...slack.Option) *slack.Client {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	opts = append([]slack.Option{
		slack.OptionAPIURL(s.APIURL()),
		slack.OptionHTTPClient(&http.Client{Transport: tr, Timeout: 10 * time.Second}),
		slack.OptionAppLevelToken(s.App().AppToken),
	}, opts...)
	return slack.New(s.App().BotToken, opts...)
}

// bot runs slack-go's Socket Mode client and hands each request to handle.
type bot struct {
	*slack.Client
	socket *socketmode.Client
}

func startBot(t *testing.T, s *slacksim.Server, handle func(b bot, e socketmode.Event)) bot {
	t.Helper()
	api := client(t, s)
	b := bot{Client: api, socket: socketmode.New(api)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { defer func() { done <- struct{}{} }(); _ = b.socket.RunContext(ctx) }()
	go func() {
		defer func() { done <- struct{}{} }()
		for {
			select {
			case e := <-b.socket.Events:
				if e.Request != nil && e.Type != socketmode.EventTypeHello {
					go handle(b, e)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done; <-done })
	connected(t, s, 1)
	return b
}

// connected waits until at least n sockets are live.
func connected(t *testing.T, s *slacksim.Server, n int) {
	t.Helper()
	if err := s.Wait(within(t), func() bool { return len(s.Sockets()) >= n }); err != nil {
		t.Fatalf("waiting for %d sockets: %v", n, err)
	}
}

// raw calls a method without any client library.
func raw(t *testing.T, s *slacksim.Server, method, token string, form url.Values) (answer map[string]any, resp *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.APIURL()+method, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return send(t, req)
}

// postJSON posts a JSON body to any URL of the server.
func postJSON(t *testing.T, url, token string, body any) (answer map[string]any, resp *http.Response) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return send(t, req)
}

// postBody posts raw bytes.
func postBody(t *testing.T, url, body string) (answer map[string]any, resp *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return send(t, req)
}

func send(t *testing.T, req *http.Request) (answer map[string]any, resp *http.Response) {
	t.Helper()
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", req.URL.Path, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(data, &answer)
	return answer, resp
}

func blocksJSON(t *testing.T, blocks ...any) string {
	t.Helper()
	data, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

type obj = map[string]any

func plain(text string) obj { return obj{"type": "plain_text", "text": text} }

func button(id, value string) obj {
	return obj{"type": "button", "action_id": id, "value": value, "text": plain(id)}
}

func actions(blockID string, elements ...any) obj {
	return obj{"type": "actions", "block_id": blockID, "elements": elements}
}
