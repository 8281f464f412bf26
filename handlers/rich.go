package handlers

import (
	"github.com/slack-go/slack"

	"es-restore/approvals"
)

// A prose is a run of text in one rich-text section: literal words, never
// markup, with mentions as elements of their own.
type prose []slack.RichTextSectionElement

func words(text string) prose { return prose{}.say(text) }

// say adds words of ours or anybody's; they are shown as they are.
func (p prose) say(text string) prose {
	if text = clean(text, proseLimit); text == "" {
		return p
	}
	return append(p, slack.NewRichTextSectionTextElement(text, nil))
}

// strong adds words in bold.
func (p prose) strong(text string) prose {
	return append(p, slack.NewRichTextSectionTextElement(clean(text, proseLimit), &slack.RichTextSectionTextStyle{Bold: true}))
}

// code adds a name or command in fixed width.
func (p prose) code(text string) prose {
	if text = clean(text, wholeName); text == "" {
		return p
	}
	return append(p, slack.NewRichTextSectionTextElement(text, &slack.RichTextSectionTextStyle{Code: true}))
}

// who adds a mention of an actor, or the bot's name for itself.
func (p prose) who(a approvals.Actor) prose {
	if a.ID == approvals.System.ID || a.ID == "" {
		return p.say("es-restore")
	}
	return append(p, slack.NewRichTextSectionUserElement(a.ID, nil))
}

// principals adds mentions of people and groups, with commas.
func (p prose) principals(all []approvals.Principal) prose {
	for i, one := range all {
		if i > 0 {
			p = p.say(", ")
		}
		if one.Group {
			p = append(p, slack.NewRichTextSectionUserGroupElement(one.ID))
		} else {
			p = append(p, slack.NewRichTextSectionUserElement(one.ID, nil))
		}
	}
	return p
}

// br ends the line.
func (p prose) br() prose {
	return append(p, slack.NewRichTextSectionTextElement("\n", nil))
}

// block makes the prose a message block.
func (p prose) block() slack.Block {
	return slack.NewRichTextBlock("", slack.NewRichTextSection(p...))
}

// list makes bullets of proses.
func list(items []prose) slack.Block {
	elements := make([]slack.RichTextElement, len(items))
	for i, item := range items {
		elements[i] = slack.NewRichTextSection(item...)
	}
	return slack.NewRichTextBlock("", slack.NewRichTextList(slack.RTEListBullet, 0, elements...))
}

// heading is a header block.
func heading(text string) slack.Block {
	return slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, clean(text, 140), false, false))
}
