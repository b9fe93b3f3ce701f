//! Envelopes: a provider's seal in the hands of a caller who speaks another dialect. The caller sees one opaque text and gives
//! it back; only the house that wrote it can open it, for the same tenant, and use it at the same provider and model.

use crate::base64url;
use crate::canonical::{Feature, Flaw, Losses, Part, Prompt, Seal, SealForm};
use crate::json::Item;
use crate::json::writer::object;

/// How every envelope begins. No provider's own seal does.
pub const PREFIX: &str = "gw1.";
/// Longest envelope; a longer seal is not carried.
pub const ENVELOPE_BYTES_MAX: usize = 64 << 10;
/// What of a mark is kept: 128 bits.
const MARK_BYTES: usize = 16;

/// Where a seal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provenance<'a> {
    /// Whose conversation it is.
    pub tenant: &'a str,
    /// Configured id of the provider.
    pub provider: &'a str,
    /// The provider's own name of the model.
    pub model: &'a str,
}

/// Puts a seal into an envelope. `mark` signs a text. `None` if it would be too long.
pub fn close(seal: &Seal, from: Provenance<'_>, mark: impl FnOnce(&str) -> [u8; 32]) -> Option<String> {
    let letter = object(|letter| {
        letter.text("p", from.provider);
        letter.text("m", from.model);
        letter.text("t", from.tenant);
        letter.text("f", name(seal.form));
        letter.text("b", &seal.blob);
    });
    let letter = base64url::encode(letter.as_bytes());
    let mark = base64url::encode(&mark(&letter)[..MARK_BYTES]);
    let envelope = format!("{PREFIX}{letter}.{mark}");
    (envelope.len() <= ENVELOPE_BYTES_MAX).then_some(envelope)
}

/// The seal within an envelope, if it is ours and was written there.
pub fn open(envelope: &str, to: Provenance<'_>, mark: impl FnOnce(&str) -> [u8; 32]) -> Option<Seal> {
    if envelope.len() > ENVELOPE_BYTES_MAX {
        return None;
    }
    let (letter, marked) = envelope.strip_prefix(PREFIX)?.rsplit_once('.')?;
    let (marked, right) = (base64url::decode(marked)?, mark(letter));
    let differs = marked.iter().zip(&right).fold(0, |differs, (left, right)| differs | (left ^ right));
    if marked.len() != MARK_BYTES || differs != 0 {
        return None;
    }
    let letter = base64url::decode(letter)?;
    let mut fields = Item::of_body(&letter).ok()?.fields().ok()?;
    let mut text = |name| fields.string(name).ok()?;
    let is_for = |found: Option<&str>, wanted: &str| found == Some(wanted);
    let is_ours = is_for(text("p").as_deref(), to.provider)
        && is_for(text("m").as_deref(), to.model)
        && is_for(text("t").as_deref(), to.tenant);
    let form = form(text("f")?.as_ref())?;
    let blob = text("b")?.into_owned();
    is_ours.then_some(Seal { form, blob })
}

/// Opens the envelopes of a conversation for a target that takes seals in these forms, and takes away every seal that is not
/// its own: all of them or none, for what is left out between others fails at the provider, too.
pub fn settle(
    prompt: &mut Prompt,
    takes: impl Fn(SealForm) -> bool,
    to: Provenance<'_>,
    mark: impl Fn(&str) -> [u8; 32],
    losses: &mut Losses,
) -> Result<(), Flaw> {
    let mut are_all_kept = true;
    for seal in seals(prompt) {
        let kept = match seal.as_ref() {
            Some(found) if found.blob.starts_with(PREFIX) => open(&found.blob, to, &mark),
            found => found.cloned(),
        };
        *seal = kept.filter(|seal| takes(seal.form));
        are_all_kept &= seal.is_some();
    }
    if !are_all_kept {
        losses.lose(Feature::SealedThought, "")?;
        seals(prompt).for_each(|seal| *seal = None);
    }
    Ok(())
}

/// The seals of a conversation, where there are any.
fn seals(prompt: &mut Prompt) -> impl Iterator<Item = &mut Option<Seal>> {
    prompt.turns.iter_mut().flat_map(|turn| &mut turn.parts).filter_map(|part| match part {
        Part::Thought(thought) if thought.seal.is_some() => Some(&mut thought.seal),
        _ => None,
    })
}

const NAMES: &[(SealForm, &str)] = &[
    (SealForm::Signature, "signature"),
    (SealForm::Redacted, "redacted"),
    (SealForm::Encrypted, "encrypted"),
    (SealForm::Detail, "detail"),
];

fn name(form: SealForm) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == form).map_or("", |(_, name)| name)
}

fn form(name: &str) -> Option<SealForm> {
    NAMES.iter().find(|(_, known)| *known == name).map(|(form, _)| *form)
}

#[cfg(test)]
mod tests {
    use super::{Provenance, close, open, settle};
    use crate::canonical::{Losses, Part, Prompt, Seal, SealForm, Speaker, Thought};

    const HERE: Provenance<'_> = Provenance { tenant: "t1", provider: "acme", model: "m-1" };

    fn mark(text: &str) -> [u8; 32] {
        let sum = text.bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        [sum; 32]
    }

    fn seal(blob: &str) -> Seal {
        Seal { form: SealForm::Signature, blob: blob.to_owned() }
    }

    #[test]
    fn only_the_same_tenant_provider_and_model_open_it() {
        let envelope = close(&seal("blob=="), HERE, mark).unwrap();
        assert_eq!(open(&envelope, HERE, mark), Some(seal("blob==")));
        for other in [
            Provenance { tenant: "t2", ..HERE },
            Provenance { provider: "other", ..HERE },
            Provenance { model: "m-2", ..HERE },
        ] {
            assert_eq!(open(&envelope, other, mark), None, "{other:?}");
        }
        for place in 0..envelope.len() {
            let mut forged = envelope.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(std::str::from_utf8(&forged).unwrap(), HERE, mark), None, "forged at {place}");
        }
        assert_eq!(close(&seal(&"x".repeat(64 << 10)), HERE, mark), None);
    }

    #[test]
    fn all_seals_stay_or_none() {
        let settled = |blobs: &[String]| {
            let thought =
                |blob: &String| Part::Thought(Thought { seal: Some(seal(blob)), ..Thought::default() });
            let mut prompt = Prompt::default();
            prompt.say(Speaker::Model, None, blobs.iter().map(thought));
            let mut losses = Losses::default();
            settle(&mut prompt, |form| form == SealForm::Signature, HERE, mark, &mut losses).unwrap();
            let kept: Vec<Option<Seal>> = prompt.turns[0]
                .parts
                .iter()
                .map(|part| match part {
                    Part::Thought(thought) => thought.seal.clone(),
                    _ => None,
                })
                .collect();
            (kept, losses.warnings())
        };
        let ours = close(&seal("a"), HERE, mark).unwrap();
        let other = close(&seal("b"), Provenance { provider: "other", ..HERE }, mark).unwrap();
        assert_eq!(settled(&[ours.clone(), "own".to_owned()]).0, [Some(seal("a")), Some(seal("own"))]);
        let (kept, warnings) = settled(&[ours, other]);
        assert_eq!((kept, warnings), (vec![None, None], vec!["signed_reasoning_dropped"]));
    }
}
