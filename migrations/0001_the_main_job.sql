-- The main job: people, their projects, their pictures, and the stream that tells of them.
-- Conditions of server/core/lifecycle.py are repeated here as CHECKs: a row that breaks them cannot be written.

CREATE TABLE account (
    id          uuid PRIMARY KEY,
    email       text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX account_email ON account (lower(email));

-- Only hashes of secrets are kept: whoever reads the database cannot sign in with what they find.
CREATE TABLE sign_in_link (
    token_hash  bytea PRIMARY KEY,
    account     uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);

CREATE TABLE session (
    id          uuid PRIMARY KEY,
    token_hash  bytea NOT NULL UNIQUE,
    account     uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);

CREATE TABLE api_key (
    id            uuid PRIMARY KEY,
    token_hash    bytea NOT NULL UNIQUE,
    account       uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    name          text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_used_at  timestamptz
);

CREATE TABLE workspace (
    id          uuid PRIMARY KEY,
    name        text NOT NULL,
    paused      boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- One narrow row each: its lock makes the order of sequence numbers the order of commits.
CREATE TABLE stream (
    workspace   uuid PRIMARY KEY REFERENCES workspace ON DELETE CASCADE,
    epoch       uuid NOT NULL DEFAULT gen_random_uuid(),
    seq         bigint NOT NULL DEFAULT 0
);

CREATE TABLE membership (
    account     uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    workspace   uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    role        text NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, workspace)
);

CREATE TABLE project (
    id          uuid PRIMARY KEY,
    workspace   uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    name        text NOT NULL CHECK (name <> ''),
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    trashed_at  timestamptz
);
CREATE INDEX project_workspace ON project (workspace, created_at, id);

CREATE TABLE image (
    id                   uuid PRIMARY KEY,
    workspace            uuid NOT NULL REFERENCES workspace ON DELETE CASCADE,
    project              uuid NOT NULL REFERENCES project,
    author               uuid REFERENCES account ON DELETE SET NULL,
    kind                 text NOT NULL CHECK (kind IN ('upload', 'generation')),
    status               text NOT NULL CHECK (status IN ('pending', 'submitting', 'processing', 'saving', 'completed', 'failed', 'canceled', 'unknown')),
    version              integer NOT NULL DEFAULT 1,
    created_at           timestamptz NOT NULL DEFAULT now(),
    phase_started_at     timestamptz NOT NULL DEFAULT now(),
    finished_at          timestamptz,
    wake_at              timestamptz,
    deadline_at          timestamptz,
    dispatched_at        timestamptz,
    batch                uuid,
    position             integer NOT NULL DEFAULT 0,
    name                 text NOT NULL DEFAULT '',
    prompt               text NOT NULL DEFAULT '',
    model                text,
    options              jsonb NOT NULL DEFAULT '{}',
    estimate             jsonb,
    attempt              integer NOT NULL DEFAULT 0,
    tries                integer NOT NULL DEFAULT 0,
    misses               integer NOT NULL DEFAULT 0,
    task_seen            boolean NOT NULL DEFAULT false,
    favorite             boolean NOT NULL DEFAULT false,
    width                integer,
    height               integer,
    sha256               text,
    renditions           jsonb NOT NULL DEFAULT '{}',
    error                jsonb,
    cancel_requested_at  timestamptz,
    trashed_at           timestamptz,
    metadata             jsonb NOT NULL DEFAULT '{}',
    -- No image is ever stuck: what is unfinished will be looked at, and will end.
    CONSTRAINT image_unfinished_is_watched CHECK (
        (status IN ('completed', 'failed', 'canceled')) = (wake_at IS NULL AND deadline_at IS NULL)
        AND (wake_at IS NULL) = (deadline_at IS NULL)),
    CONSTRAINT image_finished_at CHECK ((status IN ('completed', 'failed', 'canceled')) = (finished_at IS NOT NULL)),
    CONSTRAINT image_upload_stays_here CHECK (kind = 'generation' OR status NOT IN ('submitting', 'processing', 'unknown')),
    CONSTRAINT image_generation_has_model CHECK (kind = 'upload' OR (model IS NOT NULL AND prompt <> '')),
    CONSTRAINT image_completed_is_stored CHECK (status <> 'completed' OR (renditions ? 'original' AND sha256 IS NOT NULL AND width > 0 AND height > 0)),
    CONSTRAINT image_failed_says_why CHECK (status <> 'failed' OR error IS NOT NULL),
    CONSTRAINT image_processing_has_task CHECK (status <> 'processing' OR metadata ? 'nanobanana_task_id'),
    CONSTRAINT image_at_provider_has_attempt CHECK (status NOT IN ('submitting', 'processing', 'unknown') OR attempt > 0)
);
CREATE INDEX image_metadata ON image USING gin (metadata jsonb_path_ops);
CREATE INDEX image_page ON image (project, created_at DESC, position, id) WHERE trashed_at IS NULL;
CREATE INDEX image_overdue ON image (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX image_waiting ON image (workspace, created_at, position) WHERE status = 'pending' AND kind = 'generation';
CREATE INDEX image_in_flight ON image (workspace) WHERE dispatched_at IS NOT NULL;
CREATE INDEX image_sha256 ON image (workspace, sha256);

CREATE TABLE image_input (
    image       uuid NOT NULL REFERENCES image ON DELETE CASCADE,
    position    integer NOT NULL,
    input       uuid NOT NULL,
    PRIMARY KEY (image, position)
);
CREATE INDEX image_input_input ON image_input (input);

-- One row per paid try. No foreign key to image: attempts outlive their images.
CREATE TABLE attempt (
    id                 uuid PRIMARY KEY,
    image              uuid NOT NULL,
    workspace          uuid NOT NULL,
    number             integer NOT NULL CHECK (number > 0),
    nonce_hash         bytea NOT NULL UNIQUE,
    model              text NOT NULL,
    resolution         text NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    task_id            text,
    candidate_task_id  text,
    result_url         text,
    submitted_at       timestamptz,
    accepted_at        timestamptz,
    finished_at        timestamptz,
    settled_at         timestamptz,
    wake_at            timestamptz,
    outcome            text,
    UNIQUE (image, number)
);
CREATE INDEX attempt_task ON attempt (task_id);
CREATE INDEX attempt_overdue ON attempt (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX attempt_times ON attempt (model, resolution, finished_at DESC) WHERE outcome = 'generated';

-- What was, or may have been, spent. Outlives the image and the attempt.
CREATE TABLE ledger (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace   uuid NOT NULL,
    image       uuid NOT NULL,
    attempt     uuid NOT NULL UNIQUE,
    model       text NOT NULL,
    resolution  text NOT NULL,
    amount_usd  numeric(10, 4) NOT NULL,
    at          timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE event (
    workspace   uuid NOT NULL,
    seq         bigint NOT NULL,
    kind        text NOT NULL,
    payload     jsonb NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, seq)
);
CREATE INDEX event_at ON event (at);

CREATE TABLE idempotency (
    account       uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    key           text NOT NULL,
    request_hash  bytea NOT NULL,
    response      jsonb,
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, key)
);
CREATE INDEX idempotency_at ON idempotency (at);

-- One row: what all workers know of the provider together, whatever becomes of Redis.
CREATE TABLE provider_state (
    id            boolean PRIMARY KEY DEFAULT true CHECK (id),
    paused_until  timestamptz,
    reason        text,
    failures      integer NOT NULL DEFAULT 0,
    credits       double precision,
    updated_at    timestamptz NOT NULL DEFAULT now()
);
INSERT INTO provider_state DEFAULT VALUES;

-- Rate limits while Redis is away. Unlogged: losing it after a crash forgives ten seconds.
CREATE UNLOGGED TABLE rate_limit (
    key      text PRIMARY KEY,
    arrival  double precision NOT NULL
);
