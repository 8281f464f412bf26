package store_test

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"es-restore/store"
)

// BenchmarkCommit changes one operation again and again.
func BenchmarkCommit(b *testing.B) {
	run := func(b *testing.B, addr string) {
		client, err := store.Dial(store.Options{URL: "redis://" + addr + "/0"})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = client.Close() })
		if err := client.(*redis.Client).FlushAll(b.Context()).Err(); err != nil {
			b.Fatal(err)
		}
		s := store.New(client)
		op := open(b, s, "R-22222", []string{"a"})
		op.Decisions = nil
		b.ReportAllocs()
		for b.Loop() {
			c := change(b, op, approved)
			c.After.Decisions = nil // so that it stays as large as it is
			op = commit(b, s, c)
		}
	}
	b.Run("miniredis", func(b *testing.B) { run(b, miniredis.RunT(b).Addr()) })
	b.Run("redis", func(b *testing.B) { run(b, shared.get(b).addr) })
}
