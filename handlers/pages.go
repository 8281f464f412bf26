package handlers

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"
)

// paged cuts one page out, counted from 1, and tells how many there are.
func paged[T any](all []T, page int) (shown []T, pages int) {
	pages = max(1, (len(all)+perPage-1)/perPage)
	if page > pages {
		return nil, pages
	}
	from := (page - 1) * perPage
	return all[from:min(from+perPage, len(all))], pages
}

// pageAction is the button that turns an answer's page. Its value is the
// command that shows it.
const pageAction = "page"

// pager says which page is shown and offers the neighbours.
func pager(c Command, pages int) []block {
	if pages < 2 {
		return nil
	}
	button := func(label string, page int, id string) *slack.ButtonBlockElement {
		b := slack.NewButtonBlockElement(pageAction+id, commandText(c, page), slack.NewTextBlockObject(slack.PlainTextType, label, false, false))
		b.AccessibilityLabel = fmt.Sprintf("%s, page %d of %d", label, page, pages)
		return b
	}
	var buttons []slack.BlockElement
	if c.Page > 1 {
		buttons = append(buttons, button("Previous", c.Page-1, "_back"))
	}
	if c.Page < pages {
		buttons = append(buttons, button("Next", c.Page+1, "_next"))
	}
	return []block{
		words(fmt.Sprintf("Page %d of %d. More: add --page N.", c.Page, pages)).block(),
		slack.NewActionBlock("", buttons...),
	}
}

// commandText writes a listing command as it would be typed for another page.
func commandText(c Command, page int) string {
	text := c.Verb
	from := c.Repository
	if c.Snapshot != "" {
		from += "/" + c.Snapshot
	}
	words := []string{c.Cluster, from}
	if c.Verb == "list" || c.Verb == "history" {
		words = nil // there the cluster is a flag
	}
	for _, word := range words {
		if word != "" {
			text += " " + quote(word)
		}
	}
	if c.ID != "" {
		text += " " + string(c.ID)
	}
	if c.All {
		text += " --all"
	}
	if c.By != "" {
		text += " --by " + quote(c.By)
	}
	if c.Cluster != "" && words == nil {
		text += " --cluster " + quote(c.Cluster)
	}
	if c.Limit > 0 {
		text += " --limit " + strconv.Itoa(c.Limit)
	}
	if c.Match != "" {
		text += " --match " + quote(c.Match)
	}
	if c.Since > 0 {
		text += " --since " + c.Since.String()
	}
	return text + " --page " + strconv.Itoa(page)
}

// quote writes a word so that Parse reads it back, in quotes only where it needs
// them.
func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n\"'\\$*?&<>|;()`#~!{}[]“”„«»‘’‚—–") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
}
