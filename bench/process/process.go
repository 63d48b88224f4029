// Package process starts and ends the programs that are measured, and reads from /proc what they cost. It needs Linux.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// Command says what to run.
type Command struct {
	Path string
	Args []string
	Env  []string // in place of this process's environment; nil: the same
	Dir  string
	User string    // run as this user; empty: as ourselves
	Own  string    // a folder or file that is given to User before
	Out  io.Writer // standard output; nil: nowhere
	Log  *os.File  // standard error; nil: nowhere
	Stop os.Signal // how to ask it to end; nil: SIGTERM
}

// Process is a program that this one started, in a process group of its own. Concurrent use is safe.
type Process struct {
	command *exec.Cmd
	stop    os.Signal
	ended   chan struct{}
}

// Start runs a command. Its life does not depend on a context: whoever starts a process stops it.
func Start(c Command) (*Process, error) {
	attributes, err := c.attributes()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(context.Background(), c.Path, c.Args...) //nolint:gosec // starting what it is told to is its purpose
	command.Env, command.Dir, command.Stdout, command.SysProcAttr = c.Env, c.Dir, c.Out, attributes
	if c.Log != nil {
		command.Stderr = c.Log
	}
	p := &Process{command: command, stop: c.Stop, ended: make(chan struct{})}
	if p.stop == nil {
		p.stop = syscall.SIGTERM
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	go func() {
		_ = command.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	return p, nil
}

// attributes put the process into a group of its own, so that a key pressed in the terminal reaches this program only, which then stops it in order.
func (c Command) attributes() (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if c.User == "" {
		return attributes, nil
	}
	account, err := user.Lookup(c.User)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if c.Own != "" {
		return attributes, os.Chown(c.Own, int(uid), int(gid))
	}
	return attributes, nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.command.Process.Pid }

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// ErrEnded is the error of a process that ended by itself.
var ErrEnded = errors.New("process ended by itself")

// Wait waits until the process has ended by itself; when ctx ends first, it is stopped. An exit code other than 0 is an error.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.ended:
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), p.Stop())
	}
	if state := p.command.ProcessState; !state.Success() {
		return fmt.Errorf("%s: %s", p.command.Path, state)
	}
	return nil
}

// patience is how long a process may take to end before it is killed.
const patience = 15 * time.Second

// Stop ends the process, and what it left behind of its group, and waits until it is gone. Stopping twice is no error.
func (p *Process) Stop() error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	defer func() { _ = syscall.Kill(-p.PID(), syscall.SIGKILL) }() // no such group: nobody was left behind
	if err := p.command.Process.Signal(p.stop); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.command.Path, err)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.ended:
		return nil
	case <-timer.C:
	}
	if err := p.command.Process.Kill(); err != nil {
		return fmt.Errorf("kill %s: %w", p.command.Path, err)
	}
	<-p.ended
	return fmt.Errorf("%s did not end within %s and was killed", p.command.Path, patience)
}
