//! The names a caller may ask for.

use dialects::listing::{ListedModel, Page};
use domain::{Failure, Kind};
use http::{Response, StatusCode};

use crate::answer::{AnswerBody, whole};
use crate::call::Call;
use crate::pipeline::authenticate;
use crate::serving::Serving;
use crate::switches::is_served;

/// The model named in a path such as `/v1/models/gpt-4o`; SDKs escape the slash of `provider/model`.
pub(super) fn model_in(path: &str) -> Option<String> {
    let name = path.strip_prefix("/v1").unwrap_or(path).strip_prefix("/models/")?;
    (!name.is_empty()).then(|| unescaped(name))
}

/// Percent escapes undone; what is none stays as it is.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escaped = behind
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// All models that anybody serves now, or the one the path names, in the shape the caller knows. Only for callers with a key.
pub(super) fn list(
    call: &mut Call,
    head: &http::request::Parts,
) -> Result<Response<AnswerBody>, Box<Failure>> {
    let serving = call.worker.gateway.serving();
    let caller = authenticate(call, &serving, &head.headers)?;
    let created = call.worker.gateway.started_at_seconds();
    let switches = call.worker.gateway.switches();
    let body = match model_in(head.uri.path()) {
        None => {
            let page = Page::of(head.uri.query().unwrap_or_default())?;
            let allowed = serving.routes.listed().filter(|listed| caller.may_ask_for(&listed.name));
            let served = allowed.filter(|listed| is_served(&serving, &listed.name, &switches));
            let all = served.map(|listed| {
                described(&serving, created, &listed.name, listed.provider, listed.model.as_deref())
            });
            call.dialect.write_models(&all.collect::<Vec<_>>(), &page)
        }
        Some(name) if caller.may_ask_for(&name) && !is_served(&serving, &name, &switches) => {
            let message = format!("the model '{name}' is switched off by the operator");
            return Err(Failure::new(Kind::UnknownModel, message).with_param("model"));
        }
        Some(name) => {
            let found = serving.routes.listed().find(|listed| *listed.name == *name);
            let found = found.map(|listed| (listed.provider, listed.model.clone()));
            let meant = || serving.routes.meant(&name).map(|(provider, model)| (provider, Some(model)));
            let known = found.or_else(meant).filter(|_| caller.may_ask_for(&name));
            let Some((provider, model)) = known else {
                let message = format!("the model '{name}' is not listed here");
                return Err(Failure::new(Kind::UnknownModel, message).with_param("model"));
            };
            call.dialect.write_model(&described(&serving, created, &name, provider, model.as_deref()))
        }
    };
    Ok(whole(StatusCode::OK, "application/json", body))
}

/// A model by the name that callers use, with what is known of the one that is meant.
fn described<'a>(
    serving: &'a Serving,
    created: i64,
    name: &'a str,
    provider: u16,
    model: Option<&str>,
) -> ListedModel<'a> {
    let provider = serving.providers.get(usize::from(provider));
    let abilities = provider.zip(model).map(|(owner, model)| owner.abilities(model));
    ListedModel {
        name,
        owner: provider.map_or("", |provider| provider.id()),
        created,
        context_tokens: abilities.and_then(|abilities| abilities.context_tokens),
        output_tokens_max: abilities.and_then(|abilities| abilities.output_tokens_max),
    }
}

#[cfg(test)]
mod tests {
    use super::model_in;

    #[test]
    fn names_are_unescaped() {
        assert_eq!(model_in("/v1/models/up%2Fok").as_deref(), Some("up/ok"));
        assert_eq!(model_in("/models/a%zz%4").as_deref(), Some("a%zz%4"));
        assert_eq!(model_in("/v1/models/"), None);
    }
}
