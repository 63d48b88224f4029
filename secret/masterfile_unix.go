//go:build unix

package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// openNoFollow refuses a symbolic link (the attack: point it at a file that the attacker knows) and does not wait for a pipe's writer.
func openNoFollow(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.EMLINK) { // EMLINK: FreeBSD
		return nil, fmt.Errorf("%s is a symbolic link: give the file itself", path)
	}
	return f, err
}

func checkFile(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	var errs []error
	if info.Mode().Perm()&^0o600 != 0 {
		errs = append(errs, fmt.Errorf("%s has mode %04o, wider than 0600: chmod 600 it", path, info.Mode().Perm()))
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		errs = append(errs, fmt.Errorf("%s belongs to user %d, this process runs as %d: chown it", path, stat.Uid, os.Geteuid()))
	}
	return errors.Join(errs...)
}

// syncFolder makes a new name in a folder survive a power cut.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
