package aliyun_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"es-restore/aliyun"
)

// at is a client of an endpoint that is no cloud.
func at(t *testing.T, endpoint string) *aliyun.Client {
	t.Helper()
	return client(t, cloud(t), func(o *aliyun.Options) { o.Endpoint = endpoint })
}

// asks asks a question and a change of one client.
func asks(t *testing.T, c *aliyun.Client) (question, change error) {
	t.Helper()
	_, question = c.Instance(within(t), region, "es-cn-b")
	return question, c.AddSharedRepository(within(t), region, "es-cn-b", "es-cn-a")
}

func TestWhereNothingListensNothingIsSent(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	question, change := asks(t, at(t, "http://"+addr))
	for _, err := range []error{question, change} {
		if kind(err) != "unavailable" || refusal(t, err).Code != "aliyun_dial" || !strings.Contains(err.Error(), addr+" refuses the connection") {
			t.Error(err)
		}
	}
}

func TestAHostThatIsNotKnownIsSaidToBeSo(t *testing.T) {
	question, change := asks(t, at(t, "http://nobody.invalid"))
	for _, err := range []error{question, change} {
		if kind(err) != "unavailable" || refusal(t, err).Code != "aliyun_unknown_host" {
			t.Error(err)
		}
	}
}

func TestACertificateThatNobodyKnowsIsNotTrusted(t *testing.T) {
	asked := false
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	question, change := asks(t, at(t, s.URL))
	for _, err := range []error{question, change} {
		if kind(err) != "unavailable" || refusal(t, err).Code != "aliyun_tls" || !strings.Contains(err.Error(), "unknown authority") {
			t.Error(err)
		}
	}
	if asked {
		t.Error("a signed request was sent")
	}
}

func TestAnAnswerInPlainTextToTLSIsSaidToBeSo(t *testing.T) {
	s := cloud(t)
	_, err := at(t, "https://"+strings.TrimPrefix(s.URL(), "http://")).Instance(within(t), region, "es-cn-b")
	if kind(err) != "unavailable" || refusal(t, err).Code != "aliyun_tls" {
		t.Error(err)
	}
}

func TestWhatDoesNotSpeakHTTPIsALostConnection(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1))
			_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.6\r\n")
			_ = conn.Close()
		}
	}()
	question, change := asks(t, at(t, "http://"+l.Addr().String()))
	if kind(question) != "unavailable" || refusal(t, question).Code != "aliyun_lost" {
		t.Error(question)
	}
	if kind(change) != "unknown" {
		t.Error(change)
	}
}

func TestHalfABodyIsNoAnswer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"Result":true`)
	}))
	t.Cleanup(s.Close)
	question, change := asks(t, at(t, s.URL))
	if kind(question) != "unavailable" || kind(change) != "unknown" || refusal(t, change).Code != "aliyun_lost" {
		t.Error(question, change)
	}
}

func TestWithoutAnEndpointTheRegionsOwnIsAskedOverTLS(t *testing.T) {
	// A proxy sees who is asked for. It refuses, and its password stays a secret.
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.Host
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(proxy.Close)
	if proxied(t, "http://someone:"+canary+"@"+strings.TrimPrefix(proxy.URL, "http://")) {
		if asked != "CONNECT elasticsearch.cn-hangzhou.aliyuncs.com:443" {
			t.Error(asked)
		}
		return
	}
	question, change := asks(t, at(t, ""))
	for _, err := range []error{question, change} {
		if kind(err) != "unavailable" || refusal(t, err).Code != "aliyun_proxy" || !strings.Contains(err.Error(), "(HTTP 407)") || strings.Contains(err.Error(), canary) {
			t.Error(err)
		}
	}
}

func TestAProxyThatIsNoAddressDoesNotHinder(t *testing.T) {
	if proxied(t, "http://someone:%zz"+canary+"@proxy.example") {
		return
	}
	// The SDK would fail on it, and say so; net/http passes it over.
	if question, change := asks(t, client(t, cloud(t))); question != nil || change != nil {
		t.Error(question, change)
	}
}

func TestAPauseThatFailsEndsTheAttempts(t *testing.T) {
	s := cloud(t)
	s.Close()
	c := client(t, s, func(o *aliyun.Options) {
		o.Pause = func(context.Context, time.Duration) error { return errors.New("shutting down") }
	})
	if _, err := c.Instance(within(t), region, "es-cn-b"); kind(err) != "unavailable" {
		t.Error(err)
	}
}
