-- Points in time are Unix milliseconds. Ids of users are text: a UUID or a decimal number.
CREATE TABLE users (
	id               TEXT PRIMARY KEY NOT NULL,
	username         TEXT NOT NULL UNIQUE,
	email            TEXT NOT NULL,
	email_key        TEXT NOT NULL, -- the form in which addresses are compared
	first_name       TEXT NOT NULL,
	last_name        TEXT NOT NULL,
	password_hash    TEXT NOT NULL,
	is_active        INTEGER NOT NULL,
	is_staff         INTEGER NOT NULL,
	is_superuser     INTEGER NOT NULL,
	date_joined      INTEGER NOT NULL,
	last_login       INTEGER, -- NULL: never
	verified_at      INTEGER, -- NULL: the address was never proved
	public_metadata  TEXT NOT NULL,
	private_metadata TEXT NOT NULL
);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_order ON users (length(id), id);

-- One row for a sign-in, however often it is refreshed. A refresh changes no indexed column.
CREATE TABLE sessions (
	id                  BLOB PRIMARY KEY NOT NULL,
	user_id             TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	parent              BLOB NOT NULL, -- the last confirmed refresh token
	previous            BLOB NOT NULL, -- the one before; zeros: none
	generation          INTEGER NOT NULL,
	confirmed_at        INTEGER NOT NULL,
	created_at          INTEGER NOT NULL,
	idle_lifetime       INTEGER NOT NULL,
	idle_expires_at     INTEGER NOT NULL,
	absolute_expires_at INTEGER NOT NULL,
	remember            INTEGER NOT NULL,
	method              TEXT NOT NULL,
	label               TEXT NOT NULL,
	user_agent          TEXT NOT NULL,
	address             TEXT NOT NULL,
	ended_at            INTEGER, -- NULL: not before its time
	end_reason          TEXT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_age ON sessions (created_at, id);

CREATE TABLE signing_keys (
	id         TEXT PRIMARY KEY NOT NULL,
	algorithm  TEXT NOT NULL,
	state      TEXT NOT NULL,
	sealed     BLOB NOT NULL, -- under the master key, which is never in here
	created_at INTEGER NOT NULL,
	state_at   INTEGER NOT NULL
);

CREATE TABLE revocations (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	kind       TEXT NOT NULL,
	subject    TEXT NOT NULL,
	not_before INTEGER NOT NULL,
	reason     TEXT NOT NULL,
	stored_at  INTEGER NOT NULL
);
CREATE INDEX revocations_age ON revocations (stored_at);

CREATE TABLE events (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	kind       TEXT NOT NULL,
	at         INTEGER NOT NULL,
	user_id    TEXT, -- NULL: nobody known
	session_id BLOB, -- NULL: none
	detail     TEXT NOT NULL,
	address    TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	request_id TEXT NOT NULL
);
CREATE INDEX events_age ON events (at);
CREATE INDEX events_user ON events (user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX events_session ON events (session_id, seq) WHERE session_id IS NOT NULL;

-- The counters of rate limits: when the next use would arrive if uses were evenly spread.
CREATE TABLE limits (
	key     TEXT PRIMARY KEY NOT NULL,
	arrival INTEGER NOT NULL
) WITHOUT ROWID;

-- user_id: the last integer id that was given. signing_keys: how often they were changed; its row is the lock for that. ping: health checks.
CREATE TABLE counters (
	name  TEXT PRIMARY KEY NOT NULL,
	value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('user_id', 0), ('signing_keys', 0), ('ping', 0);
