package rig

import (
	"context"
	"slices"
	"strings"

	"es-restore/internal/slacksim"
)

// Say types a command and returns what the person then reads, the last n
// answers; a command that is answered in the channel has none of its own.
func (r *Rig) Say(user, text string, n int) []string {
	r.T.Helper()
	before := len(r.Slack.Ephemerals(user, Channel))
	r.Type(user, Channel, text)
	r.Until("an answer to "+text, func() bool { return len(r.Slack.Ephemerals(user, Channel)) >= before+n })
	var answers []string
	for _, m := range r.Slack.Ephemerals(user, Channel)[before:] {
		answers = append(answers, m.AllText())
	}
	return answers
}

// Answer is what a person reads after a command with n answers. The ack and what
// follows it go different ways, so either can be there first.
func (r *Rig) Answer(user, text string, n int) string {
	r.T.Helper()
	return strings.Join(r.Say(user, text, n), "\n")
}

// Type types a command; it must be acked in time.
func (r *Rig) Type(user, channel, text string) slacksim.CommandResult {
	r.T.Helper()
	result, err := r.Slack.Command(context.Background(), user, channel, "/es-restore", text)
	if err != nil || !result.OK() {
		r.T.Fatalf("%q: %v %v\n%s", text, result.Outcome, err, r.Dump())
	}
	return result
}

// Ask asks for a restore and returns its card.
func (r *Rig) Ask(user, arguments string) slacksim.Message {
	r.T.Helper()
	before := len(r.Slack.Messages(Channel))
	r.Type(user, Channel, "restore es-cn-b "+Repository+"/"+Snapshot+" "+arguments)
	r.Until("the card of "+arguments, func() bool { return len(r.Slack.Messages(Channel)) > before })
	return r.Slack.Messages(Channel)[before]
}

// Click clicks a button of a card; it must be acked in time.
func (r *Rig) Click(user string, card slacksim.Message, action string, how ...slacksim.ClickOption) slacksim.ClickResult {
	r.T.Helper()
	result, err := r.Slack.Click(context.Background(), user, card.Place(), action, how...)
	if err != nil || !result.OK() {
		r.T.Fatalf("clicking %s: %v %v\n%s", action, result.Outcome, err, r.Dump())
	}
	return result
}

// Told clicks, and returns what the clicker then reads first: more may follow before
// this has looked.
func (r *Rig) Told(user string, card slacksim.Message, action string, how ...slacksim.ClickOption) string {
	r.T.Helper()
	before := len(r.Slack.Ephemerals(user, ""))
	r.Click(user, card, action, how...)
	r.Until("an answer to the click on "+action, func() bool { return len(r.Slack.Ephemerals(user, "")) > before })
	return r.Slack.Ephemerals(user, "")[before].AllText()
}

// Submit fills in the modal a person has open and submits it.
func (r *Rig) Submit(user string, values slacksim.Values) slacksim.SubmitResult {
	r.T.Helper()
	r.Until("a modal", func() bool { return len(r.Slack.Views(user)) > 0 })
	views := r.Slack.Views(user)
	result, err := r.Slack.Submit(context.Background(), user, views[len(views)-1].ID, values)
	if err != nil || !result.OK() {
		r.T.Fatalf("submitting: %v %v %s\n%s", result.Outcome, err, result.Problem, r.Dump())
	}
	return result
}

// Now is a card as it stands.
func (r *Rig) Now(card slacksim.Message) slacksim.Message {
	r.T.Helper()
	now, ok := r.Slack.Message(card.Channel, card.TS)
	if !ok {
		r.T.Fatalf("the card is gone\n%s", r.Dump())
	}
	return now
}

// Becomes waits until a card's heading says a state in words, such as
// "succeeded", and its thread has said so too.
func (r *Rig) Becomes(card slacksim.Message, state string) slacksim.Message {
	r.T.Helper()
	r.Within(2*soon, "the card becomes "+state, func() bool {
		now, _ := r.Slack.Message(card.Channel, card.TS)
		return strings.Contains(now.Text, ") is "+state)
	})
	return r.Now(card)
}

// Thread are the first words of the replies under a card, once the last one is
// there: asked, approved, started …
func (r *Rig) Thread(card slacksim.Message, last string) []string {
	r.T.Helper()
	r.Within(2*soon, "the thread says "+last, func() bool { return slices.Contains(r.words(card), last) })
	return r.words(card)
}

func (r *Rig) words(card slacksim.Message) []string {
	var words []string
	for _, reply := range r.Slack.Thread(card.Channel, card.TS)[1:] {
		text := reply.AllText()
		if strings.HasPrefix(text, "<@") { // an end mentions who asked
			_, text, _ = strings.Cut(text, " ")
		}
		word, _, _ := strings.Cut(text, " by ")
		words = append(words, strings.TrimSpace(word))
	}
	return words
}

// ID is the operation a card is about.
func ID(card slacksim.Message) string {
	at := strings.Index(card.Text, "R-")
	return card.Text[at : at+7]
}
