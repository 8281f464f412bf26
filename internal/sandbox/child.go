package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"es-restore/internal/bot"
)

const (
	// botEnv marks a process that is the sandbox's bot, and names its configuration.
	botEnv = "ESRESTORE_SANDBOX_BOT"
	// leadEnv is how far its clock is ahead when it starts.
	leadEnv = "ESRESTORE_SANDBOX_LEAD"
)

// IsBot reports whether this process was started to be a sandbox's bot. Whoever
// starts a sandbox from another program than cmd/sandbox, such as a test, asks
// first and then calls [Main].
func IsBot() bool { return os.Getenv(botEnv) != "" }

// runBot is the bot's process: cmd/bot's serve, with a clock that the sandbox sets
// through stdin. It also ends when the sandbox does, since then nobody holds the other
// end any more.
func runBot(ctx context.Context, stdin io.Reader, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var c clock
	if lead, err := time.ParseDuration(os.Getenv(leadEnv)); err == nil {
		c.move(lead)
	}
	go func() {
		c.obey(stdin)
		os.Exit(exitFailed) // at once: there is no Slack, Redis or cluster left to tell
	}()
	return bot.RunAt(ctx, c.Now, []string{"--config", os.Getenv(botEnv), "serve"}, stderr, stderr)
}

// A child is the bot as the sandbox holds it: running, or not.
type child struct {
	config  string
	clock   *clock
	changed func(line string) // called with a line of its log, or with none when it ended
	log     *ring[string]

	mu     sync.Mutex
	cmd    *exec.Cmd
	stdin  io.Writer
	ended  chan struct{}
	killed bool
	code   int
	times  int // how often it was started
}

func newChild(config string, c *clock, changed func(line string)) *child {
	return &child{config: config, clock: c, changed: changed, log: newRing[string](200)}
}

// errRunning is returned for a start of what runs.
var errRunning = errors.New("the bot is running")

// start runs the bot's process.
func (c *child) start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd != nil {
		return errRunning
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program's file: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), botEnv+"="+c.config, leadEnv+"="+c.clock.lead().String())
	cmd.Stderr = &lines{each: c.hear}
	stdin, err := cmd.StdinPipe() // held open for as long as this process lives
	if err != nil {
		return fmt.Errorf("starting the bot: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the bot: %w", err)
	}
	c.cmd, c.stdin, c.ended, c.killed = cmd, stdin, make(chan struct{}), false
	c.times++
	go c.wait(cmd, c.ended)
	return nil
}

func (c *child) wait(cmd *exec.Cmd, ended chan struct{}) {
	_ = cmd.Wait()
	c.mu.Lock()
	c.cmd, c.code = nil, cmd.ProcessState.ExitCode()
	c.mu.Unlock()
	close(ended)
	c.changed("")
}

func (c *child) hear(line string) {
	c.log.add(line)
	c.changed(line)
}

// kill ends the process at once, as a crash does, and waits until it is gone.
func (c *child) kill() {
	c.mu.Lock()
	cmd, ended := c.cmd, c.ended
	if cmd == nil {
		c.mu.Unlock()
		return
	}
	c.killed = true
	_ = cmd.Process.Kill()
	c.mu.Unlock()
	<-ended
}

// setClock tells the process how far to be ahead.
func (c *child) setClock() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return nil // it will be told when it is started
	}
	if err := c.clock.write(c.stdin); err != nil {
		return fmt.Errorf("telling the bot the time: %w", err)
	}
	return nil
}

// life tells how the process is, in a word.
func (c *child) life() (state string, times int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cmd != nil:
		return "running", c.times
	case c.killed:
		return "killed", c.times
	}
	return fmt.Sprintf("ended with code %d", c.code), c.times
}

// pid is the process's number, 0 when there is none.
func (c *child) pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// lines calls each with every whole line that is written to it.
type lines struct {
	rest []byte
	each func(string)
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.each(string(line))
		l.rest = append([]byte(nil), rest...)
	}
}
