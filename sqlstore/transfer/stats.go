package transfer

import (
	"context"
	"errors"
	"time"
)

// Stats is how much a database holds.
type Stats struct {
	Schema        int
	Tables        []TableStats // in the order of their names
	Bytes         int64        // of all tables with their indexes
	OldestSession time.Time    // zero: there is none
	NewestSession time.Time
}

// TableStats is how much a table holds.
type TableStats struct {
	Table string `json:"table"`
	Rows  int    `json:"rows"`
}

const selectSessionAges = `SELECT COALESCE(MIN(created_at), 0), COALESCE(MAX(created_at), 0) FROM sessions`

// Measure counts what a database holds, named as in Copy. It may be in use, and rows that change meanwhile may be counted or not. It reads every index or table
// once, which takes a while on a large database.
func Measure(ctx context.Context, url string) (stats Stats, err error) {
	s, err := connect(ctx, url, false)
	if err != nil {
		return stats, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	found, err := s.schema(ctx)
	if err != nil {
		return stats, err
	}
	stats.Schema = found.number
	for _, t := range found.tables {
		n, err := s.count(ctx, t)
		if err != nil {
			return stats, err
		}
		stats.Tables = append(stats.Tables, TableStats{t.name, n})
	}
	if err := s.one(ctx, &stats.Bytes, s.dialect.size); err != nil {
		return stats, err
	}
	var oldest, newest int64
	if err := s.conn.QueryRowContext(ctx, selectSessionAges).Scan(&oldest, &newest); err != nil {
		return stats, err
	}
	stats.OldestSession, stats.NewestSession = at(oldest), at(newest)
	return stats, nil
}

// at is a point in time as it is stored; zero is none.
func at(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
