package esops

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
)

// plural chooses a word by number.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// some lists up to five names and how many more there are.
func some(names []string) string {
	if len(names) <= 5 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), len(names)-5)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// inBytes is a number of bytes for people, counted by 1024 as Elasticsearch does.
func inBytes(n int64) string { return humanize.IBytes(uint64(max(0, n))) }
