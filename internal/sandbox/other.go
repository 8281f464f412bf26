package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"es-restore/internal/escontract/story"
)

// The third instance is configured nowhere and runs nowhere: all there is of it is
// an automatic snapshot, which es-cn-b can't read until it is shared.
const (
	otherName  = "es-cn-c"
	otherIndex = "invoices-2019-08"
	otherBytes = 160 << 20 // of its shard, where it is simulated
)

// tellOther leaves that snapshot, started at a moment, where its repository belongs.
// es-cn-a writes it and forgets it again, so that no third cluster need be started.
func tellOther(ctx context.Context, f *fleet, start time.Time) error {
	owner := story.NewCluster(f.front(ownerName).url(), story.Options{})
	index := story.Index{Name: otherIndex, Shards: 1, Docs: 320, Fields: map[string]string{"customer": "keyword", "total": "long", "issued": "date"}}
	if err := owner.Create(ctx, index, 0); err != nil {
		return fmt.Errorf("writing the index of %s: %w", otherName, err)
	}
	if len(f.simulated) > 0 {
		f.simulated[0].PadShard(otherIndex, 0, otherBytes)
	}
	if err := owner.Register(ctx, otherName, map[string]any{"location": f.location(otherName), "compress": true}); err != nil {
		return fmt.Errorf("making the repository of %s: %w", otherName, err)
	}
	snapshot := "/_snapshot/" + otherName + "/" + automaticName(otherName, start) + "?wait_for_completion=true"
	if err := owner.Do(ctx, http.MethodPut, snapshot, map[string]any{"indices": otherIndex, "include_global_state": false}, nil); err != nil {
		return fmt.Errorf("taking the snapshot of %s: %w", otherName, err)
	}
	for _, path := range []string{"/_snapshot/" + otherName, "/" + otherIndex} {
		if err := owner.Do(ctx, http.MethodDelete, path, nil, nil); err != nil {
			return fmt.Errorf("forgetting %s on %s: %w", path, ownerName, err)
		}
	}
	return nil
}

// automaticName is what the cloud calls an instance's snapshot of a moment.
func automaticName(instance string, start time.Time) string {
	return instance + "_" + start.UTC().Format("20060102150405")
}
