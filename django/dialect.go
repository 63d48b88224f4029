package django

import "context"

// dialect is how a kind of database describes its tables.
type dialect interface {
	// columns hands over table, column, type and whether it is the primary key ("1").
	columns(ctx context.Context, s *Source, each func(row) error) error
	// references hands over table, column, and the table and column they refer to.
	references(ctx context.Context, s *Source, each func(row) error) error
}

type sqliteDialect struct{}

func (sqliteDialect) columns(ctx context.Context, s *Source, each func(row) error) error {
	return s.rows(ctx, 4, each, `
SELECT m.name, c.name, lower(c.type), CASE WHEN c.pk = 1 THEN '1' ELSE '' END
FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`)
}

func (sqliteDialect) references(ctx context.Context, s *Source, each func(row) error) error {
	return s.rows(ctx, 4, each, `
SELECT m.name, f."from", f."table", COALESCE(f."to", '')
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id`)
}

type postgresDialect struct{}

func (postgresDialect) columns(ctx context.Context, s *Source, each func(row) error) error {
	return s.rows(ctx, 4, each, `
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL),
	CASE WHEN EXISTS (SELECT 1 FROM pg_constraint p WHERE p.conrelid = c.oid AND p.contype = 'p' AND p.conkey = ARRAY[a.attnum]) THEN '1' ELSE '' END
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum`)
}

func (postgresDialect) references(ctx context.Context, s *Source, each func(row) error) error {
	return s.rows(ctx, 4, each, `
SELECT c.relname::text, a.attname::text, t.relname::text, b.attname::text
FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class t ON t.oid = f.confrelid
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = f.conkey[1]
	JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = f.confkey[1]
WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
ORDER BY c.relname, f.oid`)
}
