package store_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"es-restore/store"
)

// A deed is what a proxy does with one run of the commit script.
type deed func(c *passage, request []byte) error

// A proxy stands between the bot and Redis, and meddles with runs of the commit
// script as a test wants; everything else passes.
type proxy struct {
	addr   string
	target string
	sha    string // of the commit script

	mu    sync.Mutex
	deeds []deed // for the next runs, in order
	runs  int    // how many runs there were
	open  map[net.Conn]bool
	ended bool
	wg    sync.WaitGroup
}

// A passage is one connection through a proxy.
type passage struct {
	client, server net.Conn
	mu             sync.Mutex
	swallow        bool // the next answer is lost, and the connection with it
}

// newProxy starts a proxy in front of a backend, where the script is known already.
func newProxy(t *testing.T, b *backend) *proxy {
	t.Helper()
	if err := b.raw.ScriptLoad(t.Context(), store.CommitSource).Err(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), target: b.addr, sha: fmt.Sprintf("%x", sha1.Sum([]byte(store.CommitSource))), open: map[net.Conn]bool{}}
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.pass(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.wg.Wait()
	})
	return p
}

// next says what happens to the next runs.
func (p *proxy) next(deeds ...deed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deeds = append(p.deeds, deeds...)
}

func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runs
}

// turnTo leads every connection to another server from now on.
func (p *proxy) turnTo(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	for c := range p.open {
		_ = c.Close()
	}
}

// cut ends every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for c := range p.open {
		_ = c.Close()
	}
}

func (p *proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = true
	return !p.ended
}

func (p *proxy) pass(client net.Conn) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil {
		_ = client.Close()
		return
	}
	c := &passage{client: client, server: server}
	defer c.close()
	if !p.keep(client) || !p.keep(server) {
		return
	}
	p.wg.Go(c.answers)
	reader := bufio.NewReader(client)
	for {
		request, err := readCommand(reader)
		if err != nil {
			return
		}
		act := (*passage).forward
		if bytes.Contains(request, []byte(p.sha)) {
			act = p.deed()
		}
		if act(c, request) != nil {
			return
		}
	}
}

func (p *proxy) deed() deed {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs++
	if len(p.deeds) == 0 {
		return (*passage).forward
	}
	d := p.deeds[0]
	p.deeds = p.deeds[1:]
	return d
}

func (c *passage) close() {
	_ = c.client.Close()
	_ = c.server.Close()
}

// answers brings answers back until one is to be lost.
func (c *passage) answers() {
	defer c.close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := c.server.Read(buffer)
		c.mu.Lock()
		lost := c.swallow
		c.mu.Unlock()
		if err != nil || lost {
			return
		}
		if _, err := c.client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (c *passage) forward(request []byte) error {
	_, err := c.server.Write(request)
	return err
}

// The deeds.

// loseAnswer lets Redis do it and loses its answer.
func loseAnswer(c *passage, request []byte) error {
	c.mu.Lock()
	c.swallow = true
	c.mu.Unlock()
	return c.forward(request)
}

// loseRequest ends the connection before Redis hears of it.
func loseRequest(*passage, []byte) error { return io.EOF }

// answer keeps it from Redis and answers in its place.
func answer(text string) deed {
	return func(c *passage, _ []byte) error {
		_, err := io.WriteString(c.client, text)
		return err
	}
}

// first does something before it passes on.
func first(do func()) deed {
	return func(c *passage, request []byte) error {
		do()
		return c.forward(request)
	}
}

// readCommand reads one command as a client sends it.
func readCommand(r *bufio.Reader) ([]byte, error) {
	var all bytes.Buffer
	header, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	all.WriteString(header)
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(header, "*")))
	if err != nil {
		return nil, err
	}
	for range n {
		size, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		all.WriteString(size)
		length, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(size, "$")))
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(&all, r, int64(length)+2); err != nil {
			return nil, err
		}
	}
	return all.Bytes(), nil
}
