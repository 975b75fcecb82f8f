-- Endpoints that are deleted and can't be restored any more are looked for each time that one is made.
CREATE INDEX endpoint_deleted ON endpoint (deleted_at) WHERE deleted_at IS NOT NULL;
