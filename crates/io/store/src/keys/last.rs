//! The key that came last over a connection: callers send the same one again and again, and its digest is a quarter of what
//! there is to reckon of a small call.

use std::sync::Arc;

use aws_lc_rs::constant_time;
use domain::Secret;

use super::digest::{KeyDigest, KeyHasher};
use super::directory::KeyDirectory;
use super::entry::KeyEntry;

/// A key that was found, and its digest. It is wiped with its connection, whose buffers have it, too. That the key is still one
/// is looked up each time.
#[derive(Debug, Default)]
pub struct LastKey(Option<(Secret, KeyDigest)>);

impl LastKey {
    /// The key that a caller sent.
    pub fn look_up(
        &mut self,
        sent: &str,
        directory: &KeyDirectory,
        hasher: &KeyHasher,
    ) -> Option<Arc<KeyEntry>> {
        if let Some((last, digest)) = &self.0
            && is_same(last, sent)
            && let Some(found) = directory.find(digest)
        {
            return Some(found);
        }
        let found = directory.look_up(sent, hasher)?;
        self.0 = Some((Secret::new(sent.to_owned()), found.digest));
        Some(found)
    }
}

/// In constant time: callers may share a connection, as behind a proxy, and one's guess must not learn of another's key.
fn is_same(last: &Secret, sent: &str) -> bool {
    constant_time::verify_slices_are_equal(last.expose().as_bytes(), sent.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use domain::{KeyId, Timestamp};

    use super::LastKey;
    use crate::keys::contract::{CallerKey, KeyState};
    use crate::keys::digest::KeyHasher;
    use crate::keys::directory::Loading;
    use crate::keys::suite::example;
    use crate::tenancy::Reach;

    const NOW: Timestamp = Timestamp(1_795_219_300_000);

    #[test]
    fn each_key_is_found_by_itself_whatever_came_before() {
        let (hasher, directory) = (KeyHasher::new(&[1; 32]), Loading::new().finish());
        let id_of = |number: u8| KeyId::new(NOW, number.into());
        let key = |number: u8, text: &str| CallerKey {
            id: id_of(number),
            digest: hasher.digest(text),
            ..example(number)
        };
        directory.insert_all(&[key(1, "bw_one"), key(2, "bw_two")]);
        let mut last = LastKey::default();
        let mut look_up = |sent: &str| {
            last.look_up(sent, &directory, &hasher).map(|entry| (entry.id.clone(), entry.state(NOW)))
        };
        let is = |number, state| Some((id_of(number), state));
        for _ in 0..2 {
            assert_eq!(look_up("bw_one"), is(1, KeyState::Active));
            assert_eq!(look_up("bw_one"), is(1, KeyState::Active));
            assert_eq!(look_up("bw_on"), None);
            assert_eq!(look_up("bw_two"), is(2, KeyState::Active));
            assert_eq!(look_up("bw_ond"), None);
        }
        directory.revoke(&id_of(1), &Reach::All);
        directory.revoke(&id_of(2), &Reach::All);
        for _ in 0..2 {
            assert_eq!(look_up("bw_two"), is(2, KeyState::Revoked), "the one that is remembered, too");
            assert_eq!(look_up("bw_one"), is(1, KeyState::Revoked));
        }
    }
}
