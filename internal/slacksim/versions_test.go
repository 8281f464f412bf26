package slacksim

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFewVersionsAreTheFirstAndTheLast(t *testing.T) {
	var all []Version
	for i := range 6 {
		all = few(append(all, Version{Text: fmt.Sprint(i)}), 2)
	}
	var texts []string
	for _, v := range all {
		texts = append(texts, v.Text)
	}
	if diff := cmp.Diff([]string{"0", "4", "5"}, texts); diff != "" {
		t.Error(diff)
	}
	if len(few(make([]Version, 99), 0)) != 99 {
		t.Error("some are dropped though all were to be kept")
	}
}
