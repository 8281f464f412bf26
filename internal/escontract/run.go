package escontract

import "testing"

// check is one thing that is expected.
type check struct {
	name string
	run  func(*testing.T, *Pair)
}

// Run runs every check against one pair, one after the other; before each the
// pair is made empty.
func Run(t *testing.T, p *Pair) {
	p.Owner.pair, p.Reader.pair = p, p
	var all []check
	for _, group := range [][]check{listing(), restoring(), refusals(), markers(), tracking(), states(), failing(), aliasing()} {
		all = append(all, group...)
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			p.Owner.clean(t)
			p.Reader.clean(t)
			c.run(t, p)
		})
	}
}
