package authtest

import "syscall"

// serverAttributes make the kernel end the server when this process dies, however it dies.
func serverAttributes(account *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: account, Pdeathsig: syscall.SIGQUIT, Setpgid: true}
}
