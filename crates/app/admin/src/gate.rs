//! Who may come in: whoever sends the admin key as a bearer token, and nobody else. Roles are not known here yet.

use aws_lc_rs::digest::{SHA256, digest};
use domain::{Kind, Secret};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;

use crate::refusal::Refusal;

/// Holds the digest only: comparing digests hides the length of the key too.
pub(crate) struct Gate {
    admin_key: [u8; 32],
}

impl Gate {
    pub(crate) fn new(admin_key: &Secret) -> Self {
        Self { admin_key: sha256(admin_key.expose()) }
    }

    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        // Two of them: which one counts would be a matter of taste, so none does.
        let (Some(value), None) = (sent.next(), sent.next()) else { return Err(Self::missing()) };
        let key = value.to_str().ok().and_then(bearer).ok_or_else(Self::missing)?;
        if bool::from(sha256(key).ct_eq(&self.admin_key)) {
            return Ok(());
        }
        Err(Refusal::of(
            Kind::Unauthenticated,
            "this is not the admin key; a key made for callers opens nothing here",
        ))
    }

    fn missing() -> Refusal {
        let message = "send the admin key as one header `Authorization: Bearer <key>`; \
                       it is the one given by BELLWETHER_ADMIN_KEY, else in admin.key in the data directory";
        Refusal::of(Kind::Unauthenticated, message)
    }
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
    use domain::Secret;
    use http::HeaderMap;
    use http::header::AUTHORIZATION;

    use super::Gate;

    #[test]
    fn only_one_bearer_token_with_the_admin_key_comes_in() {
        let gate = Gate::new(&Secret::new("bwadm_0123456789".to_owned()));
        let check = |values: &[&str], expected: bool| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            assert_eq!(gate.admit(&headers).is_ok(), expected, "{values:?}");
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
        check(&["Bearer bwadm_0123456789", "Bearer bwadm_0123456789"], false);
    }
}
