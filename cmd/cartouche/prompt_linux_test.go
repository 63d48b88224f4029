package main_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// terminal opens a pseudo-terminal: what the person has, and what the command has.
func terminal(t *testing.T) (person, command *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var number, unlock uint32
	ioctl(t, person, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(t, person, syscall.TIOCGPTN, unsafe.Pointer(&number))
	command, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		person.Close()
		command.Close()
	})
	return person, command
}

func ioctl(t *testing.T, f *os.File, request uintptr, argument unsafe.Pointer) {
	t.Helper()
	if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument)); err != 0 {
		t.Fatalf("ioctl: %v", err)
	}
}

// awaitNoEcho waits until the terminal does not show what is typed.
func awaitNoEcho(t *testing.T, tty *os.File) {
	t.Helper()
	deadline := time.After(process.Patience)
	for {
		var state syscall.Termios
		ioctl(t, tty, syscall.TCGETS, unsafe.Pointer(&state))
		if state.Lflag&syscall.ECHO == 0 {
			return
		}
		select {
		case <-deadline:
			t.Fatal("the terminal went on showing what is typed")
		default:
			runtime.Gosched()
		}
	}
}

// Somebody who looks over the shoulder must not read the password.
func TestPasswordIsNotShownWhenTyped(t *testing.T) {
	t.Parallel()
	person, tty := terminal(t)
	var stderr bytes.Buffer
	run := exec.Command(install(t, t.TempDir()), "createsuperuser", "--username", "root")
	run.Dir, run.Env, run.Stdin, run.Stderr = t.TempDir(), []string{}, tty, &stderr
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	const password = "correct horse battery"
	awaitNoEcho(t, tty)
	if _, err := io.WriteString(person, password+"\n"+password+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		t.Fatalf("createsuperuser: %v\n%s", err, stderr.String())
	}
	tty.Close()
	shown, _ := io.ReadAll(person) // ends with an error, because nobody has the other side any more
	if strings.Contains(string(shown)+stderr.String(), "horse") {
		t.Errorf("the password was shown: %q, %q", shown, stderr.String())
	}
}
