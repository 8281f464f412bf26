package essim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request on its way through a handler, which holds the cluster's mu.
type call struct {
	*Cluster
	r    *http.Request
	vars map[string]string
	q    url.Values
	body []byte
	user *User
	need string // the index privilege that wildcards are cut down to
}

// answer is what a handler returns: a JSON body, or a table for _cat.
type answer struct {
	status int
	body   any
	table  *table
	header http.Header
	hidden bool // without X-elastic-product
	text   bool // the body is a sentence
	failed bool // the body is an error, which is never filtered
}

func ok(body any) (*answer, *failure) { return &answer{status: http.StatusOK, body: body}, nil }

func acknowledged() (*answer, *failure) { return ok(map[string]any{"acknowledged": true}) }

func (k *call) flag(name string, otherwise bool) bool {
	v, given := k.q[name]
	if !given {
		return otherwise
	}
	return v[0] == "" || v[0] == "true"
}

// period reads a time parameter such as 30s.
func (k *call) period(name string, otherwise time.Duration) time.Duration {
	s := k.q.Get(name)
	if s == "" {
		return otherwise
	}
	for _, u := range []struct {
		suffix string
		unit   time.Duration
	}{{"ms", time.Millisecond}, {"micros", time.Microsecond}, {"nanos", 1}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour}} {
		if n, err := strconv.ParseFloat(strings.TrimSuffix(s, u.suffix), 64); err == nil && strings.HasSuffix(s, u.suffix) {
			return time.Duration(n * float64(u.unit))
		}
	}
	return otherwise
}

// object parses the body, which may be empty.
func (k *call) object() (map[string]any, *failure) {
	if len(bytes.TrimSpace(k.body)) == 0 {
		return map[string]any{}, nil
	}
	var v any
	if err := decode(k.body, &v); err != nil {
		return nil, k.badJSON(err)
	}
	o, _ := v.(map[string]any)
	if o == nil {
		o = map[string]any{}
	}
	return o, nil
}

// badJSON is how a version complains about a body it cannot parse.
func (k *call) badJSON(err error) *failure {
	kind, text := "json_parse_exception", "Unexpected character"
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		kind, text = "json_e_o_f_exception", "Unexpected end-of-input within/between Object entries"
	}
	text += "\n at [Source: (byte[])]"
	switch {
	case k.v.major >= 8:
		return fail(400, "x_content_parse_exception", "[1:%d] %s", len(k.body), text).causedBy(fail(400, kind, "%s", text), false)
	case k.v.major == 7:
		return fail(400, kind, "%s", text)
	}
	return fail(500, kind, "%s", text)
}

func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

// serve runs one request from the record to the answer.
func (c *Cluster) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away before it had asked
	}
	c.mu.Lock()
	select {
	case <-c.closed:
		c.mu.Unlock()
		lose(w, HangUp, r.Context(), c.closed)
		return
	default:
	}
	c.front.work.Add(1)
	c.mu.Unlock()
	defer c.front.work.Done()

	user, _, _ := r.BasicAuth()
	rec := Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Body: string(body), User: user, Time: c.clock.Now()}
	entry := c.log.add(rec)
	c.faults.call(true, rec)
	rule := c.faults.take(rec)
	if rule != nil && !rule.lose {
		c.log.set(entry, func(e *Request) { e.Status = rule.answer.Status })
		rule.answer.send(w)
		return
	}
	c.mu.Lock()
	a, f := c.route(r, body)
	c.touch()
	c.mu.Unlock()
	if f != nil {
		a = &answer{failed: true, text: f.text, status: f.status, body: f.body(), header: f.header, hidden: f.hidden}
	}
	done := c.log.set(entry, func(e *Request) {
		e.Worked = true
		if rule == nil {
			e.Status = a.status
		}
	})
	c.faults.call(false, done)
	if rule != nil {
		lose(w, rule.how, r.Context(), c.closed)
		return
	}
	c.send(w, r, a)
}

// send writes an answer in the form that was asked for.
func (c *Cluster) send(w http.ResponseWriter, r *http.Request, a *answer) {
	h := w.Header()
	for k, vs := range a.header {
		h[k] = vs
	}
	if c.v.from(7, 14) && !a.hidden {
		h["X-elastic-product"] = []string{"Elasticsearch"}
	}
	if id := r.Header.Get("X-Opaque-Id"); id != "" {
		h.Set("X-Opaque-Id", id)
	}
	kind := "application/json; charset=UTF-8"
	if c.v.major >= 8 {
		kind = "application/json"
	}
	q := r.URL.Query()
	var text []byte
	body := a.body
	if a.table != nil {
		if q.Get("format") == "json" || q.Get("format") == "" && strings.Contains(r.Header.Get("Accept"), "json") {
			body = a.table.json()
		} else {
			kind, text = "text/plain; charset=UTF-8", []byte(a.table.text(q))
		}
	}
	if a.text {
		kind, text = "text/plain; charset=UTF-8", []byte(body.(map[string]any)["error"].(string))
	}
	if text == nil && body != nil {
		if p := q.Get("filter_path"); p != "" && !a.failed {
			body = filterPath(plain(body), p)
		}
		text = encode(body, q.Has("pretty") && q.Get("pretty") != "false" || r.URL.Path == "/")
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text)
	}
}

// plain turns a body into maps and lists only.
func plain(v any) any {
	var out any
	_ = decode(encode(v, false), &out)
	return out
}

func encode(v any, pretty bool) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if pretty {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(v); err != nil {
		panic("essim: encoding an answer: " + err.Error())
	}
	out := b.Bytes()
	if !pretty {
		out = bytes.TrimSuffix(out, []byte("\n"))
	}
	return out
}
