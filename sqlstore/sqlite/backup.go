package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

// Saved is what a backup holds.
type Saved struct {
	Schema int // the number of its schema
	Bytes  int64
}

// Backup writes what a store holds at one moment into a new file, while servers go on reading and writing. The file appears under its name only when it
// is whole, was checked, and is on the disk; only its owner can read it. An error that wraps fs.ErrExist when there is a file of that name: a backup never
// takes the place of another. The store itself is not changed.
func Backup(ctx context.Context, path, to string) (Saved, error) {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return Saved{}, errors.Join(err, fmt.Errorf("%s: %w", to, fs.ErrExist))
	}
	to, err := absolute(to)
	if err != nil {
		return Saved{}, err
	}
	schema, err := Status(ctx, path)
	if err != nil {
		return Saved{}, err
	}
	part, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".*.part") // readable by its owner only
	if err != nil {
		return Saved{}, err
	}
	defer os.Remove(part.Name()) //nolint:errcheck // what is left of it can do no harm
	if err := part.Close(); err != nil {
		return Saved{}, err
	}
	if err := vacuum(ctx, path, part.Name()); err != nil {
		return Saved{}, fmt.Errorf("read %s: %w", path, err)
	}
	if err := check(ctx, part.Name(), schema.Number); err != nil {
		return Saved{}, fmt.Errorf("check the backup: %w", err)
	}
	return settle(part.Name(), to, schema.Number)
}

// vacuum copies a database into a file that is empty, without what was deleted in it.
func vacuum(ctx context.Context, path, to string) (err error) {
	db, err := Direct(path, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, to)
	return translate(err)
}

// check reads a backup as whoever needs it will.
func check(ctx context.Context, path string, number int) (err error) {
	c, err := connect(ctx, path, reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	var verdict string
	if _, err := c.run(func(r sqlstore.Row) { verdict = r.Text(0) }, `PRAGMA integrity_check(1)`, nil); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("it is damaged: %s", verdict)
	}
	list, err := steps()
	if err != nil {
		return err
	}
	schema, err := schemaOf(ctx, c, list)
	if err == nil && schema.Number != number {
		err = fmt.Errorf("its schema has number %d, and the store's %d", schema.Number, number)
	}
	return err
}

// settle gives a file its name, durably, unless another has it.
func settle(part, to string, number int) (Saved, error) {
	file, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return Saved{}, err
	}
	info, statErr := file.Stat()
	if err := errors.Join(statErr, file.Sync(), file.Close()); err != nil {
		return Saved{}, err
	}
	if err := os.Link(part, to); err != nil { // unlike a renaming, it replaces nothing
		return Saved{}, err
	}
	folder, err := os.Open(filepath.Dir(to))
	if err != nil {
		return Saved{}, err
	}
	return Saved{Schema: number, Bytes: info.Size()}, errors.Join(folder.Sync(), folder.Close())
}
