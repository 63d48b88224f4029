-- Points in time are Unix milliseconds. Ids of users are text: a UUID or a decimal number. Text is compared by its bytes, as in SQLite.
CREATE TABLE users (
	id               text COLLATE "C" PRIMARY KEY,
	username         text COLLATE "C" NOT NULL UNIQUE,
	email            text NOT NULL,
	email_key        text COLLATE "C" NOT NULL, -- the form in which addresses are compared
	first_name       text NOT NULL,
	last_name        text NOT NULL,
	password_hash    text NOT NULL,
	is_active        boolean NOT NULL,
	is_staff         boolean NOT NULL,
	is_superuser     boolean NOT NULL,
	date_joined      bigint NOT NULL,
	last_login       bigint, -- NULL: never
	verified_at      bigint, -- NULL: the address was never proved
	public_metadata  text NOT NULL,
	private_metadata text NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_order ON users (length(id), id);

-- One row for a sign-in, however often it is refreshed. A refresh changes no indexed column and finds room for the new version of the row in
-- the page of the old one (a heap-only tuple), so that no index is written and the table does not grow.
CREATE TABLE sessions (
	id                  bytea PRIMARY KEY,
	user_id             text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	parent              bytea NOT NULL, -- the last confirmed refresh token
	previous            bytea NOT NULL, -- the one before; zeros: none
	generation          bigint NOT NULL,
	confirmed_at        bigint NOT NULL,
	created_at          bigint NOT NULL,
	idle_lifetime       bigint NOT NULL,
	idle_expires_at     bigint NOT NULL,
	absolute_expires_at bigint NOT NULL,
	remember            boolean NOT NULL,
	method              text NOT NULL,
	label               text NOT NULL,
	user_agent          text NOT NULL,
	address             text NOT NULL,
	ended_at            bigint, -- NULL: not before its time
	end_reason          text NOT NULL
) WITH (fillfactor = 75);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_age ON sessions (created_at, id);

CREATE TABLE signing_keys (
	id         text COLLATE "C" PRIMARY KEY,
	algorithm  text NOT NULL,
	state      text NOT NULL,
	sealed     bytea NOT NULL, -- under the master key, which is never in here
	created_at bigint NOT NULL,
	state_at   bigint NOT NULL
);

CREATE TABLE revocations (
	seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind       text NOT NULL,
	subject    text NOT NULL,
	not_before bigint NOT NULL,
	reason     text NOT NULL,
	stored_at  bigint NOT NULL
);
CREATE INDEX revocations_age ON revocations (stored_at);

CREATE TABLE events (
	seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind       text NOT NULL,
	at         bigint NOT NULL,
	user_id    text COLLATE "C", -- NULL: nobody known
	session_id bytea, -- NULL: none
	detail     text NOT NULL,
	address    text NOT NULL,
	user_agent text NOT NULL,
	request_id text NOT NULL
);
CREATE INDEX events_age ON events (at);
CREATE INDEX events_user ON events (user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX events_session ON events (session_id, seq) WHERE session_id IS NOT NULL;

-- The counters of rate limits: when the next use would arrive if uses were evenly spread.
CREATE TABLE limits (
	key     text COLLATE "C" PRIMARY KEY,
	arrival bigint NOT NULL
) WITH (fillfactor = 75);

-- user_id: the last integer id that was given. signing_keys: how often they were changed; its row is the lock for that. ping: health checks.
CREATE TABLE counters (
	name  text COLLATE "C" PRIMARY KEY,
	value bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO counters (name, value) VALUES ('user_id', 0), ('signing_keys', 0), ('ping', 0);
