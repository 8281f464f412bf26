package slacksim_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
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

func TestTheClientReconnectsAfterARefreshAndGoesOnServing(t *testing.T) {
	t.Parallel()
	s := workspace(t)
	startBot(t, s, func(b bot, e socketmode.Event) { ack(t, b, e, map[string]any{"text": "here"}) })
	for range 3 {
		before := s.Sockets()[0].ID
		s.Disconnect(slacksim.RefreshRequested)
		if err := s.Wait(within(t), func() bool {
			live := s.Sockets()
			return len(live) > 0 && live[len(live)-1].ID > before && !live[len(live)-1].Draining
		}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Command(within(t), alice, ops, "/es-restore", "")
		if err != nil || !got.OK() {
			t.Fatalf("%+v %v", got, err)
		}
	}
}

func TestTheClientReconnectsAfterACut(t *testing.T) {
	s := workspace(t)
	startBot(t, s, func(b bot, e socketmode.Event) { ack(t, b, e, nil) })
	s.CutSockets()
	if err := s.Wait(within(t), func() bool { l := s.Sockets(); return len(l) == 1 && l[0].ID > 1 }); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Command(within(t), alice, ops, "/es-restore", ""); err != nil || !got.OK() {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAnAckMissedByACutIsSentOnTheNextConnection(t *testing.T) {
	t.Parallel()
	s := workspace(t)
	startBot(t, s, func(b bot, e socketmode.Event) {
		// The connection is gone by now; the client sends the ack on its next.
		if err := s.Wait(t.Context(), func() bool { l := s.Sockets(); return len(l) > 0 && l[len(l)-1].ID > 1 }); err != nil {
			t.Error(err)
		}
		ack(t, b, e, map[string]any{"text": "late but here"})
	})
	s.CutBeforeAck(1)
	got, err := s.Command(within(t), alice, ops, "/es-restore", "")
	if err != nil || !got.OK() || got.Reply == nil {
		t.Errorf("%+v %v; acks %+v", got, err, s.Acks())
	}
}

func TestTheClientIsToldThatItHasTooManyConnections(t *testing.T) {
	s := workspace(t)
	for range 10 {
		join(t, s)
	}
	api := client(t, s)
	socket := socketmode.New(api)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = socket.RunContext(ctx) }()
	go func() {
		for {
			select {
			case <-socket.Events:
			case <-done:
				return
			}
		}
	}()
	// It dials again at once, which is the storm a bot has to pace.
	if err := s.Wait(within(t), func() bool { return len(s.Calls("apps.connections.open")) > 13 }); err != nil {
		t.Error(err)
	}
	cancel()
	<-done
	if n := len(s.Sockets()); n != 10 {
		t.Errorf("%d sockets", n)
	}
}

func TestTheClientSeesARateLimitAsSuch(t *testing.T) {
	s := workspace(t)
	b := client(t, s)
	s.Fail("chat.postMessage", slacksim.Fault{RetryAfter: 30 * time.Second})
	_, _, err := b.PostMessageContext(within(t), ops, slack.MsgOptionText("x", false))
	limited, ok := errors.AsType[*slack.RateLimitedError](err)
	if !ok || limited.RetryAfter != 30*time.Second {
		t.Errorf("got %v", err)
	}
	s.Fail("chat.postMessage", slacksim.Fault{Status: 429})
	_, _, err = b.PostMessageContext(within(t), ops, slack.MsgOptionText("x", false))
	if status, ok := errors.AsType[slack.StatusCodeError](err); !ok || status.Code != 429 {
		t.Errorf("429 without Retry-After: %v", err)
	}
}

func TestTheClientSeesScopesAndReasonsOfARefusal(t *testing.T) {
	s := workspace(t, slacksim.WithScopes("chat:write"))
	b := client(t, s)
	_, err := b.GetUserGroupsContext(within(t))
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok || refused.Err != "missing_scope" || refused.Needed != "usergroups:read" || refused.Provided != "chat:write" {
		t.Errorf("got %#v", err)
	}
	long := slack.NewTextBlockObject("mrkdwn", strings.Repeat("x", 3001), false, false)
	_, _, err = b.PostMessageContext(within(t), ops, slack.MsgOptionBlocks(slack.NewSectionBlock(long, nil, nil)))
	refused, ok = errors.AsType[slack.SlackErrorResponse](err)
	want := []string{"[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"}
	if !ok || refused.Err != "invalid_blocks" || cmp.Diff(want, refused.ResponseMetadata.Messages) != "" {
		t.Errorf("got %#v", err)
	}
}

func TestTheClientSuggestsOptionsAndUpdatesTheForm(t *testing.T) {
	s := workspace(t)
	text := func(v string) *slack.TextBlockObject { return slack.NewTextBlockObject("plain_text", v, false, false) }
	pick := func(title string) slack.ModalViewRequest {
		menu := slack.NewOptionsSelectBlockElement("external_select", text("snapshot"), "snapshot")
		menu.MinQueryLength = new(0)
		return slack.ModalViewRequest{Type: slack.VTModal, Title: text(title), Submit: text("Plan"), CallbackID: "restore",
			Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock("snapshot", text("Snapshot"), nil, menu)}}}
	}
	startBot(t, s, func(b bot, e socketmode.Event) {
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			if _, err := b.OpenViewContext(context.Background(), data.TriggerID, pick("Restore")); err != nil {
				t.Error(err)
			}
			ack(t, b, e, nil)
		case slack.InteractionCallback:
			switch data.Type {
			case slack.InteractionTypeBlockSuggestion:
				ack(t, b, e, slack.OptionsResponse{Options: []*slack.OptionBlockObject{slack.NewOptionBlockObject("snap-"+data.Value, text("Snapshot "+data.Value), nil)}})
			case slack.InteractionTypeViewSubmission:
				chosen := data.View.State.Values["snapshot"]["snapshot"].SelectedOption.Value
				view := pick("Got " + chosen)
				ack(t, b, e, slack.NewUpdateViewSubmissionResponse(&view))
			}
		}
	})
	if _, err := s.Command(within(t), alice, ops, "/es-restore", ""); err != nil {
		t.Fatal(err)
	}
	form := s.Views(alice)[0]
	offer, err := s.Suggest(within(t), alice, form.Place(), "snapshot", "7")
	if err != nil || len(offer.Options) != 1 || offer.Options[0].Text != "Snapshot 7" {
		t.Fatalf("%+v %v", offer, err)
	}
	got, err := s.Submit(within(t), alice, form.ID, slacksim.Values{"snapshot": "snap-7"})
	if err != nil || got.Action != "update" || got.View.Title != "Got snap-7" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestTheClientReadsPeopleGroupsAndChannels(t *testing.T) {
	s := workspace(t)
	s.PutGroup(slacksim.Group{ID: "S0DBA", Handle: "dba", Members: []string{alice, bob}})
	s.EditChannel(ops, func(c *slacksim.Channel) { c.ExtShared, c.ConnectedTeams = true, []string{"T0PARTNER"} })
	s.PutUser(slacksim.User{ID: "U0EXT", TeamID: "T0PARTNER", EnterpriseID: "E9"})
	b := client(t, s)
	members, err := b.GetUserGroupMembersContext(within(t), "S0DBA")
	if diff := cmp.Diff([]string{alice, bob}, members); err != nil || diff != "" {
		t.Error(err, diff)
	}
	info, err := b.GetConversationInfoContext(within(t), &slack.GetConversationInfoInput{ChannelID: ops})
	if err != nil || !info.IsExtShared || info.IsPrivate || !info.IsMember || len(info.ConnectedTeamIDs) != 1 {
		t.Errorf("%+v %v", info, err)
	}
	in, _, err := b.GetUsersInConversationContext(within(t), &slack.GetUsersInConversationParameters{ChannelID: ops})
	if err != nil || len(in) != 3 {
		t.Errorf("%v %v", in, err)
	}
	ext, err := b.GetUserInfoContext(within(t), "U0EXT")
	if err != nil || ext.TeamID != "T0PARTNER" || ext.Enterprise.EnterpriseID != "E9" || ext.IsStranger {
		t.Errorf("%+v %v", ext, err)
	}
	groups, err := b.GetUserGroupsContext(within(t), slack.GetUserGroupsOptionIncludeUsers(true))
	if err != nil || len(groups) != 1 || len(groups[0].Users) != 2 {
		t.Errorf("%+v %v", groups, err)
	}
}

