package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"time"

	"es-restore/esops"
)

// Restore implements esops.Writer. It never waits for completion: that would
// outlive every proxy, and says nothing that looking does not say better.
func (c *Client) Restore(ctx context.Context, body esops.RestoreBody, repository, snapshot string) error {
	if len(body.Indices) == 0 || slices.ContainsFunc(body.Indices, special) {
		// An empty list restores everything.
		return esops.Refuse("nothing_selected", "", "A restore request must name every index. Nothing was asked.")
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
		Snapshot *struct {
			Indices []string `json:"indices"`
		} `json:"snapshot"`
	}
	switch err := json.Unmarshal(answer, &said); {
	case err == nil && said.Accepted:
		return nil
	case err == nil && said.Snapshot != nil && len(said.Snapshot.Indices) == 0:
		// So Elasticsearch says that nothing matched.
		return esops.Refuse("nothing_restored", "Plan it again.", "Elasticsearch found nothing to restore. Nothing was changed.")
	}
	return fmt.Errorf("%w: what answered for %s is not Elasticsearch's answer to a restore", esops.ErrUnknown, c.name)
}

// ClearMarker implements esops.Writer.
func (c *Client) ClearMarker(ctx context.Context, index string) error {
	if err := oneIndex(index); err != nil {
		return err
	}
	_, err := c.write(ctx, readWithin, request{
		method: http.MethodPut, segments: []string{index, "_settings"},
		body: map[string]any{esops.MarkerSetting: nil},
	})
	return gone(err)
}

// Delete implements esops.Writer. A name that is free is no error.
func (c *Client) Delete(ctx context.Context, index string) error {
	if err := oneIndex(index); err != nil {
		return err
	}
	_, err := c.write(ctx, readWithin, request{method: http.MethodDelete, segments: []string{index}})
	return gone(err)
}

// oneIndex refuses a name that Elasticsearch would read as more than one.
func oneIndex(name string) error {
	if special(name) {
		return esops.Refuse("illegal_name", "", "%q does not name one index.", name)
	}
	return nil
}

// SetReplicas implements esops.Writer.
func (c *Client) SetReplicas(ctx context.Context, index string, replicas int) error {
	_, err := c.write(ctx, readWithin, request{
		method: http.MethodPut, segments: []string{index, "_settings"},
		body: map[string]any{"index.number_of_replicas": replicas},
	})
	return gone(err)
}

// MoveAlias implements esops.Writer. Elasticsearch carries all actions of one
// request out, or none.
func (c *Client) MoveAlias(ctx context.Context, move esops.AliasMove) error {
	actions := []any{}
	for _, from := range move.From {
		actions = append(actions, map[string]any{"remove": map[string]any{"index": from, "alias": move.Alias}})
	}
	actions = append(actions, map[string]any{"add": map[string]any{"index": move.To, "alias": move.Alias}})
	_, err := c.write(ctx, readWithin, request{
		method: http.MethodPost, segments: []string{"_aliases"}, body: map[string]any{"actions": actions},
	})
	return err
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
	// Without a connection, its TLS and a proxy's consent included, the request
	// never left.
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	req, err := r.build(ctx, c.base)
	if err != nil {
		return nil, err
	}
	status, body, err := perform(c.writes, req)
	switch {
	case err != nil && !connected:
		return nil, c.unreachable(err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", esops.ErrUnknown, err)
	case status < 300:
		return body, nil
	}
	return nil, c.writeError(status, body)
}

// writeError sorts error answers into refused, busy and unknown. Elasticsearch
// refuses restores before its cluster-state update or in it, so an error that
// it wrote itself means that nothing was changed, but for those in which a
// master may still be at it.
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
		return fmt.Errorf("%w: %s", esops.ErrBusy, c.words(cause.Reason))
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout, unsure(cause):
		return fmt.Errorf("%w: %s (%s)", esops.ErrUnknown, c.words(cause.Reason), cause.Type)
	}
	if refusal := c.known(status, cause); refusal != nil {
		return refusal
	}
	return esops.Refuse("elasticsearch_refused", "", "Elasticsearch refused: %s. Nothing was changed.", c.words(cause.Reason))
}

// unsure reports whether an error tells of the way to the master, or of one
// that lost its office, and not of what became of the request.
func unsure(e cause) bool {
	if e.CausedBy != nil && unsure(*e.CausedBy) {
		return true
	}
	return slices.ContainsFunc([]string{"transport_exception", "disconnected", "not_connected", "node_closed", "not_master",
		"not_discovered", "no_longer_primary", "failed_to_commit", "timeout"}, func(part string) bool { return strings.Contains(e.Type, part) })
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
