package elastic

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"es-restore/esops"
)

// An answerError is the body of an Elasticsearch error.
type answerError struct {
	Error  cause `json:"error"`
	Status int   `json:"status"`
}

type cause struct {
	Type     string  `json:"type"`
	Reason   string  `json:"reason"`
	CausedBy *cause  `json:"caused_by"`
	Root     []cause `json:"root_cause"`
}

// UnmarshalJSON also takes a bare string, as Elasticsearch answers where no
// handler is, such as HTTP 405.
func (c *cause) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		c.Type = "no_handler"
		return json.Unmarshal(data, &c.Reason)
	}
	type plain cause
	return json.Unmarshal(data, (*plain)(c))
}

// deepest is the reason at the bottom of the chain.
func (c cause) deepest() string {
	for c.CausedBy != nil && c.CausedBy.Reason != "" {
		c = *c.CausedBy
	}
	return c.Reason
}

// parseError reads an error body; ok is false for anything but Elasticsearch's.
func parseError(body []byte) (cause, bool) {
	var parsed answerError
	if json.Unmarshal(body, &parsed) == nil && parsed.Error.Type != "" {
		return parsed.Error, true
	}
	return cause{}, false
}

// unreachable tells apart why a request that asked something has no answer.
func (c *Client) unreachable(err error) error {
	return fmt.Errorf("%w: %w: %w", esops.ErrUnavailable, c.whyUnreachable(err), err)
}

func (c *Client) whyUnreachable(err error) *esops.Refusal {
	var (
		dns       *net.DNSError
		op        *net.OpError
		unknownCA x509.UnknownAuthorityError
		wrongName x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	var missing *unresolved
	var refusal *esops.Refusal
	if errors.As(err, &missing) {
		if errors.As(missing.cause, &refusal) {
			return esops.Refuse("cluster_address", refusal.WayOut, "Where %s is could not be learnt from Alibaba Cloud: %s", c.name, refusal.Sentence)
		}
		return esops.Refuse("cluster_address", "Give its url in the configuration.", "Alibaba Cloud does not tell where %s is.", c.name)
	}
	at := c.base.Host
	if c.at != nil {
		at = c.at.host()
	}
	switch {
	case errors.As(err, &dns):
		return esops.Refuse("cluster_unknown_host", "Check the url in the configuration.",
			"%s can't be reached: the host of %s is not known.", c.name, at)
	case errors.As(err, &unknownCA):
		return esops.Refuse("cluster_tls", "Give the authority that signed it as ca_file.",
			"%s can't be trusted: its certificate is signed by an unknown authority.", c.name)
	case errors.As(err, &wrongName):
		return esops.Refuse("cluster_tls", "Use the name that is in the certificate as url.",
			"%s can't be trusted: its certificate is for another host.", c.name)
	case errors.As(err, &invalid):
		return esops.Refuse("cluster_tls", "Renew the certificate.", "%s can't be trusted: its certificate has expired or is not valid.", c.name)
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return esops.Refuse("cluster_tls", "Check whether the url begins with http or https as the cluster does.",
			"%s can't be reached: the TLS handshake failed.", c.name)
	case errors.As(err, &op) && op.Op == "dial" && op.Timeout():
		return esops.Refuse("cluster_dial_timeout", "Check the address and the cluster's IP whitelist.",
			"%s can't be reached: nothing answers at %s.", c.name, at)
	case errors.As(err, &op) && op.Op == "dial":
		return esops.Refuse("cluster_dial", "Check the address, and whether the cluster runs.",
			"%s can't be reached: %s refuses the connection.", c.name, at)
	case errors.Is(err, context.DeadlineExceeded):
		return esops.Refuse("cluster_slow", "Try again when it is less busy.", "%s did not answer in time.", c.name)
	}
	return esops.Refuse("cluster_lost", "Try again.", "The connection to %s ended before it answered.", c.name)
}

// readError translates an error answer to a question.
func (c *Client) readError(status int, body []byte) error {
	cause, ok := parseError(body)
	if !ok && status == http.StatusServiceUnavailable && isRoot(body) {
		return c.notReady() // so up to 6.x while it starts
	}
	if !ok {
		return c.proxyError(status)
	}
	if refusal := c.known(status, cause); refusal != nil {
		return refusal
	}
	switch {
	case status == http.StatusServiceUnavailable:
		return c.notReady()
	case status == http.StatusTooManyRequests:
		return fmt.Errorf("%w: %w", esops.ErrUnavailable, esops.Refuse("cluster_overloaded", "Try again when it is less busy.",
			"%s has too much to do and refuses requests.", c.name))
	}
	return esops.Refuse("elasticsearch_error", "", "%s answered with an error: %s.", c.name, c.words(cause.Reason))
}

func (c *Client) notReady() error {
	return fmt.Errorf("%w: %w", esops.ErrUnavailable, esops.Refuse("cluster_not_ready", "Try again in a while.",
		"%s is not ready: it has no elected master, or is still starting.", c.name))
}

// isRoot reports whether a body is that of GET /.
func isRoot(body []byte) bool {
	var root struct {
		Tagline string `json:"tagline"`
	}
	return json.Unmarshal(body, &root) == nil && root.Tagline != ""
}

// proxyError is for an error that Elasticsearch did not write.
func (c *Client) proxyError(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return c.unauthorized()
	case http.StatusForbidden:
		return esops.Refuse("cluster_forbidden", "See what stands between the bot and the cluster.",
			"Something in front of %s refuses access (HTTP 403).", c.name)
	}
	return fmt.Errorf("%w: %w", esops.ErrUnavailable, esops.Refuse("cluster_proxy", "See what stands between the bot and the cluster.",
		"Something in front of %s answered HTTP %d in its place.", c.name, status))
}

