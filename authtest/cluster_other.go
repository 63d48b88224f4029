//go:build !linux

package authtest

import "syscall"

// serverAttributes put the server into a group of its own, so that an interrupt from the terminal reaches only the tests.
func serverAttributes(account *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: account, Setpgid: true}
}
