//! Who may come in: whoever sends as a bearer token the admin key, or a token of a user. A caller's key opens nothing here.
//! What they may do then is not known here.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use domain::{Kind, Secret, Timestamp};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use store::{TokenRefusal, USER_TOKEN_PREFIX, UserDirectory};
use subtle::ConstantTimeEq;

use crate::access::Actor;
use crate::refusal::Refusal;

/// Holds digests only: comparing digests hides the length of the key too.
pub(crate) struct Gate {
    admin_key: [u8; 32],
    /// What the audit says of whoever has it.
    operator: &'static str,
    users: Arc<UserDirectory>,
}

impl Gate {
    pub(crate) fn new(admin_key: &Secret, operator: &'static str, users: Arc<UserDirectory>) -> Self {
        Self { admin_key: sha256(admin_key.expose()), operator, users }
    }

    pub(crate) fn admit(&self, headers: &HeaderMap, now: Timestamp) -> Result<Actor, Refusal> {
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        // Two of them: which one counts would be a matter of taste, so none does.
        let (Some(value), None) = (sent.next(), sent.next()) else { return Err(Self::missing()) };
        let key = value.to_str().ok().and_then(bearer).ok_or_else(Self::missing)?;
        // An admin key that was chosen may begin like a token: it is compared first.
        if bool::from(sha256(key).ct_eq(&self.admin_key)) {
            return Ok(Actor::Operator(self.operator));
        }
        if key.starts_with(USER_TOKEN_PREFIX) {
            let found = self.users.find(key, now).map_err(|why| refused(&why))?;
            return Ok(Actor::User(Box::new(found)));
        }
        Err(Refusal::of(
            Kind::Unauthenticated,
            "this is not the admin key, nor a user's token; a key made for callers opens nothing here",
        ))
    }

    fn missing() -> Refusal {
        let message = "send the admin key, or a user's token, as one header `Authorization: Bearer <key>`; the admin key \
                       is the one given by BELLWETHER_ADMIN_KEY, else in admin.key in the data directory";
        Refusal::of(Kind::Unauthenticated, message)
    }
}

/// Each reason has its own code: a program may make itself a new token, and must not try a suspended user's again.
fn refused(why: &TokenRefusal) -> Refusal {
    let code = match why {
        TokenRefusal::Unknown => return Refusal::of(Kind::Unauthenticated, why.to_string()),
        TokenRefusal::Expired { .. } => "token_expired",
        TokenRefusal::Revoked { .. } => "token_revoked",
        TokenRefusal::Suspended { .. } => "user_suspended",
    };
    Refusal::of(Kind::Unauthenticated, why.to_string()).with_code(code)
}

/// The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn sha256(text: &str) -> [u8; 32] {
    digest(&SHA256, text.as_bytes()).as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{Secret, Timestamp};
    use http::HeaderMap;
    use http::header::AUTHORIZATION;
    use store::{KeyHasher, UserDirectory};

    use super::{Actor, Gate};

    #[test]
    fn only_one_bearer_token_with_the_admin_key_comes_in() {
        let nobody = Arc::new(UserDirectory::new(KeyHasher::new(&[1; 32])));
        let gate = Gate::new(&Secret::new("bwadm_0123456789".to_owned()), "admin key", nobody);
        let check = |values: &[&str], expected: bool| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            let admitted = gate.admit(&headers, Timestamp(0));
            assert_eq!(
                admitted.is_ok_and(|actor| actor == Actor::Operator("admin key")),
                expected,
                "{values:?}"
            );
        };
        check(&["Bearer bwadm_0123456789"], true);
        check(&["bearer  bwadm_0123456789"], true);
        check(&[], false);
        check(&["Bearer"], false);
        check(&["Bearer "], false);
        check(&["bwadm_0123456789"], false);
        check(&["Basic bwadm_0123456789"], false);
        check(&["Bearer bwadm_012345678"], false);
        check(&["Bearer bwadm_01234567890"], false);
        check(&["Bearer bwu_0123456789"], false);
        check(&["Bearer bwadm_0123456789", "Bearer bwadm_0123456789"], false);
    }
}
