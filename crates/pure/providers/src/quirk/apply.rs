//! Every quirk and what is done about it: the one place where they are told apart.

use dialects::canonical::{Flaw, Losses};

use super::draft::Draft;
use super::{Quirk, Quirks, messages, reasoning, settings, tools};

/// Edits the body of a chat request so that the host takes it. `None` where nothing needs to change; what is not touched
/// stays the text it was, in its place. What the host cannot express is told as a loss, or refused where it must not be
/// lost.
pub fn apply(body: &[u8], quirks: &Quirks, losses: &mut Losses) -> Result<Option<Vec<u8>>, Flaw> {
    if !quirks.concern(body) {
        return Ok(None);
    }
    let mut draft = Draft::read(body)?;
    for quirk in quirks.iter() {
        put_to_work(quirk, &mut draft, losses)?;
    }
    Ok(draft.finish())
}

fn put_to_work(quirk: &Quirk, draft: &mut Draft<'_>, losses: &mut Losses) -> Result<(), Flaw> {
    match quirk {
        Quirk::CapField(name) => settings::name_cap(&mut draft.top, name),
        Quirk::Drop(field) => settings::drop_field(draft, field, losses)?,
        Quirk::Rename(from, to) => draft.top.rename(from, to),
        Quirk::TemperatureMax(max) => settings::clamp_temperature(&mut draft.top, max, losses)?,
        Quirk::TemperatureZero(least) => settings::lift_temperature(&mut draft.top, least),
        Quirk::NoDeveloper => messages::name_developers_system(draft.messages()?),
        Quirk::ToolChoices(taken) => tools::choose(draft, *taken, losses)?,
        Quirk::Answers(support) => settings::form_answer(draft, *support, losses)?,
        Quirk::NineAlphanumerics => messages::shorten_ids(draft.messages()?)?,
        Quirk::SpeakerNames(taken) => messages::drop_names(draft.messages()?, *taken, losses)?,
        Quirk::NoStrict => tools::drop_strict(draft.tools()?, losses)?,
        Quirk::SchemaDrop(name) => tools::drop_annotation(draft.tools()?, name)?,
        Quirk::JoinedText => messages::join_texts(draft.messages()?)?,
        Quirk::NoEmptyContent => messages::drop_empty_content(draft.messages()?),
        Quirk::NoNullMembers => {
            draft.messages()?.iter_mut().for_each(|message| message.remove_nulls("content"));
        }
        Quirk::Reasoning(form) => reasoning::put(&mut draft.top, *form, losses)?,
        Quirk::Efforts(known) => reasoning::limit_effort(&mut draft.top, known, losses)?,
        Quirk::Replay(form) => messages::replay(draft, *form, losses)?,
        // Answers are read by it, and requests that go on are written by it.
        Quirk::HiddenThoughts | Quirk::Continues(_) => {}
        Quirk::Alternation => messages::alternate(draft.messages()?, losses)?,
    }
    Ok(())
}
