package sandbox_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"es-restore/internal/sandbox"
)

// said runs the command with arguments that it refuses.
func said(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	code := sandbox.Main(ctx, args, &stdout, &stderr)
	if ctx.Err() != nil {
		t.Fatalf("%v is not refused", args)
	}
	return code, stderr.String()
}

func TestBadInputIsRefusedWithTheWayOut(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	free := "--listen=127.0.0.1:0"
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"an unknown flag", []string{"--port", "1"}, 2, []string{"--port", "--help"}},
		{"an argument", []string{"start"}, 2, []string{"start"}},
		{"an address without port", []string{"--listen", "localhost"}, 2, []string{"not an address", "127.0.0.1:8088"}},
		{"a port that is taken", []string{"--listen", taken.Addr().String()}, 1, []string{"is taken", "--listen", "127.0.0.1:0"}},
		{"an address of another machine", []string{"--listen", "192.0.2.1:80"}, 1, []string{"--listen"}},
		{"a version that is none", []string{free, "--elasticsearch", "seven"}, 2, []string{`"seven" is not a version`, "6.7.0"}},
		{"three versions", []string{free, "--elasticsearch", "6.7.0,6.8.23,7.10.2"}, 2, []string{"one version or two"}},
		{"a reader older than the owner", []string{free, "--elasticsearch", "7.10.2,6.7.0"}, 2, []string{"can't be older", "write 6.7.0,7.10.2"}},
		{"a Redis that is none", []string{free, "--redis", "localhost"}, 2, []string{"not the URL of a Redis", "redis://localhost:6379/9"}},
		{"a Redis that is not there", []string{free, "--redis", "redis://127.0.0.1:1/0"}, 1, []string{"does not answer", "leave --redis out"}},
		{"a configuration that is not there", []string{free, "--config", "nowhere.yml"}, 2, []string{"no such file"}},
		{"a configuration that is no YAML", []string{free, "--config", file("c.yml", "clusters: [")}, 2, []string{"--config is broken", "c.yml"}},
		{"a configuration with mistakes", []string{free, "--config", file("c.yml", "clusters:\n  - {name: a, url: http://localhost:9200, colour: red}\npolicies: []\n")}, 2, []string{"--config is broken", "colour", "policies"}},
		{"clusters twice", []string{free, "--config", file("c.yml", ""), "--elasticsearch", "6.7.0"}, 2, []string{"exclude each other"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, text := said(t, c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %q", want, text)
				}
			}
		})
	}
}

func TestWithoutJavaOrMavenTheWayOutIsSaid(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("JAVA_HOME", "")
	t.Setenv("ESNODE_HOME", t.TempDir())
	code, text := said(t, "--listen=127.0.0.1:0", "--elasticsearch", "6.7.0")
	if code != 1 || !strings.Contains(text, "can't be started") || !strings.Contains(text, "without --elasticsearch") {
		t.Errorf("%d %s", code, text)
	}
}

func TestAnotherRestoresRecordsAreNotTouched(t *testing.T) {
	redis := newRedis(t)
	redis.HSet("{esrestore}:head", "seq", "7", "hash", "sha256:00")
	code, text := said(t, "--listen=127.0.0.1:0", "--redis", "redis://"+redis.Addr()+"/0")
	if code != 1 || !strings.Contains(text, "holds 7 records of another es-restore") || !strings.Contains(text, "/1") {
		t.Errorf("%d %s", code, text)
	}
}
