//go:build !unix

package secret

import (
	"fmt"
	"io/fs"
	"os"
)

func openNoFollow(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, fmt.Errorf("%s is a symbolic link: give the file itself", path)
	}
	return os.Open(path)
}

// checkFile cannot see owners and access lists here: keep the key in a folder of the service's own account.
func checkFile(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	return nil
}

func syncFolder(string) error { return nil } // such a system cannot sync a folder
