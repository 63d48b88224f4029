package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Errors of Copy that callers may ask for. After each of them the target is as it was, but for its schema.
var (
	// ErrInUse reports a database that another process has open: what it wrote meanwhile would be lost.
	ErrInUse = errors.New("is in use: stop every server on it first")
	// ErrNotEmpty reports a target that holds something already.
	ErrNotEmpty = errors.New("is not empty")
	// ErrSchemasDiffer reports a source whose schema is not the one of this program.
	ErrSchemasDiffer = errors.New("schemas differ")
	// ErrNotTheSame reports a target that did not read back what was written into it.
	ErrNotTheSame = errors.New("the copy is not what the source is")
)

// Copied is what was copied of one table.
type Copied struct {
	Table  string `json:"table"`
	Rows   int    `json:"rows"`
	Digest string `json:"digest"` // SHA-256 of the rows in the order of their key, the same on either database
}

// Copy copies every row of one database into another, which must be empty; its schema is made first. Databases are named sqlite:PATH or
// postgres://… and need not be of different kinds. The source is read in one snapshot, and kept from changing meanwhile. The target is written in one
// transaction, which ends well only when its rows, read back, are those of the source: whoever looks sees nothing or everything, also after the
// process was killed; then Copy is simply called again. Progress, if not nil, hears how many steps of how many are done.
func Copy(ctx context.Context, from, to string, progress func(done, total int)) (copied []Copied, err error) {
	if from == to {
		return nil, errors.New("source and target are the same database")
	}
	source, err := openSource(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	defer func() { err = errors.Join(err, source.close()) }()
	target, err := openTarget(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	defer func() { err = errors.Join(err, target.close()) }()
	job := job{source: source, target: target, progress: progress}
	if copied, err = job.run(ctx); err != nil {
		return nil, err
	}
	return copied, target.commit(ctx)
}

// job is one copy under way.
type job struct {
	source, target *side
	progress       func(done, total int)
	done, total    int
}

func (j *job) run(ctx context.Context) ([]Copied, error) {
	tables, err := j.prepare(ctx)
	if err != nil {
		return nil, err
	}
	counts := make([]int, len(tables))
	for i, t := range tables {
		if counts[i], err = j.source.count(ctx, t.source); err != nil {
			return nil, err
		}
		j.total += 2 * counts[i] // each row is written, and read back
	}
	var copied []Copied
	for i, t := range tables {
		c, err := j.table(ctx, t, counts[i])
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.source.name, err)
		}
		copied = append(copied, c)
	}
	return copied, nil
}

// prepare compares both databases and answers the tables in an order in which rows come after those that they refer to.
func (j *job) prepare(ctx context.Context) ([]pair, error) {
	have, err := j.source.schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	want, err := j.target.schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	if have.number != want.number {
		return nil, fmt.Errorf("%w: the source has number %d, and this program %d; run cartouche migrate on the source first", ErrSchemasDiffer, have.number, want.number)
	}
	tables, err := pairs(have.tables, want.tables)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := j.vacate(ctx, t.target); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

// vacate makes sure that a table of the target has no rows but those of a migration, and takes these away.
func (j *job) vacate(ctx context.Context, t table) error {
	if slices.Contains(seeded, t.name) {
		return j.target.exec(ctx, `DELETE FROM `+quote(t.name))
	}
	n, err := j.target.count(ctx, t)
	if err == nil && n > 0 {
		err = fmt.Errorf("the target %w: table %s has %d rows; name a new database", ErrNotEmpty, t.name, n)
	}
	return err
}

// table copies one table and reads it back.
func (j *job) table(ctx context.Context, t pair, count int) (Copied, error) {
	original := newDigest()
	err := j.source.read(ctx, t.source, func(rows [][]any) error {
		original.add(rows)
		j.step(len(rows))
		return j.target.insert(ctx, t.target, rows)
	})
	if err != nil {
		return Copied{}, err
	}
	if t.source.counter != "" {
		n, err := j.source.counter(ctx, t.source)
		if err != nil {
			return Copied{}, err
		}
		if err := j.target.setCounter(ctx, t.target, n); err != nil {
			return Copied{}, err
		}
	}
	written := newDigest()
	err = j.target.read(ctx, t.target, func(rows [][]any) error {
		written.add(rows)
		j.step(len(rows))
		return nil
	})
	if err != nil {
		return Copied{}, err
	}
	if original.rows != count || written.rows != count || original.text() != written.text() {
		return Copied{}, fmt.Errorf("%w: %d rows, of which %d were read and %d arrived", ErrNotTheSame, count, original.rows, written.rows)
	}
	return Copied{Table: t.source.name, Rows: count, Digest: original.text()}, nil
}

func (j *job) step(n int) {
	j.done += n
	if j.progress != nil {
		j.progress(j.done, j.total)
	}
}
