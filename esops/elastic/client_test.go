package elastic_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"es-restore/esops"
	"es-restore/esops/elastic"
)

func TestABadConfigurationIsSaidWithoutItsSecrets(t *testing.T) {
	for _, o := range []elastic.Options{
		{URL: ""}, {URL: "es:9200"}, {URL: "ftp://es"}, {URL: "http://"}, {URL: "http://user:canary@es:92 00"},
		{URL: "http://es:9200", CAFile: []byte("canary")},
	} {
		o.Name = "es-cn-b"
		_, err := elastic.New(o)
		if err == nil || !strings.Contains(err.Error(), "cluster es-cn-b: ") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestTheLoginIsSentAsItWasGiven(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		_, _ = io.WriteString(w, `{"accepted":true}`)
	}))
	t.Cleanup(server.Close)
	for want, o := range map[string]elastic.Options{
		"":                           {},
		"Basic dXNlcjpwYXNzd29yZA==": {Username: "user", Password: "password"},
		"APIKey a2V5":                {APIKey: "a2V5"},
	} {
		o.URL = server.URL
		c := clientOf(t, o)
		for name, call := range map[string]func() error{
			"reading": func() error { _, err := c.Count(t.Context(), fileIndex); return err },
			"writing": func() error { return c.Restore(t.Context(), body(), repository, automatic) },
		} {
			if err := call(); err != nil || !strings.EqualFold(got, want) {
				t.Errorf("%s with %q, want %q: %v", name, got, want, err)
			}
		}
	}
}

// Every form in which the login could leak.
const (
	user     = "canary-user"
	password = `canary"pass\word`
	apiKey   = "Y2FuYXJ5OmtleQ=="
)

// everyCall makes every call there is, and gives what each was answered.
func everyCall(ctx context.Context, c *elastic.Client) map[string]error {
	errs := map[string]error{}
	_, errs["Cluster"] = c.Cluster(ctx)
	_, errs["Repositories"] = c.Repositories(ctx)
	_, errs["Snapshots"] = c.Snapshots(ctx, repository)
	_, errs["details"] = c.Snapshots(ctx, repository, automatic)
	_, errs["Sizes"] = c.Sizes(ctx, repository, automatic)
	_, errs["State"] = c.State(ctx, []string{fileIndex})
	_, errs["Recoveries"] = c.Recoveries(ctx, []string{fileIndex})
	_, errs["Queued"] = c.Queued(ctx)
	_, errs["Count"] = c.Count(ctx, fileIndex)
	_, errs["Explain"] = c.Explain(ctx, fileIndex, 0)
	_, _, errs["Privileges"] = c.Privileges(ctx, elastic.LeastRole(false))
	errs["Restore"] = c.Restore(ctx, body(), repository, automatic)
	errs["ClearMarker"] = c.ClearMarker(ctx, fileIndex)
	errs["Delete"] = c.Delete(ctx, fileIndex)
	return errs
}

// echo sends the login back in an error, as a proxy in a bad mood.
func echo(code int, kind string) func(net.Conn, *http.Request) {
	return func(conn net.Conn, r *http.Request) {
		name, secret, _ := r.BasicAuth()
		said := fmt.Sprintf("action [x] is unauthorized for user [%s]: %s, %s %s", name, r.Header.Get("Authorization"), name, secret)
		status(code, failure(code, kind, said))(conn, r)
	}
}

func TestNoErrorHoldsTheLogin(t *testing.T) {
	answers := map[string]func(net.Conn, *http.Request){
		"EOF": hangUp, "reset": reset, "html": status(502, html), "silence": silence, "no HTTP": saying("220 canary?\r\n"),
		"401 with the user": status(401, failure(401, "security_exception", "unable to authenticate user ["+user+"] for REST request [/]")),
		"403 with the user": status(403, failure(403, "security_exception", "action [indices:data/read] is unauthorized for user ["+user+"] with roles [x]")),
		"403 in a new way":  status(403, failure(403, "security_exception", "user ["+user+"] is not known")),
	}
	for _, code := range []int{400, 401, 403, 404, 429, 500, 503} {
		answers[fmt.Sprint("echo ", code)] = echo(code, "security_exception")
		answers[fmt.Sprint("odd echo ", code)] = echo(code, "illegal_argument_exception")
	}
	for _, end := range ends {
		answers[end.name] = end.answer
	}
	for _, u := range unread {
		answers["reading: "+u.name] = status(u.code, strings.ReplaceAll(u.body, "restorer", user))
	}
	secrets := map[string]string{
		"user": user, "password": password, "api key": apiKey,
		"basic": base64.StdEncoding.EncodeToString([]byte(user + ":" + password)), "url": "canary-in-url",
	}
	for name, answer := range answers {
		w := newWire(t, answer)
		for _, o := range []elastic.Options{{Username: user, Password: password}, {APIKey: apiKey}} {
			o.URL = strings.Replace(w.url(), "http://", "http://"+user+":canary-in-url@", 1)
			ctx, cancel := context.WithCancel(t.Context())
			if name == "silence" {
				cancel()
			}
			for call, err := range everyCall(ctx, clientOf(t, o)) {
				for what, secret := range secrets {
					if err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
						t.Errorf("%s, %s: the %s is in %v", name, call, what, err)
					}
				}
			}
			cancel()
		}
	}
}

func TestAPasswordThatIsAWordChangesNoMeaning(t *testing.T) {
	for _, word := range []string{"error", "reason", "open", "index", "a", "type"} {
		w := newWire(t, status(500, restoreFailure("[R:S/uuid] cannot restore index [users] because it's open")))
		err := clientOf(t, elastic.Options{URL: w.url(), Username: "u", Password: word}).Restore(t.Context(), body(), repository, automatic)
		if class(err) != "open_index" {
			t.Errorf("%q: %s", word, class(err))
		}
	}
}

func TestAnAnswerThatIsTooLargeIsNoAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("64 MB are moved")
	}
	large := make([]byte, 1<<20)
	w := newWire(t, func(conn net.Conn, _ *http.Request) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
		for range 65 {
			if _, err := conn.Write(large); err != nil {
				return
			}
		}
		_ = conn.Close()
	})
	c := client(t, w.url())
	if err := c.Restore(t.Context(), body(), repository, automatic); class(err) != isUnknown {
		t.Error(class(err))
	}
	if _, err := c.Count(t.Context(), fileIndex); class(err) != isUnavailable {
		t.Error(class(err))
	}
}

var _ esops.Writer = (*elastic.Client)(nil)
