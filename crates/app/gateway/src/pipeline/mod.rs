//! The life of a paid call, on one screen. Each stage consumes the proof of the one before.

mod admit;
mod asked;
mod asking;
mod attempt;
mod attempts;
mod authenticate;
mod beginning;
mod body_reader;
mod connecting;
mod content;
mod count;
mod ending;
mod estimate;
mod events;
mod explain;
mod failures;
mod filling;
mod fitness;
mod flawed;
mod flow;
mod for_whom;
mod gathered;
mod going_on;
mod hedge;
mod hit;
mod holding;
mod keeping;
mod kept;
mod key_use;
mod known;
mod lookup;
mod media;
mod needs;
mod next_source;
mod outgoing;
mod path_watch;
mod patience;
mod permit;
mod plan;
mod pulse;
mod question;
mod readiness;
mod refusal;
mod refusals;
mod relay;
mod repeat;
mod rescue;
mod rescuer;
mod reserve;
mod resumable;
mod retold;
mod retouched;
mod served;
mod shareable;
mod sharing;
mod shorten;
mod side_effects;
mod silence;
mod sound;
mod splice;
mod stored;
mod tags_of_key;
mod targeted;
mod tellable;
mod too_long;
mod translated;
mod understand;
mod unsealed;
mod upload;
mod upstream_error;
mod watch;
mod wishes;

use dialects::surface::{Operation, Surface};
use domain::Failure;
use http::Response;
use http::request::Parts;
use hyper::body::Incoming;

pub(crate) use authenticate::{Caller, authenticate};
pub(crate) use explain::{explain, is_explain};
pub(crate) use fitness::Fitness;
pub(crate) use flow::Flow;
pub(crate) use keeping::Keeping;
pub(crate) use patience::{usual_patience, within_callers};
pub(crate) use permit::{reaches, route_of};
pub(crate) use plan::tie;
pub(crate) use refusals::count_refusal;
pub(crate) use relay::BrokenOff;
pub(crate) use retold::Retold;
pub(crate) use sharing::Sharing;
pub(crate) use side_effects::has_no_side_effects;
pub(crate) use sound::is_sound;
pub(crate) use stored::serve_stored;
pub(crate) use tags_of_key::TagsOfKey;
pub(crate) use understand::Prompt;
pub(crate) use upstream_error::own_words;
pub(crate) use wishes::Wishes;

use crate::answer::AnswerBody;
use crate::call::Call;
use crate::overload::enter;
use crate::pipeline::served::{Refused, Served};

/// Serves one call from its head to the head of its answer.
pub(crate) async fn serve(
    mut call: Box<Call>,
    surface: &'static Surface,
    head: &Parts,
    body: Incoming,
) -> Result<Response<AnswerBody>, Refused> {
    let served = run(&mut call, surface, head, body).await;
    served::ended(call, served)
}

async fn run(
    call: &mut Call,
    surface: &'static Surface,
    head: &Parts,
    body: Incoming,
) -> Result<Served, Box<Failure>> {
    let serving = call.worker.gateway.serving();
    let caller = enter(authenticate(call, &serving, &head.headers)?, call, &serving).await?;
    let mut prompt = understand::understand(call, &serving, surface, &head.headers, body).await?;
    let wishes = Wishes::of(&head.headers).readable()?;
    if let Some(known) = known::known_before(call, &serving, &prompt, (&head.headers, &wishes)).await? {
        return Ok(known);
    }
    let (plan, wish) = plan::plan(call, &serving, &prompt, (&head.headers, &wishes))?;
    if surface.operation == Operation::CountTokens && !plan::is_offered_natively(&serving, &prompt, &plan) {
        return count::count(call, &serving, (&prompt, &wishes)).await.map(Served::Known);
    }
    let admitted = admit::admit(call, caller, &serving, (&mut prompt, &wishes), &plan).await?;
    let asked = asked::ask(call, (serving, admitted, prompt), (plan, wish), (&head.headers, &wishes));
    Ok(Served::Asked(Box::new(asked.await?)))
}
