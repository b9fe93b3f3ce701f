//! Limits as they are shown: what they say, and what is left.

use serde_json::{Value, json};
use store::LimitEntry;

use crate::parts::AdminParts;

pub(super) fn limit_json(parts: &AdminParts, entry: &LimitEntry) -> Value {
    json!({
        "number": entry.number,
        "scope": entry.scope.kind(),
        "id": entry.scope.id(),
        "organisation": entry.organisation.as_str(),
        "set_by": if entry.is_operators { "operator" } else { "organisation" },
        "sort": entry.says.sort(),
        "limits": entry.says.json(),
        "now": (parts.limit_view.rooms)(entry),
        "created_at": entry.created_at.rfc3339(),
    })
}
