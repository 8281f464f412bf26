package bot_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"es-restore/internal/bot"
	"es-restore/internal/escontract/story"
	"es-restore/internal/essim"
	"es-restore/internal/slacksim"
)

func TestStory(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	m := miniredis.RunT(t)
	repos := essim.NewRepos("/repositories")
	a := essim.New(essim.Options{Name: "es-cn-a", Version: "6.7.0", Repos: repos})
	defer a.Close()
	b := essim.New(essim.Options{Name: "es-cn-b", Version: "6.7.0", Repos: repos})
	defer b.Close()
	if err := story.Tell(ctx, story.Options{Owner: a.URL(), Reader: b.URL(), Location: "/repositories/es-cn-a"}); err != nil {
		t.Fatal(err)
	}
	s := slacksim.New()
	defer s.Close()
	s.PutUser(slacksim.User{ID: "U0ANNA", Name: "anna"})
	s.PutUser(slacksim.User{ID: "U0BEN", Name: "ben"})
	s.PutGroup(slacksim.Group{ID: "S0DBA", Handle: "dba", Members: []string{"U0BEN"}})
	s.PutChannel(slacksim.Channel{ID: "C0ES", Name: "es", Members: []string{"U0ANNA", "U0BEN", s.App().BotUserID}})
	cfg := filepath.Join(t.TempDir(), "config.yml")
	os.WriteFile(cfg, []byte(fmt.Sprintf(`
slack: {bot_token: %s, app_token: %s, api_url: %s, channels: [C0ES]}
redis: {url: "redis://%s/0", allow_data_loss: true}
http: {listen: "127.0.0.1:0"}
clusters:
  - {name: es-cn-a, url: %s}
  - {name: es-cn-b, url: %s}
policies:
  - name: all
    require: [{count: 1, from: [group:S0DBA]}]
`, s.App().BotToken, s.App().AppToken, s.APIURL(), m.Addr(), a.URL(), b.URL())), 0o600)
	run, stop := context.WithCancel(ctx)
	var log bytes.Buffer
	done := make(chan int)
	go func() { done <- bot.Run(run, []string{"--config", cfg, "serve"}, os.Stdout, &log) }()
	defer func() { stop(); fmt.Println("exit", <-done); fmt.Println(log.String()) }()
	if err := s.Wait(ctx, func() bool { return len(s.Sockets()) == 2 }); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"clusters", "repos es-cn-b", "snapshots es-cn-b aliyun_snapshot_from_es-cn-a", "show es-cn-b aliyun_snapshot_from_es-cn-a/latest", "list", "plan es-cn-b aliyun_snapshot_from_es-cn-a/latest *"} {
		n := len(s.Ephemerals("U0ANNA", "C0ES"))
		r, err := s.Command(ctx, "U0ANNA", "C0ES", "/es-restore", text)
		fmt.Println(">>", text, r.Outcome, err)
		want := n + 1
		if strings.HasPrefix(text, "plan") {
			want++
		}
		wctx, c := context.WithTimeout(ctx, 5*time.Second)
		s.Wait(wctx, func() bool { return len(s.Ephemerals("U0ANNA", "C0ES")) >= want })
		c()
		for _, e := range s.Ephemerals("U0ANNA", "C0ES")[n:] {
			fmt.Println("   ", e.AllText())
		}
	}
	r, err := s.Command(ctx, "U0ANNA", "C0ES", "/es-restore", `restore es-cn-b aliyun_snapshot_from_es-cn-a/es-cn-a_20190705220000 file-2019-08-25 --reason "ticket 4711"`)
	fmt.Println(r.Outcome, r.Reply.AllText(), err)
	if err := s.Wait(ctx, func() bool { return len(s.Messages("C0ES")) == 1 }); err != nil {
		t.Fatal(err)
	}
	card := s.Messages("C0ES")[0]
	fmt.Println(card.AllText(), card.Actions(), card.Text)
	c, err := s.Click(ctx, "U0ANNA", card.Place(), "approve")
	fmt.Println(c.Outcome, err)
	c, err = s.Click(ctx, "U0BEN", card.Place(), "approve")
	fmt.Println(c.Outcome, c.Latency, err)
	wctx, cc := context.WithTimeout(ctx, 20*time.Second)
	defer cc()
	s.Wait(wctx, func() bool { m, _ := s.Message("C0ES", card.TS); return strings.Contains(m.Text, "succeeded") && len(s.Thread("C0ES", card.TS)) > 9 })
	card, _ = s.Message("C0ES", card.TS)
	fmt.Println(card.AllText(), card.Actions(), len(card.Versions))
	for _, r := range s.Thread("C0ES", card.TS)[1:] {
		fmt.Println("  -", r.AllText())
	}
}