func (c *Client) unauthorized() *esops.Refusal {
	return esops.Refuse("cluster_unauthorized", "Check username and password, or api_key, in the configuration.",
		"%s does not accept the bot's login.", c.name)
}

// known translates what Elasticsearch says by error type, and by text where a
// type stands for many things. Its own words are the source: the restore
// service answers 500 snapshot_restore_exception to whatever it refuses.
func (c *Client) known(status int, e cause) *esops.Refusal {
	text := e.Reason + " " + e.deepest()
	has := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case status == http.StatusUnauthorized:
		return c.unauthorized()
	case e.Type == "security_exception":
		// What follows names the user and its roles.
		action, _, _ := strings.Cut(e.Reason, " is unauthorized")
		if !strings.HasPrefix(action, "action [") {
			action = "Elasticsearch refuses it"
		}
		return esops.Refuse("cluster_forbidden", "Give the bot's role that privilege: check prints the role.",
			"The bot lacks a right on %s: %s.", c.name, c.words(action))
	case e.Type == "cluster_block_exception" && status == http.StatusForbidden:
		return esops.Refuse("cluster_blocked", "Remove the block, or make room if the disks are full.",
			"%s is blocked for changes: %s.", c.name, c.words(e.Reason))
	case e.Type == "search_phase_execution_exception":
		return esops.Refuse("shards_missing", "", "No shard of it answers on %s.", c.name)
	case e.Type == "repository_missing_exception":
		return c.noSuchRepository()
	case e.Type == "snapshot_missing_exception", has("snapshot does not exist"):
		return esops.Refuse("no_such_snapshot", "Choose another one.", "The snapshot is not there any more.")
	case newerFormat(e, text):
		return esops.Refuse("repository_newer", "Use it from a cluster of at least that version.",
			"This repository was written by a newer Elasticsearch than %s's, which can't read it.", c.name)
	case has("could not read repository data"), has("Could not read repository data"):
		return esops.Refuse("repository_damaged", "See whether another cluster can read it.",
			"The repository's index is damaged or can't be read.")
	case e.Type == "repository_exception", e.Type == "repository_verification_exception":
		return esops.Refuse("repository_error", "Check the repository's registration.",
			"%s can't use the repository: %s.", c.name, c.words(e.Reason))
	case e.Type == "index_not_found_exception":
		return esops.Refuse("no_such_index", "", "The index is not there: %s.", c.words(e.Reason))
	}
	return c.restoreRefusal(e, text)
}

func (c *Client) noSuchRepository() *esops.Refusal {
	return esops.Refuse("no_such_repository", "See which there are with: repos "+c.name, "%s has no such repository.", c.name)
}

// newerFormat recognises the parse errors that an old version fails with on a
// repository of a newer one.
func newerFormat(e cause, text string) bool {
	switch e.Type {
	case "illegal_state_exception":
		return strings.Contains(text, "Can't get text on a")
	case "parse_exception", "repository_exception":
		return strings.Contains(text, "unknown field")
	}
	return false
}

