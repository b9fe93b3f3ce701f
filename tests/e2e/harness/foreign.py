"""What other gateways leave behind: configurations and databases, with everything that cannot be carried."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

#: Whatever must never be printed begins so.
SECRET = "must-not-leak"
TOKEN = "tokenKey" + "A" * 40

LITELLM = """\
model_list:
  - model_name: fast
    litellm_params:
      model: openai/gpt-4o-mini
      api_base: {first}
      api_key: {key}
      rpm: 60
  - model_name: smart
    litellm_params:
      model: openai/gpt-4o
      api_base: os.environ/SECOND_BASE
      api_key: os.environ/SECOND_KEY
  - model_name: nova
    litellm_params:
      model: bedrock/amazon.nova-pro-v1:0
      aws_secret_access_key: must-not-leak-aws
router_settings:
  routing_strategy: latency-based-routing
  fallbacks: [{{ fast: [smart] }}]
  redis_password: must-not-leak-redis
litellm_settings:
  success_callback: [langfuse]
general_settings:
  master_key: sk-must-not-leak-master
  database_url: postgresql://me:must-not-leak-database@db/litellm
environment_variables:
  SECOND_KEY: {key}
"""

LAYOUT = """
CREATE TABLE channels (id integer PRIMARY KEY, type integer, "key" text, status integer, name text, weight integer,
  base_url text, models text, "group" varchar(64), model_mapping text, priority bigint, setting text,
  param_override text, channel_info json);
CREATE TABLE users (id integer PRIMARY KEY, username text, password text, display_name text, role integer,
  status integer, email text, quota integer, used_quota integer, "group" varchar(64), deleted_at timestamp);
CREATE TABLE tokens (id integer PRIMARY KEY, user_id integer, "key" varchar(128), status integer, name text,
  created_time bigint, expired_time bigint, remain_quota integer, unlimited_quota boolean,
  model_limits_enabled boolean, model_limits text, used_quota integer, "group" text, deleted_at timestamp);
CREATE TABLE options ("key" varchar(64) PRIMARY KEY, value text);
CREATE TABLE redemptions (id integer, "key" text);
"""


def new_api_rows(first: str, second: str, key: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a gateway with two channels for one model, and one that cannot be carried."""

    def channel(number: int, name: str, kind: int, url: str | None, **columns: Any) -> dict[str, Any]:
        usual = {"status": 1, "weight": 0, "group": "default", "priority": 0, "setting": "", "param_override": ""}
        return {"id": number, "type": kind, "name": name, "base_url": url, "key": key, **usual, **columns}

    first, second = first.removesuffix("/v1"), second.removesuffix("/v1")
    mapping = json.dumps({"fast": "gpt-4o-mini"})
    return {
        "channels": [
            channel(1, "backup", 1, second, models="fast", model_mapping=mapping),
            channel(2, "main", 1, first, models="fast,gpt-4o", model_mapping=mapping, priority=10, group="default,vip",
                    param_override='{"api": "must-not-leak-override"}'),
            channel(3, "vertex", 41, None, models="gemini-2.5-pro", key='{"private_key": "must-not-leak-vertex"}'),
        ],
        "users": [
            {"id": 1, "username": "root", "password": "must-not-leak-hash", "display_name": "", "role": 100,
             "status": 1, "email": "", "quota": 123456789, "used_quota": 1, "group": "default"},
        ],
        "tokens": [
            {"id": 1, "user_id": 1, "key": TOKEN, "status": 1, "name": "app", "created_time": 1700000000,
             "expired_time": -1, "remain_quota": 500000, "unlimited_quota": False, "model_limits_enabled": True,
             "model_limits": "fast", "used_quota": 0, "group": ""},
        ],
        "options": [
            {"key": "QuotaPerUnit", "value": "500000"}, {"key": "ModelRatio", "value": '{"gpt-4o": 1.25}'},
            {"key": "SMTPToken", "value": "must-not-leak-smtp"},
        ],
        "redemptions": [{"id": 1, "key": "must-not-leak-voucher"}],
    }  # fmt: skip


def statements(rows: dict[str, list[dict[str, Any]]]) -> str:
    """The layout and the rows as SQL that SQLite and PostgreSQL both take."""

    def value(text: Any) -> str:
        if text is None or isinstance(text, (bool, int)):
            return "NULL" if text is None else str(text).lower()
        return "'" + str(text).replace("'", "''") + "'"

    def insert(table: str, row: dict[str, Any]) -> str:
        names, values = ", ".join(map(json.dumps, row)), ", ".join(map(value, row.values()))
        return f"INSERT INTO {table} ({names}) VALUES ({values});"

    return LAYOUT + "\n".join(insert(table, row) for table, listed in rows.items() for row in listed)


def write_sqlite(path: Path, rows: dict[str, list[dict[str, Any]]]) -> Path:
    """The database file of such a gateway."""
    with sqlite3.connect(path) as database:
        # In one transaction: a hundred thousand rows are not a hundred thousand syncs.
        database.executescript(f"BEGIN;\n{statements(rows)}\nCOMMIT;")
    database.close()
    return path
