package sandbox_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"es-restore/internal/sandbox"
)

// visit asks for something, with headers as NAME: value pairs; Host is one too.
func visit(t *testing.T, client *http.Client, method, address, body string, headers ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

// visitor has the sandbox's cookie, as the page's browser has.
func visitor(t *testing.T, s *sandbox.Sandbox) (client *http.Client, base string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client = &http.Client{Jar: jar}
	if status, text, _ := visit(t, client, "GET", s.URL(), ""); status != http.StatusOK {
		t.Fatalf("the printed address answers %d %s", status, text)
	}
	address, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	return client, "http://" + address.Host
}

func TestOnlyThePrintedAddressLetsPeopleIn(t *testing.T) {
	t.Parallel()
	s := started(t)
	client, base := visitor(t, s)
	stranger := &http.Client{}
	for _, path := range []string{"/", "/app.js", "/live?as=U0ANNA", "/?token=", "/?token=guessed"} {
		if status, text, _ := visit(t, stranger, "GET", base+path, ""); status != http.StatusForbidden || !strings.Contains(text, "with its token") {
			t.Errorf("%s without the token: %d %s", path, status, text)
		}
	}
	if status, _, _ := visit(t, client, "GET", base+"/", ""); status != http.StatusOK {
		t.Errorf("with the cookie: %d", status)
	}
}

func TestTheCookieIsForThisServerAndNoScript(t *testing.T) {
	t.Parallel()
	_, _, header := visit(t, &http.Client{}, "GET", started(t).URL(), "")
	cookie := header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("%q is not in %q", want, cookie)
		}
	}
}

func TestANameThatAnotherServerMayHaveIsNotAnswered(t *testing.T) {
	t.Parallel()
	s := started(t)
	client, base := visitor(t, s)
	_, _, header := visit(t, client, "GET", s.URL(), "")
	cookie, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
	for host, want := range map[string]int{
		"rebound.example": http.StatusMisdirectedRequest, "localhost.rebound.example:80": http.StatusMisdirectedRequest,
		"127.0.0.1.rebound.example": http.StatusMisdirectedRequest,
		"localhost":                 http.StatusOK, "localhost:1234": http.StatusOK, "127.0.0.1": http.StatusOK, "[::1]:9": http.StatusOK,
	} {
		if status, _, _ := visit(t, &http.Client{}, "GET", base+"/", "", "Host: "+host, "Cookie: "+cookie); status != want {
			t.Errorf("Host %q: %d, want %d", host, status, want)
		}
	}
}

func TestAnotherPageInTheBrowserCanDoNothing(t *testing.T) {
	t.Parallel()
	client, base := visitor(t, started(t))
	act := `{"channel":"C0ES","text":"hello"}`
	for _, origin := range []string{"", "null", "http://evil.example", "http://localhost:1", base + ".evil.example"} {
		headers := []string{"Content-Type: application/json"}
		if origin != "" {
			headers = append(headers, "Origin: "+origin)
		}
		for _, path := range []string{"/act/write?as=U0ANNA", "/mischief", "/verify"} {
			if status, _, _ := visit(t, client, "POST", base+path, act, headers...); status != http.StatusForbidden {
				t.Errorf("%s from %q: %d", path, origin, status)
			}
		}
		dialer := websocket.Dialer{Jar: client.Jar}
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		if ws, _, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(base, "http")+"/live?as=U0ANNA", header); err == nil {
			_ = ws.Close()
			t.Errorf("a live connection from %q", origin)
		}
	}
	if status, text, _ := visit(t, client, "POST", base+"/act/write?as=U0ANNA", act, "Origin: "+base); status != http.StatusOK || text != "{}" {
		t.Errorf("the page itself: %d %s", status, text)
	}
}

func TestThePolicyAllowsNothingInlineAndNoOtherHost(t *testing.T) {
	t.Parallel()
	_, text, header := visit(t, &http.Client{}, "GET", started(t).URL(), "")
	policy := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%q is not in %q", want, policy)
		}
	}
	for _, never := range []string{"unsafe", "*", "https:"} {
		if strings.Contains(policy, never) {
			t.Errorf("%q is in %q", never, policy)
		}
	}
	if strings.Contains(text, "<style") || strings.Contains(text, "style=") || strings.Contains(text, "://") {
		t.Error("the page has inline style or another host's address")
	}
}

func TestNobodyActsAsTheBotOrAsSomebodyUnknown(t *testing.T) {
	t.Parallel()
	client, base := visitor(t, started(t))
	for _, as := range []string{"", "U0ESRESTORE", "U0NOBODY"} {
		if status, _, _ := visit(t, client, "POST", base+"/act/write?as="+as, `{"channel":"C0ES","text":"hello"}`, "Origin: "+base); status != http.StatusNotFound {
			t.Errorf("as %q: %d", as, status)
		}
	}
}
