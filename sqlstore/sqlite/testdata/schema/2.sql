-- Schema 2, with a sign-up and a sign-in: dumped by sqlite3 from a database of the server at commit 3ecd2ec, whose master key was authtest.Master.
-- refresh: eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCIsImtpZCI6ImZkOWNlYTg3In0.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImlzcyI6Imh0dHA6Ly8xMjcuMC4wLjE6ODA4MCIsInN1YiI6IjAxYTIxMGZiLTNjMGUtNzEwNC05NGNiLWQ3OWMzYWZkNTM5MiIsInVzZXJfaWQiOiIwMWEyMTBmYi0zYzBlLTcxMDQtOTRjYi1kNzljM2FmZDUzOTIiLCJzaWQiOiJkNzg4YjM5OWNmNDhhNTBlNzIxZGEwMWYyYmEwODRiNyIsImp0aSI6IjE0M2Q2NTQ0OGYwMGQ2Yjg0NDk1YjU5MTEyOWQ2N2U5IiwicGFyZW50IjoiMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiLCJnZW5lcmF0aW9uIjoxLCJpYXQiOjE3OTU1ODEyMzAsImV4cCI6MTc5Njc5MDgzMCwiYm9ybl9hdCI6MTc5NTU4MTIzMDE1N30.R1frcmyi77Uoyus7d3TvGc8CgwMeegzuVCmWL9TYuEk
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, taken_at bigint NOT NULL);
INSERT INTO migrations VALUES(1,'0001_first',1795581229663);
INSERT INTO migrations VALUES(2,'0002_account_life',1795581229682);
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
INSERT INTO users VALUES('01a210fb-3c0e-7104-94cb-d79c3afd5392','ada','ada@example.com','ada@example.com','','','$argon2id$v=19$m=19456,t=2,p=1,norm=trim-nfc$AT4ULI9jbyDCH+7eaccvRQ$auqVM7fiRnCzDuU5/18GO7isvoKahnEHLcZjWbwOkIw',1,0,0,1795581230094,1795581230157,NULL,'','',0);
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
INSERT INTO sessions VALUES(X'd788b399cf48a50e721da01f2ba084b7','01a210fb-3c0e-7104-94cb-d79c3afd5392',X'143d65448f00d6b84495b591129d67e9',X'00000000000000000000000000000000',0,1795581230157,1795581230157,1209600000,1796790830157,1803357230157,1,'password','','curl/7.88.1','127.0.0.1',NULL,'');
CREATE TABLE signing_keys (
	id         TEXT PRIMARY KEY NOT NULL,
	algorithm  TEXT NOT NULL,
	state      TEXT NOT NULL,
	sealed     BLOB NOT NULL, -- under the master key, which is never in here
	created_at INTEGER NOT NULL,
	state_at   INTEGER NOT NULL
);
INSERT INTO signing_keys VALUES('tPRZ4w6uesORJyE5gB7tHw','ES256','active',X'01fd9cea87df71a851e868707be435d2d4bc339b982349ea84b139b674a225c6386a75af2cb50cae5ddd5a1c8eaa5f8906ed384461a404e1a1706eb6a777ea96f9d740313c00100842bfeca68058585dbda2527bf9a3b1b24d2f06357f8305cc85ae0383222f677c633babfe1cce397fc9abacef80c3b97a61e01241589c602d45fae57258b5a48da9ccedda6b4c6d8cd2ed58a5360dd35cd4f7a9a7800e2acf9b14ec276306721e285fbf',1795581229698,1795581229698);
INSERT INTO signing_keys VALUES('uPdhfVUXeYJF-zuSFYlBBw','ES256','pending',X'01fd9cea87de7cc5b8bc87ee7339c3903bc5f2f0a7799f6237d5b668b5508a856ff345423c17c90450edeffd26766aa602069357fd0398f7cfe9f78af6a766bfa2dd79f9034c285bf4b9aaa9bb552975f865565f90f0a15253320c0b359edfdbf4162cd8dedea03aa75126319046041bc73eca0b0ab6704a545f6483dbc62f27f2c5fa42bb6551a093475970d758506fea14ebd279ba664891fc988f364217bb9fed52cf232959d737c4c1',1795581229698,1795581229698);
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
);
INSERT INTO events VALUES(1,'user.created',1795581230094,'01a210fb-3c0e-7104-94cb-d79c3afd5392',NULL,'','127.0.0.1','curl/7.88.1','ApSMNx01SfILARPu');
INSERT INTO events VALUES(2,'login.succeeded',1795581230157,'01a210fb-3c0e-7104-94cb-d79c3afd5392',X'd788b399cf48a50e721da01f2ba084b7','password','127.0.0.1','curl/7.88.1','QAxiJAIS419EEpYO');
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
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',2);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_order ON users (length(id), id);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_age ON sessions (created_at, id);
CREATE INDEX revocations_age ON revocations (stored_at);
CREATE INDEX events_age ON events (at);
CREATE INDEX events_user ON events (user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX events_session ON events (session_id, seq) WHERE session_id IS NOT NULL;
CREATE INDEX one_time_tokens_age ON one_time_tokens (expires_at);
CREATE INDEX mails_due ON mails (next_try_at, seq);
CREATE INDEX opaque_tokens_session ON opaque_tokens (session_id);
COMMIT;
