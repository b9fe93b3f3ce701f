//! The life of a paid call, on one screen. Each stage consumes the proof of the one before.

mod admit;
mod attempt;
mod authenticate;
mod beginning;
mod content;
mod events;
mod patience;
mod plan;
mod relay;
mod splice;
mod understand;
mod upstream_error;
mod watch;

use dialects::openai_chat::Operation;
use domain::Failure;
use http::Response;
use http::request::Parts;
use hyper::body::Incoming;

pub(crate) use authenticate::authenticate;
pub(crate) use relay::{BrokenOff, Relay};
pub(crate) use upstream_error::own_words;

use crate::call::Call;

/// A call that ends with a failure.
pub(crate) type Refused = (Box<Call>, Box<Failure>);

/// Serves one call from its head to the head of its answer.
pub(crate) async fn serve(
    mut call: Box<Call>,
    operation: Operation,
    head: Parts,
    body: Incoming,
) -> Result<Response<Box<Relay>>, Refused> {
    match run(&mut call, operation, head, body).await {
        Ok(answer) => Ok(relay::relay(call, answer)),
        Err(failure) => Err((call, failure)),
    }
}

async fn run(
    call: &mut Call,
    operation: Operation,
    head: Parts,
    body: Incoming,
) -> Result<attempt::Answer, Box<Failure>> {
    let serving = call.worker.gateway.serving();
    let caller = authenticate(call, &serving, &head.headers)?;
    let prompt = understand::understand(call, &serving, operation, &head.headers, body).await?;
    let admitted = admit::admit(call, caller);
    let plan = plan::plan(&serving, &prompt)?;
    attempt::attempt(call, &serving, &admitted, plan, &prompt, &head.headers).await
}
