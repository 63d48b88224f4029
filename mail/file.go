package mail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cartouche-auth/cartouche/secret"
)

type folder string

// openFolder takes the path as it stands: file:mails, file:/var/mails, file:///var/mails.
func openFolder(path string) (Transport, error) {
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		if !strings.HasPrefix(rest, "/") {
			return nil, errors.New("mail: file:// has a host in it; write file:FOLDER or file:///FOLDER")
		}
		path = rest
	}
	if path == "" {
		return nil, errors.New("mail: file: needs a folder")
	}
	if err := os.MkdirAll(path, 0o700); err != nil { // the links in the mails open accounts
		return nil, fmt.Errorf("mail: %w", err)
	}
	return folder(path), nil
}

// Deliver writes the file under another name first: whoever looks for *.eml sees whole mails only. Both names are as random as a token, and the
// first is opened exclusively, so nobody's link or file is followed or overwritten.
func (f folder) Deliver(_ context.Context, m Message) error {
	name := m.At.UTC().Format("20060102T150405.000Z") + "-" + string(m.Kind) + "-" + secret.Alphanumeric(22)
	part := filepath.Join(string(f), "."+name+".part")
	if err := writeMessage(part, m); err != nil {
		return errors.Join(fmt.Errorf("write mail: %w", err), removed(part))
	}
	if err := os.Rename(part, filepath.Join(string(f), name+".eml")); err != nil {
		return errors.Join(fmt.Errorf("write mail: %w", err), removed(part))
	}
	return nil
}

func writeMessage(path string, m Message) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = m.WriteTo(file)
	return errors.Join(err, file.Sync(), file.Close())
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
