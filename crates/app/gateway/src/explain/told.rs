//! A plan as people read it.

use std::time::Duration;

use dialects::surface::Surface;
use domain::Failure;
use routing::health::Why;
use routing::{
    Ask, BackoffForm, Capability, Moment, ORDER_MAX, Plan, Reason, Rng, Route, Situation, Target, dry_run,
    span_of,
};
use serde_json::{Value, json};

use crate::no_target::refused;
use crate::serving::Serving;

/// What is asked, of whom, and when.
pub(crate) struct Case<'a> {
    pub(crate) serving: &'a Serving,
    pub(crate) surface: &'static Surface,
    pub(crate) ask: &'a Ask<'a>,
    /// Whether another may be asked beside who is late, as far as the request is concerned.
    pub(crate) may_be_hedged: bool,
    /// How long the call may take to begin its answer.
    pub(crate) limit: Duration,
    pub(crate) now: Moment,
}

/// What would become of it; `Err` where nobody knows the name. `unfit` says why a target cannot be asked for this at all.
pub(crate) fn explained(
    case: &Case<'_>,
    unfit: impl Fn(&Target) -> Option<Reason>,
    rng: &mut Rng,
) -> Result<Value, Box<Failure>> {
    let Case { serving, surface, ask, limit, now, .. } = case;
    let attempts_max = serving.limits.attempts_max;
    let situation = Situation { routes: &serving.routes, health: &serving.health, attempts_max, now: *now };
    let told = |none| refused(none, ask, surface.path, ask.goes_on);
    let (plan, none) = dry_run(&situation, ask, unfit, rng).map_err(told)?;
    let needs = (ask.needs)(Capability::all().collect());
    let passed = plan.passed_over().map(|passed| {
        let mut told = case.target(&plan, passed.place);
        told["reason"] = passed.reason.name().into();
        add_details(&mut told, passed.reason);
        told
    });
    Ok(json!({
        "object": "routing.explanation",
        "model": ask.model,
        "surface": format!("/v1{}", surface.path),
        "stream": ask.is_streaming,
        "tokens": ask.tokens,
        "needs": needs.names().collect::<Vec<_>>(),
        "deadline_ms": ms(*limit),
        "attempts_max": attempts_max,
        "steps": steps(&plan.route),
        "order": case.order(&plan),
        "passed_over": passed.collect::<Vec<_>>(),
        "hedge": case.hedge(&plan.route),
        "retries": retries(serving, &plan.route),
        "refusal": none.map(|none| refusal(&told(none))),
    }))
}

