package approvals

import (
	"fmt"
	"slices"
	"strings"
)

// An Actor is who does something, as known at that moment. It is a parameter of
// every call that changes something, never a value in a context.
//
// It says who acts and nothing about what they may do: groups are the ones the
// person was in when Slack was asked, at most 10 s ago.
type Actor struct {
	ID     string   `json:"id"`
	Name   string   `json:"name,omitempty"`
	Groups []string `json:"groups,omitempty"`
}

// System is the bot itself.
var System = Actor{ID: "system"}

// A Principal is one person or everyone in one user group, as the configuration
// names them: user:U0ANNA or group:S0DBA.
type Principal struct {
	Group bool
	ID    string
}

// ParsePrincipal reads group:ID or user:ID.
func ParsePrincipal(text string) (Principal, error) {
	kind, id, found := strings.Cut(text, ":")
	if !found || id == "" || strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		return Principal{}, fmt.Errorf("%q is not of the form group:S0ENG or user:U0ANNA", text)
	}
	switch kind {
	case "group":
		return Principal{Group: true, ID: id}, nil
	case "user":
		return Principal{ID: id}, nil
	}
	return Principal{}, fmt.Errorf("%q is not of the form group:S0ENG or user:U0ANNA", text)
}

func (p Principal) String() string {
	if p.Group {
		return "group:" + p.ID
	}
	return "user:" + p.ID
}

// MarshalText writes the form ParsePrincipal reads.
func (p Principal) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the form MarshalText writes.
func (p *Principal) UnmarshalText(text []byte) error {
	parsed, err := ParsePrincipal(string(text))
	*p = parsed
	return err
}

// Is reports whether the actor is that person or in that group.
func (a Actor) Is(p Principal) bool {
	if p.Group {
		return slices.Contains(a.Groups, p.ID)
	}
	return a.ID == p.ID
}

// IsAny reports whether the actor is one of the principals.
func (a Actor) IsAny(principals []Principal) bool {
	return slices.ContainsFunc(principals, a.Is)
}

// GroupsOf lists the IDs of the groups among principals, each once.
func GroupsOf(principals []Principal) []string {
	var ids []string
	for _, p := range principals {
		if p.Group && !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}
