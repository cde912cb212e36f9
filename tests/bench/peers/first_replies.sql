-- The question in SQL, for DuckDB. Its variables are the file of events, and the instants between which
-- replies count.
WITH events AS (
  SELECT type, time, ticket, team
  FROM read_json(getvariable('file'), format = 'newline_delimited', columns = {
    type: 'VARCHAR', time: 'TIMESTAMPTZ', ticket: 'VARCHAR', team: 'VARCHAR'
  })
),
created AS (
  SELECT ticket, min(time) AS time, min(team) AS team
  FROM events WHERE type = 'ticket.created' GROUP BY ticket
),
replied AS (
  SELECT ticket, min(time) AS time
  FROM events WHERE type = 'ticket.agent_replied' GROUP BY ticket
),
waits AS (
  SELECT team, epoch_ms(replied.time) - epoch_ms(created.time) AS wait
  FROM created JOIN replied USING (ticket)
  WHERE replied.time >= getvariable('from')::TIMESTAMPTZ
    AND replied.time < getvariable('to')::TIMESTAMPTZ
)
SELECT
  team,
  count(*),
  count(*) FILTER (wait <= 4 * 3600000),
  quantile_disc(wait, 0.5),
  quantile_disc(wait, 0.9)
FROM waits GROUP BY team ORDER BY team;
