package slacksim_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"es-restore/internal/slacksim"
)

// needNode skips a test where Node or the bot's packages are not installed, and
// says so loudly; ESRESTORE_REQUIRE=node makes that a failure.
func needNode(t *testing.T) (node string) {
	t.Helper()
	missing := ""
	node, err := exec.LookPath("node")
	if err != nil {
		missing = "node is not installed"
	} else if _, err := os.Stat(filepath.Join("boltcheck", "node_modules", "@slack", "bolt")); err != nil {
		missing = "run `npm ci` in internal/slacksim/boltcheck first"
	}
	if missing == "" {
		return node
	}
	if slices.Contains(strings.Split(os.Getenv("ESRESTORE_REQUIRE"), ","), "node") {
		t.Fatalf("ESRESTORE_REQUIRE asks for node: %s", missing)
	}
	t.Skipf("LEFT OUT, Bolt for JavaScript was not asked for its opinion: %s", missing)
	return ""
}

// startBolt runs boltcheck/bot.mjs until the test ends.
func startBolt(t *testing.T, s *slacksim.Server) {
	t.Helper()
	node := needNode(t)
	var output bytes.Buffer
	cmd := exec.Command(node, "bot.mjs")
	cmd.Dir = "boltcheck"
	cmd.Env = append(os.Environ(), "SLACK_API_URL="+s.APIURL(), "SLACK_BOT_TOKEN="+s.App().BotToken, "SLACK_APP_TOKEN="+s.App().AppToken)
	cmd.Stdout, cmd.Stderr = &output, &output
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // the bot ends with its standard input
		kill := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		kill.Stop()
		if t.Failed() {
			t.Logf("the bot said:\n%s", output.String())
		}
	})
	connected(t, s, 1)
}

func TestBoltServesACommandAClickAndAnUpdate(t *testing.T) {
	s := workspace(t)
	startBolt(t, s)
	cmd, err := s.Command(within(t), alice, ops, "/es-restore", "logs-7")
	if err != nil || cmd.Reply == nil || cmd.Reply.Text != "planning logs-7" {
		t.Fatalf("%+v %v", cmd, err)
	}
	if err := s.Wait(within(t), func() bool { return len(s.Messages(ops)) == 1 && len(s.Ephemerals(alice, ops)) == 2 }); err != nil {
		t.Fatalf("no card and receipt: %v", err)
	}
	card := s.Messages(ops)[0]
	if click, err := s.Click(within(t), bob, card.Place(), "approve"); err != nil || !click.OK() {
		t.Fatalf("%+v %v", click, err)
	}
	if err := s.Wait(within(t), func() bool { m, _ := s.Message(ops, card.TS); return m.AllText() == "logs-7 approved" }); err != nil {
		m, _ := s.Message(ops, card.TS)
		t.Errorf("the card shows %q", m.AllText())
	}
}

func TestBoltServesAFormWithSuggestionsErrorsAndAnUpdate(t *testing.T) {
	s := workspace(t)
	startBolt(t, s)
	if _, err := s.Command(within(t), alice, ops, "/es-restore", "form"); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(within(t), func() bool { return len(s.Views(alice)) == 1 }); err != nil {
		t.Fatalf("no form: %v", err)
	}
	id := s.Views(alice)[0].ID
	offer, err := s.Suggest(within(t), alice, slacksim.InView(id), "snapshot", "3")
	if err != nil || len(offer.Options) != 1 || offer.Options[0].Value != "snap-3" {
		t.Fatalf("%+v %v", offer, err)
	}
	for _, c := range []struct{ reason, action string }{{"no", "errors"}, {"because, again", "update"}, {"because", "closed"}} {
		got, err := s.Submit(within(t), alice, id, slacksim.Values{"snapshot": "snap-3", "reason": c.reason})
		if err != nil || got.Action != c.action {
			t.Fatalf("%s: %+v %v", c.reason, got, err)
		}
		if c.action == "update" && got.View.Title != "Got snap-3" {
			t.Errorf("title %q", got.View.Title)
		}
	}
}

func TestBoltPublishesTheHomeTab(t *testing.T) {
	s := workspace(t)
	startBolt(t, s)
	if d, err := s.OpenHome(within(t), alice); err != nil || !d.OK() {
		t.Fatalf("%+v %v", d, err)
	}
	if err := s.Wait(within(t), func() bool { _, ok := s.Home(alice); return ok }); err != nil {
		t.Errorf("no Home tab: %v", err)
	}
}

func TestBoltReconnectsAfterARefresh(t *testing.T) {
	t.Parallel() // it pauses for seconds before it dials again
	s := workspace(t)
	startBolt(t, s)
	s.Disconnect(slacksim.RefreshRequested)
	if err := s.Wait(within(t), func() bool { live := s.Sockets(); return len(live) == 1 && live[0].ID > 1 }); err != nil {
		t.Fatalf("it did not come back: %v", err)
	}
	if cmd, err := s.Command(within(t), alice, ops, "/es-restore", "after"); err != nil || cmd.Reply == nil {
		t.Errorf("%+v %v", cmd, err)
	}
}
