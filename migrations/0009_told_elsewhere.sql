-- What a tab in front has shown: no browser of the same person has its system tell it once more, however late it hears.
CREATE TABLE shown (
    account  uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    -- `image:attempt`, as devices know an outcome, or `credits:` and the beginning of a stop.
    outcome  text NOT NULL CHECK (outcome <> ''),
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, outcome)
);
CREATE INDEX shown_at ON shown (at);

-- When the provider's reason became what it is, so that one stop is told from the next.
ALTER TABLE provider_state ADD COLUMN since timestamptz;
UPDATE provider_state SET since = updated_at WHERE reason IS NOT NULL;
