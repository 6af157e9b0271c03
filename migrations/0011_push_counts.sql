-- What pushes have come to, in all processes and since ever, for operators; a push is one outcome at one device.
-- Rows are written last in their transaction, in one order: nobody waits for another in a circle.
CREATE TABLE push_count (
    fate    text PRIMARY KEY CHECK (fate IN ('sent', 'refused', 'unreachable', 'given_up', 'gone', 'held_back')),
    number  bigint NOT NULL DEFAULT 0
);
