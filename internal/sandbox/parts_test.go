package sandbox_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"es-restore/internal/aliyunsim"
	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
	"es-restore/internal/sandbox"
	"es-restore/internal/slacksim"
)

func newRedis(t *testing.T) *miniredis.Miniredis {
	t.Helper()
	return miniredis.RunT(t)
}

func TestTheBotEndsWithTheSandbox(t *testing.T) {
	t.Parallel()
	s := started(t)
	pid := s.BotPID()
	if pid == 0 || pid == os.Getpid() {
		t.Fatalf("the bot is process %d", pid)
	}
	s.Close()
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("the bot lives on")
	}
}

func TestTheBotEndsWhenTheSandboxIsKilled(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	bot := sandbox.BotProcess(t, read)
	_ = read.Close()
	time.Sleep(200 * time.Millisecond)
	_ = write.Close() // as the system does for a process that is gone
	if err := bot(5 * time.Second); err != nil {
		t.Error(err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	started(t).Close()
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A whole restore on somebody's own clusters, policies and Redis.
func TestAConfigurationOfOnesOwnIsUsed(t *testing.T) {
	t.Parallel()
	redis := newRedis(t)
	repos := essim.NewRepos("/repositories")
	a := essim.New(essim.Options{Name: "payments-old", Version: "7.10.2", Repos: repos})
	b := essim.New(essim.Options{Name: "payments", Version: "7.10.2", Repos: repos, Users: map[string]essim.User{"restorer": {Password: "geheim!", Superuser: true}}})
	t.Cleanup(a.Close)
	t.Cleanup(b.Close)
	if err := story.Seed(t.Context(), story.Options{Owner: a.URL(), Location: "/repositories/old"}); err != nil {
		t.Fatal(err)
	}
	if err := story.Snap(t.Context(), story.Options{Owner: a.URL()}, story.Snapshot); err != nil {
		t.Fatal(err)
	}
	if err := story.Share(t.Context(), story.Options{Reader: b.URL(), Location: "/repositories/old", User: "restorer", Password: "geheim!"}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("password", "geheim!\n")
	write("config.yml", fmt.Sprintf(`
slack: {bot_token: {env: NOT_SET_ANYWHERE}}
clusters:
  - {name: payments, url: %q, username: restorer, password: {file: password}}
policies:
  - name: the payments people
    require: [{count: 1, from: [group:S0PAY, user:U0LEAD]}]
    channel: C0PAYMENTS
`, b.URL()))
	s, err := sandbox.Start(t.Context(), sandbox.Options{Listen: "127.0.0.1:0", Config: filepath.Join(dir, "config.yml"), Redis: "redis://" + redis.Addr() + "/3"}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	w := open(t, s).window("U0ANNA")
	w.command(`/es-restore restore payments aliyun_snapshot_from_es-cn-a/latest file-2019-08-25 --reason "ticket 4711"`)
	w.shows(`[data-channel="c0payments"] .count`, "1")
	w.become("ben")
	w.click(`[data-channel="c0payments"]`)
	w.shows(card, "the payments people")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "succeeded")
	w.click(`.top [aria-expanded]`)
	w.shows(".drawer", "Only simulated clusters can be slowed down.")
	w.shows(".drawer", "Real clusters keep the machine's clock")
	w.shows(".drawer", "Alibaba Cloud is not configured.")
	w.mischief("away:payments")
	w.shows(`[data-mischief="away:payments"][aria-checked="true"]`, "payments is away")
	w.picture("configured")
}

// The cloud that a configuration names is asked, as it is.
func TestACloudOfOnesOwnIsAskedAndLeftAlone(t *testing.T) {
	t.Parallel()
	cluster := essim.New(essim.Options{Name: "payments", Version: "7.10.2"})
	t.Cleanup(cluster.Close)
	cloud := aliyunsim.New(aliyunsim.Options{})
	t.Cleanup(cloud.Close)
	cloud.PutInstance(aliyunsim.Instance{ID: "es-cn-payments", Version: "7.10.2_with_X-Pack", Kernel: "ali1.7.0"})
	path := filepath.Join(t.TempDir(), "config.yml")
	text := fmt.Sprintf(`
clusters:
  - {name: payments, url: %q, instance_id: es-cn-payments}
aliyun: {region: cn-hangzhou, endpoint: %q, access_key_id: %q, access_key_secret: %q}
policies:
  - name: anybody of them
    require: [{count: 1, from: [group:S0PAY]}]
`, cluster.URL(), cloud.URL(), aliyunsim.DefaultKeyID, aliyunsim.DefaultKeySecret)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Start(t.Context(), sandbox.Options{Listen: "127.0.0.1:0", Config: path}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if err := s.Slack().Wait(ctx, func() bool { return len(s.Slack().Sockets()) > 0 }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Slack().Command(ctx, "U0ANNA", "C0ES", "/es-restore", "clusters"); err != nil {
		t.Fatal(err)
	}
	err = s.Slack().Wait(ctx, func() bool {
		return slices.ContainsFunc(s.Slack().Ephemerals("U0ANNA", "C0ES"), func(m slacksim.Message) bool {
			return strings.Contains(m.AllText(), "instance es-cn-payments active, version 7.10.2_with_X-Pack, kernel ali1.7.0")
		})
	})
	if err != nil {
		t.Errorf("the cloud's facts are not told: %v", err)
	}
	for _, id := range []string{"cloud", "throttle", "lose-share"} {
		if why := s.Why(id); !strings.Contains(why, "Only a simulated Alibaba Cloud") {
			t.Errorf("%s: %q", id, why)
		}
	}
}

func TestRealNodesPlayTheStory(t *testing.T) {
	if !strings.Contains(os.Getenv("ESRESTORE_REQUIRE"), "elasticsearch") {
		t.Skip("left out: set ESRESTORE_REQUIRE=elasticsearch to run this against real Elasticsearch nodes (needs Java 17 and Maven)")
	}
	var said bytes.Buffer
	s, err := sandbox.Start(t.Context(), sandbox.Options{Listen: "127.0.0.1:0", Versions: []string{"6.7.0", "6.8.23"}}, func(line string) { said.WriteString(line) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	w := asked(open(t, s))
	w.mischief("lose")
	w.become("ben")
	w.click(card + ` [data-action="approve"]`)
	w.shows(card, "succeeded")
	w.click(".top [aria-pressed]")
	w.shows(".behind", "is a node of 6.7.0")
	w.shows(".requests .lost", "answer lost")
	w.click(".top [aria-expanded]") // shut the drawer, which lies over the thread
	w.become("anna")
	w.shareAndRestore()
}
