package slacksim

import "slices"

// WithVersions keeps of each message its first content and the last n, for a
// server that lives long: a card that shows progress is edited without end.
func WithVersions(n int) Option {
	return func(c *config) { c.versions = n }
}

// few drops what is between the first and the last most; all stay when most is 0.
func few(all []Version, most int) []Version {
	if most == 0 || len(all) <= most+1 {
		return all
	}
	return slices.Delete(all, 1, len(all)-most)
}
