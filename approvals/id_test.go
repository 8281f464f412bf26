package approvals_test

import (
	"strings"
	"testing"
	"testing/quick"

	"es-restore/approvals"
)

func TestAnIDIsReadAsPeopleTypeIt(t *testing.T) {
	tests := map[string]struct {
		want approvals.ID
		ok   bool
	}{
		"R-7K3M9":   {"R-7K3M9", true},
		"r-7k3m9":   {"R-7K3M9", true},
		"7k3M9":     {"R-7K3M9", true},
		" R-7K3M9 ": {"R-7K3M9", true},
		"R-RRRRR":   {"R-RRRRR", true},
		"":          {},
		"R-":        {},
		"R-7K3M":    {},
		"R-7K3M99":  {},
		"R-7K3MO":   {}, // as zero reads
		"R-7K3M0":   {},
		"R-7K3M1":   {},
		"R-7K3MI":   {},
		"R-7K3ML":   {},
		"R-R-7K3":   {},
		"R7K3M9":    {},
		"R-7K 3M":   {},
		"R-ÄÖÜÄÖ":   {},
	}
	for text, want := range tests {
		if got, ok := approvals.ParseID(text); got != want.want || ok != want.ok {
			t.Errorf("ParseID(%q) is %q, %v; it should be %q, %v", text, got, ok, want.want, want.ok)
		}
	}
}

func TestWhateverIsReadAsAnIDIsOne(t *testing.T) {
	holds := func(text string) bool {
		id, ok := approvals.ParseID(text)
		if !ok {
			return id == ""
		}
		again, ok := approvals.ParseID(string(id))
		return ok && again == id && len(id) == 7
	}
	if err := quick.Check(holds, nil); err != nil {
		t.Error(err)
	}
}

func TestADrawnIDCanBeSaidOverAPhone(t *testing.T) {
	for range 1000 {
		id := approvals.NewID()
		if !strings.HasPrefix(string(id), "R-") || len(id) != 7 {
			t.Fatalf("%q is not R- and five letters", id)
		}
		if strings.ContainsAny(string(id[2:]), "0O1IL") {
			t.Fatalf("%q has a letter that is taken for another", id)
		}
		for _, written := range []string{string(id), strings.ToLower(string(id)), string(id[2:])} {
			if read, ok := approvals.ParseID(written); !ok || read != id {
				t.Fatalf("%q is read as %q, %v", written, read, ok)
			}
		}
	}
}

// With 31 letters and 20,000 draws of five, each is expected 3,226 times, give
// or take 56. Six times that is a chance of one in half a billion for each.
func TestNoLetterOfAnIDIsMoreLikelyThanAnother(t *testing.T) {
	const draws = 20_000
	seen := map[byte]int{}
	for range draws {
		for _, letter := range []byte(approvals.NewID()[2:]) {
			seen[letter]++
		}
	}
	if len(seen) != 31 {
		t.Errorf("%d letters came up, and there are 31", len(seen))
	}
	expected := draws * 5 / 31
	for letter, n := range seen {
		if n < expected-6*56 || n > expected+6*56 {
			t.Errorf("%c came up %d times, and %d were expected", letter, n, expected)
		}
	}
}
