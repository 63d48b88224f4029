package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// schema is what a database's catalog says.
type schema struct {
	number int
	tables []table
}

// table is a table with its columns in their order.
type table struct {
	name       string
	columns    []column
	key        []int  // columns of the primary key, in its order
	counter    string // what numbers the rows; empty: nothing
	references []string
}

// column is a column of one of our few kinds.
type column struct {
	name string
	kind kind
}

// kind is what values of a column are.
type kind string

const (
	integerKind kind = "integer"
	booleanKind kind = "boolean" // in SQLite an integer
	textKind    kind = "text"
	bytesKind   kind = "bytes"
)

// kinds are the types of the catalogs. A column of another type is refused, so that nobody finds out later that it was bent on its way.
//
//nolint:gochecknoglobals // a constant in all but name
var kinds = map[string]kind{
	"integer": integerKind, "bigint": integerKind, "boolean": booleanKind, "text": textKind, "blob": bytesKind, "bytea": bytesKind,
}

// history is the table of migrations: it tells what happened to its own database, and the other has one too.
const history = "migrations"

// seeded are the tables into which migrations put rows; those of the source take their place.
//
//nolint:gochecknoglobals // a constant in all but name
var seeded = []string{"chain", "counters"}

// schema reads the catalog.
func (s *side) schema(ctx context.Context) (found schema, err error) {
	byName := map[string]*table{}
	var order []string
	err = s.each(ctx, s.dialect.columns, func(scan scan) error {
		var name, columnName, typeName, counter string
		var inKey int
		if err := scan(&name, &columnName, &typeName, &inKey, &counter); err != nil {
			return err
		}
		t := byName[name]
		if t == nil {
			t = &table{name: name}
			byName[name] = t
			order = append(order, name)
		}
		k, known := kinds[strings.ToLower(typeName)]
		if !known {
			return fmt.Errorf("column %s of table %s has type %s, which cannot be copied", columnName, name, typeName)
		}
		if inKey > 0 {
			t.key = append(t.key, make([]int, max(0, inKey-len(t.key)))...)
			t.key[inKey-1] = len(t.columns)
		}
		if counter != "" {
			t.counter = counter
		}
		t.columns = append(t.columns, column{columnName, k})
		return nil
	})
	if err != nil {
		return found, err
	}
	if byName[history] == nil {
		return found, errors.New("has no schema of ours: is this the right database?")
	}
	err = s.each(ctx, s.dialect.references, func(scan scan) error {
		var from, to string
		if err := scan(&from, &to); err != nil {
			return err
		}
		byName[from].references = append(byName[from].references, to)
		return nil
	})
	if err != nil {
		return found, err
	}
	for _, name := range order {
		if name != history {
			found.tables = append(found.tables, *byName[name])
		}
	}
	return found, s.one(ctx, &found.number, `SELECT COALESCE(MAX(number), 0) FROM migrations`)
}

// pair is one table on both sides; the columns of target are in the order of source.
type pair struct{ source, target table }

// pairs brings the tables of both sides together, or tells what one has and the other has not.
func pairs(have, want []table) ([]pair, error) {
	var list []pair
	for _, t := range want {
		if !slices.ContainsFunc(have, func(h table) bool { return h.name == t.name }) {
			return nil, fmt.Errorf("%w: only the target has the table %s; give Cartouche a schema or file of its own", ErrSchemasDiffer, t.name)
		}
	}
	for _, h := range have {
		i := slices.IndexFunc(want, func(t table) bool { return h.name == t.name })
		if i < 0 {
			return nil, fmt.Errorf("%w: only the source has the table %s; give Cartouche a schema or file of its own", ErrSchemasDiffer, h.name)
		}
		target, err := h.like(want[i])
		if err != nil {
			return nil, fmt.Errorf("%w: table %s: %w", ErrSchemasDiffer, h.name, err)
		}
		list = append(list, pair{h, target})
	}
	return sorted(list)
}

// like answers the other side's table with its columns in the order of this one.
func (t table) like(other table) (table, error) {
	if len(t.columns) != len(other.columns) || len(t.key) == 0 || (t.counter == "") != (other.counter == "") {
		return other, errors.New("its columns or its key are not the same on both sides")
	}
	columns := make([]column, len(t.columns))
	for i, c := range t.columns {
		at := slices.IndexFunc(other.columns, func(o column) bool { return o.name == c.name && (o.kind == c.kind || o.plain() == c.plain()) })
		if at < 0 {
			return other, fmt.Errorf("column %s is not the same on both sides", c.name)
		}
		columns[i] = other.columns[at]
	}
	other.columns, other.key = columns, t.key
	return other, nil
}

// plain is the kind without the difference that SQLite does not make.
func (c column) plain() kind {
	if c.kind == booleanKind {
		return integerKind
	}
	return c.kind
}

// sorted puts tables behind those that they refer to.
func sorted(list []pair) (done []pair, err error) {
	ready := map[string]bool{}
	for len(done) < len(list) {
		before := len(done)
		for _, p := range list {
			waits := slices.ContainsFunc(p.source.references, func(name string) bool { return name != p.source.name && !ready[name] })
			if !ready[p.source.name] && !waits {
				ready[p.source.name] = true
				done = append(done, p)
			}
		}
		if len(done) == before {
			return nil, errors.New("tables refer to each other in a circle, and cannot be copied one after the other")
		}
	}
	return done, nil
}
