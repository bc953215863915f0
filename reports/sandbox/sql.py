"""The statements of the sandbox's database, in SQLite's SQL."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS about (origin TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pipelines (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, color TEXT NOT NULL,
    position INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS stages (
    id INTEGER PRIMARY KEY, pipeline_id INTEGER NOT NULL REFERENCES pipelines, name TEXT NOT NULL, color TEXT NOT NULL,
    position INTEGER NOT NULL, chatwoot_status TEXT CHECK (chatwoot_status IN ('open', 'resolved', 'pending')),
    UNIQUE (pipeline_id, name)
);
CREATE TABLE IF NOT EXISTS agents (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, avatar_url TEXT
);
CREATE TABLE IF NOT EXISTS deals (
    id INTEGER PRIMARY KEY, deal_id TEXT NOT NULL UNIQUE,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines, name TEXT NOT NULL, company TEXT,
    agent_id INTEGER REFERENCES agents, stage_id INTEGER NOT NULL REFERENCES stages,
    status TEXT NOT NULL CHECK (status IN ('open', 'won', 'lost')),
    value INTEGER, currency TEXT,
    created_at TEXT NOT NULL, closed_at TEXT CHECK ((closed_at IS NULL) = (status = 'open')),
    created_on TEXT GENERATED ALWAYS AS (substr(created_at, 1, 10)),
    closed_on TEXT GENERATED ALWAYS AS (substr(closed_at, 1, 10))
);
CREATE INDEX IF NOT EXISTS deals_created ON deals (pipeline_id, created_on);
CREATE INDEX IF NOT EXISTS deals_closed ON deals (pipeline_id, closed_on) WHERE closed_on IS NOT NULL;
CREATE INDEX IF NOT EXISTS deals_stage ON deals (stage_id);
"""

# Values are summed in two parts, since 9,300 deals of 10^12 in thousandths are more than 64 bits hold.
FIGURES = """
WITH events (key, created, won, lost, value_created, value_won) AS (
    SELECT CASE :by WHEN 'day' THEN created_on WHEN 'agent' THEN agent_id WHEN 'stage' THEN stage_id END,
           1, 0, 0, value, NULL
    FROM deals
    WHERE pipeline_id = :pipeline AND created_on BETWEEN :since AND :until AND (:agent IS NULL OR agent_id = :agent)
    UNION ALL
    SELECT CASE :by WHEN 'day' THEN closed_on WHEN 'agent' THEN agent_id WHEN 'stage' THEN stage_id END,
           0, status = 'won', status = 'lost', NULL, CASE status WHEN 'won' THEN value END
    FROM deals
    WHERE pipeline_id = :pipeline AND closed_on BETWEEN :since AND :until AND (:agent IS NULL OR agent_id = :agent)
)
SELECT key, SUM(created), SUM(won), SUM(lost),
       SUM(value_created / :split), SUM(value_created % :split), SUM(value_won / :split), SUM(value_won % :split)
FROM events GROUP BY key
"""

TOTALS = """
SELECT COUNT(*), SUM(value / :split), SUM(value % :split),
       SUM(status = 'won'), SUM(CASE status WHEN 'won' THEN value END / :split),
       SUM(CASE status WHEN 'won' THEN value END % :split), SUM(status = 'lost')
FROM deals WHERE pipeline_id = :pipeline
"""

PIPELINES = """
SELECT *, (SELECT COUNT(*) FROM stages WHERE pipeline_id = pipelines.id) FROM pipelines ORDER BY position, id
"""

STAGES = """
SELECT *, (SELECT COUNT(*) FROM deals WHERE stage_id = stages.id) FROM stages
WHERE pipeline_id = :pipeline ORDER BY position, id
"""

AGENTS = "SELECT id, name, email, avatar_url FROM agents ORDER BY id"

# A company is known by its name alone; its first deal lends it an id that stays the same in every answer.
CARDS = """
WITH placed AS (
    SELECT deals.*, stages.position AS stage_position,
           ROW_NUMBER() OVER (PARTITION BY stage_id ORDER BY created_at, deals.id) AS place
    FROM deals JOIN stages ON stages.id = stage_id
    WHERE deals.pipeline_id = :pipeline
), companies AS (
    SELECT company AS called, MIN(id) AS company_id FROM deals GROUP BY company
)
SELECT placed.id, deal_id, pipeline_id, placed.name, company, agent_id, stage_id, status, value, currency,
       created_at, closed_at, place, company_id,
       agents.id, agents.name, email, avatar_url
FROM placed LEFT JOIN agents ON agents.id = agent_id LEFT JOIN companies ON called = company
WHERE (:status IS NULL OR status = :status) AND (:stage IS NULL OR stage_id = :stage)
ORDER BY stage_position, stage_id, place
"""

PUT_PIPELINE = """
INSERT INTO pipelines (id, name, description, color, position, created_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, color = excluded.color,
    position = excluded.position, created_at = excluded.created_at
"""

PUT_STAGE = """
INSERT INTO stages (id, pipeline_id, name, color, position, chatwoot_status) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, color = excluded.color, position = excluded.position,
    chatwoot_status = excluded.chatwoot_status
"""

PUT_AGENT = """
INSERT INTO agents (id, name, email, avatar_url) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, avatar_url = excluded.avatar_url
"""

PUT_DEAL = """
REPLACE INTO deals (id, deal_id, pipeline_id, name, company, agent_id, stage_id, status, value, currency,
    created_at, closed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

# Many a CRM leaves a lost deal in the stage it was lost in: only a stage that holds nothing else is an end.
ARRANGE = """
WITH ends AS (
    SELECT stages.id, stages.pipeline_id, CASE
        WHEN COUNT(deals.id) = 0 THEN chatwoot_status = 'resolved'
        WHEN MIN(status) = 'won' AND MAX(status) = 'won' THEN 1
        WHEN MIN(status) = 'lost' AND MAX(status) = 'lost' THEN 2
        ELSE 0 END AS kind
    FROM stages LEFT JOIN deals ON stage_id = stages.id GROUP BY stages.id
), places AS (
    SELECT id, kind, ROW_NUMBER() OVER (PARTITION BY pipeline_id ORDER BY kind, id) AS place FROM ends
)
UPDATE stages SET position = place, chatwoot_status = CASE kind WHEN 0 THEN 'open' ELSE 'resolved' END
FROM places WHERE places.id = stages.id
"""

DATE_PIPELINES = """
UPDATE pipelines SET created_at = first
FROM (SELECT pipeline_id, MIN(created_at) AS first FROM deals GROUP BY pipeline_id) AS firsts
WHERE firsts.pipeline_id = pipelines.id
"""
