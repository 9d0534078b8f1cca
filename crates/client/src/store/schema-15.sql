-- The sealed bytes of files of kept messages, as the server has them: here nothing opens those of a picture once it is gone from its chat.
CREATE TABLE kept_sealed (
    kept INTEGER NOT NULL,
    blob BLOB NOT NULL,
    sealed BLOB NOT NULL,         -- segments and the list of their hashes, without what pads them
    PRIMARY KEY (kept, blob)
);

-- What opens kept voice messages, sealed to the key of the box: what was said is heard there also when it is gone from its chat.
CREATE TABLE kept_voice (kept INTEGER PRIMARY KEY, content BLOB NOT NULL);
