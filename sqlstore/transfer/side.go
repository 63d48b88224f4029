package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// side is a database with a transaction that is open.
type side struct {
	db      *sql.DB
	conn    *sql.Conn
	dialect *dialect
}

func (s *side) isPostgres() bool { return s.dialect == &postgresDialect }

// dialect is what the databases say differently.
type dialect struct {
	columns    string // of the catalog: table, column, type, place in the primary key, what numbers the rows
	references string // of the catalog: table, table that it refers to
	counter    string // reads what numbers the rows of a table: the last number that was given
	setCounter []string
	size       string
	textKey    string // follows a column of text where rows are put in order: by its bytes
	overriding string // lets an INSERT bring the number that the database would give
}

// scan takes the columns of a row.
type scan func(into ...any) error

func (s *side) each(ctx context.Context, query string, take func(scan) error, args ...any) error {
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for err == nil && rows.Next() {
		err = take(rows.Scan)
	}
	return errors.Join(err, rows.Err())
}

func (s *side) one(ctx context.Context, into any, query string) error {
	return s.conn.QueryRowContext(ctx, query).Scan(into)
}

func (s *side) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := s.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (s *side) commit(ctx context.Context) error {
	if err := s.exec(ctx, `COMMIT`); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// close lets the database go. What was not committed is undone.
func (s *side) close() error { return errors.Join(s.conn.Close(), s.db.Close()) }

// Names in statements come from the database's own catalog, and are quoted all the same.

func (s *side) count(ctx context.Context, t table) (n int, err error) {
	return n, s.one(ctx, &n, `SELECT count(*) FROM `+quote(t.name))
}

const (
	pageRows = 1000
	// pageValues stays below the 32766 parameters that SQLite takes in a statement.
	pageValues = 30000
)

// read hands out the rows of a table in the order of its key, in pages.
func (s *side) read(ctx context.Context, t table, take func(rows [][]any) error) error {
	limit := min(pageRows, pageValues/len(t.columns))
	for after := []any(nil); ; {
		page, err := s.page(ctx, t, after, limit)
		if err != nil {
			return err
		}
		if err := take(page); err != nil {
			return err
		}
		if len(page) < limit {
			return nil
		}
		after = nil
		for _, i := range t.key {
			after = append(after, page[len(page)-1][i])
		}
	}
}

func (s *side) page(ctx context.Context, t table, after []any, limit int) (page [][]any, err error) {
	var key, marks []string
	for i, at := range t.key {
		name := quote(t.columns[at].name)
		if t.columns[at].kind == textKind {
			name += s.dialect.textKey
		}
		key, marks = append(key, name), append(marks, fmt.Sprint("$", i+1))
	}
	where := ""
	if after != nil {
		where = fmt.Sprintf(" WHERE (%s) > (%s)", strings.Join(key, ", "), strings.Join(marks, ", "))
	}
	query := fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s LIMIT %d", t.names(), quote(t.name), where, strings.Join(key, ", "), limit)
	err = s.each(ctx, query, func(scan scan) error {
		row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := scan(into...); err != nil {
			return err
		}
		for i, c := range t.columns {
			if row[i], err = c.plainValue(row[i]); err != nil {
				return err
			}
		}
		page = append(page, row)
		return nil
	}, after...)
	return page, err
}

// plainValue is a value as both databases could have it; an error when it is not of the column's kind, as SQLite allows.
func (c column) plainValue(value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case int64:
		if c.plain() == integerKind {
			return v, nil
		}
	case string:
		if c.kind == textKind {
			return v, nil
		}
	case []byte:
		if c.kind == bytesKind {
			return v, nil
		}
	}
	return nil, fmt.Errorf("column %s holds a %T, and should hold %s", c.name, value, c.kind)
}

// insert writes rows in one statement.
func (s *side) insert(ctx context.Context, t table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s)%s VALUES ", quote(t.name), t.names(), s.dialect.overriding)
	args := make([]any, 0, len(rows)*len(t.columns))
	for i, row := range rows {
		for j, value := range row {
			if n, ok := value.(int64); ok && s.isPostgres() && t.columns[j].kind == booleanKind {
				value = n != 0
			}
			args = append(args, value)
			b.WriteString(before(i, j))
			if s.isPostgres() {
				fmt.Fprint(&b, "$", len(args))
			} else {
				b.WriteByte('?') // SQLite looks for $n among all before it
			}
		}
		b.WriteByte(')')
	}
	_, err := s.conn.ExecContext(ctx, b.String(), args...)
	return err
}

// before is what stands before a value in a list of rows.
func before(row, column int) string {
	switch {
	case column > 0:
		return ", "
	case row > 0:
		return ", ("
	default:
		return "("
	}
}

// counter is the last number that was given to a row, of those that are gone too.
func (s *side) counter(ctx context.Context, t table) (n int64, err error) {
	err = s.one(ctx, &n, strings.ReplaceAll(s.dialect.counter, "{counter}", t.counter))
	return n, err
}

// setCounter lets the next row have the number after n.
func (s *side) setCounter(ctx context.Context, t table, n int64) error {
	for _, statement := range s.dialect.setCounter {
		if n == 0 {
			return nil
		}
		if err := s.exec(ctx, strings.NewReplacer("{counter}", t.counter, "{n}", fmt.Sprint(n)).Replace(statement)); err != nil {
			return err
		}
	}
	return nil
}

func (t table) names() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = quote(c.name)
	}
	return strings.Join(names, ", ")
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
