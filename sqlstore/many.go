package sqlstore

import (
	"context"
	"fmt"
	"strings"
)

// many is a statement with one row of VALUES that is run for many rows at a time: a round trip for each of a hundred thousand rows would take minutes.
type many struct {
	columns int
	texts   map[int]string // by the number of rows
}

// sizes are how many rows go at a time, as long as there are so many. The first is for rows of one column: keys to look for.
var sizes = []int{250, 64, 8, 1}

const keysOnly = 250

// newMany takes a statement whose VALUES has one row, ($1, … $columns).
func newMany(sql string, columns int) many {
	row := placeholders(1, columns)
	m := many{columns: columns, texts: map[int]string{}}
	for _, size := range sizes {
		if size == keysOnly && columns > 1 {
			continue
		}
		rows := make([]string, size)
		for i := range rows {
			rows[i] = placeholders(1+i*columns, columns)
		}
		m.texts[size] = strings.Replace(sql, row, strings.Join(rows, ", "), 1)
	}
	return m
}

func placeholders(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", first+i)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// run hands every row of every answer to each. Args are the rows, one after the other.
func (m many) run(ctx context.Context, tx Tx, each Each, args []any) error {
	for _, size := range sizes {
		if m.texts[size] == "" {
			continue
		}
		for n := size * m.columns; len(args) >= n; args = args[n:] {
			if _, err := tx.Run(ctx, each, m.texts[size], args[:n]...); err != nil {
				return err
			}
		}
	}
	return nil
}
