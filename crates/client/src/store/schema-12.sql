-- Which report each record of the desk's log was of when this device read it: what is taken from the server cannot be read again. No words.
CREATE TABLE desk_record (
    log BLOB NOT NULL,
    seq INTEGER NOT NULL,
    number BLOB,                  -- of the report; none: it goes with no report
    report BLOB,                  -- of a report itself: what it is known by after it is gone; none: a member's words about it
    at INTEGER NOT NULL,          -- server time
    PRIMARY KEY (log, seq)
) WITHOUT ROWID;

-- A report that is gone is known by its number and its return address from now on: who reads one has its address, and could have let it go with another.
-- What was noted by the address alone is noted no more, and the log is looked at from its beginning.
DELETE FROM desk_gone;
DELETE FROM meta WHERE key = 'safety/desk looked';