func TestTheClientUploadsAFileIntoAThread(t *testing.T) {
	s := workspace(t, slacksim.WithScopes("files:write", "chat:write"))
	b := client(t, s)
	root := post(t, s, "text", "root")
	f, err := b.UploadFileContext(within(t), slack.UploadFileParameters{
		Filename: "log.txt", Title: "Log", Content: "all of it", FileSize: len("all of it"), Channel: ops, ThreadTimestamp: root,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := s.UploadedFile(f.ID); !ok || string(got.Content) != "all of it" {
		t.Errorf("%+v", got)
	}
	if thread := s.Thread(ops, root); len(thread) != 2 || thread[1].AllText() != "Log" {
		t.Errorf("%+v", thread)
	}
}

func TestTheClientAnswersByItsResponseURL(t *testing.T) {
	s := workspace(t)
	b := startBot(t, s, func(b bot, e socketmode.Event) { ack(t, b, e, nil) })
	_, ts, err := b.PostMessageContext(within(t), ops, card())
	if err != nil {
		t.Fatal(err)
	}
	click, err := s.Click(within(t), bob, slacksim.InMessage(ops, ts), "approve")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = b.PostMessageContext(within(t), "", slack.MsgOptionReplaceOriginal(click.ResponseURL), slack.MsgOptionText("replaced", false))
	if m, _ := s.Message(ops, ts); err != nil || m.Text != "replaced" {
		t.Errorf("%+v %v", m, err)
	}
	_, _, err = b.PostMessageContext(within(t), "", slack.MsgOptionResponseURL(click.ResponseURL, "ephemeral"), slack.MsgOptionText("for you", false))
	if e := s.Ephemerals(bob, ops); err != nil || len(e) != 1 || e[0].Text != "for you" {
		t.Errorf("%+v %v", e, err)
	}
	_, _, err = b.PostMessageContext(within(t), "", slack.MsgOptionDeleteOriginal(click.ResponseURL))
	if _, there := s.Message(ops, ts); err != nil || there {
		t.Errorf("still there, %v", err)
	}
}

func TestTheHomeTabIsPublishedWhenItIsOpened(t *testing.T) {
	s := workspace(t)
	startBot(t, s, func(b bot, e socketmode.Event) {
		outer := e.Data.(slackevents.EventsAPIEvent)
		event := outer.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
		home := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewSectionBlock(slack.NewTextBlockObject("plain_text", "Hello "+event.User, false, false), nil, nil)}}}
		if _, err := b.PublishViewContext(context.Background(), slack.PublishViewContextRequest{UserID: event.User, View: home}); err != nil {
			t.Error(err)
		}
		ack(t, b, e, nil)
	})
	if d, err := s.OpenHome(within(t), alice); err != nil || !d.OK() {
		t.Fatalf("%+v %v", d, err)
	}
	if v, ok := s.Home(alice); !ok || v.AllText() != "Hello "+alice {
		t.Errorf("%+v", v)
	}
}

func TestALostReplyDoublesTheMessageOfAClientThatSendsAgain(t *testing.T) {
	s := workspace(t)
	b := client(t, s, slack.OptionRetryConfig(slack.RetryConfig{MaxRetries: 2, Handlers: slack.ConnectionOnlyRetryHandlers()}))
	s.Fail("chat.postMessage", slacksim.Fault{DropReply: true})
	if _, _, err := b.PostMessageContext(within(t), ops, slack.MsgOptionText("once?", false)); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Messages(ops)); n != 2 {
		t.Errorf("%d messages", n)
	}
}
