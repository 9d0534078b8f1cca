-- The index of words keeps the words by message: only so does it know what to take out of itself when one goes, at once and not some day.
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5 (text, tokenize = "unicode61 remove_diacritics 2");
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
