-- Batteries, heat pumps and cars that give back are told what to draw, and not just how much at most.
ALTER TABLE somel.command ADD COLUMN is_followed boolean NOT NULL DEFAULT FALSE;
COMMENT ON COLUMN somel.command.is_followed IS 'Whether it draws what its setpoints say, below 0 gives it back; else it draws at most that';
COMMENT ON COLUMN somel.command.dispatch_setpoint_w IS 'Power in each step: what it draws if is_followed, else the highest [W]';

-- Gateways of specification 1.1 say in their events how stores stand.
GRANT INSERT, UPDATE ON somel.resource_state TO somel_ingest;
