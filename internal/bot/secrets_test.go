package bot_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// Every secret of the company has this in it.
const canary = "canary"

// guarded is a cluster that wants a login, and fails as it is told.
func guarded(t *testing.T, target, user, password string) (address string, fail func(http.HandlerFunc)) {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	var failing atomic.Pointer[http.HandlerFunc]
	forward := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if f := failing.Load(); f != nil {
			(*f)(w, req)
			return
		}
		if name, word, ok := req.BasicAuth(); !ok || name != user || word != password {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		req.Header.Del("Authorization")
		forward.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	return server.URL, func(f http.HandlerFunc) {
		if f == nil {
			failing.Store(nil)
			return
		}
		failing.Store(&f)
	}
}

// TestNoSecretLeavesInAnyFailure makes everything fail that can, and then searches
// all that the program wrote.
func TestNoSecretLeavesInAnyFailure(t *testing.T) {
	t.Parallel()
	redis := rig.MiniRedis(t)
	redis.RequireAuth("canary-redis")
	clusters := rig.Simulated(t, "6.7.0")
	address, failCluster := guarded(t, clusters.Reader, "restorer", "canary-es")
	r := rig.New(t, rig.Options{Redis: redis.Addr(), Clusters: clusters, Destination: address,
		RedisExtra: ", password: canary-redis", ClusterExtra: ", username: restorer, password: canary-es",
		Slack: []slacksim.Option{slacksim.WithTokens("xoxb-canary-bot", "xapp-canary-app")}})
	var wrote strings.Builder
	program := func(args ...string) {
		_, stdout, stderr := run(t, r, args...)
		wrote.WriteString(stdout + stderr)
	}
	r.Start()
	card := r.Ask(rig.Anna, file)
	r.Thread(card, "asked")

	// Clusters fail in every way, before and while they are asked.
	ways := map[string]http.HandlerFunc{
		"401":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"403":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"500":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>broken</html>", 500) },
		"junk": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{not json")) },
		"cut":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, way := range ways {
		failCluster(way)
		for _, command := range []string{"clusters", "repos es-cn-b", "snapshots es-cn-b " + rig.Repository, "show es-cn-b " + rig.Repository + "/latest"} {
			r.Answer(rig.Anna, command, 1)
		}
		r.Answer(rig.Anna, "plan es-cn-b "+rig.Repository+"/latest '*'", 2)
		if name == "500" {
			program("check")
			program("check", "--json")
		}
	}
	failCluster(ways["cut"])
	r.Click(rig.Ben, card, "approve") // it can't start
	r.Until("the card says why", func() bool { return strings.Contains(r.Now(card).AllText(), "It can't start") })
	failCluster(nil)
	r.Becomes(card, "succeeded")

	// Slack fails in every way.
	for _, fault := range []slacksim.Fault{{Status: 503}, {Error: "fatal_error"}, {DropReply: true}, {RetryAfter: time.Second}} {
		for _, method := range []string{"users.info", "usergroups.users.list", "conversations.info", "views.open", "response_url", "chat.postEphemeral", "chat.getPermalink"} {
			r.Slack.Fail(method, fault)
		}
		for _, text := range []string{"list", "status " + rig.ID(card), "log " + rig.ID(card), "cancel " + rig.ID(card)} {
			_, _ = r.Slack.Command(context.Background(), rig.Ben, rig.Channel, "/es-restore", text)
		}
		_, _ = r.Slack.Click(context.Background(), rig.Cleo, card.Place(), "details", slacksim.Forced())
		r.Slack.Heal("")
	}
	r.Slack.Fail("apps.connections.open", slacksim.Fault{Status: 500, Times: 2})
	before := slices.Max(fresh(r))
	r.Slack.CutSockets()
	r.Until("it connects again", func() bool { return len(fresh(r)) == 2 && slices.Min(fresh(r)) > before })

	// Redis fails: it is away, and it wants another password.
	redis.SetError("LOADING Redis is loading the dataset in memory")
	r.Told(rig.Ben, card, "approve", slacksim.WithValue(rig.ID(card)))
	program("audit", "verify")
	program("check")
	redis.SetError("")
	redis.RequireAuth("canary-other") // for new connections, such as those of the verbs
	program("audit", "export")
	program("check", "--json")
	redis.RequireAuth("canary-redis")
	r.Ready(200, "ready")

	// The configuration is broken.
	text, err := os.ReadFile(r.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{
		strings.Replace(string(text), "bot_token:", "bot_tokn:", 1),
		strings.Replace(string(text), "password: canary-es", "password: [canary-es]", 1),
		strings.Replace(string(text), "password: canary-redis", "passwrd: canary-redis", 1),
		strings.Replace(string(text), `url: "redis://`, `url: "redis://:canary-redis@`, 1),
		strings.Replace(string(text), "app_token: ", "app_token: {env: canary-app}\n  app_token: ", 1),
		string(text) + "\npolicies: canary",
	} {
		path := t.TempDir() + "/config.yml"
		if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"serve", "check", "policy"} {
			args := []string{"--config", path, verb}
			if verb == "policy" {
				args = append(args, "explain", "--cluster", "es-cn-b", "--index", "x")
			}
			program(args...)
		}
	}
	program("audit", "export")
	program("policy", "explain", "--cluster", "es-cn-b", "--index", "x")
	program("version")
	for _, page := range []string{"/metrics", "/readyz", "/healthz"} {
		_, body := r.Page(page)
		wrote.WriteString(body)
	}
	noSecretIn(t, "what the verbs wrote", wrote.String(), r)
	noSecretIn(t, "the log", r.Log.String(), r)
	noSecretIn(t, "Slack", r.Dump(), r)
	for _, call := range r.Slack.Calls("") {
		for name, value := range call.Args {
			if said, ok := value.(string); ok && name != "trigger_id" { // Slack's own, back to Slack
				noSecretIn(t, call.Method+" "+name, said, r)
			}
		}
	}
}

// noSecretIn searches for the canaries and for every address by which anybody
// could write in the bot's name.
func noSecretIn(t *testing.T, where, text string, r *rig.Rig) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, canary+"-") {
			t.Errorf("a secret is in %s: %s", where, line)
		}
	}
	for _, e := range r.Slack.Envelopes() {
		for _, field := range []string{"response_url", "trigger_id", "token"} {
			if secret := fieldOf(e.Payload, field); secret != "" && strings.Contains(text, secret) {
				t.Errorf("the %s of an envelope is in %s", field, where)
			}
		}
	}
}

func fieldOf(payload json.RawMessage, field string) string {
	var fields map[string]any
	if json.Unmarshal(payload, &fields) != nil {
		return ""
	}
	value, _ := fields[field].(string)
	return value
}
