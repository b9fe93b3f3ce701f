//! Seals on thinking: what a node issues with it, and finds again unchanged or refuses. They depend on what they seal
//! only, so a node remembers every one without keeping any. Not for secrets.

use crate::base64;
use crate::seed::Generator;

/// What begins every seal once it is decoded.
const MARK: &[u8] = b"sim1";
/// Bytes of each of the three parts behind it.
const PART_BYTES: usize = 8;

/// What a seal is bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound<'a> {
    /// Kind of what is sealed: a seal of one kind is none of another.
    pub(crate) kind: &'a str,
    pub(crate) account: &'a str,
    /// A hash of all that was said before, 0 where it does not matter.
    pub(crate) prefix: u64,
}

/// Why a seal is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Nobody issued this for this text.
    Forged,
    OtherAccount,
    OtherPrefix,
}

/// The seal of a text.
pub(crate) fn seal(text: &str, bound: Bound<'_>) -> String {
    let account = hash(&[bound.account.as_bytes()]);
    let mut bytes = MARK.to_vec();
    bytes.extend(account.to_be_bytes());
    bytes.extend(bound.prefix.to_be_bytes());
    bytes.extend(tag(text, bound.kind, account, bound.prefix).to_be_bytes());
    base64::encode(&bytes)
}

/// Whether this is the seal of that text.
pub(crate) fn check(seal: &str, text: &str, bound: Bound<'_>) -> Result<(), Broken> {
    let bytes = base64::decode(seal).ok_or(Broken::Forged)?;
    let parts = bytes.strip_prefix(MARK).filter(|parts| parts.len() == 3 * PART_BYTES);
    let parts = parts.ok_or(Broken::Forged)?;
    let part = |index: usize| {
        let mut number = [0; PART_BYTES];
        number.copy_from_slice(&parts[index * PART_BYTES..(index + 1) * PART_BYTES]);
        u64::from_be_bytes(number)
    };
    let (account, prefix) = (part(0), part(1));
    if tag(text, bound.kind, account, prefix) != part(2) {
        Err(Broken::Forged)
    } else if account != hash(&[bound.account.as_bytes()]) {
        Err(Broken::OtherAccount)
    } else if bound.prefix != 0 && prefix != 0 && prefix != bound.prefix {
        Err(Broken::OtherPrefix)
    } else {
        Ok(())
    }
}

/// A number that stands for some texts in their order.
pub(crate) fn hash(texts: &[&[u8]]) -> u64 {
    let mut all = Vec::with_capacity(texts.iter().map(|text| text.len() + 1).sum());
    for text in texts {
        all.extend_from_slice(text);
        all.push(0xff);
    }
    Generator::for_text(&all).next_u64()
}

fn tag(text: &str, kind: &str, account: u64, prefix: u64) -> u64 {
    hash(&[b"seal", kind.as_bytes(), &account.to_be_bytes(), &prefix.to_be_bytes(), text.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::{Bound, Broken, check, seal};

    const BOUND: Bound<'_> = Bound { kind: "thinking", account: "eu", prefix: 7 };

    #[test]
    fn a_seal_is_known_again() {
        let issued = seal("hm", BOUND);
        assert_eq!(issued, seal("hm", BOUND));
        assert_eq!(check(&issued, "hm", BOUND), Ok(()));
        assert_eq!(check(&issued, "hm", Bound { prefix: 0, ..BOUND }), Ok(()));
    }

    #[test]
    fn what_was_changed_is_noticed() {
        let issued = seal("hm", BOUND);
        let check = |seal: &str, text, bound, expected| assert_eq!(check(seal, text, bound), Err(expected));
        check(&issued, "hmm", BOUND, Broken::Forged);
        check(&issued, "hm", Bound { kind: "other", ..BOUND }, Broken::Forged);
        check(&issued, "hm", Bound { account: "us", ..BOUND }, Broken::OtherAccount);
        check(&issued, "hm", Bound { prefix: 8, ..BOUND }, Broken::OtherPrefix);
        check(&issued[4..], "hm", BOUND, Broken::Forged);
        check(&issued.replace('A', "B"), "hm", Bound { account: "é", ..BOUND }, Broken::Forged);
        check("", "hm", BOUND, Broken::Forged);
    }
}
