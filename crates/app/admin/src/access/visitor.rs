//! Whoever a handler serves. Only the wrapping of a route makes one, so that no handler runs without having been asked what
//! it needs.

use axum::extract::FromRequestParts;
use domain::{Kind, Timestamp};
use http::request::Parts;
use serde::Deserialize;
use store::{Asker, Deed, Reach, Who};

use super::actor::Actor;
use super::needs::{Needs, admit};
use super::permission::Permission;
use crate::refusal::{Refusal, given_request_id};

/// Who asks, and how far his hand reaches on this route. What lies beyond is unknown to him.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) actor: Actor,
    pub(crate) reach: Reach,
    request_id: Option<String>,
}

/// What can be said about a change, for the audit.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// Why.
    pub(crate) reason: Option<String>,
    /// By whom: the operator's key may be in several hands.
    pub(crate) by: Option<String>,
}

impl Visitor {
    pub(crate) fn new(actor: Actor, reach: Reach, headers: &http::HeaderMap) -> Self {
        Self { actor, reach, request_id: given_request_id(headers) }
    }

    /// What he does now, of his own accord.
    pub(crate) fn deed(&self, now: Timestamp) -> Deed {
        self.deed_said(now, Said::default())
    }

    /// What he does now, and what he says about it.
    pub(crate) fn deed_said(&self, now: Timestamp, said: Said) -> Deed {
        let reason = said.reason.unwrap_or_default().trim().to_owned();
        Deed { who: self.clone().who(said.by), user: self.actor.user().cloned(), at: now, reason }
    }

    /// Whether he is somebody with a role, and not the operator.
    pub(crate) fn is_user(&self) -> bool {
        self.actor.user().is_some()
    }

    /// The same as far as he has this permission, too.
    pub(crate) fn who_may(self, permission: Permission) -> Result<Self, Refusal> {
        Ok(Self { reach: admit(Needs::To(permission), &self.actor)?, ..self })
    }

    /// Who asks, as the desks take him.
    pub(crate) fn asker(self) -> Asker {
        let reach = self.reach.clone();
        Asker { who: self.who(None), reach }
    }

    /// For the audit. The operator's key may be in several hands, so he may say who he is; a user is who he is.
    pub(crate) fn who(self, by: Option<String>) -> Who {
        let (actor, by) = match self.actor {
            Actor::Operator(proof) => (proof, by),
            Actor::User(user) => ("user token", Some(format!("{} ({})", user.user.email, user.user.id))),
        };
        Who { actor, by, request_id: self.request_id }
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let missing = || Refusal::of(Kind::Internal, "nobody asked who is asking; this is a bug of ours");
        parts.extensions.get().cloned().ok_or_else(missing)
    }
}
