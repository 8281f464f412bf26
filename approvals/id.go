package approvals

import (
	"crypto/rand"
	"strings"
)

// An ID names an operation so that people can say it over a phone: R- and five
// of the digits and letters that can't be taken for one another.
type ID string

// idLetters leaves out 0 and O, 1, I and L. It has 31 letters.
const idLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// NewID draws an ID. It can be taken already: whoever stores it finds out.
func NewID() ID {
	id := []byte("R-")
	var b [1]byte
	for len(id) < 7 {
		_, _ = rand.Read(b[:])        // never fails
		if b[0] < byte(31*(256/31)) { // no letter more likely than another
			id = append(id, idLetters[int(b[0])%31])
		}
	}
	return ID(id)
}

// ParseID reads an ID as people type it: in any case, with or without R-.
func ParseID(text string) (ID, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	text = strings.TrimPrefix(text, "R-")
	if len(text) != 5 {
		return "", false
	}
	for _, r := range text {
		if !strings.ContainsRune(idLetters, r) {
			return "", false
		}
	}
	return ID("R-" + text), true
}
