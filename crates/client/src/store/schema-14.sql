-- What came to a chat since a time, whenever its sender says that it was said.
CREATE INDEX message_stamped ON message (chat, stamped);
