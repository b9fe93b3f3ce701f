//! The written form of a voucher's code: letters and digits that are not taken for others, in groups.

use crate::random::random;

/// Without I, L, O and U: thirty-two of them, so that each stands for five bits.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What it begins with.
const LEAD: &str = "BWV";
/// A hundred bits.
const CHARS: usize = 20;
const GROUP: usize = 5;

/// A new code.
pub(super) fn new_code() -> String {
    let entropy: [u8; CHARS] = random();
    let mut code = LEAD.to_owned();
    for (at, byte) in entropy.iter().enumerate() {
        if at % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    code
}

/// A code as it was meant: people leave dashes out, write small letters, and O for 0. `None` if it cannot be one.
pub(super) fn meant(written: &str) -> Option<String> {
    if written.len() > 4 * CHARS {
        return None;
    }
    let bare: String = written
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    let body = bare.strip_prefix(LEAD)?;
    let is_fit = body.len() == CHARS && body.bytes().all(|byte| ALPHABET.contains(&byte));
    is_fit.then_some(bare)
}

/// The last group, by which people tell codes apart.
pub(super) fn hint(code: &str) -> String {
    let last = code.rsplit('-').next().unwrap_or_default();
    format!("{LEAD}-…-{last}")
}

#[cfg(test)]
mod tests {
    use super::{hint, meant, new_code};

    #[test]
    fn a_code_is_found_however_it_is_written() {
        let code = new_code();
        assert_eq!(code.len(), 3 + 20 + 4, "{code}");
        let bare = meant(&code).unwrap();
        for written in [code.to_lowercase(), code.replace('-', " "), format!("  {} ", code.replace('-', ""))]
        {
            assert_eq!(meant(&written), Some(bare.clone()), "{written}");
        }
        assert_eq!(meant("bwv-oil00-00000-00000-00000").as_deref(), Some("BWV01100000000000000000"));
        assert_eq!(hint(&code).chars().count(), 11, "{}", hint(&code));
        assert_ne!(new_code(), code);
    }

    #[test]
    fn what_is_no_code_is_none() {
        let long = "B".repeat(1000);
        for text in [
            "",
            "BWV",
            "BWV-00000-00000-00000-0000U",
            "BWX-00000-00000-00000-00000",
            "BWV-00000-00000-00000-000000",
            &long,
            "é",
        ] {
            assert_eq!(meant(text), None, "{text}");
        }
    }
}
