package bot_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"es-restore/internal/essim"
	"es-restore/internal/rig"
	"es-restore/internal/slacksim"
)

// TestTheProgramAsPeopleRunIt runs each script of testdata/script with a company
// of its own around it.
func TestTheProgramAsPeopleRunIt(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return company(t, env) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"expand": expand, "exits": exits, "http": answers, "slack": slackCommand, "cluster": clusterCommand, "hide": hide,
		},
	})
}

// company puts a Slack, a Redis and clusters around a script.
func company(t *testing.T, env *testscript.Env) error {
	r := rig.New(t, rig.Options{})
	secured := essim.New(essim.Options{Name: "es-cn-c", Version: "6.7.0", Users: map[string]essim.User{
		"restorer": {Password: "canary-es", Cluster: []string{"monitor"}},
		"admin":    {Password: "canary-es", Superuser: true},
	}})
	t.Cleanup(secured.Close)
	env.Values["rig"] = r
	env.Values["secured"] = secured
	for name, value := range map[string]string{
		"SLACK_URL": r.Slack.APIURL(), "SLACK_BOT_TOKEN": r.Slack.App().BotToken, "SLACK_APP_TOKEN": r.Slack.App().AppToken,
		"REDIS": "redis://" + r.Redis + "/0", "REDIS_HOST": r.Redis, "ES_A": r.Clusters.Owner, "ES_B": r.Clusters.Reader, "ES_SECURED": secured.URL(),
		"NOWHERE": unused(t), "HTTP": unused(t), "TAKEN": taken(t),
	} {
		env.Setenv(name, value)
	}
	return nil
}

// unused is an address at which nothing listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func taken(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// expand FILE...: puts the script's variables into files.
func expand(ts *testscript.TestScript, _ bool, files []string) {
	for _, file := range files {
		text := os.Expand(ts.ReadFile(file), func(name string) string {
			if value := ts.Getenv(name); value != "" {
				return value
			}
			return "$" + name // such as the $1 of a rename
		})
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
	}
}

// exits CODE PROGRAM ARGS...: runs a program that must end with that code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		got = exited.ExitCode()
	} else if err != nil {
		got = -1
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d (%v)", got, want, err)
	}
}

// http STATUS PATH WORDS: waits until the bot answers so.
func answers(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	got, body := 0, ""
	for range 600 {
		if got, body = rig.Get("http://" + ts.Getenv("HTTP") + args[1]); got == status && strings.Contains(body, args[2]) {
			return
		}
		<-ticker.C
	}
	ts.Fatalf("%s answers %d: %s", args[1], got, body)
}

// slack METHOD CODE: lets a method of Slack's fail from now on; a code of "down"
// takes all of Slack away, and "up" brings it back.
func slackCommand(ts *testscript.TestScript, _ bool, args []string) {
	server := ts.Value("rig").(*rig.Rig).Slack
	switch args[0] {
	case "down":
		server.Down(slacksim.Unavailable)
	case "up":
		server.Up()
	case "scopes":
		server.SetScopes(args[1:]...)
	case "share":
		server.EditChannel(args[1], func(c *slacksim.Channel) { c.ExtShared = true })
	case "kick":
		server.Kick(args[1], server.App().BotUserID)
	default:
		server.Fail(args[0], slacksim.Fault{Error: args[1], Times: -1})
	}
}

// cluster refuse: shuts es-cn-b's port.
func clusterCommand(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Defer(ts.Value("rig").(*rig.Rig).Clusters.SimReader.Refuse())
}

// hide WORDS...: none of them may be in what the last program wrote.
func hide(ts *testscript.TestScript, _ bool, words []string) {
	wrote := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	for _, word := range words {
		if strings.Contains(wrote, word) {
			ts.Fatalf("%s is in what it wrote:\n%s", word, wrote)
		}
	}
}
