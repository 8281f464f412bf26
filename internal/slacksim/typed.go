package slacksim

import (
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"unicode/utf8"
)

// checkWords is what Slack's client checks before it sends typed text.
func checkWords(element Object, s string) error {
	n := utf8.RuneCountInString(s)
	longest := 3000
	if m, ok := intAt(element, "max_length"); ok {
		longest = m
	}
	shortest, _ := intAt(element, "min_length")
	switch {
	case n > longest:
		return fmt.Errorf("is too long: %d characters of at most %d", n, longest)
	case n > 0 && n < shortest:
		return fmt.Errorf("is too short: %d characters of at least %d", n, shortest)
	case s == "":
		return nil
	}
	switch stringAt(element, "type") {
	case "email_text_input":
		if _, err := mail.ParseAddress(s); err != nil {
			return fmt.Errorf("is not an e-mail address: %q", s)
		}
	case "url_text_input":
		if u, err := url.Parse(s); err != nil || u.Host == "" {
			return fmt.Errorf("is not a URL: %q", s)
		}
	case "number_input":
		return checkNumber(element, s)
	}
	return nil
}

func checkNumber(element Object, s string) error {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("is not a number: %q", s)
	}
	if !boolAt(element, "is_decimal_allowed") && f != float64(int64(f)) {
		return fmt.Errorf("must be a whole number: %q", s)
	}
	if low, err := strconv.ParseFloat(stringAt(element, "min_value"), 64); err == nil && f < low {
		return fmt.Errorf("must be at least %v", low)
	}
	if high, err := strconv.ParseFloat(stringAt(element, "max_value"), 64); err == nil && f > high {
		return fmt.Errorf("must be at most %v", high)
	}
	return nil
}
