//! `GET /admin/v1/me`: who asks, and what he is where.

use axum::Json;
use serde_json::{Value, json};

use crate::access::{Actor, Visitor};

pub(crate) async fn show(visitor: Visitor) -> Json<Value> {
    Json(match visitor.actor {
        Actor::Operator(_) => json!({ "is_operator": true, "user": null, "token": null, "roles": [] }),
        Actor::User(user) => {
            let roles = user.seats.iter().map(|seat| {
                json!({
                    "organisation": seat.organisation.as_str(),
                    "role": seat.role.name(),
                    "is_suspended": seat.is_suspended,
                })
            });
            json!({
                "is_operator": false,
                "user": { "id": user.user.id.as_str(), "email": user.user.email, "name": user.user.name },
                "token": user.token.as_str(),
                "roles": roles.collect::<Vec<_>>(),
            })
        }
    })
}
