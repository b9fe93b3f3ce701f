//! The names a caller may ask for.

use dialects::listing::{ListedModel, Page, unescaped};
use domain::{Failure, Kind};
use http::{Response, StatusCode};

use super::on_show::{OnShow, Owner};
use crate::answer::{AnswerBody, whole};
use crate::call::Call;
use crate::pipeline::authenticate;

/// The model named in a path such as `/v1/models/gpt-4o`; SDKs escape the slash of `provider/model`.
pub(super) fn model_in(path: &str) -> Option<String> {
    let name = path.strip_prefix("/v1").unwrap_or(path).strip_prefix("/models/")?;
    (!name.is_empty()).then(|| unescaped(name))
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
    let show = OnShow::to(&caller, &serving, &switches);
    let body = match model_in(head.uri.path()) {
        None => {
            let page = Page::of(head.uri.query().unwrap_or_default())?;
            let all = show.listed().map(|listed| {
                let owner = show.owner(&listed.name, listed.provider, listed.model.as_ref());
                described(created, &listed.name, owner.as_ref())
            });
            call.dialect.write_models(&all.collect::<Vec<_>>(), &page)
        }
        Some(name) if show.is_for(&name) && show.is_off(&name) => {
            let message = format!("the model '{name}' is switched off by the operator");
            return Err(Failure::new(Kind::UnknownModel, message).with_param("model"));
        }
        Some(name) => {
            let found = serving.routes.listed().find(|listed| *listed.name == *name);
            let found = found.map(|listed| (listed.provider, listed.model.clone()));
            let meant = || serving.routes.meant(&name).map(|(provider, model)| (provider, Some(model)));
            let known = found.or_else(meant).filter(|_| show.is_for(&name));
            let Some((provider, model)) = known else {
                let message = format!("the model '{name}' is not listed here");
                return Err(Failure::new(Kind::UnknownModel, message).with_param("model"));
            };
            let owner = show.owner(&name, provider, model.as_ref());
            call.dialect.write_model(&described(created, &name, owner.as_ref()))
        }
    };
    Ok(whole(StatusCode::OK, "application/json", body))
}

/// A model by the name that callers use, with what is known of the one that is meant.
fn described<'a>(created: i64, name: &'a str, owner: Option<&Owner<'a>>) -> ListedModel<'a> {
    let abilities = owner.and_then(|(owner, model)| Some(owner.abilities(model.as_deref()?)));
    ListedModel {
        name,
        owner: owner.map_or("", |(owner, _)| owner.id()),
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
