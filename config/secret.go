package config

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// A Secret is a value that must not be seen: a token, a password, a key. However
// it is printed, logged or encoded, it reads [secret]; only Reveal gives the value.
// The zero value is a secret that was not given.
type Secret struct {
	// A function, because what prints by reflection calls no method on what
	// stands in an unexported field: of a function it then shows the address.
	value func() string
}

const hidden = "[secret]"

// NewSecret hides a value. An empty one is as if none was given.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: func() string { return value }}
}

// Reveal gives the value, to whoever needs it on the wire; empty when none was given.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return s.value()
}

// IsZero reports whether none was given.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal compares in a time that does not tell where two values differ.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String hides the value.
func (Secret) String() string { return hidden }

// GoString hides the value from %#v.
func (Secret) GoString() string { return hidden }

// Format hides the value from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalJSON hides the value.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText hides the value from every other encoding.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalYAML hides the value.
func (Secret) MarshalYAML() (any, error) { return hidden, nil }

// LogValue hides the value from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
