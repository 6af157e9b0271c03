-- The queue: who goes to the provider next, workspace by workspace in turn.

-- What people moved to the front; higher goes first, within its workspace alone.
ALTER TABLE image ADD COLUMN priority double precision NOT NULL DEFAULT 0;

DROP INDEX image_waiting;
CREATE INDEX image_waiting ON image (workspace, priority DESC, created_at, position, id)
    WHERE status = 'pending' AND kind = 'generation' AND dispatched_at IS NULL;

-- Whose turn it was: a narrow row each, for it is written at every reservation.
CREATE TABLE served (
    workspace  uuid PRIMARY KEY REFERENCES workspace ON DELETE CASCADE,
    rounds     bigint NOT NULL,
    at         timestamptz NOT NULL
);
