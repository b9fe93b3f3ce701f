//! What a user sent and a model cannot look at: refused before anybody is asked. Nothing of a user's may be dropped.

use super::abilities::Abilities;
use super::flaw::Flaw;
use super::loss::{Feature, Losses};
use super::part::{Media, MediaKind, Part};
use super::prompt::Prompt;

/// Refuses images, recordings and documents that a model does not take, by the place of the first.
pub fn refuse_unseen(prompt: &Prompt, abilities: &Abilities, losses: &mut Losses) -> Result<(), Flaw> {
    let parts = prompt.turns.iter().flat_map(|turn| &turn.parts);
    let all = parts.flat_map(|part| match part {
        Part::Outcome(outcome) => outcome.parts.as_slice(),
        part => std::slice::from_ref(part),
    });
    for part in all {
        if let Part::Media(media) = part {
            refuse(media, abilities, losses)?;
        }
    }
    Ok(())
}

fn refuse(media: &Media, abilities: &Abilities, losses: &mut Losses) -> Result<(), Flaw> {
    let (feature, what, is_taken) = match media.kind {
        MediaKind::Image => (Feature::Image, "an image", abilities.takes_images),
        MediaKind::Audio => (Feature::Audio, "a recording", abilities.takes_audio),
        MediaKind::Document => (Feature::Document, "a document", abilities.takes_documents),
        // The catalogue says nothing of films: whoever writes the request knows his dialect.
        MediaKind::Video => return Ok(()),
    };
    if is_taken {
        return Ok(());
    }
    losses.lose_saying(feature, &media.path, &format!("{what}, which the model does not take,"))
}

#[cfg(test)]
mod tests {
    use super::refuse_unseen;
    use crate::canonical::{Abilities, Losses, Media, MediaKind, Outcome, Part, Prompt, Source, Speaker};

    fn prompt(kind: MediaKind, is_of_tool: bool) -> Prompt {
        let media = Part::Media(Media {
            kind,
            source: Source::Url("https://example.com/x".to_owned()),
            name: None,
            detail: None,
            mark: None,
            path: "messages[0].content[1]".to_owned(),
        });
        let part = if is_of_tool {
            let (call_id, parts) = ("c".to_owned(), vec![media]);
            Part::Outcome(Outcome { call_id, parts, is_error: false, is_custom: false, mark: None })
        } else {
            media
        };
        let mut prompt = Prompt::default();
        prompt.say(Speaker::User, None, [part]);
        prompt
    }

    #[test]
    fn what_the_model_cannot_see_is_refused_by_its_place() {
        let blind = Abilities {
            takes_images: false,
            takes_audio: false,
            takes_documents: false,
            ..Abilities::default()
        };
        for kind in [MediaKind::Image, MediaKind::Audio, MediaKind::Document] {
            for is_of_tool in [false, true] {
                let prompt = prompt(kind, is_of_tool);
                let flaw = refuse_unseen(&prompt, &blind, &mut Losses::new(false)).unwrap_err();
                assert_eq!(
                    (flaw.param.as_deref(), flaw.is_of_target),
                    (Some("messages[0].content[1]"), true)
                );
                assert!(flaw.message.contains("which the model does not take"), "{}", flaw.message);
                assert_eq!(refuse_unseen(&prompt, &Abilities::default(), &mut Losses::new(false)), Ok(()));
            }
        }
        assert_eq!(refuse_unseen(&prompt(MediaKind::Video, false), &blind, &mut Losses::new(false)), Ok(()));
    }
}
