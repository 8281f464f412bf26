package esnode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Node is a running Elasticsearch node. Its methods may be called from any
// goroutine.
type Node struct {
	opts      Options
	dir       string // where it lives
	temporary bool
	dist      string
	java      string
	cluster   string
	repos     []string
	port      int
	transport int

	mu      sync.Mutex
	process *process
}

// Start starts a node and waits until it is healthy, ctx ends or the timeout
// passes. A node that does not become healthy is stopped.
func Start(ctx context.Context, opts Options) (*Node, error) {
	o, err := opts.checked()
	if err != nil {
		return nil, fmt.Errorf("starting a node: %w", err)
	}
	n := &Node{opts: o, cluster: o.Name, dir: o.Dir}
	if o.Join != nil {
		n.cluster = o.Join.cluster
	}
	if err := n.prepare(ctx); err != nil {
		n.clean()
		return nil, fmt.Errorf("starting node %q (%s): %w", o.Name, o.Version, err)
	}
	if err := n.up(ctx); err != nil {
		n.Stop()
		return nil, fmt.Errorf("starting node %q (%s): %w", o.Name, o.Version, err)
	}
	return n, nil
}

// prepare finds what the node needs and lays its folders out.
func (n *Node) prepare(ctx context.Context) (err error) {
	if n.java, err = findJava(); err != nil {
		return err
	}
	if n.dist, err = Fetch(ctx, n.opts.Version); err != nil {
		return err
	}
	if n.dir == "" {
		n.temporary = true
		if n.dir, err = os.MkdirTemp("", "esnode-"+n.opts.Name+"-"); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return err
	}
	if n.dir, err = realPath(n.dir); err != nil {
		return err
	}
	if n.opts.Secure != nil && !n.has("x-pack-security") {
		return errors.New("this version's distribution has no security; 7.17 and later have")
	}
	repos := n.opts.Repos
	if len(repos) == 0 {
		repos = []string{n.path("repo")}
	}
	for _, r := range repos {
		if err := os.MkdirAll(r, 0o755); err != nil {
			return err
		}
		if r, err = realPath(r); err != nil {
			return err
		}
		n.repos = append(n.repos, r)
	}
	n.port = n.opts.Port
	for _, p := range []*int{&n.port, &n.transport} {
		if *p == 0 {
			if *p, err = freePort(); err != nil {
				return err
			}
		}
	}
	if err := n.configure(); err != nil {
		return err
	}
	return n.handOver()
}

// handOver lets the node's user reach everything it needs.
func (n *Node) handOver() error {
	if os.Geteuid() != 0 {
		return nil
	}
	if !reachable(n.dist) { // a cache in a private home: bring it along
		to := n.path("home")
		if err := mirror(n.dist, to); err != nil {
			return fmt.Errorf("copying the distribution: %w", err)
		}
		n.dist = to
	}
	for _, d := range append([]string{n.path("config"), n.path("logs"), n.path("tmp"), n.path("data")}, n.repos...) {
		if err := give(d); err != nil {
			return err
		}
	}
	if err := os.Lchown(n.dir, nobody, nobody); err != nil {
		return err
	}
	for _, d := range append([]string{n.dir}, n.repos...) {
		if err := openUp(d); err != nil {
			return err
		}
	}
	return nil
}

func realPath(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (n *Node) path(parts ...string) string {
	return filepath.Join(append([]string{n.dir}, parts...)...)
}

// up starts the process and waits for health.
func (n *Node) up(ctx context.Context) error {
	_ = os.Remove(n.path("es.pid"))
	args := []string{"-p", n.path("es.pid")}
	if n.opts.major() < 6 {
		args = append(args, "-Epath.conf="+n.path("config"))
	}
	p, err := launch(filepath.Join(n.dist, "bin", "elasticsearch"), args, n.environment(), n.dir, n.path("out.log"))
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.process = p
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, n.opts.Timeout)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.gone:
			return fmt.Errorf("it ended while starting: %s", lastLines([]byte(n.Log()), 25))
		case <-ctx.Done():
			return fmt.Errorf("not healthy: %w: %s", context.Cause(ctx), lastLines([]byte(n.Log()), 25))
		case <-tick.C:
			if n.healthy(ctx) {
				return nil
			}
		}
	}
}

func (n *Node) healthy(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL()+"/_cluster/health", nil)
	if err != nil {
		return false
	}
	if c := n.opts.Secure; c != nil {
		req.SetBasicAuth(c.User, c.Password)
	}
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	var h struct {
		Nodes int `json:"number_of_nodes"`
		Data  int `json:"number_of_data_nodes"`
	}
	if res.StatusCode != http.StatusOK || json.Unmarshal(b, &h) != nil {
		return false
	}
	return h.Data >= 1 && (n.opts.Join == nil || h.Nodes > 1)
}

// URL is the node's address, without a slash at the end.
func (n *Node) URL() string { return fmt.Sprintf("http://127.0.0.1:%d", n.port) }

// Version is the version the node was started as.
func (n *Node) Version() string { return n.opts.Version }

// Name is the node's name.
func (n *Node) Name() string { return n.opts.Name }

// Repos are the folders that repositories may lie in, as the node knows them.
func (n *Node) Repos() []string { return n.repos }

// PID is the process id of the Elasticsearch server, 0 when it does not run.
func (n *Node) PID() int {
	b, err := os.ReadFile(n.path("es.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || !n.running() {
		return 0
	}
	return pid
}

func (n *Node) running() bool {
	p := n.current()
	if p == nil {
		return false
	}
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

func (n *Node) current() *process {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.process
}

// Log is everything the node has printed.
func (n *Node) Log() string {
	b, err := os.ReadFile(n.path("out.log"))
	if err != nil {
		return ""
	}
	return string(b)
}

// Stop ends the node, in order if it can, and removes its folder if that is a
// temporary one. It may be called more than once.
func (n *Node) Stop() {
	n.down()
	n.clean()
}

func (n *Node) down() {
	if p := n.current(); p != nil {
		_ = n.Resume()
		p.end(30 * time.Second)
	}
}

func (n *Node) clean() {
	if n.temporary && n.dir != "" {
		_ = os.RemoveAll(n.dir)
	}
}

// Kill ends the node at once, as a power cut does. Its data stays; Restart
// brings it back.
func (n *Node) Kill() {
	if p := n.current(); p != nil {
		p.kill()
	}
}

// Pause stops the node's process where it is; Resume lets it go on.
func (n *Node) Pause() error { return n.signal(pauseSignal) }

// Resume is described at [Node.Pause].
func (n *Node) Resume() error { return n.signal(resumeSignal) }

func (n *Node) signal(s sig) error {
	pid := n.PID()
	if pid == 0 {
		return fmt.Errorf("node %q does not run", n.opts.Name)
	}
	return send(pid, s)
}

// Restart stops the node, unless it was killed, and starts it again with the
// same data, name and port.
func (n *Node) Restart(ctx context.Context) error {
	n.down()
	if err := n.up(ctx); err != nil {
		return fmt.Errorf("restarting node %q: %w", n.opts.Name, err)
	}
	return nil
}