// restoreRefusal translates what the restore service refuses, all or nothing.
func (c *Client) restoreRefusal(e cause, text string) *esops.Refusal {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if !strings.Contains(text, p) {
				return false
			}
		}
		return true
	}
	const nothing = " Nothing was restored."
	switch {
	case has("because it's open"), has("because an open index with same name"):
		return esops.Refuse("open_index", "Restore it beside with --as 'restored-$1'.", "An open index with a target's name is there: %s.%s", index(text), nothing)
	case has("is higher than the version of this node"), has("Unexpected field ["): // 5.6, of what 6.x wrote
		return esops.Refuse("source_newer", "Restore it to a cluster of the same or a newer version.", "The snapshot is newer than the cluster.%s", nothing)
	case has("minimum index compatibility"), has("cannot be upgraded"), has("minimum compatible version"):
		return esops.Refuse("source_too_old", "Restore it to a cluster of the major in between, reindex there, and take a snapshot of that.",
			"An index is too old for this cluster: %s.%s", c.words(e.deepest()), nothing)
	case has("mapping update", "more than 1 type"), has("Rejecting mapping update"):
		return esops.Refuse("multiple_types", "Restore it to a 6.x cluster and reindex it there into one index per type.",
			"An index holds several document types, which this version does not take.%s", nothing)
	case has("wasn't fully snapshotted"):
		return esops.Refuse("index_not_whole", "Leave it out, or add --partial.", "The snapshot does not hold an index whole: %s.%s", c.words(e.Reason), nothing)
	case has("cannot restore partial index"):
		return esops.Refuse("partial_over_closed", "Leave it out, or restore it beside with --as 'restored-$1'.",
			"An index that the snapshot does not hold whole can't go over a closed one: %s.%s", c.words(e.Reason), nothing)
	case has("system indices can only be restored"):
		return esops.Refuse("system_index", "Leave them out.", "This version does not restore a system index by its name.%s", nothing)
	case has("names need to be unique"), has("conflict with an alias"):
		return esops.Refuse("alias_name", "Restore it beside with --as 'restored-$1'.", "An alias and an index would have one name.%s", nothing)
	case has("already exists as alias"):
		return esops.Refuse("alias_name", "Restore it beside with --as 'restored-$1'.", "A target's name is an alias.%s", nothing)
	case has("cannot restore index", "shard", "from"):
		return esops.Refuse("shard_count", "Restore it beside with --as 'restored-$1'.", "A closed index has another number of shards: %s.%s", c.words(e.Reason), nothing)
	case has("maximum", "shards open"):
		return esops.Refuse("shard_limit", "Remove indices, or raise cluster.max_shards_per_node.", "The cluster would hold more shards than it may: %s.%s", c.words(e.Reason), nothing)
	case has("are renamed into the same index"):
		return esops.Refuse("same_target", "Give each its own name with $1 in --as.", "Two indices would get one name.%s", nothing)
	case has("unsupported snapshot state"):
		return esops.Refuse("snapshot_failed", "Choose another one.", "The snapshot can't be restored in the state it is in.%s", nothing)
	case e.Type == "invalid_index_name_exception":
		return esops.Refuse("illegal_name", "Choose another --as.", "Elasticsearch does not take a target's name: %s.%s", c.words(e.Reason), nothing)
	case e.Type == "corrupt_state_exception":
		return esops.Refuse("snapshot_damaged", "Choose another snapshot.", "The snapshot's description of an index is damaged.%s", nothing)
	}
	return nil
}

// index cuts the first index name out of "cannot restore index [x] because".
func index(text string) string {
	_, after, _ := strings.Cut(text, "restore index [")
	name, _, _ := strings.Cut(after, "]")
	return name
}

// words are Elasticsearch's own, or those of something in front of it that may
// send the login back.
func (c *Client) words(reason string) string {
	for _, secret := range c.secrets {
		reason = secret.ReplaceAllString(reason, "…")
	}
	return cut(reason)
}

// cut shortens Elasticsearch's words; some hold a whole stack trace.
func cut(reason string) string {
	reason, _, _ = strings.Cut(reason, "\n")
	if runes := []rune(reason); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return strings.TrimRight(reason, ".; ")
}
