-- Schema 1, with a sign-up and a sign-in: dumped by sqlite3 from a database of the server at commit 30803c4, whose master key was authtest.Master.
-- refresh: eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCIsImtpZCI6ImZkOWNlYTg3In0.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImlzcyI6Imh0dHA6Ly8xMjcuMC4wLjE6ODA4MCIsInN1YiI6IjAxYTIxMGZiLTM4NTctNzExOS05YjlmLTU0ZTYxNTBiMWE3MiIsInVzZXJfaWQiOiIwMWEyMTBmYi0zODU3LTcxMTktOWI5Zi01NGU2MTUwYjFhNzIiLCJzaWQiOiJlYjFhMjU3OGNhMWIzMDYyOWJiNjE1ZmZhZTMxYzBhNyIsImp0aSI6ImFhOWUxZTkwNDQwOGQ3ZDM4NzgxNzMwNGYyN2ExMGI5IiwicGFyZW50IjoiMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiLCJnZW5lcmF0aW9uIjoxLCJpYXQiOjE3OTU1ODEyMjksImV4cCI6MTc5Njc5MDgyOSwiYm9ybl9hdCI6MTc5NTU4MTIyOTM3MX0.ZqlByEFEL3_fMLJ0K515oobw5aleE42slddkWvXUYys
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, taken_at bigint NOT NULL);
INSERT INTO migrations VALUES(1,'0001_first',1795581228913);
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
INSERT INTO users VALUES('01a210fb-3857-7119-9b9f-54e6150b1a72','ada','ada@example.com','ada@example.com','','','$argon2id$v=19$m=19456,t=2,p=1,norm=trim-nfc$yJwqo+OLfG1RRDnU3f6fbQ$M5akP1KMjwJ6yOax7JPPThE3LqQBrHqFwHdY/lL1E78',1,0,0,1795581229143,1795581229371,NULL,'','');
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
INSERT INTO sessions VALUES(X'eb1a2578ca1b30629bb615ffae31c0a7','01a210fb-3857-7119-9b9f-54e6150b1a72',X'aa9e1e904408d7d387817304f27a10b9',X'00000000000000000000000000000000',0,1795581229371,1795581229371,1209600000,1796790829371,1803357229371,1,'password','','curl/7.88.1','127.0.0.1',NULL,'');
CREATE TABLE signing_keys (
	id         TEXT PRIMARY KEY NOT NULL,
	algorithm  TEXT NOT NULL,
	state      TEXT NOT NULL,
	sealed     BLOB NOT NULL, -- under the master key, which is never in here
	created_at INTEGER NOT NULL,
	state_at   INTEGER NOT NULL
);
INSERT INTO signing_keys VALUES('wzeMNzDRXVdTk72GlcEiFw','ES256','active',X'01fd9cea876aadeca1bb55753508ad48bd8874615fdddeca3ee1ba4f0f8315e7d9d045549a93a1fc947b0547d0c7c1a47c56ef39b2578e741c707aadd8b73d50a92d213cb1b1da871c1af09c655f4d569e3d91f19e3b17e357aad7200efe02e337d1e7e6282d67bf11c021c7f39f9efcce7565948325fb520109a423c540adf1211af79c035a8e09d728fbeb89828556553a3719c1922ace20d150c46e43bb9fb261b5482b3c33412ee194',1795581228936,1795581228936);
INSERT INTO signing_keys VALUES('PA-Hv_ph5xs-iKmz6bBt4w','ES256','pending',X'01fd9cea87a5b21469a044e60e1e3b935bde1b6b9d87020673349201d101d7cf1925702d98fa481fcc5175b94512ab2ca3dad4e6d61f40fb18265bf3b2aa7905d300b9cc44d598c138149e0f8602f7c17e368fb29adf638cda8853d49567c638a981e64c6dd2183f721b51acf2ffde22fa8476e263b209bc806c658d497770302fc0f3e59ab534c23a7d3ea4c0e024f89c636280cf5fd265382f0e2c0da82c8f1147f6966c033041052dff',1795581228936,1795581228936);
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
INSERT INTO events VALUES(1,'user.created',1795581229143,'01a210fb-3857-7119-9b9f-54e6150b1a72',NULL,'','127.0.0.1','curl/7.88.1','Y8mxAiobGilWDuM8');
INSERT INTO events VALUES(2,'login.succeeded',1795581229371,'01a210fb-3857-7119-9b9f-54e6150b1a72',X'eb1a2578ca1b30629bb615ffae31c0a7','password','127.0.0.1','curl/7.88.1','GaP9fojGW4QOsVr9');
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
COMMIT;
