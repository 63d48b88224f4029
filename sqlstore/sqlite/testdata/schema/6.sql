-- Schema 6, with a sign-up and a sign-in: dumped by sqlite3 from a database of the server at commit ab5f703, whose master key was authtest.Master.
-- refresh: eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCIsImtpZCI6ImZkOWNlYTg3In0.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImlzcyI6Imh0dHA6Ly8xMjcuMC4wLjE6ODA4MCIsInN1YiI6IjAxYTIxMGZiLTRlNjgtNzllMy05NmJlLTM0MzM1MWYyMzJkZCIsInVzZXJfaWQiOiIwMWEyMTBmYi00ZTY4LTc5ZTMtOTZiZS0zNDMzNTFmMjMyZGQiLCJzaWQiOiIzNjFjMGFkNzVlNWE2MzY2ZTQwZGQ4ZjM3YWIwNTFjNCIsImp0aSI6ImNhMzZmMjVmMTgwZjg2OWM3OTcwMWU0YmU0OGFkYTIwIiwicGFyZW50IjoiMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiLCJnZW5lcmF0aW9uIjoxLCJpYXQiOjE3OTU1ODEyMzUsImV4cCI6MTc5Njc5MDgzNSwiYm9ybl9hdCI6MTc5NTU4MTIzNTAwN30.uouMyVluDUSR9dY22mQeLMiDUN_wPPnSSZHI-w5nruQ
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, taken_at bigint NOT NULL);
INSERT INTO migrations VALUES(1,'0001_first',1795581234362);
INSERT INTO migrations VALUES(2,'0002_account_life',1795581234399);
INSERT INTO migrations VALUES(3,'0003_imports',1795581234406);
INSERT INTO migrations VALUES(4,'0004_imported_sessions',1795581234407);
INSERT INTO migrations VALUES(5,'0005_event_chain',1795581234409);
INSERT INTO migrations VALUES(6,'0006_live_sessions',1795581234411);
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
, awaits_activation INTEGER NOT NULL DEFAULT 0);
INSERT INTO users VALUES('01a210fb-4e68-79e3-96be-343351f232dd','ada','ada@example.com','ada@example.com','','','$argon2id$v=19$m=19456,t=2,p=1,norm=trim-nfc$vVEoy/gTygKXzGZXe89bZw$qek3JJvYufekVDSVgiM8/pC4JqjDULmB9z2NiORdAeY',1,0,0,1795581234792,1795581235007,NULL,'','',0);
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
INSERT INTO sessions VALUES(X'361c0ad75e5a6366e40dd8f37ab051c4','01a210fb-4e68-79e3-96be-343351f232dd',X'ca36f25f180f869c79701e4be48ada20',X'00000000000000000000000000000000',0,1795581235007,1795581235007,1209600000,1796790835007,1803357235007,1,'password','','curl/7.88.1','127.0.0.1',NULL,'');
CREATE TABLE signing_keys (
	id         TEXT PRIMARY KEY NOT NULL,
	algorithm  TEXT NOT NULL,
	state      TEXT NOT NULL,
	sealed     BLOB NOT NULL, -- under the master key, which is never in here
	created_at INTEGER NOT NULL,
	state_at   INTEGER NOT NULL
);
INSERT INTO signing_keys VALUES('rSnU19nHrFOgdGKmrbL26A','ES256','active',X'01fd9cea8704b383b2d4ecc956d23c0a3f9175c8da6bb93f44d08352f6520864c11afae9470889f7990eff8b3de4804eb6234750cf9970e0190ffdf577199f8080b5866b1a26e0bd18835854029960ce1f4430ae8f61d3c0ce6404e4ceaee66b01a3f6c04db02123b1d035b623fa5fa5c624bbf144bc9c16540ab19d2c163b0c02630cfcb4f46fdae5ba7828064be8309ac042e9c52dde764fa9d2b7188405f7e30daf88479c90b722a4bf',1795581234416,1795581234416);
INSERT INTO signing_keys VALUES('xf7YZzXXY5YNidN_a8AXAg','ES256','pending',X'01fd9cea876bade6ae260ef14faab5ca4245fc60c5036496e9c978d5b64335eb615a6a5619e6a806e1e01796812d8d81da4d659ea9b0d1de3852a868aa39059ddbc939bf7ac9197202404526fc2db34a9985e8042797d34a36c0d04ca2b4894b81f56e63c07a8cd3cd371ebc74f9872c82765832613cdae2afa31f99a6363b8b17a9c364d9bc93b405b03813f8bc6b93142daa487deba34cb41dfde65841b84ea071eb85810f27eebae9b7',1795581234416,1795581234416);
CREATE TABLE revocations (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	kind       TEXT NOT NULL,
	subject    TEXT NOT NULL,
	not_before INTEGER NOT NULL,
	reason     TEXT NOT NULL,
	stored_at  INTEGER NOT NULL
);
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
, actor TEXT NOT NULL DEFAULT '', position INTEGER, hash TEXT NOT NULL DEFAULT '');
INSERT INTO events VALUES(1,'user.created',1795581234792,'01a210fb-4e68-79e3-96be-343351f232dd',NULL,'','127.0.0.1','curl/7.88.1','WTwk4BdCTYd9PiGm','user',1,'d41f8a03b98aa1a891568d5f9a1bc9f570b7899869d92e51562703f470260d6b');
INSERT INTO events VALUES(2,'login.succeeded',1795581235007,'01a210fb-4e68-79e3-96be-343351f232dd',X'361c0ad75e5a6366e40dd8f37ab051c4','password','127.0.0.1','curl/7.88.1','ETgRH2gCI6PmnFh2','user',2,'840777e135ba29693c9367df43f0458c5d6587bdca497a6aee9854507cf90771');
CREATE TABLE limits (
	key     TEXT PRIMARY KEY NOT NULL,
	arrival INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE counters (
	name  TEXT PRIMARY KEY NOT NULL,
	value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counters VALUES('ping',1);
INSERT INTO counters VALUES('signing_keys',1);
INSERT INTO counters VALUES('user_id',0);
CREATE TABLE one_time_tokens (
	user_id    TEXT NOT NULL,
	purpose    TEXT NOT NULL,
	hash       BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (user_id, purpose)
);
CREATE TABLE mails (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id       TEXT NOT NULL,
	sealed        BLOB NOT NULL, -- under the master key, which is never in here
	queued_at     INTEGER NOT NULL,
	tries         INTEGER NOT NULL,
	next_try_at   INTEGER NOT NULL,
	claimed_until INTEGER NOT NULL -- hidden from other nodes until then
);
CREATE TABLE opaque_tokens (
	hash       BLOB PRIMARY KEY NOT NULL,
	session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE imported_users (
	user_id     TEXT PRIMARY KEY NOT NULL,
	fingerprint BLOB NOT NULL, -- of what was read
	imported_at INTEGER NOT NULL,
	closed_at   INTEGER -- from then on nothing that the other system gave him is good; NULL: it is
);
CREATE TABLE imported_tokens (
	kind       TEXT NOT NULL,
	hash       BLOB NOT NULL,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	expires_at INTEGER NOT NULL,
	session_id BLOB, remember INTEGER NOT NULL DEFAULT 1, -- the session that it opened; NULL: none yet
	PRIMARY KEY (kind, hash)
) WITHOUT ROWID;
CREATE TABLE chain (
	name     TEXT PRIMARY KEY NOT NULL,
	position INTEGER NOT NULL,
	hash     TEXT NOT NULL,
	mac      TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO chain VALUES('anchor',0,'','');
INSERT INTO chain VALUES('head',2,'840777e135ba29693c9367df43f0458c5d6587bdca497a6aee9854507cf90771','c37eb6857a476bc510b9d48c7ee3ebc4206d2034e849428730b9bfe59db8aa4b');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',2);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_order ON users (length(id), id);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_age ON sessions (created_at, id);
CREATE INDEX revocations_age ON revocations (stored_at);
CREATE INDEX events_user ON events (user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX events_session ON events (session_id, seq) WHERE session_id IS NOT NULL;
CREATE INDEX one_time_tokens_age ON one_time_tokens (expires_at);
CREATE INDEX mails_due ON mails (next_try_at, seq);
CREATE INDEX opaque_tokens_session ON opaque_tokens (session_id);
CREATE INDEX imported_tokens_age ON imported_tokens (expires_at);
CREATE INDEX imported_tokens_user ON imported_tokens (user_id);
CREATE UNIQUE INDEX events_position ON events (position);
CREATE INDEX sessions_live ON sessions (user_id) WHERE ended_at IS NULL;
COMMIT;
