package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"es-restore/esops"
)

// ownSettings differ between an index and its restored copy by what they are, or
// by what a restore of ours leaves out on purpose.
var ownSettings = []string{"uuid", "provided_name", "creation_date", "version.", "number_of_replicas", "auto_expand_replicas",
	"routing.allocation.", "blocks.", "lifecycle.", "history.uuid", "resize.", "shard.check_on_startup"}

// Shape implements esops.Prober.
func (c *Client) Shape(ctx context.Context, index string) (esops.Shape, bool, error) {
	var answer map[string]struct {
		Mappings json.RawMessage `json:"mappings"`
		Settings json.RawMessage `json:"settings"`
	}
	err := c.get(ctx, &answer, url.Values{"filter_path": {"*.mappings,*.settings"}}, index)
	if refusal, refused := esops.Refused(err); refused && refusal.Code == "no_such_index" {
		return esops.Shape{}, false, nil
	}
	if err != nil || len(answer) != 1 {
		return esops.Shape{}, false, err
	}
	count, err := c.Count(ctx, index)
	if err != nil {
		return esops.Shape{}, false, err
	}
	for name, found := range answer {
		if name != index {
			return esops.Shape{}, false, nil // an alias stands for another index
		}
		settings := map[string]string{}
		flatten("", found.Settings, settings)
		shape := esops.Shape{Docs: count.Docs, Settings: map[string]string{}, Mapping: canonical(found.Mappings)}
		if millis, err := strconv.ParseInt(settings["index.creation_date"], 10, 64); err == nil {
			shape.Created = time.UnixMilli(millis).UTC()
		}
		for key, value := range settings {
			bare := strings.TrimPrefix(key, "index.")
			if !slices.ContainsFunc(ownSettings, func(own string) bool { return strings.HasPrefix(bare, own) }) {
				shape.Settings[bare] = value
			}
		}
		return shape, true, nil
	}
	return esops.Shape{}, false, nil
}

// canonical is JSON in one form whatever the server's order; "" when it is none.
// A type's name, which 7.x leaves out, is taken off.
func canonical(mappings json.RawMessage) string {
	var byType map[string]json.RawMessage
	if json.Unmarshal(mappings, &byType) == nil && len(byType) == 1 {
		for name, body := range byType {
			if name != "properties" && name != "dynamic" {
				mappings = body
			}
		}
	}
	text, err := jcs.Transform(mappings)
	if err != nil {
		return ""
	}
	return string(text)
}

// flatten writes nested settings as keys with dots.
func flatten(prefix string, raw json.RawMessage, into map[string]string) {
	var nested map[string]json.RawMessage
	if json.Unmarshal(raw, &nested) != nil {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		into[prefix] = text
		return
	}
	for _, key := range slices.Sorted(maps.Keys(nested)) {
		path := key
		if prefix != "" {
			path = prefix + "." + key
		}
		flatten(path, nested[key], into)
	}
}

// Sample implements esops.Prober.
func (c *Client) Sample(ctx context.Context, index string) (bool, error) {
	var answer struct {
		Hits struct {
			Hits []json.RawMessage `json:"hits"`
		} `json:"hits"`
	}
	err := c.get(ctx, &answer, url.Values{"size": {"1"}, "filter_path": {"hits.hits._id"}}, index, "_search")
	return len(answer.Hits.Hits) > 0, err
}

// Matching implements esops.Prober. It is a POST that changes nothing.
func (c *Client) Matching(ctx context.Context, index string, query json.RawMessage) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	req, err := request{method: http.MethodPost, segments: []string{index, "_count"}, body: map[string]any{"query": query}}.build(ctx, c.base)
	if err != nil {
		return 0, err
	}
	status, body, err := perform(c.reads, req)
	if err != nil {
		return 0, c.unreachable(err)
	}
	if status >= 300 {
		return 0, c.readError(status, body)
	}
	var answer struct {
		Count int64 `json:"count"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, fmt.Errorf("%w: reading a count: %w", esops.ErrUnavailable, err)
	}
	return answer.Count, nil
}

var _ esops.Prober = (*Client)(nil)
