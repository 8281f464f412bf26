//go:build unix

package esnode

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const supported = true

type sig = syscall.Signal

const (
	pauseSignal  = syscall.SIGSTOP
	resumeSignal = syscall.SIGCONT
)

// process is the launcher of a node and what it started, as one process group.
type process struct {
	pid  int
	gone chan struct{} // closed when the launcher ended
}

// launch starts the launcher in a process group of its own. Where the system
// can, the group's leader dies with this process: that is tied to the thread
// which started it, so one thread is kept for as long as the node runs.
func launch(bin string, args, env []string, dir, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	p := &process{gone: make(chan struct{})}
	began := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		defer func() { _ = out.Close() }()
		cmd := exec.Command(bin, args...)
		cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, dir, out, out
		cmd.SysProcAttr = attributes(os.Geteuid() == 0)
		if err := cmd.Start(); err != nil {
			began <- err
			return
		}
		p.pid = cmd.Process.Pid
		began <- nil
		_ = cmd.Wait()
		close(p.gone)
	}()
	if err := <-began; err != nil {
		return nil, err
	}
	return p, nil
}

// end asks the group to end, and makes it end when it takes too long.
func (p *process) end(patience time.Duration) {
	_ = syscall.Kill(-p.pid, syscall.SIGTERM)
	if !p.vanishes(patience) {
		p.kill()
	}
}

// kill ends the group at once.
func (p *process) kill() {
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	p.vanishes(30 * time.Second)
}

// vanishes waits until no process of the group is left.
func (p *process) vanishes(patience time.Duration) bool {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if errors.Is(syscall.Kill(-p.pid, 0), syscall.ESRCH) {
			<-p.gone
			return true
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return false
		}
	}
}

func send(pid int, s sig) error { return syscall.Kill(pid, s) }

func ownerOf(info os.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
