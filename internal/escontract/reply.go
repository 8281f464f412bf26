package escontract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// reply is an answer.
type reply struct {
	asked  string
	status int
	header http.Header
	body   string
	err    error
}

// pending is a request whose answer is still to come.
type pending struct {
	c *Cluster
	r chan *reply
}

// start sends a request without waiting. A body that is a string is sent as it
// is, others as JSON.
func (c *Cluster) start(t *testing.T, method, path string, body any) *pending {
	t.Helper()
	var b []byte
	kind := "application/json"
	switch v := body.(type) {
	case nil:
	case string:
		b = []byte(v)
		if strings.Contains(path, "_bulk") {
			kind = "application/x-ndjson"
		}
	default:
		var err error
		if b, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if c.User != "" {
		req.SetBasicAuth(c.User, c.Password)
	}
	p := &pending{c: c, r: make(chan *reply, 1)}
	go func() {
		out := &reply{asked: method + " " + path + " " + string(b[:min(len(b), 300)])}
		defer func() { p.r <- out }()
		res, err := c.Client.Do(req)
		if err != nil {
			out.err = err
			return
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		out.status, out.header, out.body, out.err = res.StatusCode, res.Header, string(text), err
	}()
	return p
}

// wait lets time pass until the answer is there.
func (p *pending) wait(t *testing.T) *reply {
	t.Helper()
	for range 6000 {
		select {
		case r := <-p.r:
			return r.check(t)
		default:
		}
		select {
		case r := <-p.r:
			return r.check(t)
		case <-time.After(300 * time.Microsecond):
			p.c.pair.Pass(20 * time.Millisecond)
		}
	}
	t.Fatal("no answer came")
	return nil
}

// open tells whether there is no answer yet.
func (p *pending) open() bool { return len(p.r) == 0 }

func (r *reply) check(t *testing.T) *reply {
	t.Helper()
	if r.err != nil {
		t.Fatalf("%s: %v", r.asked, r.err)
	}
	return r
}

// do sends a request and waits for the answer, letting time pass only where
// the request is one that waits for something.
func (c *Cluster) do(t *testing.T, method, path string, body any) *reply {
	t.Helper()
	p := c.start(t, method, path, body)
	if strings.Contains(path, "wait_for") || strings.Contains(path, "timeout=") {
		return p.wait(t)
	}
	return (<-p.r).check(t)
}

// ok demands 200 or 201.
func (r *reply) ok(t *testing.T) *reply {
	t.Helper()
	return r.is(t, http.StatusOK, http.StatusCreated)
}

// is demands one of the statuses.
func (r *reply) is(t *testing.T, statuses ...int) *reply {
	t.Helper()
	if slices.Contains(statuses, r.status) {
		return r
	}
	t.Fatalf("%s\n got %d, want %v: %s", r.asked, r.status, statuses, r.body)
	return r
}

// fails demands an error of a status, a type and a reason that contains text.
func (r *reply) fails(t *testing.T, status int, kind, text string) *reply {
	t.Helper()
	gotKind, gotReason := r.str("error.type"), r.str("error.reason")
	if r.status != status || gotKind != kind || !strings.Contains(gotReason, text) {
		t.Errorf("%s\n got %d %s: %s\nwant %d %s: %s", r.asked, r.status, gotKind, gotReason, status, kind, text)
	}
	return r
}

func (r *reply) value() any {
	var v any
	d := json.NewDecoder(strings.NewReader(r.body))
	d.UseNumber()
	_ = d.Decode(&v)
	return v
}

func (r *reply) object() obj {
	o, _ := r.value().(obj)
	return o
}

func (r *reply) list() []any {
	l, _ := r.value().([]any)
	return l
}

// get follows a path of names and numbers separated by dots; a name that has
// dots itself is written with "/" for them.
func (r *reply) get(path string) any { return dig(r.value(), path) }

func dig(v any, path string) any {
	for p := range strings.SplitSeq(path, ".") {
		p = strings.ReplaceAll(p, "/", ".")
		switch t := v.(type) {
		case obj:
			v = t[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(t) {
				return nil
			}
			v = t[i]
		default:
			return nil
		}
	}
	return v
}

func (r *reply) str(path string) string { return text(r.get(path)) }

func (r *reply) num(path string) int { return number(r.get(path)) }

// text renders a value the way people compare it.
func text(v any) string {
	switch t := v.(type) {
	case nil:
		return ""
	case string:
		return t
	case obj, []any:
		b, _ := json.Marshal(t)
		return string(b)
	}
	return fmt.Sprint(v)
}

func number(v any) int {
	f, err := strconv.ParseFloat(text(v), 64)
	if err != nil {
		return -1
	}
	return int(f)
}

// wants demands the value at a path.
func (r *reply) wants(t *testing.T, path, want string) *reply {
	t.Helper()
	if got := r.str(path); got != want {
		t.Errorf("%s\n%s is %q, want %q in %s", r.asked, path, got, want, cut(r.body))
	}
	return r
}

// has demands that there is something at each of the paths, even null.
func (r *reply) has(t *testing.T, paths ...string) *reply {
	t.Helper()
	for _, path := range paths {
		parent, last := "", path
		if i := strings.LastIndex(path, "."); i >= 0 {
			parent, last = path[:i], path[i+1:]
		}
		v := r.value()
		if parent != "" {
			v = r.get(parent)
		}
		o, _ := v.(obj)
		if _, there := o[strings.ReplaceAll(last, "/", ".")]; !there {
			t.Errorf("%s\n%s is missing in %s", r.asked, path, cut(r.body))
		}
	}
	return r
}

// lacks demands that there is nothing at the paths.
func (r *reply) lacks(t *testing.T, paths ...string) *reply {
	t.Helper()
	for _, path := range paths {
		if v := r.get(path); v != nil {
			t.Errorf("%s\n%s should not be there, but is %s", r.asked, path, text(v))
		}
	}
	return r
}

func cut(s string) string { return s[:min(len(s), 1200)] }
