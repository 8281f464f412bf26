package esnode

import "syscall"

// attributes make a new process group that dies with this process, and that
// runs as nobody when the caller is root.
func attributes(root bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if root {
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{}}
	}
	return a
}
