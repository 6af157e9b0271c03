-- What stops all submits until somebody acts, what was spent, what the provider's balance says of it, and a cap a day.

ALTER TABLE provider_state
    -- The operator's own pause, beside whatever the provider refuses.
    ADD COLUMN held             boolean NOT NULL DEFAULT false,
    -- Nothing goes ahead before the balance was asked for and told well.
    ADD COLUMN stopped          boolean NOT NULL DEFAULT false,
    ADD COLUMN asks             integer NOT NULL DEFAULT 0,
    ADD COLUMN refused_credits  double precision,
    ADD COLUMN credits_at       timestamptz,
    -- Not before then is the balance asked for; whoever asks has moved it on.
    ADD COLUMN watch_at         timestamptz,
    ADD CONSTRAINT provider_stopped_says_why CHECK (NOT stopped OR reason IS NOT NULL);

-- The price that was promised when the attempt was opened; of older ones it was not kept.
ALTER TABLE attempt ADD COLUMN price_usd numeric(10, 4) CHECK (price_usd >= 0);

ALTER TABLE workspace ADD COLUMN daily_cap_usd numeric(10, 4) CHECK (daily_cap_usd >= 0);

CREATE INDEX ledger_page ON ledger (workspace, id DESC);
CREATE INDEX ledger_spent ON ledger (workspace, at) INCLUDE (amount_usd);
CREATE INDEX image_unfinished ON image (workspace) WHERE finished_at IS NULL AND kind = 'generation';

-- Every reading of the provider's balance, beside what the ledger held then. The last two columns run on: by how much
-- the balance has fallen since readings began, top-ups aside, and what the ledger grew by meanwhile.
CREATE TABLE balance (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT now(),
    credits     double precision NOT NULL,
    ledger_usd  numeric(14, 4) NOT NULL,
    -- Ledger rows up to this one are certainly in the sum.
    ledger_id   bigint NOT NULL,
    fallen      double precision,
    grown_usd   numeric(14, 4)
);
