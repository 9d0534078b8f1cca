-- What took a kept message back is kept for its proof: it goes wherever that message goes, and is listed nowhere by itself.
ALTER TABLE kept ADD COLUMN follows INTEGER;   -- the row of the message that it took back
