package slacksim

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// maxBody is more than any call that Slack accepts.
const maxBody = 8 << 20

// args are the arguments of one call, from the query, a form or a JSON body.
type args struct{ values map[string]any }

// readArgs takes what a client sent, and the token apart from the rest.
func readArgs(r *http.Request) (a args, token string, err error) {
	a = args{values: map[string]any{}}
	for key, values := range r.URL.Query() {
		a.values[key] = values[0]
	}
	if err := a.readBody(r); err != nil {
		return a, "", err
	}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	} else {
		token = a.text("token")
	}
	delete(a.values, "token")
	return a, token, nil
}

func (a args) readBody(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil || len(strings.TrimSpace(string(body))) == 0 {
			return err
		}
		v, err := decode(body)
		if err != nil {
			return fail("invalid_json")
		}
		o, ok := v.(Object)
		if !ok {
			return fail("json_not_object")
		}
		for key, value := range o {
			a.values[key] = value
		}
	case "application/x-www-form-urlencoded", "multipart/form-data":
		r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
		if kind == "multipart/form-data" {
			if err := r.ParseMultipartForm(maxBody); err != nil {
				return fail("invalid_form_data")
			}
		} else if err := r.ParseForm(); err != nil {
			return fail("invalid_form_data")
		}
		for key, values := range r.PostForm {
			a.values[key] = values[0]
		}
	case "":
	default:
		return fail("invalid_post_type")
	}
	return nil
}

func (a args) has(name string) bool {
	v, ok := a.values[name]
	return ok && v != nil && v != ""
}

func (a args) text(name string) string {
	switch v := a.values[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (a args) yes(name string) bool {
	switch a.text(name) {
	case "true", "1", "True":
		return true
	}
	return false
}

func (a args) number(name string, otherwise int) (int, bool) {
	if !a.has(name) {
		return otherwise, true
	}
	n, err := strconv.Atoi(a.text(name))
	return n, err == nil
}

// json is an argument that holds JSON, written out in a form or as itself in a
// JSON body.
func (a args) json(name string) (any, error) {
	if s, ok := a.values[name].(string); ok {
		return decode([]byte(s))
	}
	return a.values[name], nil
}

// list is an argument of several words, comma-separated or a JSON array.
func (a args) list(name string) []string {
	if items, ok := a.values[name].([]any); ok {
		return stringsAt(Object{name: items}, name)
	}
	if !a.has(name) {
		return nil
	}
	return strings.Split(a.text(name), ",")
}
