-- What poll times are learned from.

ALTER TABLE attempt
    -- When the first callback came, if one did.
    ADD COLUMN called_back_at  timestamptz,
    -- Seconds from acceptance to the end, as well as they are known: a callback tells them, a poll only bounds them.
    ADD COLUMN took            double precision CHECK (took >= 0);

UPDATE attempt SET took = greatest(0, extract(epoch FROM finished_at - accepted_at)) WHERE outcome = 'generated';
