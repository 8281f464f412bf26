//go:build !unix

package esnode

import (
	"errors"
	"os"
	"time"
)

const supported = false

type sig int

const (
	pauseSignal  sig = 1
	resumeSignal sig = 2
)

var errUnsupported = errors.New("real nodes are started on Linux and macOS only")

type process struct{ gone chan struct{} }

func launch(string, []string, []string, string, string) (*process, error) {
	return nil, errUnsupported
}

func (p *process) end(time.Duration) {}
func (p *process) kill()             {}

func send(int, sig) error { return errUnsupported }

func ownerOf(os.FileInfo) int { return -1 }
