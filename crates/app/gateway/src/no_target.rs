//! That nobody can be asked, in a caller's words.

use domain::{Failure, Kind};
use routing::{Ask, NoTarget, Retired};

/// The model that a caller would like best.
pub(crate) const PREFER: &str = "x-bellwether-prefer";

/// Why nobody can be asked for what stands at a path.
pub(crate) fn refused(none: NoTarget, ask: &Ask<'_>, path: &str, goes_on: bool) -> Box<Failure> {
    let model = ask.model;
    match none {
        NoTarget::UnknownName { nearest } => {
            let hint = match nearest.as_slice() {
                [] => "GET /v1/models lists the names there are".to_owned(),
                names => format!("did you mean {}?", names.join(", ")),
            };
            let message = format!("the model '{model}' is not known here; {hint}");
            Failure::new(Kind::UnknownModel, message).with_param("model")
        }
        NoTarget::Retired(Retired { since, successor }) => {
            let instead = successor.map_or_else(String::new, |name| format!("; ask for '{name}' instead"));
            let message = format!("the model '{model}' is retired since {since}{instead}");
            Failure::new(Kind::UnknownModel, message).with_param("model")
        }
        NoTarget::UnknownPreference { nearest } => {
            let hint = match nearest.as_slice() {
                [] => "GET /v1/models lists the names there are".to_owned(),
                names => format!("did you mean {}?", names.join(", ")),
            };
            let preferred = ask.prefers.unwrap_or_default();
            let message = format!("the model '{preferred}' of {PREFER} is not known here; {hint}");
            Failure::new(Kind::UnknownModel, message)
        }
        NoTarget::Busy { wait } => {
            let message = format!("all who serve the model '{model}' have asked for patience");
            Failure::new(Kind::UpstreamBusy, message).with_retry_after(wait)
        }
        NoTarget::SwitchedOff => {
            let message = format!("all who serve the model '{model}' are switched off by the operator");
            Failure::new(Kind::NoTarget, message)
        }
        NoTarget::KeyScope => {
            let message =
                format!("this key may not use the providers or regions that serve the model '{model}'");
            Failure::new(Kind::Forbidden, message).with_param("model")
        }
        NoTarget::PreferenceKeyScope => {
            let preferred = ask.prefers.unwrap_or_default();
            let message = format!(
                "this key may not use the providers or regions that serve the model '{preferred}' of {PREFER}"
            );
            Failure::new(Kind::Forbidden, message)
        }
        NoTarget::NoPrice => {
            let message = format!(
                "the model '{model}' has no price here, and calls without a price are refused; \
                 ask the operator of this gateway"
            );
            Failure::new(Kind::Forbidden, message).with_param("model")
        }
        NoTarget::Condition => {
            let message = format!("nobody serves the model '{model}' for a request like this one");
            Failure::new(Kind::NoTarget, message)
        }
        NoTarget::Unable(what) => {
            let message = format!("nobody who serves the model '{model}' can do this: {what}");
            Failure::new(Kind::BadRequest, message).with_param("model")
        }
        NoTarget::NotOffered if goes_on => {
            let message = format!(
                "no provider of the model '{model}' keeps the answer that this goes on from; \
                 leave out previous_response_id and send the whole conversation"
            );
            Failure::new(Kind::BadRequest, message).with_param("previous_response_id")
        }
        NoTarget::NotOffered => {
            let message = format!("no provider of the model '{model}' offers {path}");
            Failure::new(Kind::BadRequest, message).with_param("model")
        }
    }
}
