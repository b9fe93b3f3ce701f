//! What keys and requests are known by: digests, so that neither the memory nor a file has the words.

use aws_lc_rs::digest::{Context, SHA256};
use domain::{IdempotencyKey, OrganisationId, ProjectId, RequestDigest};

/// A key of a project: no two projects have one in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyName(pub(super) [u8; 32]);

impl KeyName {
    /// Of whose key it is, and the key.
    pub fn of(organisation: &OrganisationId, project: &ProjectId, key: &IdempotencyKey) -> Self {
        Self(digest_of(&[
            organisation.as_str().as_bytes(),
            project.as_str().as_bytes(),
            key.as_str().as_bytes(),
        ]))
    }
}

/// SHA-256 of a body, taken while it arrives.
#[derive(Clone)]
pub struct BodyDigest(Context);

impl Default for BodyDigest {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl BodyDigest {
    /// Takes the next piece.
    pub fn feed(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Of all pieces.
    pub fn finish(self) -> [u8; 32] {
        self.0.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
    }
}

impl std::fmt::Debug for BodyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BodyDigest(…)")
    }
}

/// What is asked, by its method, its path and the digest of its body.
pub fn request_digest(method: &str, path: &str, body: &[u8; 32]) -> RequestDigest {
    RequestDigest(digest_of(&[method.as_bytes(), path.as_bytes(), body]))
}

/// Each part behind its length: what is shifted from one to the next is another thing.
fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::{BodyDigest, KeyName, request_digest};
    use domain::{IdempotencyKey, OrganisationId, ProjectId};

    fn name(organisation: &str, project: &str, key: &str) -> KeyName {
        let key = IdempotencyKey::parse(key.as_bytes()).unwrap();
        let organisation = OrganisationId::parse(&format!("org_{organisation}")).unwrap();
        let project = ProjectId::parse(&format!("proj_{project}")).unwrap();
        KeyName::of(&organisation, &project, &key)
    }

    #[test]
    fn keys_of_two_projects_and_requests_that_differ_anywhere_are_apart() {
        assert_eq!(name("o", "p", "k"), name("o", "p", "k"));
        for other in [name("o", "p", "l"), name("o", "q", "k"), name("q", "p", "k"), name("oproj", "p", "k")]
        {
            assert_ne!(name("o", "p", "k"), other);
        }
        let body = |text: &[u8]| {
            let mut digest = BodyDigest::default();
            text.chunks(3).for_each(|piece| digest.feed(piece));
            digest.finish()
        };
        let request = |method, path, text| request_digest(method, path, &body(text)).0;
        assert_eq!(request("POST", "/a", b"hello"), request("POST", "/a", b"hello"));
        for other in
            [request("PUT", "/a", b"hello"), request("POST", "/b", b"hello"), request("POST", "/a", b"hallo")]
        {
            assert_ne!(request("POST", "/a", b"hello"), other);
        }
    }
}
