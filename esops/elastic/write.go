package elastic

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"es-restore/esops"
)

// Restore implements esops.Writer. It never waits for completion: that would
// outlive every proxy, and says nothing that looking does not say better.
func (c *Client) Restore(ctx context.Context, body esops.RestoreBody, repository, snapshot string) error {
	if len(body.Indices) == 0 || strings.ContainsAny(strings.Join(body.Indices, ""), "*,") {
		// An empty list restores everything.
		return errors.New("a restore request must name every index")
	}
	answer, err := c.write(ctx, restoreWithin, request{
		method:   http.MethodPost,
		segments: []string{"_snapshot", repository, snapshot, "_restore"},
		query:    url.Values{"wait_for_completion": {"false"}, "master_timeout": {"120s"}},
		body:     body,
	})
	if err != nil {
		return err
	}
	var said struct {
		Accepted bool `json:"accepted"`
	}
	if json.Unmarshal(answer, &said) != nil || !said.Accepted {
		// 200 without "accepted" is how Elasticsearch says that nothing matched.
		return esops.Refuse("nothing_restored", "Plan it again.", "Elasticsearch found nothing to restore. Nothing was changed.")
	}
	return nil
}

// ClearMarker implements esops.Writer.
func (c *Client) ClearMarker(ctx context.Context, index string) error {
	_, err := c.write(ctx, readWithin, request{
		method: http.MethodPut, segments: []string{index, "_settings"},
		body: map[string]any{esops.MarkerSetting: nil},
	})
	return gone(err)
}

// Delete implements esops.Writer. A name that is free is no error.
func (c *Client) Delete(ctx context.Context, index string) error {
	if index == "" || index == "_all" || strings.ContainsAny(index, "*,") || strings.HasPrefix(index, "-") {
		return fmt.Errorf("%q does not name one index", index)
	}
	_, err := c.write(ctx, readWithin, request{method: http.MethodDelete, segments: []string{index}})
	return gone(err)
}

// gone takes "there is no such index" as done.
func gone(err error) error {
	if refusal, ok := esops.Refused(err); ok && refusal.Code == "no_such_index" {
		return nil
	}
	return err
}

// write sends one changing request, once, and tells what became of it.
func (c *Client) write(ctx context.Context, within time.Duration, r request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	req, err := r.build(ctx, c.base)
	if err != nil {
		return nil, err
	}
	status, body, err := perform(c.writes, req)
	switch {
	case err != nil && neverSent(err):
		return nil, c.unreachable(err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", esops.ErrUnknown, err)
	case status < 300:
		return body, nil
	}
	return nil, c.writeError(status, body)
}

// neverSent reports whether a request surely did not leave: there was no
// connection, or its certificate was not trusted. Other TLS errors can come
// after it was sent.
func neverSent(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &dns) || errors.As(err, &certificate)
}

// writeError sorts error answers into refused, busy and unknown. Elasticsearch
// refuses restores before its cluster-state update or in it, so an error that
// it wrote itself means that nothing was changed, but for the 503s and 504s in
// which a master may still be at it.
func (c *Client) writeError(status int, body []byte) error {
	cause, ok := parseError(body)
	if !ok {
		if status >= 500 || status == http.StatusRequestTimeout {
			return fmt.Errorf("%w: something in front of %s answered HTTP %d", esops.ErrUnknown, c.name, status)
		}
		return c.proxyRefusal(status)
	}
	switch {
	case cause.Type == "concurrent_snapshot_execution_exception",
		cause.Type == "process_cluster_event_timeout_exception", // taken out of the queue
		status == http.StatusTooManyRequests:
		return fmt.Errorf("%w: %s", esops.ErrBusy, cut(cause.Reason))
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return fmt.Errorf("%w: %s (%s)", esops.ErrUnknown, cut(cause.Reason), cause.Type)
	}
	if refusal := c.known(status, cause); refusal != nil {
		return refusal
	}
	return esops.Refuse("elasticsearch_refused", "", "Elasticsearch refused: %s. Nothing was changed.", cut(cause.Reason))
}

// proxyRefusal is for a request that something in front of the cluster kept.
func (c *Client) proxyRefusal(status int) error {
	if status == http.StatusUnauthorized {
		return c.unauthorized()
	}
	if status == http.StatusTooManyRequests {
		return fmt.Errorf("%w: something in front of %s answered HTTP 429", esops.ErrBusy, c.name)
	}
	return esops.Refuse("cluster_proxy", "See what stands between the bot and the cluster.",
		"Something in front of %s refused the request (HTTP %d). Nothing was changed.", c.name, status)
}

var (
	_ esops.Reader  = (*Client)(nil)
	_ esops.Watcher = (*Client)(nil)
	_ esops.Writer  = (*Client)(nil)
)
