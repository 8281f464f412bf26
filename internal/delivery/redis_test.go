package delivery_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every key of store/keys.go is in the table of docs/architecture.md, and no other.
func TestTheMapOfRedisNamesEveryKey(t *testing.T) {
	var there []string
	for _, key := range regexp.MustCompile(`(?:prefix \+ "|"%s)([a-z]+)`).FindAllStringSubmatch(read(t, "store/keys.go"), -1) {
		there = append(there, key[1])
	}
	_, table, _ := strings.Cut(read(t, "docs/architecture.md"), "| key after `{esrestore}:` |")
	table, _, _ = strings.Cut(table, "\n\n")
	var told []string
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, "|"); len(cells) > 2 {
			for _, key := range regexp.MustCompile("`([a-z]+)").FindAllStringSubmatch(cells[1], -1) {
				told = append(told, key[1])
			}
		}
	}
	slices.Sort(there)
	slices.Sort(told)
	if diff := cmp.Diff(there, told); diff != "" {
		t.Errorf("keys (-store/keys.go +docs/architecture.md):\n%s", diff)
	}
}
