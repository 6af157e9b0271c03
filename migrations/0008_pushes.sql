-- Told where one does not look: devices, what each person wants to be told of, and the pushes that are to be sent.

-- A browser that agreed to be told. Who signs out there is told nothing there any more.
CREATE TABLE push_subscription (
    id           uuid PRIMARY KEY,
    account      uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    -- None where it was added with an API key.
    session      uuid REFERENCES session ON DELETE CASCADE,
    endpoint     text NOT NULL UNIQUE,
    p256dh       text NOT NULL,
    auth         text NOT NULL,
    name         text NOT NULL CHECK (name <> ''),
    language     text NOT NULL CHECK (language IN ('en', 'fr')),
    "off"        text[] NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    pushed_at    timestamptz,
    trouble      text CHECK (trouble IN ('refused', 'unreachable')),
    -- Its push service asked for, or its trouble advises, nothing before then.
    rests_until  timestamptz
);
CREATE INDEX push_subscription_account ON push_subscription (account);
CREATE INDEX push_subscription_session ON push_subscription (session) WHERE session IS NOT NULL;

-- Whoever has no row wants what everybody wants who never chose.
CREATE TABLE notice_choice (
    account   uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    kinds     text[] NOT NULL
);

CREATE TABLE muted_project (
    account   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    project   uuid NOT NULL REFERENCES project ON DELETE CASCADE,
    PRIMARY KEY (account, project)
);
CREATE INDEX muted_project_project ON muted_project (project);

-- The outbox: written in the transaction of the outcome, so that no outcome is forgotten, and one makes one row a device.
CREATE TABLE push (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subscription  uuid NOT NULL REFERENCES push_subscription ON DELETE CASCADE,
    kind          text NOT NULL CHECK (kind IN ('ready', 'failed', 'batch', 'credits_low', 'test')),
    project       uuid REFERENCES project ON DELETE CASCADE,
    image         uuid REFERENCES image ON DELETE CASCADE,
    attempt       integer,
    batch         uuid,
    ended_at      timestamptz NOT NULL,
    wake_at       timestamptz,
    deadline_at   timestamptz NOT NULL,
    tries         integer NOT NULL DEFAULT 0,
    sent_at       timestamptz,
    CONSTRAINT push_says_of_what CHECK (CASE
        WHEN kind IN ('ready', 'failed') THEN project IS NOT NULL AND image IS NOT NULL AND attempt IS NOT NULL
        WHEN kind = 'batch' THEN project IS NOT NULL AND batch IS NOT NULL
        ELSE project IS NULL AND image IS NULL AND batch IS NULL END),
    -- No push is ever stuck: what is not sent has its time. A batch alone may sleep until its next picture ends.
    CONSTRAINT push_waits_or_is_sent CHECK (CASE
        WHEN kind = 'batch' THEN sent_at IS NULL OR wake_at IS NULL
        ELSE (sent_at IS NULL) = (wake_at IS NOT NULL) END)
);
CREATE UNIQUE INDEX push_outcome ON push (subscription, image, ended_at) WHERE kind IN ('ready', 'failed');
CREATE UNIQUE INDEX push_batch ON push (subscription, batch) WHERE kind = 'batch';
CREATE UNIQUE INDEX push_occasion ON push (subscription, kind) WHERE kind IN ('credits_low', 'test');
CREATE INDEX push_due ON push (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX push_image ON push (image) WHERE image IS NOT NULL;
CREATE INDEX push_project ON push (project) WHERE project IS NOT NULL;
CREATE INDEX push_of_batch ON push (batch) WHERE kind = 'batch' AND sent_at IS NULL;

-- What ended of somebody's own, last first; and the pictures of one request.
CREATE INDEX image_outcomes ON image (author, finished_at DESC)
    WHERE kind = 'generation' AND trashed_at IS NULL AND status IN ('completed', 'failed');
CREATE INDEX image_batch ON image (batch) WHERE kind = 'generation' AND batch IS NOT NULL;
