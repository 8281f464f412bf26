package handlers

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A reason is the value of --reason, exactly as it came.
type reason struct {
	text  string
	given bool
}

// reasonFlag finds --reason where a word begins, with whatever dashes a phone
// made of the two.
var reasonFlag = regexp.MustCompile(`(?i)(^|\s)(--|—-?|–-?)reason(=|\s+|$)`)

// closers are the characters that end what an opening quote begins; phones
// write quotes of many languages.
var closers = map[rune]string{
	'"': `"`, '\'': `'`, '“': `”“"`, '„': `“”"`, '”': `”"`, '«': `»`, '‘': `’'`, '’': `’'`, '‚': `’‘`,
}

// cutReason takes --reason and its value out of the text.
func cutReason(text string) (string, reason) {
	for from := 0; ; {
		at := reasonFlag.FindStringIndex(text[from:])
		if at == nil {
			return text, reason{}
		}
		begin, end := from+at[0], from+at[1]
		if quoted(text[:begin]) {
			from = end
			continue
		}
		value, rest := reasonValue(text[end:])
		if value == "" && strings.TrimSpace(rest) == "" && !strings.HasSuffix(text[:end], "=") {
			return text[:begin] + " --reason ''", reason{given: true}
		}
		return text[:begin] + " " + rest, reason{text: value, given: true}
	}
}

// quoted reports whether a text ends within a quote.
func quoted(text string) bool {
	open := rune(0)
	for _, r := range plain(text) {
		switch {
		case open == 0 && (r == '"' || r == '\''):
			open = r
		case r == open:
			open = 0
		}
	}
	return open != 0
}

// reasonValue reads one value: in quotes up to the quote that ends a word, else
// up to the next space. In straight double quotes \" is a quote.
func reasonValue(text string) (value, rest string) {
	first, width := utf8.DecodeRuneInString(text)
	ends, isQuote := closers[first]
	if !isQuote {
		at := strings.IndexFunc(text, unicode.IsSpace)
		if at < 0 {
			return text, ""
		}
		return text[:at], text[at:]
	}
	escaped := false
	for i := width; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		after, left := utf8.DecodeRuneInString(text[i+size:])
		switch {
		case escaped:
			escaped = false
		case r == '\\' && first == '"':
			escaped = true
		case strings.ContainsRune(ends, r) && (left == 0 || unicode.IsSpace(after)):
			return unescape(text[width:i], first), text[i+size:]
		}
		i += size
	}
	return unescape(text[width:], first), "" // never closed: people forget it
}

func unescape(value string, quote rune) string {
	if quote != '"' {
		return value
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(value)
}

// plain undoes Slack's escapes and a phone's curly quotes.
func plain(text string) string {
	return strings.NewReplacer(
		"&lt;", "<", "&gt;", ">", "&amp;", "&",
		"“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`,
		"‘", "'", "’", "'", "‚", "'",
	).Replace(text)
}

// undash undoes a phone's dashes: at the beginning of a word they were --, and
// after a comma - .
func undash(word string) string {
	for _, dash := range []string{"—", "–"} {
		if rest, found := strings.CutPrefix(word, dash); found {
			word = "--" + strings.TrimLeft(rest, "-—–")
		}
		word = strings.ReplaceAll(word, ","+dash, ",-")
	}
	return word
}
