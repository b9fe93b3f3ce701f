//! The admin API, under `/admin/v1`: what operators ask of a running gateway, and users of what is their organisations'. No
//! caller's key opens it, and it knows nothing of callers' requests.
//!
//! | method and path | body | answer |
//! |---|---|---|
//! | `GET /health?provider=P&region=R&model=M&samples=true`, all optional | – | 200 and the gateway's own state, `calls`, `lines` and `targets`; the choice is of targets |
//! | `GET /stats` | – | 200 `{"uptime", "regions": {R: Figures}, "providers": {P: Figures}}` |
//! | `POST /reload` | – | 200 `{"changed": ["providers"], "needs_restart": []}`; 422 `invalid_config` with `problems` |
//! | `GET /config` | – | 200 what is in force: `file`, `version`, `since`, `problems` of the file as it stands, `effective` and `configured` as YAML without secrets |
//! | `GET /config/versions` | – | 200 `{"versions": [{"version", "taken_at", "reason", "file", "is_in_force"}]}`, the newest first |
//! | `GET /config/difference?from=3&to=file` | – | 200 `{"changes": [{"path", "before", "after"}]}`; a side is `in-force`, `file` or a number |
//! | `POST /config/revert` | `{"version": 3}`, number optional | 200 `{"from", "version", "changed", "needs_restart", "file_not_written"}`; 404 `config_version_not_found`; 409 `no_config_file` |
//! | `POST /explain` | `{"model": "smart", "stream": true}`, more optional | 200 who would be asked, who not, and why; 404 `model_not_found` |
//! | `POST /roi` | `{"tokens": "50M", "from": {"model", "price"}, "to": {"model"}}`, more optional | 200 what a change of models is worth |
//! | `GET /keys?after=key_…&limit=100`, also `project`, `organisation`, `tag`, `state` | – | 200 `{"keys": [Key], "next_after": "key_…" or null}` |
//! | `POST /keys` | `{"name": "mobile app", "project", "expires_in_seconds": 7776000, "models": ["smart"], "tags": {}, "requests_per_minute", "tokens_per_minute", "concurrent_requests"}`, all but the name optional; limits need the permission to set limits | 201 Key and `"key": "bw_…"`, shown this once; 404 `project_not_found`; 409 `too_many_limits` |
//! | `POST /keys/import` | `{"source", "dry_run", "skip_known", "keys": [{"row", "key" or "sha256", "settings": {}, "budget": {"period": "total", "limit": "5"}}]}`, budgets by the operator only | 201 `{"imported", "dry_run", "keys"}`, with `skip_known` also `known`: `[{"row", "id", "project", "state"}]`; 422 `import_refused` with `problems` |
//! | `GET /keys/{id}` | – | 200 Key; 404 `key_not_found` |
//! | `PATCH /keys/{id}` | as `POST /keys` without the project and limits | 200 Key; 404 `key_not_found`; 409 `key_already_revoked`, `key_name_taken` |
//! | `POST /keys/{id}/rotate` | `{"overlap_seconds": 86400, "expires_in_seconds"}`, both optional | 201 Key, its `"key"`, and `former`; 409 `key_already_rotated` |
//! | `DELETE /keys/{id}` | – | 200 Key, revoked; 404 `key_not_found`; 409 `key_already_revoked` |
//! | `GET /providers` | – | 200 `{"providers": [{"id", "state", "regions", "running", "switches": [Switch]}], "without_effect": [Switch]}` |
//! | `POST /providers/{id}/disable`, `…/drain`, `…/enable` | `{"reason": "…", "region", "model", "by"}`, all but the reason optional | 200 `{"provider", "region", "model", "state", "running", "before": [Switch], "after": [Switch], "audit"}`; 404 `provider_not_found`, `region_not_found`, `model_not_found`; 409 `not_switched_off` |
//! | `GET /cache` | – | 200 `{"is_on", "entries", "bytes", "bytes_max", "hits", "hits_that_waited", "misses", "refreshes", "bypasses", "stored", "saved_ms", "saved": {CURRENCY: amount}}`, counted since the start |
//! | `POST /cache/flush` | `{"model", "project", "reason", "by"}`, all optional | 200 `{"model", "project", "entries", "bytes", "audit"}`; 404 `project_not_found` |
//! | `POST /providers/check` | – | 200 `{"providers": [{"id", "state", "keys"}]}`, as `/health` has them, when all keys were tried again |
//! | `GET /prices` | – | 200 what is in force: `version` (0 for the catalogue's, with `is_draft`), `currency`, `unknown`, `text`, and `prices`, its rows |
//! | `PUT /prices` | `{"text": "…", "reason", "after": 3, "by"}`, all but the text optional | 200 the version and its `changes`; 422 `invalid_prices` with `problems`, `reason_needed`; 409 `prices_unchanged`, `prices_changed_meanwhile` |
//! | `GET /prices/versions?before=17&limit=100` | – | 200 `{"versions": [{"version", "taken_at", "by", "reason", "rows"}], "next_before"}`, the newest first |
//! | `GET /prices/{version}` | – | 200 `{"version", "text"}`; 404 `price_version_not_found` |
//! | `POST /prices/check` | `{"text": "…"}` | 200 `{"rows", "needs_reason", "changes": [Change]}`, nothing is kept; 422 as above |
//! | `GET /prices/difference?from=3&to=4` | – | 200 the same, between two versions |
//! | `GET /prices/draft` | – | 200 `{"draft", "made_at", "by", "source", "rows", "text", "comparison"}`; 404 `price_draft_not_found` |
//! | `POST /prices/draft` | `{"text": "…", "source": "…", "by"}` | 200 `{"draft", "comparison"}`; 422 as above |
//! | `DELETE /prices/draft` | – | 200 |
//! | `POST /prices/draft/approve` | `{"draft": 5, "reason", "after": 3, "by"}`, all optional | 200 as `PUT /prices`; 409 `draft_changed_meanwhile` |
//! | `POST /prices/rate` | `{"provider", "kind", "model", "usage": {"input": 1000}, "service", "at_ms", "organisation", "project", "key", "version"}` | 200 `{"list", "price", "parts": […], "row", "markup", …}` |
//! | `GET /accounts` | – | 200 `{"accounts": [Account]}` |
//! | `POST /accounts` | `{"organisation": "acme", "project", "currency": "USD", "credit": "0", "warn_below": "10"}`, all but the organisation optional | 201 Account; 409 `account_taken` |
//! | `GET /accounts/{number}` | – | 200 Account; 404 `account_not_found`. Instead of the number: an organisation's id or name, a project's id, `organisation/project` |
//! | `PATCH /accounts/{number}` | `{"credit": "0", "warn_below": "10", "reason", "by"}`, one of the first two needed | 200 Account |
//! | `POST /accounts/{number}/credit`, `…/debit` | `{"amount": "25.5", "reason": "…", "id", "may_overdraw", "by"}`, amount and reason needed | 200 Account; 402 `not_covered`; 409 `entry_repeated` |
//! | `GET /vouchers?before=17&limit=100` | – | 200 `{"vouchers": [Voucher], "next_before"}`, the newest first; never a code |
//! | `POST /vouchers` | `{"amount": "10", "count": 50, "currency", "expires_at": "2027-01-01", "credit_days": 30, "note", "reason", "by"}`, all but the amount optional | 201 `{"vouchers": [Voucher and "code", this once]}` |
//! | `POST /vouchers/redeem` | `{"code": "BWV-…", "account": "1", "reason", "by"}` | 200 `{"voucher", "account"}`; 400 `voucher_not_redeemable`, `other_currency` |
//! | `POST /vouchers/{number}/revoke` | `{"reason", "by"}`, both optional | 200 Voucher; 404 `voucher_not_found`; 409 `voucher_over` |
//! | `GET /orders?before=17&limit=100` | – | 200 `{"orders": [Order], "next_before"}`, the newest first |
//! | `POST /orders` | `{"account": "1", "amount": "100", "note", "reason", "by"}`, the first two needed | 201 Order |
//! | `POST /orders/{number}/confirm` | `{"reference": "…", "reason", "by"}` | 200 Order; 404 `order_not_found`; 409 `order_over`, `reference_taken`, `order_begun` |
//! | `POST /orders/{number}/cancel` | `{"reason", "by"}`, both optional | 200 Order; 409 `order_over` |
//! | `GET /ledger/entries?account=1&call_id=…&request_id=…&key=order:&from=…&to=…&after=…&limit=100`, all optional | – | 200 `{"entries": [Entry], "next_after"}`, the newest first |
//! | `GET /ledger/holds?account=1` | – | 200 `{"holds": [{"call_id", "amount", "progress", "opened_at"}]}`, the oldest first |
//! | `GET /ledger/statement?account=1&month=2026-11&format=csv` | – | 200 opening, `lines` by kind and closing of each currency, paid and gifts apart; or CSV |
//! | `POST /ledger/verify` | – | 202 `{"state": "running", "began_at"}`; 409 `verify_running` |
//! | `GET /ledger/verify?wait=20`, optional | – | 200 `{"state": "never", "running", "done" or "failed", "began_at", "ended_at", "report" or "why"}` |
//! | `GET /reports?from=2026-11-01&to=2026-12-01&tz=UTC&step=day&by=model,tag:team&format=csv`, also `date`, `model`, `provider`, `served`, `region`, `organisation`, `project`, `key`, `tag`, `status`, `error`, `service`, all optional | – | 200 `{"from", "to", "tz", "step", "by", "rows", "totals", "notes"}`: `notes` say what is missing; or CSV, with them in `x-bellwether-report-note` |
//! | `GET /reports/daily?date=2026-11-27&tz=UTC`, and what else chooses calls | – | 200 one day with its `providers`, and `notes` where something is missing, or `{"error": "No data for today"}` |
//! | `GET /reports/margin?from=2026-11-01&to=2026-12-01&format=csv`, and what else chooses calls | – | 200 `{"rows": [{"organisation", "model", "price", "cost", "margin", "warning", …}], "totals", "warnings", "notes"}`, dearest loss first; or CSV |
//! | `POST /whatif` | `{"map": ["gpt-4.1=deepseek-v3.2:40%"], "window": "30d", "prices": "…"}`, also `from`, `to`, `tz`, `organisation`, `project`, `key`, `tag`, `provider`; all but the map optional | 200 `{"models": [{"model", "old_cost", "new_cost", "saving", …}], "totals", "assumptions", "notes"}` |
//! | `GET /budgets?after=17&limit=100` | – | 200 `{"budgets": [Budget], "next_after": "117" or null}` |
//! | `POST /budgets` | `{"key" or "project" or "organisation", "period": "day", "limit": "50", "zone": "UTC", "warn_percent": 80, "is_hard": true, "reason", "by"}`, the first three needed | 201 Budget; 404 `key_not_found` and the like; 409 `budget_taken` |
//! | `PATCH /budgets/{number}` | `{"limit", "warn_percent", "is_hard", "reason", "by"}`, all optional | 200 Budget; 404 `budget_not_found` |
//! | `DELETE /budgets/{number}` | – | 200 Budget as it was; 404 `budget_not_found` |
//! | `GET /limits?after=17&limit=100` | – | 200 `{"limits": [Limits], "next_after": "117" or null}` |
//! | `GET /limits/plans` | – | 200 `{"plans": [{"name", "limits"}]}` |
//! | `POST /limits` | `{"key" or "project" or "organisation", "plan": "gold"}`, or in the plan's place `"requests_per_minute": 60` and other measures, `"burst_seconds", "on_limit": "refuse", "queue_wait_ms"`; `"reason", "by"` | 201 Limits, in the place of those of the same sort; 404 `key_not_found` and the like |
//! | `DELETE /limits/{number}` | – | 200 Limits as they were; 404 `limit_not_found` |
//! | `GET /alerts` | – | 200 `{"alerts": [Alert], "silences": [Silence], "channels": [{"name", "kind", "severity_min", "rules"}], "upstream_balances": [{"provider", "account", "left", "currency", "message"}]}` |
//! | `GET /alerts/deliveries?before=17&limit=100` | – | 200 `{"deliveries": [{"number", "channel", "title", "alerts", "state", "attempts", "made_at", "next_at", "ended_at", "error"}], "next_before"}`, the newest first |
//! | `POST /alerts/test` | `{"channel", "reason", "by"}`, all optional | 200 `{"channels": [{"channel", "kind", "is_delivered", "message"}]}`; 404 `channel_not_found` |
//! | `POST /alerts/silences` | `{"rule", "subject", "seconds": 7200, "reason": "…", "by"}`, seconds and reason needed | 201 Silence |
//! | `DELETE /alerts/silences/{number}` | – | 200 Silence, which is over; 404 `silence_not_found` |
//! | `GET /me` | – | 200 `{"is_operator", "user": {"id", "email", "name"} or null, "token", "roles": [{"organisation", "role", "is_suspended"}]}` |
//! | `GET /secrets` | – | 200 `{"secrets": [{"name", "hint", "version", "created_at", "changed_at", "used_by", "flaw"}]}`; never the secrets themselves |
//! | `PUT /secrets/{name}` | `{"value": "…", "reason", "by"}`, all but the value optional | 200 the secret without its value, `audit`, and what reading the configuration again did: `changed`, `needs_restart`, `problems` |
//! | `DELETE /secrets/{name}` | – | 200 `{"name", "audit"}`; 404 `secret_not_found`; 409 `secret_in_use` |
//! | `POST /secrets/rotate` | `{"reason", "by"}`, both optional | 200 `{"generation", "secrets", "config_versions", "left", "audit"}` |
//! | `GET /audit?before=17&limit=100&action=key.*`, also `subject`, `actor`, `organisation`, `from`, `to` | – | 200 `{"audit": [{"number", "at", "actor", "by", "action", "subject", "organisation", "before", "after", "reason", "request_id", "hash"}], "next_before"}`, the newest first |
//! | `GET /audit/verify?known=17:a5…`, optional | – | 200 `{"is_intact", "rows", "newest": "17:a5…", "fault": null or {"number", "flaw", "message"}}` |
//!
//! A Change of prices is `{"what", "field", "before", "after", "change_permille", "is_large"}`. Amounts are texts.
//!
//! A Switch is `{"provider", "region", "model", "position", "since", "by", "reason"}`: `position` is `off` or `draining`.
//!
//! Figures are `{"current_health", "avg_latency", "min_latency", "max_latency", "total_requests", "failover_count",
//! "success_rate"}` and more: latencies in milliseconds and the rate from 0 to 1 over the last hundred answers, null without any.
//!
//! An Account is `{"number", "organisation", "project", "currency", "balance", "available", "held", "credit", "warn_below", "is_low",
//! "created_at"}`; amounts are texts.
//!
//! A Voucher is `{"number", "code_hint", "state", "amount", "currency", "credit_days", "note", "created_at", "expires_at", "revoked_at",
//! "redeemed_at", "account"}`: `state` is `open`, `redeemed`, `revoked` or `expired`. An Order is `{"number", "account", "state", "amount",
//! "currency", "note", "reference", "created_at", "confirmed_at", "cancelled_at"}`: `state` is `open`, `confirmed` or `cancelled`.
//! A Budget is `{"number", "scope", "id", "organisation", "set_by", "period", "zone", "limit", "currency", "warn_percent", "is_hard",
//! "used", "held", "available", "is_warned", "begins_at", "ends_at", "created_at"}`: `scope` is `key`, `project` or `organisation`,
//! and what is `set_by` the `operator` is changed by nobody else.
//!
//! Limits are `{"number", "scope", "id", "organisation", "set_by", "sort", "limits", "now", "created_at"}`: `sort` is `hard`, `soft` or
//! `plan`, of each there is one for anybody by either who may set it; `now` is what is left by measures, null where no server runs.
//! An Alert is `{"rule", "subject", "severity", "state", "summary", "details", "since", "raised_at", "resolved_at", "told", "told_at",
//! "known_to", "is_silenced"}`: `state` is `pending`, `firing` or `resolved`, what was `told` of it last `nothing`, `raised` or
//! `resolved`, and `known_to` the channels that know that it is bad. A Silence is
//! `{"number", "rule", "subject", "until", "made_at", "by", "reason"}`, for all rules or subjects where they are null.
//!
//! A Key is `{"id", "name", "hint", "state", "organisation", "project", "created_at", "expires_at", "revoked_at"}`:
//! `state` is `active`, `expired` or `revoked`; times are RFC 3339 or null.
//!
//! Every request needs `Authorization: Bearer <admin key>`, or a user's token (`bwu_…`), before anything else is said about it.
//! What a user may is his role's (`access/permission.rs`), in his organisations; who may nowhere gets 403, and what is another
//! organisation's is unknown to him. Bodies are JSON, at most 64 KiB (with a price book 8 MiB; 1 MiB on the callers' port), and unknown
//! fields are refused. Every refusal has the
//! OpenAI error shape and names its request id.

