package slacksim

import "strings"

// apiError is an answer with ok false.
type apiError struct {
	code     string
	messages []string // Slack's explanations, each with a JSON pointer
	needed   string   // for missing_scope
	provided string
}

func (e *apiError) Error() string {
	if len(e.messages) == 0 {
		return e.code
	}
	return e.code + ": " + strings.Join(e.messages, "; ")
}

func fail(code string, messages ...string) *apiError {
	return &apiError{code: code, messages: messages}
}

// invalid is Slack's invalid_arguments with explanations.
func invalid(messages ...string) *apiError { return fail("invalid_arguments", messages...) }

// missing is the refusal of a call without a required argument.
func missing(name string) *apiError {
	return invalid("missing required field: " + name)
}

func (e *apiError) json() Object {
	out := Object{"ok": false, "error": e.code}
	if len(e.messages) > 0 {
		plain, marked := []any{}, []any{}
		for _, m := range e.messages {
			plain = append(plain, m)
			marked = append(marked, "[ERROR] "+m)
		}
		out["response_metadata"] = Object{"messages": marked}
		if e.code == "invalid_blocks" {
			out["errors"] = plain
		}
	}
	if e.code == "missing_scope" {
		out["needed"], out["provided"] = e.needed, e.provided
	}
	return out
}
