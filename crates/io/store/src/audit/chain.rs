//! What holds the rows of the audit together: a hash over each row and the one before it, and marks that only who has the
//! master key can make. Knows no database.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use serde_json::json;

use super::contract::AuditEntry;
use super::hash::Hash;
use crate::hex::hex;
use crate::keys::KeyHasher;

/// The first word of what is hashed; another way of hashing would have another.
const FORM: &str = "bellwether audit 1";
/// What the key of the marks is derived for.
const PURPOSE: &str = "bellwether audit chain v1";

/// Makes and checks marks.
#[derive(Clone)]
pub(crate) struct ChainKey(hmac::Key);

/// Where the chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Of the newest row; 0 without any.
    pub(crate) number: i64,
    pub(crate) hash: Hash,
    /// Up to here rows are from before there was a chain.
    pub(crate) older_until: i64,
}

impl ChainKey {
    pub(crate) fn new(hasher: &KeyHasher) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &hasher.derived(PURPOSE)))
    }

    /// The mark of a row of this number and hash.
    pub(crate) fn of_row(&self, number: i64, hash: &Hash) -> Hash {
        self.sign(&[b"row".as_slice(), &number.to_be_bytes(), hash])
    }

    /// The mark of the chain's end.
    pub(crate) fn of_head(&self, head: &Head) -> Hash {
        let (number, older_until) = (head.number.to_be_bytes(), head.older_until.to_be_bytes());
        self.sign(&[b"head", &number, &head.hash, &older_until])
    }

    fn sign(&self, parts: &[&[u8]]) -> Hash {
        let tag = hmac::sign(&self.0, &parts.concat());
        tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
    }
}

impl std::fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainKey(…)")
    }
}

/// The hash of a row that follows on one with the hash `before`: SHA-256 over the text of [`canonical`].
pub(crate) fn hash(entry: &AuditEntry, before: &Hash) -> Hash {
    let hash = digest(&SHA256, canonical(entry, before).as_bytes());
    hash.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// What is hashed of a row, as docs/operations/audit.md has it: a JSON list without spaces, which any language writes alike.
fn canonical(entry: &AuditEntry, before: &Hash) -> String {
    json!([
        FORM,
        entry.number,
        entry.at.unix_ms(),
        entry.actor,
        entry.by,
        entry.action,
        entry.subject,
        entry.organisation,
        entry.before,
        entry.after,
        entry.reason,
        entry.request_id,
        hex(before),
    ])
    .to_string()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{ChainKey, Head, canonical, hash, hex};
    use crate::audit::AuditEntry;
    use crate::audit::hash::BEGINNING;
    use crate::keys::KeyHasher;

    fn entry() -> AuditEntry {
        AuditEntry {
            number: 1,
            at: Timestamp(1_795_219_200_000),
            actor: "admin key".to_owned(),
            by: Some("ada".to_owned()),
            action: "provider.disable".to_owned(),
            subject: "openai".to_owned(),
            organisation: None,
            before: "[]".to_owned(),
            after: "[{\"a\":1}]".to_owned(),
            reason: "quoted \" and\ttab, é".to_owned(),
            request_id: None,
            hash: String::new(),
        }
    }

    /// Auditors compute it themselves: it never changes. The hash was computed apart, by another language.
    #[test]
    fn what_is_hashed_never_changes() {
        let zeros = "0".repeat(64);
        let expected = format!(
            r#"["bellwether audit 1",1,1795219200000,"admin key","ada","provider.disable","openai",null,"[]","[{{\"a\":1}}]","quoted \" and\ttab, é",null,"{zeros}"]"#
        );
        assert_eq!(canonical(&entry(), &BEGINNING), expected);
        assert_eq!(
            hex(&hash(&entry(), &BEGINNING)),
            "2ad1a82abeafc78085b3508270614bf1e573c2480da77fa805ecb35c1ded11a9"
        );
    }

    #[test]
    fn marks_hang_on_the_key_and_on_every_part() {
        let [one, other] = [1, 2].map(|seed| ChainKey::new(&KeyHasher::new(&[seed; 32])));
        let mark = one.of_row(1, &BEGINNING);
        assert_ne!(mark, other.of_row(1, &BEGINNING));
        assert_ne!(mark, one.of_row(2, &BEGINNING));
        assert_ne!(mark, one.of_row(1, &[1; 32]));
        let head = Head { number: 1, hash: BEGINNING, older_until: 0 };
        let mark = one.of_head(&head);
        for changed in
            [Head { number: 2, ..head }, Head { hash: [1; 32], ..head }, Head { older_until: 1, ..head }]
        {
            assert_ne!(one.of_head(&changed), mark);
        }
    }
}
