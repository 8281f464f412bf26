package slacksim_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"es-restore/internal/slacksim"
)

func ack(t *testing.T, b bot, e socketmode.Event, payload any) {
	t.Helper()
	if err := b.socket.AckCtx(t.Context(), e.Request.EnvelopeID, payload); err != nil {
		t.Errorf("ack: %v", err)
	}
}

func card() slack.MsgOption {
	approve := slack.NewButtonBlockElement("approve", "R-1", slack.NewTextBlockObject("plain_text", "Approve", false, false))
	deny := slack.NewButtonBlockElement("deny", "R-1", slack.NewTextBlockObject("plain_text", "Deny", false, false))
	return slack.MsgOptionBlocks(
		slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "Restore *logs-1*?", false, false), nil, nil),
		slack.NewActionBlock("decide", approve, deny),
	)
}

func TestACommandIsAckedWithAnEphemeralReply(t *testing.T) {
	s := workspace(t)
	startBot(t, s, func(b bot, e socketmode.Event) {
		cmd := e.Data.(slack.SlashCommand)
		ack(t, b, e, map[string]any{"response_type": "ephemeral", "text": "planning " + cmd.Text})
	})
	got, err := s.Command(within(t), alice, ops, "/es-restore", "list --all")
	if err != nil {
		t.Fatal(err)
	}
	if !got.OK() || got.Reply == nil || got.Reply.Text != "planning list --all" {
		t.Fatalf("got %+v", got)
	}
	if e := s.Ephemerals(alice, ops); len(e) != 1 || e[0].Text != "planning list --all" {
		t.Errorf("alice sees %+v", e)
	}
	if e := s.Ephemerals(bob, ops); len(e) != 0 {
		t.Errorf("bob sees %+v", e)
	}
	if m := s.Messages(ops); len(m) != 0 {
		t.Errorf("the channel shows %+v", m)
	}
}

func TestAClickReachesTheBotAndItsUpdateChangesTheCard(t *testing.T) {
	s := workspace(t)
	b := startBot(t, s, func(b bot, e socketmode.Event) {
		in := e.Data.(slack.InteractionCallback)
		a := in.ActionCallback.BlockActions[0]
		if a.ActionID != "approve" || a.Value != "R-1" || in.User.ID != bob || in.Container.ChannelID != ops || in.Message.Timestamp != in.Container.MessageTs {
			t.Errorf("payload: %+v", in)
		}
		_, _, _, err := b.UpdateMessageContext(context.Background(), in.Channel.ID, in.Container.MessageTs, slack.MsgOptionText("approved", false))
		if err != nil {
			t.Error(err)
		}
		ack(t, b, e, nil)
	})
	_, ts, err := b.PostMessageContext(within(t), ops, slack.MsgOptionText("Restore?", false), card())
	if err != nil {
		t.Fatal(err)
	}
	m, _ := s.Message(ops, ts)
	if diff := cmp.Diff([]string{"approve", "deny"}, m.Actions()); diff != "" {
		t.Fatal(diff)
	}
	click, err := s.Click(within(t), bob, m.Place(), "approve")
	if err != nil || !click.OK() {
		t.Fatalf("%+v %v", click, err)
	}
	m, _ = s.Message(ops, ts)
	if m.Text != "approved" || len(m.Blocks) != 0 || len(m.Versions) != 2 {
		t.Errorf("the card is now %+v", m)
	}
	if _, err := s.Click(within(t), bob, m.Place(), "approve"); !errors.Is(err, slacksim.ErrImpossible) {
		t.Errorf("clicking a button that is gone: %v", err)
	}
}

func modal() slack.ModalViewRequest {
	text := func(s string) *slack.TextBlockObject { return slack.NewTextBlockObject("plain_text", s, false, false) }
	input := slack.NewPlainTextInputBlockElement(text("why"), "reason")
	input.MaxLength = 300
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: "deny", Title: text("Deny"), Submit: text("Deny"), Close: text("Back"),
		PrivateMetadata: "R-1",
		Blocks:          slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock("reason", text("Reason"), nil, input)}},
	}
}

func TestAModalIsOpenedRefusedOnceAndClosed(t *testing.T) {
	s := workspace(t)
	b := startBot(t, s, func(b bot, e socketmode.Event) {
		in := e.Data.(slack.InteractionCallback)
		switch in.Type {
		case slack.InteractionTypeBlockActions:
			if _, err := b.OpenViewContext(context.Background(), in.TriggerID, modal()); err != nil {
				t.Error(err)
			}
			ack(t, b, e, nil)
		case slack.InteractionTypeViewSubmission:
			reason := in.View.State.Values["reason"]["reason"].Value
			if strings.Contains(reason, "because") {
				ack(t, b, e, nil)
				return
			}
			ack(t, b, e, slack.NewErrorsViewSubmissionResponse(map[string]string{"reason": "say because"}))
		}
	})
	_, ts, err := b.PostMessageContext(within(t), ops, card())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Click(within(t), bob, slacksim.InMessage(ops, ts), "deny"); err != nil {
		t.Fatal(err)
	}
	views := s.Views(bob)
	if len(views) != 1 || views[0].CallbackID != "deny" {
		t.Fatalf("views: %+v", views)
	}
	var form *slacksim.FormError
	if _, err := s.Submit(within(t), bob, views[0].ID, nil); !errors.As(err, &form) || form.Fields["reason"] != "is required" {
		t.Errorf("an empty form: %v", err)
	}
	got, err := s.Submit(within(t), bob, views[0].ID, slacksim.Values{"reason": "no"})
	if err != nil || got.Action != "errors" || got.Errors["reason"] != "say because" || got.View == nil {
		t.Fatalf("%+v %v", got, err)
	}
	got, err = s.Submit(within(t), bob, views[0].ID, slacksim.Values{"reason": "because"})
	if err != nil || got.Action != "closed" || got.View != nil || len(s.Views(bob)) != 0 {
		t.Fatalf("%+v %v", got, err)
	}
}
