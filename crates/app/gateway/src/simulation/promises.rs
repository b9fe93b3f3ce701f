//! What must hold of every run, whatever befell the nodes. It keeps its own books: what callers got, what nodes received, and
//! what the log says.

use serde_json::Value;
use simulator::{Outcome, Record};

use super::answer::Answer;
use super::caller::{End, Got};
use super::fleet::{Fleet, IDLE_MS, PATIENCE_MS, QUEUE_WAIT_MS};
use super::play::Run;

/// Beyond a limit nothing may last longer than this.
const MARGIN_MS: u64 = 50;
/// The longest that an honest stream goes on, dripping or not.
const STREAM_MS_MAX: u64 = 20_000;
/// A node that drips pauses so long behind its last piece. Whole answers that came whole leave their connection open.
const PAUSE_MS: f64 = 10.0;
/// Second attempts that are kept for later, in seconds of their floor.
const FLOOR_SECONDS: f64 = 10.0;

/// The first promise that was broken, if one was.
pub(super) fn check(run: &Run) -> Result<(), String> {
    for got in run.got.iter().chain(&run.after) {
        check_call(run, got).map_err(|what| {
            let said = String::from_utf8_lossy(&got.raw);
            format!(
                "{} ({:?}, streamed: {}): {what}\n{said}",
                got.plan.id, got.plan.spoken, got.plan.is_streaming
            )
        })?;
    }
    let mut swallowers = Vec::new();
    for got in &run.after {
        let answer = Answer::read(&got.raw, got.plan.spoken, got.plan.is_streaming);
        let is_well = answer.as_ref().is_some_and(Answer::is_well);
        if !is_well && let Some(node) = swallowed_by(run, got, answer.as_ref()) {
            must(!swallowers.contains(&node), || format!("{} was swallowed by {node}, too", got.plan.id))?;
            swallowers.push(node);
            continue;
        }
        must(is_well, || {
            format!("{} failed though all was well again: {}", got.plan.id, String::from_utf8_lossy(&got.raw))
        })?;
    }
    check_budgets(run)?;
    must(run.left.is_empty(), || format!("left behind: {:?}", run.left))
}

fn must(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// The last node that was asked in vain for a call that nobody received. Not all was well then: behind an answer that was whole by
/// its length the node reads that connection no more, which nobody can know before he has asked over it. If nobody may be asked a
/// second time, that call is lost, but no further one by the same node.
fn swallowed_by<'r>(run: &'r Run, got: &Got, answer: Option<&Answer>) -> Option<&'r str> {
    let line = run.lines.iter().find(|line| line["request_id"] == got.plan.id.as_str())?;
    let node = line["provider"].as_str()?;
    let holds = |(name, record): &(String, Record)| {
        let ends_silent = ["stall", "keeps_open", "pings"];
        let fault = record.fault.as_deref().unwrap_or_default();
        name == node
            && record.outcome == Some(Outcome::Whole)
            && ends_silent.iter().any(|silent| fault.starts_with(silent))
    };
    let fleet = &run.fleet;
    let is_last = line["attempts"].as_u64()? >= fleet.attempts_max as u64 || fleet.budget_per_second == 0;
    let is_swallowed = answer?.status == 504
        && of_call(run, &got.plan.id).is_empty()
        && is_last
        && run.records.iter().any(holds);
    is_swallowed.then_some(node)
}

fn check_call(run: &Run, got: &Got) -> Result<(), String> {
    let plan = &got.plan;
    check_time(run, got)?;
    let records = of_call(run, &plan.id);
    check_attempts(run, got, &records)?;
    let lines: Vec<&Value> = run.lines.iter().filter(|line| line["request_id"] == plan.id.as_str()).collect();
    must(lines.len() == 1, || format!("{} lines of the log", lines.len()))?;
    let Some(answer) = Answer::read(&got.raw, plan.spoken, plan.is_streaming) else {
        return must(got.end == End::HungUp, || format!("no answer, and {:?}", got.end));
    };
    check_answer(&run.fleet, got, &answer)?;
    if answer.is_well() && got.end != End::HungUp {
        check_log(lines[0], &answer)?;
    }
    Ok(())
}

fn check_time(run: &Run, got: &Got) -> Result<(), String> {
    let took = got.ended_ms - got.called_ms;
    must(got.end != End::Never, || "it never ended".to_owned())?;
    let patience = PATIENCE_MS + QUEUE_WAIT_MS + MARGIN_MS;
    let until_head = got.head_ms.unwrap_or(got.ended_ms) - got.called_ms;
    must(until_head <= patience, || format!("{until_head} ms until the head of an answer"))?;
    let breaks = run.fleet.attempts_max as u64;
    let longest = if got.plan.is_streaming {
        patience + breaks * (PATIENCE_MS + IDLE_MS + STREAM_MS_MAX)
    } else {
        patience
    };
    must(took <= longest, || format!("it took {took} ms"))
}

