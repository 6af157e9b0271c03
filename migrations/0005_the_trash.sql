-- The trash: looking into it, and emptying it; many pictures in one download; a likeness that is there before its picture.

-- At most 28 bytes in base64. Pictures stored before have none.
ALTER TABLE image ADD COLUMN thumbhash text CHECK (length(thumbhash) <= 40);

CREATE INDEX image_trash ON image (workspace, trashed_at DESC, position, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX image_trashed_longest ON image (trashed_at) WHERE trashed_at IS NOT NULL;

-- What a link to a download names; the link itself is signed, and kept nowhere.
CREATE TABLE archive (
    id          uuid PRIMARY KEY,
    workspace   uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    images      uuid[] NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX archive_expired ON archive (expires_at);
