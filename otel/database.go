package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

const scope = "github.com/cartouche-auth/cartouche/otel"

// Database makes a span of each statement and transaction; see sqlstore.Store.Through. Statements come as they stand in the code, without their arguments.
func Database(provider trace.TracerProvider) func(sqlstore.Database) sqlstore.Database {
	return func(db sqlstore.Database) sqlstore.Database { return &database{db, provider.Tracer(scope)} }
}

type database struct {
	sqlstore.Database
	tracer trace.Tracer
}

// Read implements sqlstore.Database.
func (d *database) Read(ctx context.Context, each sqlstore.Each, sql string, args ...any) (n int, err error) {
	ctx, span := d.start(ctx, "read", sql)
	defer func() { end(span, err) }()
	return d.Database.Read(ctx, each, sql, args...)
}

// Write implements sqlstore.Database.
func (d *database) Write(ctx context.Context, each sqlstore.Each, sql string, args ...any) (n int, err error) {
	ctx, span := d.start(ctx, "write", sql)
	defer func() { end(span, err) }()
	return d.Database.Write(ctx, each, sql, args...)
}

// InTx implements sqlstore.Database.
func (d *database) InTx(ctx context.Context, work func(context.Context, sqlstore.Tx) error) (err error) {
	ctx, span := d.tracer.Start(ctx, "transaction", trace.WithSpanKind(trace.SpanKindClient))
	defer func() { end(span, err) }()
	return d.Database.InTx(ctx, func(ctx context.Context, tx sqlstore.Tx) error { return work(ctx, &transaction{tx, d}) })
}

type transaction struct {
	tx sqlstore.Tx
	db *database
}

// Run implements sqlstore.Tx.
func (t *transaction) Run(ctx context.Context, each sqlstore.Each, sql string, args ...any) (n int, err error) {
	ctx, span := t.db.start(ctx, "statement", sql)
	defer func() { end(span, err) }()
	return t.tx.Run(ctx, each, sql, args...)
}

func (d *database) start(ctx context.Context, name, sql string) (context.Context, trace.Span) {
	return d.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("db.query.text", sql)))
}

// end tells that something failed, and not what: a database quotes values in its errors (secrets in traces).
func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "failed")
	}
	span.End()
}