impl Case<'_> {
    /// Those who would be asked, each with the time that he would have if all before him used theirs up.
    fn order(&self, plan: &Plan) -> Vec<Value> {
        let mut left = self.limit;
        let asked = plan.order.len().min(plan.attempts_max);
        let entry = |(number, attempt): (usize, &routing::Attempt)| {
            let mut told = self.target(plan, attempt.place);
            let target = plan.target(attempt.place);
            told["step"] = (attempt.step + 1).into();
            told["last_resort"] = attempt.is_last_resort.into();
            if let Some(reason) = plan.reason(attempt.place) {
                told["reason"] = reason.name().into();
                add_details(&mut told, reason);
            }
            if number < asked {
                let behind = (asked - 1 - number) as u32;
                let health = self.serving.health.target(target, self.ask.model);
                let unusual = health.unusual_after(self.ask.is_streaming, self.serving.silence_min);
                let own = target.attempt_limit(self.ask.is_streaming);
                let span = span_of(left, behind, own, unusual);
                if behind > 0
                    && let Some(after) = self.hedge_after(&plan.route, target)
                {
                    told["hedge_after_ms"] = Some(after).filter(|after| *after < span.limit).map(ms).into();
                }
                told["latest_start_ms"] = ms(self.limit - left).into();
                told["limit_ms"] = ms(span.limit).into();
                told["idle_ms"] = ms(target.idle_limit().unwrap_or(self.serving.timeouts.idle)).into();
                told["total_ms"] = target.total_limit().map(ms).into();
                left = left.saturating_sub(span.limit);
            } else {
                told["stands_in"] = true.into();
            }
            told
        };
        plan.order.iter().take(ORDER_MAX).enumerate().map(entry).collect()
    }

    /// How long a target is waited for before another is asked beside it; `None` where that is not done, or nobody knows yet.
    fn hedge_after(&self, route: &Route, target: &Target) -> Option<Duration> {
        let hedge = route.manner.hedge.filter(|_| self.may_be_hedged)?;
        let late_after = self.serving.health.late_after(target, self.ask.model, self.ask.is_streaming);
        hedge.after(late_after, self.serving.hedges)
    }

    /// Whether and when another is asked beside who is late.
    fn hedge(&self, route: &Route) -> Option<Value> {
        let hedge = route.manner.hedge?;
        Some(json!({
            "possible": self.may_be_hedged,
            "after_ms": hedge.after.map(ms),
            "after_ms_min": ms(self.serving.hedges.after_min),
        }))
    }

    /// Who it is, and how he is doing.
    fn target(&self, plan: &Plan, place: usize) -> Value {
        let (serving, target) = (self.serving, plan.target(place));
        let provider = serving.provider_of(target);
        let (health, lines) = (serving.health.target(target, self.ask.model), provider.lines.len());
        let report = health.report(&serving.health.rules, self.now);
        let keys = serving.health.providers[usize::from(target.provider)].ways.len();
        let per_key = provider.by_credential().next().map_or(lines, |(_, lines)| lines.len()).max(1);
        let line = &provider.lines[usize::from(target.line)];
        let has_other_keys = serving.health.providers[usize::from(target.provider)].has_other_keys;
        let place = serving.health.place(target, self.ask.model);
        let trouble = line.health.trouble_with(place, has_other_keys, self.now);
        let verdict = trouble.map_or(report.verdict, |trouble| trouble.or_worse(report.verdict));
        json!({
            "provider": provider.id(),
            "model": target.model.as_deref().unwrap_or(self.ask.model),
            "region": line.region.to_str().unwrap_or_default(),
            "line": usize::from(target.line) % per_key + 1,
            "key": (keys > per_key).then_some(usize::from(target.line) / per_key + 1),
            "weight": target.weight,
            "context_tokens": target.context_tokens,
            "lacks": target.lacks.names().collect::<Vec<_>>(),
            "state": verdict.state.name(),
            "why": verdict.why.map(Why::name),
            "in_flight": health.in_flight(),
            "usual_ms": health.pace_micros(self.ask.is_streaming, self.now).map(|us| (us / 1000.0).round() as u64),
        })
    }
}

/// Each step of the chain, and how one of it is chosen.
fn steps(route: &Route) -> Vec<Value> {
    let mut steps: Vec<Value> = Vec::new();
    for tier in &route.tiers {
        if steps.len() == usize::from(tier.step) {
            steps.push(json!({ "step": tier.step + 1, "policy": tier.policy.name(), "targets": 0 }));
        }
        if let Some(step) = steps.last_mut() {
            let before = step["targets"].as_u64().unwrap_or_default();
            step["targets"] = (before + tier.targets.len() as u64).into();
        }
    }
    steps
}

/// What would follow a failure.
fn retries(serving: &Serving, route: &Route) -> Value {
    let rules = &serving.retry;
    json!({
        "repeats_max": rules.repeats_max,
        "replacements_max": rules.replacements_max,
        "backoff": match rules.backoff.form {
            BackoffForm::Exponential => "exponential",
            BackoffForm::Linear => "linear",
            BackoffForm::Fibonacci => "fibonacci",
        },
        "base_ms": ms(rules.backoff.base),
        "max_ms": ms(rules.backoff.max),
        "wait_ms_max": ms(rules.wait_max),
        "on_refusal": if route.manner.goes_on_after_refusal { "next" } else { "stop" },
        "resume": route.manner.resume.name(),
        "resume_hold_ms": ms(route.manner.resume_hold),
    })
}

fn add_details(told: &mut Value, reason: Reason) {
    match reason {
        Reason::Unable(what) => told["needs"] = what.into(),
        Reason::ContextTooSmall { tokens_max } => told["tokens_max"] = tokens_max.into(),
        Reason::Busy { wait }
        | Reason::Ejected { wait }
        | Reason::LimitUsedUp { wait }
        | Reason::UnknownModel { wait } => {
            told["wait_ms"] = ms(wait).into();
        }
        _ => {}
    }
}

fn refusal(failure: &Failure) -> Value {
    json!({ "status": failure.status(), "code": failure.kind.code(), "message": failure.message })
}

const fn ms(duration: Duration) -> u64 {
    duration.as_millis() as u64
}
