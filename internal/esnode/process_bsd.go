//go:build unix && !linux

package esnode

import "syscall"

// attributes make a new process group, and one that runs as nobody when the
// caller is root. It does not die with this process: Stop must be called.
func attributes(root bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if root {
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{}}
	}
	return a
}