mod access;
mod admin;
mod alert_channels;
mod amount_wish;
mod asked;
mod body;
mod budget_wish;
mod cache_desk;
mod callers;
mod config_desk;
mod gate;
mod key_wish;
mod limit_desk;
mod listen;
mod parts;
mod plan_wish;
mod provider_desk;
mod refusal;
mod reporting;
mod routes;
mod state_desk;
mod tenancy_refusal;
mod wanted;
mod whose;

pub use admin::{Admin, FromAddress};
pub use alert_channels::{AlertAsk, AlertChannels};
pub use body::{ADMIN_BODY_BYTES_MAX, ADMIN_IMPORT_BYTES_MAX, PRICES_BODY_BYTES_MAX};
pub use cache_desk::{CacheChoice, CacheDesk, CacheFlushed};
pub use callers::{Caller, VOUCHER_TRIES_PER_MINUTE};
pub use config_desk::{
    ChangeView, ConfigAsk, ConfigDesk, ConfigRefusal, ConfigSide, ConfigView, ReloadReport, Reply,
    RevertReport, VersionView,
};
pub use key_wish::{BadWish, ForeignWish, ImportWish, KeyWish};
pub use limit_desk::LimitView;
pub use parts::AdminParts;
pub use provider_desk::{CheckAnswer, ProviderDesk, ProviderWish, SwitchAnswer, SwitchRefusal, SwitchReport};
pub use reporting::{
    REPORT_DAYS_SPAN_DAYS, REPORT_HOURS_SPAN_DAYS, REPORT_MINUTES_SPAN_HOURS, ReportRules, margin_csv,
    report_csv, report_notes,
};
pub use state_desk::{StateDesk, TargetChoice};
