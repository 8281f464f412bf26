package handlers

import (
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"es-restore/approvals"
	"es-restore/audit"
	"es-restore/esops"
	"es-restore/internal/slacksim"
)

// opener opens modals through Slack's own limits; it returns what Slack says, or "".
func opener(t *testing.T) (*App, func(open func(a *App, trigger string) error) string) {
	t.Helper()
	server := slacksim.New()
	t.Cleanup(server.Close)
	server.PutUser(slacksim.User{ID: "U0BEN", Name: "ben"})
	server.PutChannel(slacksim.Channel{ID: "C0ES", Name: "es", Members: []string{"U0BEN", server.App().BotUserID}})
	app := &App{API: slack.New(server.App().BotToken, slack.OptionAPIURL(server.APIURL())), Now: time.Now}
	return app, func(open func(*App, string) error) string {
		typed, err := server.Command(t.Context(), "U0BEN", "C0ES", "/es-restore", "x") // for its trigger
		if err != nil {
			t.Fatal(err)
		}
		if err := open(app, typed.TriggerID); err != nil {
			return fullError(err)
		}
		return ""
	}
}

// tales are operations that are hard to show.
func tales(t *testing.T) map[string]approvals.Operation {
	share := func(d *approvals.Data) {
		d.Plan.Kind, d.Plan.Items, d.Readings.Items = esops.KindShare, nil, nil
		d.Plan.Steps = []esops.Step{{Kind: esops.StepShare, Share: &esops.Sharing{Repository: "aliyun_snapshot_from_es-cn-a"}}}
	}
	return map[string]approvals.Operation{
		"plain": asked(t, nil).op, "hostile": asked(t, hostile).op, "a share": asked(t, share).op,
		"running": asked(t, nil).running().op, "hostile, running": asked(t, hostile).running().op,
	}
}

func TestFormsAreWhatSlackTakes(t *testing.T) {
	t.Parallel()
	_, try := opener(t)
	for name, op := range tales(t) {
		for _, action := range []string{actionApprove, actionDeny, actionCancel} {
			problem := try(func(a *App, trigger string) error {
				return a.openModal(t.Context(), op, action, Caller{User: "U0BEN", Trigger: trigger})
			})
			if problem != "" {
				t.Errorf("%s of %s: %s", action, name, problem)
			}
		}
	}
}

func TestEveryPageOfTheDetailsIsWhatSlackTakesAndNoIndexIsMissing(t *testing.T) {
	t.Parallel()
	_, try := opener(t)
	for name, op := range tales(t) {
		pages, text := 1, ""
		for page := 1; page <= pages; page++ {
			view := detailsView(op, page, []prose{words("anybody")})
			problem := try(func(a *App, trigger string) error {
				_, err := a.API.OpenViewContext(t.Context(), trigger, view)
				return err
			})
			if problem != "" {
				t.Errorf("page %d of %s: %s", page, name, problem)
			}
			shown := string(asJSON(t, Answer{Blocks: view.Blocks.BlockSet}))
			if strings.Contains(shown, `"Next"`) {
				pages++
			}
			text += shown
		}
		for i, item := range op.Plan.Items {
			if whole := clean(item.Index, 255); !strings.Contains(text, whole) || !strings.Contains(text, clean(item.Target, 255)) {
				t.Errorf("%s: index %d of %d, %s, is on none of %d pages", name, i, len(op.Plan.Items), whole, pages)
				break
			}
		}
		if !strings.Contains(text, op.Digest) {
			t.Errorf("%s: the digest is on no page", name)
		}
	}
}

func TestEveryReplyIsWhatSlackTakesAndHoldsNoMarkupOfAnybody(t *testing.T) {
	t.Parallel()
	post, _ := poster(t)
	evil := "<!channel> <@U0EVIL> \u202e" + strings.Repeat("&", 4000)
	by := approvals.Actor{ID: "U0BEN", Name: evil}
	data := approvals.Data{Reason: evil, Sentence: evil, WayOut: evil, Asked: evil, Worker: evil, Code: "x", Standing: []string{evil},
		Stopped: &esops.Stopped{Begun: true, Removed: []string{evil}, Kept: []string{evil}}}
	op := asked(t, hostile).op
	board := &Board{}
	for _, kind := range append(approvals.EventKinds, approvals.RolledBack) {
		for _, step := range []*esops.Result{nil, {Step: esops.StepVerify, NotProved: []string{evil}, Found: []string{evil}}} {
			d := data
			d.Result = step
			answer := board.reply(audit.Record{Seq: 1, Time: noon, Operation: op.ID, Event: kind, Actor: by, Data: d}, op)
			if problem := post(answer); problem != "" {
				t.Errorf("%s: %s", kind, problem)
			}
			for _, found := range live.FindAllString(answer.Text, -1) {
				if found != "<@"+op.Requester.ID+">" {
					t.Errorf("%s: live markup in the text: %s", kind, found)
				}
			}
			if strings.Contains(string(asJSON(t, answer)), `"mrkdwn"`) {
				t.Errorf("%s: text in which Slack looks for markup", kind)
			}
		}
	}
}
