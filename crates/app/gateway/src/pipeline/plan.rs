//! Who is asked, in what order? The decision is `routing`'s; here it is put into a caller's words.

use domain::{Failure, Kind};
use routing::{Ask, Plan};

use crate::pipeline::understand::Prompt;
use crate::serving::Serving;

/// The order of attempts, or a 404 that names what the caller may have meant.
pub(crate) fn plan(serving: &Serving, prompt: &Prompt) -> Result<Plan, Box<Failure>> {
    let ask = Ask { model: &prompt.deciding.model, is_streaming: prompt.deciding.is_streaming };
    routing::plan(&serving.routes, &ask, serving.limits.attempts_max).map_err(|none| {
        let hint = match none.nearest.as_slice() {
            [] => "GET /v1/models lists the names there are".to_owned(),
            names => format!("did you mean {}?", names.join(", ")),
        };
        Failure::new(Kind::UnknownModel, format!("the model '{}' is not known here; {hint}", ask.model))
            .with_param("model")
    })
}
