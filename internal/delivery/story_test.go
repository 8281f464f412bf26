package delivery_test

import (
	"regexp"
	"strings"
	"testing"

	"es-restore/internal/rig"
)

// What differs from one telling to the next.
var varying = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`R-[2-9A-HJKMNP-Z]{5}`), "ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`), "TIME"},
	{regexp.MustCompile(`, [^,]+ old when asked(, deleted at TIME, in \d+ [a-z]+)?`), ", AGE old when asked"},
	{regexp.MustCompile(`<@U0ANNA>|@anna`), "ANNA"},
	{regexp.MustCompile(`<@U0BEN>|@ben`), "BEN"},
	{regexp.MustCompile(`<!subteam\^S0DBA>|@dba`), "DBA"},
}

func levelled(text string) string {
	for _, v := range varying {
		text = v.what.ReplaceAllString(text, v.by)
	}
	return text
}

// shows fails for each line of a page's block that people do not see.
func shows(t *testing.T, block, seen string) {
	t.Helper()
	lines := strings.Split(levelled(seen), "\n")
	for line := range strings.Lines(block) {
		want := strings.TrimSpace(line)
		found := false
		for _, have := range lines {
			found = found || strings.TrimSpace(have) == levelled(want)
		}
		if !found {
			t.Errorf("the README shows %q, which nobody sees in:\n%s", want, seen)
		}
	}
}

func TestTheReadmeTellsTheStoryAsPeopleSeeIt(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Start()
	card := r.Ask(rig.Anna, `file-2019-08-25 --reason "ticket 4711"`)
	shows(t, fenced(t, between(t, "README.md", "card")), card.AllText())
	r.Click(rig.Ben, card, "approve")
	r.Thread(card, "succeeded")
	var replies []string
	for _, reply := range r.Slack.Thread(card.Channel, card.TS)[1:] {
		replies = append(replies, reply.AllText())
	}
	shows(t, fenced(t, between(t, "README.md", "thread")), strings.Join(replies, "\n"))
}
