-- A device belongs to the credential that it was added with, and goes with it: a session, or from now on an API key.
ALTER TABLE push_subscription ADD COLUMN api_key uuid REFERENCES api_key ON DELETE CASCADE;
CREATE INDEX push_subscription_api_key ON push_subscription (api_key) WHERE api_key IS NOT NULL;

-- Of those that were added with a key nobody knows with which one: no revocation would ever reach them.
DELETE FROM push_subscription WHERE session IS NULL;

ALTER TABLE push_subscription ADD CONSTRAINT push_subscription_has_one_owner CHECK (num_nonnulls(session, api_key) <= 1);
