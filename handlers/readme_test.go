package handlers

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// The README's table of commands and its flags are what can be typed, in this order.
func TestTheReadmeShowsWhatCanBeTyped(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- verbs -->")
	table, _, found := strings.Cut(rest, "<!-- /verbs -->")
	if !found {
		t.Fatal("README.md has no table between <!-- verbs --> and <!-- /verbs -->")
	}
	type row struct{ Text, What string }
	var shown, want []row
	for _, r := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+) \\|$").FindAllStringSubmatch(table, -1) {
		shown = append(shown, row{r[1], r[2]})
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, v := range verbs {
		want = append(want, row{strings.TrimSpace(v.name + " " + v.usage), v.what})
		if v.flags != nil && (v.name == "restore" || v.name == "plan") {
			flags = pflag.NewFlagSet("", pflag.ContinueOnError)
			v.flags(flags, &Command{})
		}
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("commands (-there +README.md):\n%s", diff)
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(string(text), "--"+f.Name) {
			t.Errorf("the README does not show --%s", f.Name)
		}
	})
}
