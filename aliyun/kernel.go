package aliyun

import (
	"fmt"
	"strconv"
	"strings"
)

// A Kernel is the version of the vendor's own build of Elasticsearch, such as
// ali1.4.0. The zero value is not known: the API leaves it out for many
// instances.
type Kernel struct{ Major, Minor, Patch int }

// ParseKernel reads ali1.4.0 or 1.4.0.
func ParseKernel(s string) (Kernel, bool) {
	parts := strings.Split(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "ali"), ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Kernel{}, false
	}
	var k Kernel
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return Kernel{}, false
		}
		*[]*int{&k.Major, &k.Minor, &k.Patch}[i] = n
	}
	return k, k != Kernel{}
}

// Zero reports whether the kernel is not known.
func (k Kernel) Zero() bool { return k == Kernel{} }

// Less orders kernels.
func (k Kernel) Less(l Kernel) bool {
	if k.Major != l.Major {
		return k.Major < l.Major
	}
	if k.Minor != l.Minor {
		return k.Minor < l.Minor
	}
	return k.Patch < l.Patch
}

// String gives it as the console does.
func (k Kernel) String() string {
	if k.Zero() {
		return "not known"
	}
	return fmt.Sprintf("ali%d.%d.%d", k.Major, k.Minor, k.Patch)
}
