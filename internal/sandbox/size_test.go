//go:build linux

package sandbox_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A spawned sandbox is the built program, used without a browser.
type spawned struct {
	t      *testing.T
	cmd    *exec.Cmd
	client *http.Client
	base   string
}

// spawn builds the program, starts it and reads the address it prints.
func spawn(t *testing.T) *spawned {
	t.Helper()
	program := filepath.Join(t.TempDir(), "sandbox")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "es-restore/cmd/sandbox").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	cmd := exec.Command(program, "--listen", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &spawned{t: t, cmd: cmd, client: &http.Client{Jar: jar}}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if address := regexp.MustCompile(`http://\S+`).FindString(lines.Text()); address != "" {
			p.base, _, _ = strings.Cut(address, "/?")
			visit(t, p.client, "GET", address, "")
			go func() {
				for lines.Scan() {
				}
			}()
			return p
		}
	}
	t.Fatal("it prints no address")
	return nil
}

// act does something as somebody.
func (p *spawned) act(as, what string, body map[string]any) {
	p.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	if status, said, _ := visit(p.t, p.client, "POST", p.base+"/act/"+what+"?as="+as, string(text), "Origin: "+p.base); status != http.StatusOK || said != "{}" {
		p.t.Fatalf("%s by %s: %d %s", what, as, status, said)
	}
}

// A told frame is what these tests read of what a page is told.
type told struct {
	Status   *struct{ Bot string }
	Messages []struct {
		Channel, TS, Text string
		Blocks            json.RawMessage
	}
}

// watch reads what somebody's page is told, until done.
func (p *spawned) watch(as string, each func(told) (done bool)) {
	p.t.Helper()
	dialer := websocket.Dialer{Jar: p.client.Jar}
	ws, res, err := dialer.DialContext(p.t.Context(), "ws"+strings.TrimPrefix(p.base, "http")+"/live?as="+as, http.Header{"Origin": {p.base}})
	if err != nil {
		p.t.Fatalf("the live connection: %v", err)
	}
	defer func() { _ = ws.Close(); _ = res.Body.Close() }()
	_ = ws.SetReadDeadline(time.Now().Add(4 * soon))
	for {
		var frame told
		if err := ws.ReadJSON(&frame); err != nil {
			p.t.Fatalf("the live connection: %v", err)
		}
		if each(frame) {
			return
		}
	}
}

// resident is what a process holds in memory, and its children.
func resident(t *testing.T, pid int) (bytes int64) {
	t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindStringSubmatch(read("status"))
	kb, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	bytes = kb << 10
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid)) // a child is that of one thread
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		for _, child := range strings.Fields(read("task/" + task.Name() + "/children")) {
			if n, err := strconv.Atoi(child); err == nil {
				bytes += resident(t, n)
			}
		}
	}
	return bytes
}

func TestTheSandboxStaysSmall(t *testing.T) {
	p := spawn(t)
	const asked, restores = 15, 2
	started := resident(t, p.cmd.Process.Pid)
	p.watch("U0ANNA", func(f told) bool { return f.Status != nil && f.Status.Bot == "connected" })
	for i := range asked {
		p.act("U0ANNA", "write", map[string]any{"channel": "C0ES", "text": fmt.Sprintf(aFile+" --as copy-%d-$1", i)})
	}
	cards, approved, succeeded := map[string]bool{}, map[string]bool{}, map[string]bool{}
	p.watch("U0BEN", func(f told) bool {
		for _, m := range f.Messages {
			if m.Channel != "C0ES" || !strings.Contains(string(m.Blocks), `"details"`) {
				continue
			}
			cards[m.TS] = true
			if len(approved) < restores && !approved[m.TS] {
				approved[m.TS] = true
				p.act("U0BEN", "click", map[string]any{"channel": m.Channel, "ts": m.TS, "action": "approve"})
			}
			if strings.Contains(m.Text, "is succeeded") {
				succeeded[m.TS] = true
			}
		}
		return len(cards) == asked && len(succeeded) == restores
	})
	size := resident(t, p.cmd.Process.Pid)
	t.Logf("both processes: %d MiB at the start, %d MiB with %d cards, %d of them restored", started>>20, size>>20, asked, restores)
	if size > 120<<20 {
		t.Errorf("they hold %d MiB", size>>20)
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}
