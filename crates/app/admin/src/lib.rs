//! The admin API, under `/admin/v1`: what an operator asks of a running gateway. No caller's key opens it, and it knows
//! nothing of callers' requests.
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
//! | `GET /keys?after=key_…&limit=100` | – | 200 `{"keys": [Key], "next_after": "key_…" or null}` |
//! | `POST /keys` | `{"name": "mobile app", "expires_in_seconds": 7776000, "models": ["smart"]}`, all but the name optional | 201 Key and `"key": "bw_…"`, shown this once |
//! | `DELETE /keys/{id}` | – | 200 Key, revoked; 404 `key_not_found`; 409 `key_already_revoked` |
//! | `GET /providers` | – | 200 `{"providers": [{"id", "state", "regions", "running", "switches": [Switch]}], "without_effect": [Switch]}` |
//! | `POST /providers/{id}/disable`, `…/drain`, `…/enable` | `{"reason": "…", "region", "model", "by"}`, all but the reason optional | 200 `{"provider", "region", "model", "state", "running", "before": [Switch], "after": [Switch], "audit"}`; 404 `provider_not_found`, `region_not_found`, `model_not_found`; 409 `not_switched_off` |
//! | `POST /providers/check` | – | 200 `{"providers": [{"id", "state", "keys"}]}`, as `/health` has them, when all keys were tried again |
//! | `GET /audit?before=17&limit=100` | – | 200 `{"audit": [{"number", "at", "actor", "by", "action", "subject", "before", "after", "reason", "request_id"}], "next_before"}`, the newest first |
//!
//! A Switch is `{"provider", "region", "model", "position", "since", "by", "reason"}`: `position` is `off` or `draining`.
//!
//! Figures are `{"current_health", "avg_latency", "min_latency", "max_latency", "total_requests", "failover_count",
//! "success_rate"}` and more: latencies in milliseconds and the rate from 0 to 1 over the last hundred answers, null without any.
//!
//! A Key is `{"id", "name", "hint", "state", "organisation", "project", "created_at", "expires_at", "revoked_at"}`:
//! `state` is `active`, `expired` or `revoked`; times are RFC 3339 or null.
//!
//! Every request needs `Authorization: Bearer <admin key>`, before anything else is said about it. Bodies are JSON, at
//! most 64 KiB, and unknown fields are refused. Every refusal has the OpenAI error shape and names its request id.

mod admin;
mod body;
mod config_desk;
mod gate;
mod listen;
mod parts;
mod provider_desk;
mod refusal;
mod routes;
mod state_desk;

pub use admin::Admin;
pub use body::ADMIN_BODY_BYTES_MAX;
pub use config_desk::{
    ChangeView, ConfigAsk, ConfigDesk, ConfigRefusal, ConfigSide, ConfigView, ReloadReport, Reply,
    RevertReport, VersionView,
};
pub use parts::AdminParts;
pub use provider_desk::{CheckAnswer, ProviderDesk, ProviderWish, SwitchAnswer, SwitchRefusal, SwitchReport};
pub use state_desk::{StateDesk, TargetChoice};
