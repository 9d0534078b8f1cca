-- Whom a report was sealed to: of them alone an answer to it counts.
CREATE TABLE report_reader (number TEXT NOT NULL, account BLOB NOT NULL, PRIMARY KEY (number, account)) WITHOUT ROWID;

-- What the safety team answered to reports that were made here.
CREATE TABLE report_answer (
    number TEXT NOT NULL,
    made INTEGER NOT NULL,        -- by the answering device
    account BLOB NOT NULL,
    stands INTEGER NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (number, made, account)
) WITHOUT ROWID;
