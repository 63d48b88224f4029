package secret

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const maxKeyFile = 64 << 10

const keyFileHead = `# Master key of Cartouche. Whoever has it can sign in as anybody; without it nobody stays signed in.
# Keep a copy in a safe place, never beside a copy of the database.
# One key per line. To rotate, put a new one first (openssl rand -base64 32) and keep the old one below it.
`

// OpenMaster reads the key file at path, and makes one with a new key when there is none, in a folder that only its owner may enter when
// that is missing too. Of several processes that start at once, one makes the key and all read it. Errors: those of ReadMaster.
func OpenMaster(path string) (Master, error) {
	m, err := ReadMaster(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	if err := makeMaster(path); err != nil {
		return Master{}, fmt.Errorf("make master key: %w", err)
	}
	return ReadMaster(path)
}

// ReadMaster reads the key file at path; see ParseMaster for what it holds. It refuses symbolic links, files that are not regular, that
// group or others may touch or that belong to somebody else, and folders in which everybody may replace files. No file: fs.ErrNotExist.
func ReadMaster(path string) (Master, error) {
	text, err := readKeyFile(path)
	if err != nil {
		return Master{}, fmt.Errorf("read master key: %w", err)
	}
	m, err := ParseMaster(NewText(string(text)))
	if err != nil {
		return Master{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

func readKeyFile(path string) ([]byte, error) {
	f, err := openNoFollow(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	// What was opened is examined, not the path: nobody can swap the file in between.
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(checkFile(path, info), checkFolder(filepath.Dir(path))); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(text) > maxKeyFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxKeyFile)
	}
	return text, err
}

// checkFolder refuses a folder in which any user may put another key in the place of ours. The sticky bit prevents that.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if everybody := info.Mode().Perm()&0o002 != 0; everybody && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("everybody may replace files in %s: chmod 700 it", dir)
	}
	return nil
}

// makeMaster writes a key file beside path and links it into place: whoever looks sees no file or the whole one, and a second maker, whose
// link fails, leaves the first one's key alone.
func makeMaster(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := checkFolder(dir); err != nil {
		return err
	}
	draft := filepath.Join(dir, "."+filepath.Base(path)+"."+Alphanumeric(12))
	defer os.Remove(draft) //nolint:errcheck // when it was never made there is nothing to remove; else it is as closed as the key itself
	if err := writeDurably(draft, keyFileHead+base64.StdEncoding.EncodeToString(newMasterKey())+"\n"); err != nil {
		return err
	}
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(dir)
}

func newMasterKey() []byte {
	for {
		if key := Bytes(MasterSize); weakness(key) == "" {
			return key
		}
	}
}

func writeDurably(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
