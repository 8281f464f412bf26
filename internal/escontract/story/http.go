package story

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Error is an answer other than 2xx.
type Error struct {
	Method, Path string
	Status       int
	Body         string
}

// Error says what was asked and answered.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, e.Body)
}

// Do sends a JSON body (nil for none) and reads the answer into out (nil to
// pass over it). An answer other than 2xx is an [*Error].
func (c *Cluster) Do(ctx context.Context, method, path string, body, out any) error {
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encoding the body of %s %s: %w", method, path, err)
		}
		text = string(b)
	}
	return c.send(ctx, method, path, "application/json", text, out)
}

func (c *Cluster) send(ctx context.Context, method, path, kind, body string, out any) error {
	status, answer, err := c.Raw(ctx, method, path, kind, body)
	if err != nil {
		return err
	}
	if status < 200 || status > 299 {
		return &Error{Method: method, Path: path, Status: status, Body: answer}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(answer), out); err != nil {
		return fmt.Errorf("reading the answer of %s %s: %w", method, path, err)
	}
	return nil
}

// Raw sends a request and returns whatever was answered.
func (c *Cluster) Raw(ctx context.Context, method, path, kind, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", fmt.Errorf("asking %s %s: %w", method, path, err)
	}
	if body == "" {
		req.Body, req.ContentLength = nil, 0
	} else {
		req.Header.Set("Content-Type", kind)
	}
	if c.user != "" {
		req.SetBasicAuth(c.user, c.password)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("asking %s %s: %w", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, "", fmt.Errorf("reading the answer of %s %s: %w", method, path, err)
	}
	return res.StatusCode, string(b), nil
}
