//! Asking targets for one token where that is configured: those that are left alone, so that no caller tries them first, and
//! those that no call has asked for long. Whom and how often is `routing`'s to decide. No caller is charged, and no request is
//! counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dialects::Dialect;
use dialects::canonical::Losses;
use dialects::surface::conversations_in;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use routing::health::{DaySpend, PaidRules, Switch, TargetHealth, Why};
use routing::{Rng, Target};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use upstream::{Body, Client, Line, Request};

use crate::background::paid_found::Found;
use crate::gateway::Gateway;
use crate::pipeline::is_sound;
use crate::serving::{ServedProvider, Serving};

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How often it is looked who is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The question has fewer tokens than this, whoever counts, …
const INPUT_TOKENS: u64 = 64;
/// … and the answer no more than this, where one alone cannot be asked for.
const OUTPUT_TOKENS: u64 = 16;

/// Asks for ever, one target at a time; nobody waits for it.
pub async fn probe_models(gateway: &Gateway) {
    let rng = Rng::new(gateway.started_at_ms() as u64 ^ u64::from(gateway.node) ^ 1);
    let (client, mut schedule) = (Client::default(), Schedule { known: HashMap::new(), rng });
    let mut spend = DaySpend::default();
    loop {
        let serving = gateway.serving();
        let Some(rules) = &serving.probes.paid else {
            schedule.known.clear();
            sleep(LOOK_EVERY).await;
            continue;
        };
        let now = gateway.moment();
        let due = schedule.due(&serving, rules, gateway);
        let due = due.filter(|due| spend.take(rules, due.cost_nanos(), now));
        let Some(due) = due else {
            sleep(LOOK_EVERY.min(rules.every_ejected / 2)).await;
            continue;
        };
        let told = &gateway.status.paid_probes;
        told.note_spend(spend);
        let found = timeout(ANSWER_LIMIT, due.ask(&client)).await.unwrap_or(Found::Failed);
        told.note(found);
        if found != Found::Refused {
            due.health.probed(&serving.health.rules, found == Found::Answered, gateway.moment());
        }
    }
}

/// When each target was asked last, by a call or by us. Targets are told apart by line and model.
struct Schedule {
    known: HashMap<(u64, usize), Last>,
    rng: Rng,
}

/// When one was asked last.
struct Last {
    calls: u64,
    at: Instant,
    /// Not quite the same for all, so that they are not asked at once.
    stretch: f64,
}

impl Schedule {
    /// The first that is due; it counts as asked.
    fn due<'s>(&mut self, serving: &'s Serving, rules: &PaidRules, gateway: &Gateway) -> Option<Due<'s>> {
        let now = gateway.moment();
        for target in serving.routes.named().flat_map(|route| &route.targets) {
            let Some(model) = target.model.as_deref() else { continue };
            let provider_health = &serving.health.providers[usize::from(target.provider)];
            let (way, place) = (serving.health.way(target), serving.health.place(target, model));
            // Who rests by his own word, or leads nowhere, is not asked; who only fails free questions is.
            let trouble = way.trouble_with(place, provider_health.has_other_keys, now);
            let is_aside = trouble.is_some_and(|verdict| verdict.why != Some(Why::ProbesFail));
            if is_aside || way.switch(model) != Switch::On {
                continue;
            }
            let health = way.model(place);
            let Some(every) = rules.every(health.standing(&serving.health.rules, now)) else { continue };
            if self.is_due(serving, target, place, health, every) {
                return Some(Due { provider: serving.provider_of(target), target, model, health });
            }
        }
        None
    }

    fn is_due(
        &mut self,
        serving: &Serving,
        target: &Target,
        place: usize,
        health: &TargetHealth,
        every: Duration,
    ) -> bool {
        let line = &serving.provider_of(target).lines[usize::from(target.line)].line;
        let (calls, at) = (health.asked(), Instant::now());
        let mut stretch = || 0.8 + 0.4 * self.rng.fraction();
        let last =
            self.known.entry((line.id(), place)).or_insert_with(|| Last { calls, at, stretch: stretch() });
        // While he is left alone, calls that try him all the same are no reason to wait.
        if last.calls != calls {
            (last.calls, last.at) = (calls, at);
        }
        let is_due = at - last.at >= every.mul_f64(last.stretch);
        if is_due {
            (last.at, last.stretch) = (at, stretch());
        }
        is_due
    }
}

/// A target whose turn it is.
struct Due<'s> {
    provider: &'s Arc<ServedProvider>,
    target: &'s Target,
    model: &'s str,
    health: &'s Arc<TargetHealth>,
}

impl Due<'_> {
    /// What it costs at most; `None` where nobody knows.
    fn cost_nanos(&self) -> Option<u64> {
        let (input, output) = self.provider.nanos_per_million(self.model)?;
        let nanos =
            u128::from(input) * u128::from(INPUT_TOKENS) + u128::from(output) * u128::from(OUTPUT_TOKENS);
        u64::try_from(nanos.div_ceil(1_000_000)).ok()
    }

    async fn ask(&self, client: &Client) -> Found {
        let spoken = self.provider.dialects.first().copied().unwrap_or(Dialect::OpenAiChat);
        let Some(body) = self.question(spoken) else { return Found::Refused };
        let line: &Arc<Line> = &self.provider.lines[usize::from(self.target.line)].line;
        let json = HeaderValue::from_static("application/json");
        let usual = spoken.usual_headers().iter();
        let usual =
            usual.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers: Vec<_> =
            [(ACCEPT, json.clone()), (CONTENT_TYPE, json)].into_iter().chain(usual).collect();
        let headers = headers.iter().map(|(name, value)| (name, value));
        let body = [Bytes::from(body)];
        let request = Request::new(line, "POST", conversations_in(spoken).path, headers, Body::Pieces(&body));
        let Ok(reply) = client.send(line, &request, None).await else { return Found::Failed };
        match reply.status.as_u16() {
            200..=299 => {
                let is_sound = is_sound(reply, self.provider, spoken).await;
                if is_sound { Found::Answered } else { Found::Failed }
            }
            408 | 500..=599 => Found::Failed,
            _ => Found::Refused,
        }
    }

    /// As the provider takes it; `None` where it cannot be asked this.
    fn question(&self, spoken: Dialect) -> Option<Vec<u8>> {
        let words = json!([{ "role": "user", "content": "Say OK." }]);
        let chat = json!({ "model": self.model, "messages": words, "max_tokens": 1 }).to_string();
        let mut losses = Losses::new(false);
        if spoken == Dialect::OpenAiChat {
            let adapted =
                providers::quirk::apply(chat.as_bytes(), self.provider.quirks(self.model), &mut losses);
            return Some(adapted.ok()?.unwrap_or_else(|| chat.into_bytes()));
        }
        let prompt = Dialect::OpenAiChat.translator().read_prompt(chat.as_bytes()).ok()?;
        let to = dialects::Target {
            model: self.model,
            abilities: self.provider.abilities(self.model),
            output_tokens_default: 1,
        };
        let written = spoken.translator().write_prompt(&prompt, &to, &mut losses).ok()?;
        Some(written.body.into_bytes())
    }
}
