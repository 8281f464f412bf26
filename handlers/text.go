package handlers

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// clean makes untrusted text fit to be shown: no control or bidirectional
// characters, which could make a reader see other text than there is, and at
// most limit characters. It does not make it safe as markup: it belongs in
// plain_text or rich text, or through escape.
func clean(text string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n == limit {
			b.WriteString("…")
			break
		}
		switch {
		case r == '\n' || r == '\t':
			r = ' '
		case unicode.IsControl(r), bidi(r), r == unicode.ReplacementChar:
			continue
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// bidi reports characters that turn the direction of the text around them, and
// invisible ones that hide in a name.
func bidi(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F ||
		r == 0x061C || r >= 0x200B && r <= 0x200D || r == 0xFEFF || r == 0x2028 || r == 0x2029
}

// markup are the three characters that begin anything in Slack's text.
var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes text safe where Slack reads markup: in a message's top-level
// text. Mentions and links come out as written.
func escape(text string) string { return markup.Replace(text) }

// topLevel makes anybody's words fit for a message's top-level text, of which
// chat.update takes 4,000 characters, escapes included.
func topLevel(text string) string {
	const most = 3500
	var b strings.Builder
	n := 0
	for _, r := range clean(text, 2800) {
		one := escape(string(r))
		if n += utf8.RuneCountInString(one); n > most {
			b.WriteString("…")
			break
		}
		b.WriteString(one)
	}
	return b.String()
}

// The limits of what one name or text may take on a card.
const (
	nameLimit   = 120
	wholeName   = 255 // the longest that Elasticsearch takes
	reasonLimit = 300
	proseLimit  = 600
)

// clip cuts text that is clean already to limit characters, and keeps its lines.
func clip(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

// stamp is a moment as every message writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// moment is a stamp, with the same moment in the configured zone beside it.
func moment(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "not known"
	}
	if zone == nil || zone == time.UTC || zone.String() == "UTC" {
		return stamp(t)
	}
	return fmt.Sprintf("%s (%s)", stamp(t), t.In(zone).Format("15:04 MST"))
}

// size is a number of bytes for people; negative is not known.
func size(bytes int64) string {
	if bytes < 0 {
		return "size not known"
	}
	return humanize.IBytes(uint64(bytes))
}

// count is a number with its word.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(int64(n)) + " " + many
}

// roughly is a duration for people, to the two largest units.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		hours, minutes := int(d.Hours()), int(d.Minutes())%60
		if minutes == 0 {
			return fmt.Sprintf("%d h", hours)
		}
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
