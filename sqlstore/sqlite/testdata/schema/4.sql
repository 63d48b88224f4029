-- Schema 4, with a sign-up and a sign-in: dumped by sqlite3 from a database of the server at commit 4320f5f, whose master key was authtest.Master.
-- refresh: eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCIsImtpZCI6ImZkOWNlYTg3In0.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImlzcyI6Imh0dHA6Ly8xMjcuMC4wLjE6ODA4MCIsInN1YiI6IjAxYTIxMGZiLTQ1ODItNzBhZC1iMWFjLWZmM2M4NGJkZGQzOCIsInVzZXJfaWQiOiIwMWEyMTBmYi00NTgyLTcwYWQtYjFhYy1mZjNjODRiZGRkMzgiLCJzaWQiOiI4MTRhNjQwMjg5YzgyYzMxZGYwYTM5MWIyNDdhYjI4ZiIsImp0aSI6ImIyNDI0OWNjYWQyY2RkNzNkZTAyYzE2YmM0OTRjY2NmIiwicGFyZW50IjoiMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiLCJnZW5lcmF0aW9uIjoxLCJpYXQiOjE3OTU1ODEyMzMsImV4cCI6MTc5Njc5MDgzMywiYm9ybl9hdCI6MTc5NTU4MTIzMzAxMX0.poMV4NjaMsiYMsYvf1kgjtOkmNmm9kO78_O5IUGWzC0
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, taken_at bigint NOT NULL);
INSERT INTO migrations VALUES(1,'0001_first',1795581231939);
INSERT INTO migrations VALUES(2,'0002_account_life',1795581231944);
INSERT INTO migrations VALUES(3,'0003_imports',1795581231950);
INSERT INTO migrations VALUES(4,'0004_imported_sessions',1795581231951);
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
INSERT INTO users VALUES('01a210fb-4582-70ad-b1ac-ff3c84bddd38','ada','ada@example.com','ada@example.com','','','$argon2id$v=19$m=19456,t=2,p=1,norm=trim-nfc$Uvsf/WnRfNgoWMiGgpgZVA$pLZluVDNmnaAukNz7sEgRwKHeA5Np70n3khu7CBVsfk',1,0,0,1795581232514,1795581233011,NULL,'','',0);
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
INSERT INTO sessions VALUES(X'814a640289c82c31df0a391b247ab28f','01a210fb-4582-70ad-b1ac-ff3c84bddd38',X'b24249ccad2cdd73de02c16bc494cccf',X'00000000000000000000000000000000',0,1795581233011,1795581233011,1209600000,1796790833011,1803357233011,1,'password','','curl/7.88.1','127.0.0.1',NULL,'');
CREATE TABLE signing_keys (
	id         TEXT PRIMARY KEY NOT NULL,
	algorithm  TEXT NOT NULL,
	state      TEXT NOT NULL,
	sealed     BLOB NOT NULL, -- under the master key, which is never in here
	created_at INTEGER NOT NULL,
	state_at   INTEGER NOT NULL
);
INSERT INTO signing_keys VALUES('ELaMBHx0K4NjEMscWhyGOA','ES256','active',X'01fd9cea87a4056322be488a503b983598e2c7a38672e7d85d226d867e33b957795d77fad15a1a3f34d858e2cd6f33bfb6b3186fbcc6e993ebea1a74400448b6dcc95b8344a5102561398d065b2bbc56904e2a8ff3a6537369470aaef611f8c67bd0709078b5aaa4167e703ed4aa8695b97eac7a4934770b8303cc97e16a0958ab049a328a5538455ae1ffc48fc3600a631bda50091d79f8aa8b16a715509832b542341c814207480ad66f',1795581231965,1795581231965);
INSERT INTO signing_keys VALUES('cz1PIBOxwwZzUEe1ycvaQw','ES256','pending',X'01fd9cea87e4d0ca10d676081edca0cbf6a92106c4d301819f0e22bb48ad236616a84a6a8a524ebebb2648b6dd54c4306fd695c57d0dda7ec72bf39509bbebff14fc918cf47ef9163e0c0406421b35004b2ad63c937aaab5ffbbab545091ab2b3d7d5d4b13dae75b01142aa7a8846282903b74e5512d9c29792f5b239f5fd396ae973f471f3f7e6a74abe225e6688cd51695edba70ca93c5572bf2a7cda95b6533681a4e8b0732a9d5f747',1795581231965,1795581231965);
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
INSERT INTO events VALUES(1,'user.created',1795581232514,'01a210fb-4582-70ad-b1ac-ff3c84bddd38',NULL,'','127.0.0.1','curl/7.88.1','M5uRSNGWMSY7EJWR');
INSERT INTO events VALUES(2,'login.succeeded',1795581233011,'01a210fb-4582-70ad-b1ac-ff3c84bddd38',X'814a640289c82c31df0a391b247ab28f','password','127.0.0.1','curl/7.88.1','eJvw5PP3czpu2k2y');
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
CREATE INDEX imported_tokens_age ON imported_tokens (expires_at);
CREATE INDEX imported_tokens_user ON imported_tokens (user_id);
COMMIT;