fn check_answer(fleet: &Fleet, got: &Got, answer: &Answer) -> Result<(), String> {
    let expected = got.plan.expected(fleet);
    must(answer.flaw.is_none(), || format!("{:?}", answer.flaw))?;
    must(expected.starts_with(&answer.text), || {
        format!("{:?} is no beginning of {expected:?}", answer.text)
    })?;
    must(answer.restarts == 0 || fleet.resume == "visible", || "it began anew".to_owned())?;
    if got.end == End::HungUp {
        return Ok(());
    }
    if answer.status != 200 {
        must(answer.error.is_some(), || "an error in no shape of the dialect".to_owned())?;
        return must(answer.is_framed, || "an error that is not whole".to_owned());
    }
    if answer.is_well() {
        must(answer.text == expected, || format!("half of it: {:?} of {expected:?}", answer.text))?;
        must(answer.arguments.len() == usize::from(got.plan.wants_tool), || {
            format!("{} calls of tools", answer.arguments.len())
        })?;
        return must(answer.arguments.iter().all(|call| is_object(call)), || {
            format!("half a call: {:?}", answer.arguments)
        });
    }
    // An error was told, or the connection broke: nobody takes it for whole.
    let is_told = answer.error.is_some() || !answer.is_framed;
    must(is_told, || "an end that tells of no error and is none".to_owned())?;
    must(!(answer.has_ended && answer.error.is_some()), || "an error behind the last word".to_owned())
}

fn is_object(call: &str) -> bool {
    serde_json::from_str::<Value>(call).is_ok_and(|call| call.is_object())
}

/// What nodes received for a call, in the order of time.
fn of_call<'r>(run: &'r Run, id: &str) -> Vec<&'r Record> {
    let records = run.records.iter().map(|(_, record)| record);
    let mut records: Vec<&Record> =
        records.filter(|record| record.header("x-request-id") == Some(id)).collect();
    // Who was asked and has refused within one moment stands before who was asked next in the same one.
    let ended = |record: &Record| record.ended_at_ms.unwrap_or(f64::MAX);
    records.sort_by(|left, right| {
        left.at_ms.total_cmp(&right.at_ms).then_with(|| ended(left).total_cmp(&ended(right)))
    });
    records
}

/// Requests that were no attempts of their own: asked once more in other words, or over a connection that had died unseen, or
/// died as soon as it was used.
fn free_of_charge(records: &[&Record]) -> usize {
    let has_died = |record: &Record| record.status.is_none() || record.outcome == Some(Outcome::Broken);
    let is_free =
        |record: &&&Record| record.status == Some(400) || (record.sent_bytes == 0 && has_died(record));
    records.iter().filter(is_free).count()
}

fn was_hedged(run: &Run, id: &str) -> bool {
    run.lines.iter().any(|line| line["request_id"] == id && line["hedged"].is_string())
}

fn check_attempts(run: &Run, got: &Got, records: &[&Record]) -> Result<(), String> {
    let most = run.fleet.attempts_max + free_of_charge(records);
    must(records.len() <= most, || format!("{} requests to nodes, at most {most}", records.len()))?;
    let is_hedged = was_hedged(run, &got.plan.id);
    for (place, record) in records.iter().enumerate() {
        let at = record.at_ms;
        must(at <= got.ended_ms as f64 + 1.0, || format!("asked at {at}, ended at {}", got.ended_ms))?;
        let ended = record.ended_at_ms.unwrap_or(f64::MAX);
        must(!got.plan.is_streaming || ended <= got.ended_ms as f64 + PAUSE_MS, || {
            format!("a source was open until {ended}, the call until {}", got.ended_ms)
        })?;
        let next = records.get(place + 1).map_or(f64::MAX, |next| next.at_ms);
        must(is_hedged || ended <= next + PAUSE_MS, || {
            format!("open until {ended}, the next was asked at {next}")
        })?;
    }
    Ok(())
}

fn check_log(line: &Value, answer: &Answer) -> Result<(), String> {
    must(line["status"] == 200 && line["kind"].is_null(), || format!("whole for the caller, and {line}"))?;
    let of = |tokens: &Value| {
        let sum = ["input", "cached_input", "cache_write"]
            .iter()
            .filter_map(|kind| tokens[*kind].as_u64())
            .sum::<u64>();
        (sum, tokens["output"].as_u64().unwrap_or_default())
    };
    let logged = of(&line["tokens"]);
    if let Some(told) = answer.usage {
        must(told == logged, || format!("the caller is told {told:?}, the log {line}"))?;
    }
    let segments = line["segments"].as_array();
    let Some(segments) = segments else { return Ok(()) };
    let parts = segments.iter().map(|segment| of(&segment["tokens"]));
    let sum = parts.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    must(sum == logged, || format!("its parts are {sum:?} in {line}"))
}

fn check_budgets(run: &Run) -> Result<(), String> {
    let all = || run.got.iter().chain(&run.after);
    let (mut paid, mut hedges) = (0, 0);
    for got in all() {
        let records = of_call(run, &got.plan.id);
        let hedged = usize::from(was_hedged(run, &got.plan.id));
        hedges += hedged;
        paid += records.len().saturating_sub(1 + hedged + free_of_charge(&records));
    }
    let (calls, seconds) =
        (all().count() as f64, all().map(|got| got.ended_ms).max().unwrap_or_default() as f64 / 1000.0);
    let fleet = &run.fleet;
    let floor = fleet.budget_per_second as f64 * (seconds + FLOOR_SECONDS);
    let most = calls * fleet.budget_percent as f64 / 100.0 + floor;
    must(paid as f64 <= most, || format!("{paid} second attempts, at most {most}"))?;
    let floor = if fleet.hedge_percent > 0 { 1.0 + seconds / 10.0 } else { 0.0 };
    let most = calls * fleet.hedge_percent as f64 / 100.0 + floor;
    must(hedges as f64 <= most, || format!("{hedges} hedges, at most {most}"))
}
