package esops

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// explain tells in words why shards failed, and what is still true.
func (r *Runner) explain(ctx context.Context, v view) (*Refusal, error) {
	var whys, broken []string
	for _, s := range v.failed {
		if !slices.Contains(broken, s.Index) {
			broken = append(broken, s.Index)
		}
		detail := s.Detail
		if detail == "" && len(whys) < 3 {
			var err error
			if detail, err = r.Watcher.Explain(ctx, s.Index, s.Number); err != nil {
				return nil, fmt.Errorf("asking why shard %d of %s has no place: %w", s.Number, s.Index, err)
			}
		}
		if why := Why(s.Reason, detail); !slices.Contains(whys, why) {
			whys = append(whys, why)
		}
	}
	sentence := fmt.Sprintf("%d of %d primary shards could not be restored (%s): %s",
		len(v.failed), v.done+len(v.failed), some(broken), strings.Join(whys, " "))
	if usable := len(v.begun) - len(broken); usable > 0 {
		sentence += fmt.Sprintf(" The other %d %s whole.", usable, plural(usable, "index is", "indices are"))
	}
	return &Refusal{Code: "shards_failed", Sentence: sentence,
		WayOut: "Elasticsearch never resumes failed shards. Remove the cause, then delete or close the broken indices and ask again."}, nil
}

// Why translates Elasticsearch's reason for a shard without a place. Only text
// tells here: neither the API nor the version gives a code.
func Why(reason, detail string) string {
	contains := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(detail, p) })
	}
	switch {
	case contains("NoSuchFileException", "NoSuchKey", "FileNotFoundException"):
		return "a file is gone from the repository; most likely the source cluster deleted the snapshot meanwhile."
	case contains("CorruptIndexException", "checksum failed", "CorruptStateException", "IndexFormatTooOld", "EOFException"):
		return "a file in the repository is damaged."
	case contains("No space left", "disk watermark", "disk usage exceeded", "watermark"):
		return "a node has no room for it on its disk."
	case contains("repository_missing", "RepositoryMissingException"):
		return "the repository is no longer registered."
	case reason == "CLUSTER_RECOVERED" || reason == "NODE_LEFT":
		return "a node went away or was restarted before the shard was whole."
	case reason == "INDEX_REOPENED" || reason == "INDEX_CLOSED":
		return "the index was closed and opened before the shard was whole."
	case contains("unknown setting", "failed to create index"):
		return "the destination can't hold an index with these settings."
	case strings.HasSuffix(reason, "INDEX_RESTORED"):
		return "no node of the cluster may take it: " + first(detail)
	}
	return "Elasticsearch says: " + first(innermost(detail))
}

// innermost is the end of a chain of exceptions, which holds the cause: up to
// 7.x they are nested in one line, from 8.0 on below one another.
func innermost(detail string) string {
	if at := strings.LastIndex(detail, "nested: "); at >= 0 {
		return strings.TrimRight(detail[at+len("nested: "):], "; ")
	}
	if at := strings.LastIndex(detail, "Caused by: "); at >= 0 {
		return detail[at+len("Caused by: "):]
	}
	return detail
}

// first is the first line of a text, at most 200 runes of it; reasons can hold
// whole stack traces.
func first(text string) string {
	const most = 200
	text, _, _ = strings.Cut(text, "\n")
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}
