-- Limits that business logic sets over OpenADR follow its events.
ALTER TABLE somel.capacity_limit
ADD COLUMN openadr_event_id text CHECK (openadr_event_id IS NULL OR source = 'openadr');
COMMENT ON COLUMN somel.capacity_limit.openadr_event_id IS 'OpenADR event that it follows, kept when that is deleted; null for others';
CREATE INDEX capacity_limit_openadr_idx ON somel.capacity_limit (openadr_event_id)
WHERE openadr_event_id IS NOT NULL AND withdrawn_at IS NULL;
