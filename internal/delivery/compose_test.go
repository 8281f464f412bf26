package delivery_test

import (
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/redis/go-redis/v9"

	"es-restore/store"
)

// compose is the part of compose.yml that these tests are about.
type compose struct {
	Services map[string]struct {
		Image       string
		Command     []string
		Environment map[string]string
		Ports       []string
		Volumes     []any
	}
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComposeShowsNothingToOtherMachines(t *testing.T) {
	for name, service := range readCompose(t).Services {
		for _, port := range service.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s is shown at %s", name, port)
			}
		}
	}
}

func TestComposeGivesTheBotWhatItsConfigurationNames(t *testing.T) {
	c := readCompose(t)
	given := c.Services["bot"].Environment
	named := []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"} // by default
	text := read(t, "config.compose.yml")
	for _, name := range regexp.MustCompile(`\{env: (\w+)\}`).FindAllStringSubmatch(text, -1) {
		named = append(named, name[1])
	}
	for _, name := range named {
		if !strings.HasPrefix(given[name], "${"+name+":?") {
			t.Errorf("%s is given as %q", name, given[name])
		}
	}
	if len(given) != len(named) {
		t.Errorf("given %v, named %v", given, named)
	}
	if !strings.Contains(text, "redis://redis:6379/") || c.Services["redis"].Image == "" {
		t.Error("config.compose.yml does not name the Redis of compose.yml")
	}
}

// TestTheRedisOfComposeKeepsWhatItAcknowledges starts Redis as compose.yml does and asks
// the store what it thinks of it.
func TestTheRedisOfComposeKeepsWhatItAcknowledges(t *testing.T) {
	server := needRedis(t)
	command := readCompose(t).Services["redis"].Command
	if len(command) == 0 || command[0] != "redis-server" {
		t.Fatalf("the command is %q", command)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	_, port, _ := strings.Cut(address, ":")
	args := slices.Concat(command[1:], []string{"--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir()})
	cmd := exec.Command(server, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	client := redis.NewClient(&redis.Options{Addr: address})
	t.Cleanup(func() { _ = client.Close() })
	s := store.New(client)
	var safety store.Safety
	for deadline := time.Now().Add(10 * time.Second); ; {
		if safety, err = s.Safety(t.Context()); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not answer: %v", err)
		}
		<-time.After(20 * time.Millisecond)
	}
	if len(safety.Unsafe) > 0 || len(safety.Warnings) > 0 {
		t.Errorf("the bot would not be content: %+v", safety)
	}
}

// needRedis finds redis-server, or skips the test and says so; ESRESTORE_REQUIRE=redis
// makes its absence a failure.
func needRedis(t *testing.T) string {
	t.Helper()
	server, err := exec.LookPath("redis-server")
	if err == nil {
		return server
	}
	if slices.Contains(strings.Split(os.Getenv("ESRESTORE_REQUIRE"), ","), "redis") {
		t.Fatal("ESRESTORE_REQUIRE asks for redis: redis-server is not installed")
	}
	t.Skip("left out: redis-server is not installed")
	return ""
}
