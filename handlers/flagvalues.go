package handlers

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a duration as people type it: 90s, 4h, 7d.
type span time.Duration

func (s *span) String() string { return time.Duration(*s).String() }
func (s *span) Type() string   { return "duration" }

func (s *span) Set(text string) error {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > 36500 {
			return fmt.Errorf("%q is no time span such as 7d", text)
		}
		*s = span(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is no time span such as 7d or 12h", text)
	}
	*s = span(d)
	return nil
}

// replicas is a number that may also not be given.
type replicas struct{ n **int }

func (r *replicas) String() string { return "" }
func (r *replicas) Type() string   { return "number" }

func (r *replicas) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 20 {
		return fmt.Errorf("%q is no number of replicas, from 0 to 20", text)
	}
	*r.n = &n
	return nil
}
