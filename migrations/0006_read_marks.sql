-- Read and unread: up to when each person has seen each project's pictures.

CREATE TABLE read_mark (
    account   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    project   uuid NOT NULL REFERENCES project ON DELETE CASCADE,
    seen_at   timestamptz NOT NULL,
    PRIMARY KEY (account, project)
);
CREATE INDEX read_mark_project ON read_mark (project);

-- What ended in a project since a time.
CREATE INDEX image_ended ON image (project, finished_at)
    WHERE kind = 'generation' AND trashed_at IS NULL AND status IN ('completed', 'failed');

-- Nobody's old pictures become new by this.
INSERT INTO read_mark (account, project, seen_at)
SELECT membership.account, project.id, now() FROM membership JOIN project ON project.workspace = membership.workspace;
