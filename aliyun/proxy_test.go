package aliyun_test

import (
	"os"
	"os/exec"
	"testing"
)

// proxied runs the calling test again in a process of its own whose environment
// names a proxy, since net/http reads that once. It is true in the first
// process, whose work is then done.
func proxied(t *testing.T, proxy string) bool {
	t.Helper()
	const inside = "ALIYUN_TEST_PROXIED"
	if os.Getenv(inside) != "" {
		return false
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1", "HTTPS_PROXY="+proxy, "NO_PROXY=*[,(")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return true
}
