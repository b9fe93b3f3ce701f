//! What is wanted of an answer that may be gone on with by another, or goes on with one.

use dialects::Dialect;
use dialects::translation::{BackMap, Rescue};
use routing::Target;

use super::request::Wanted;
use super::translated::voice;
use crate::call::Call;
use crate::pipeline::count::estimate_prompt;
use crate::pipeline::going_on::Approach;
use crate::pipeline::next_source::NextSource;
use crate::pipeline::translated::Translator;
use crate::pipeline::understand::Prompt;
use crate::serving::ServedProvider;

/// Makes the answer ready to outlive its source. What would pass as it is is read and written, too: only who has written an
/// answer can go on with it.
pub(super) fn make_ready(
    call: &Call,
    (provider, prompt, target): (&ServedProvider, &Prompt, &Target),
    rescue: Rescue,
    wanted: &mut Wanted,
) {
    let dialect = prompt.surface.dialect;
    let model = target.model.as_deref().unwrap_or(&prompt.deciding.model);
    if wanted.translator.is_none() {
        // The provider keeps it under its own id, and what it keeps must be what the caller has.
        let is_kept = dialect == Dialect::OpenAiResponses
            && prompt.canonical().is_ok_and(|asked| asked.settings.is_stored != Some(false));
        if is_kept {
            return;
        }
        let told = (prompt.deciding.wants_stream_usage, estimate_prompt(prompt));
        let voice = voice(call, prompt, model, told);
        let back_map = back_map(provider, model, dialect);
        wanted.translator = Some(Box::new(Translator::new(dialect, dialect, back_map, voice)));
    }
    if let Some(translator) = &mut wanted.translator {
        translator.make_ready(rescue);
    }
}

/// Wants the answer to go on with another.
pub(super) fn go_on(
    (provider, prompt, target): (&ServedProvider, &Prompt, &Target),
    approach: Approach,
    wanted: &mut Wanted,
) {
    let model = target.model.as_deref().unwrap_or(&prompt.deciding.model);
    let dialect = wanted.dialect;
    let back_map = match wanted.translator.take() {
        Some(translator) => translator.into_back_map(),
        None => back_map(provider, model, dialect),
    };
    wanted.hides_usage = false;
    wanted.source = Some(Box::new(NextSource { dialect, back_map, approach }));
}

/// Of an answer to the caller's own bytes.
fn back_map(provider: &ServedProvider, model: &str, dialect: Dialect) -> BackMap {
    let hides_thoughts = dialect == Dialect::OpenAiChat && provider.quirks(model).hide_thoughts();
    BackMap::default().with_hidden_thoughts(hides_thoughts)
}
