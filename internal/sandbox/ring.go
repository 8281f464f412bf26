package sandbox

import (
	"slices"
	"sync"
)

// A ring keeps the last of what was added to it.
type ring[T any] struct {
	mu   sync.Mutex
	most int
	list []T
}

func newRing[T any](most int) *ring[T] { return &ring[T]{most: most} }

func (r *ring[T]) add(item T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) == r.most {
		copy(r.list, r.list[1:])
		r.list = r.list[:r.most-1]
	}
	r.list = append(r.list, item)
}

func (r *ring[T]) all() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}
