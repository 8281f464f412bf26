package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"es-restore/esops"
)

// An Answer is what one person reads. Text says in a sentence what the blocks
// say; it is what phones and screen readers announce.
type Answer struct {
	Text   string // empty: nothing is said
	Blocks []slack.Block
	// then takes longer than Slack waits for an ack, and is done after it.
	then func(context.Context)
}

// sayThen says something, or nothing, and then answers a command.
func (a *App) sayThen(said string, c Command, caller Caller) *Answer {
	answer := &Answer{}
	if said != "" {
		answer = say(said)
	}
	answer.then = func(ctx context.Context) { a.Command(ctx, c, caller) }
	return answer
}

// say is an answer of plain words.
func say(text string) *Answer {
	return &Answer{Text: escape(clean(text, 2800)), Blocks: []slack.Block{words(text).block()}}
}

// refused is a refusal as people read it: what is the matter, then the way out.
func refused(r esops.Refusal) *Answer {
	p := prose{}.strong("Not done. ").say(r.Sentence)
	if r.WayOut != "" {
		p = p.br().say(r.WayOut)
	}
	return &Answer{Text: escape(clean("Not done. "+r.Error(), 2800)), Blocks: []slack.Block{p.block()}}
}

// blocked are all findings that forbid a plan, each with its way out.
func blocked(title string, findings []esops.Finding) *Answer {
	var items []prose
	var text []string
	for i, f := range findings {
		text = append(text, strings.TrimSpace(f.Sentence+" "+f.WayOut))
		if i == 20 {
			items = append(items, words("and "+count(len(findings)-i, "more like it", "more")))
			break
		}
		p := prose{}.say(f.Sentence)
		if f.WayOut != "" {
			p = p.say(" ").strong(f.WayOut)
		}
		items = append(items, p)
	}
	return &Answer{
		Text:   escape(clean(title+" "+strings.Join(text, " "), 2800)),
		Blocks: []slack.Block{prose{}.strong(title).block(), list(items)},
	}
}

// answer delivers to one person alone. A response URL reaches people where the
// bot can't post; when it is used up or unknown, an ephemeral message does.
func (a *App) answer(ctx context.Context, to Caller, answer Answer) error {
	var first error
	if to.ResponseURL != "" {
		no := false
		first = withoutURL(slack.PostWebhookCustomHTTPContext(ctx, to.ResponseURL, a.HTTP, &slack.WebhookMessage{
			Text: answer.Text, Blocks: &slack.Blocks{BlockSet: answer.Blocks}, Parse: "none", UnfurlLinks: &no, UnfurlMedia: &no,
			ResponseType: slack.ResponseTypeEphemeral, ReplaceOriginal: to.Replace,
		}))
		if first == nil {
			return nil
		}
	}
	if to.Channel == "" { // the Home tab is in no channel
		_, err := a.API.OpenViewContext(ctx, to.Trigger, slack.ModalViewRequest{Type: slack.VTModal,
			Title: plainText("es-restore"), Close: plainText("Close"), Blocks: slack.Blocks{BlockSet: answer.Blocks}})
		return errors.Join(first, err)
	}
	_, err := a.API.PostEphemeralContext(ctx, to.Channel, to.User, message(answer)...)
	if err == nil {
		return nil
	}
	return errors.Join(first, err)
}

// withoutURL takes the address out of an error: whoever knows a response URL can
// write in the bot's name.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("response url: %w", failed.Err)
	}
	return err
}

// message are the options every message of ours goes out with: no markup is
// looked for in it and no link unfolded.
func message(answer Answer) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(answer.Text, false),
		slack.MsgOptionBlocks(answer.Blocks...),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionParse(false),
		slack.MsgOptionLinkNames(false),
	}
}
