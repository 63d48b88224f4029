-- Who did it. Empty: nobody wrote that down then.
ALTER TABLE events ADD COLUMN actor text NOT NULL DEFAULT '';

-- Where an event stands in the chain, and the HMAC, in hexadecimal digits, of all events up to it. What was recorded before is sealed like what is new.
ALTER TABLE events ADD COLUMN position bigint; -- NULL: not sealed yet
ALTER TABLE events ADD COLUMN hash text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX events_position ON events (position);

-- Events are pruned from the beginning of the chain, which needs no order by age.
DROP INDEX events_age;

-- The beginning and the end of the chain, each under a MAC. The rows are the locks for pruning and sealing.
CREATE TABLE chain (
	name     text COLLATE "C" PRIMARY KEY,
	position bigint NOT NULL,
	hash     text NOT NULL,
	mac      text NOT NULL
) WITH (fillfactor = 50);
INSERT INTO chain (name, position, hash, mac) VALUES ('anchor', 0, '', ''), ('head', 0, '', '');
