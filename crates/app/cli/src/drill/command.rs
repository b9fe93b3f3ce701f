//! Reads the configuration, looks at it, plays on it, and tells what came of it.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail};
use config::{Snapshot, nearest};
use gateway::wall_clock;
use providers::models::Date;

use super::faults::{FAULTS, Fault};
use super::ground::Ground;
use super::house::{House, Road};
use super::pace::{Hurried, Pace};
use super::play::{Programme, play};
use super::report::{Report, list, list_json};
use super::scenes::purpose;
use super::stand_ins::StandIns;
use super::{rules, switched, verdict};
use crate::arguments::{DataOptions, DrillOptions};
use crate::say::say;
use crate::settings::{Ports, Settings, or_refused};

/// Names that are played at most; more are named by `--model`.
const MODELS_MAX: usize = 50;

/// What a drill ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There may be hints.
    NothingOfWeight,
    /// Errors or warnings.
    Findings,
}

/// Holds a drill; an error says why it could not be held.
pub(crate) fn run(data: &DataOptions, options: DrillOptions) -> Result<Outcome> {
    let DrillOptions { file, models, faults, list: only_list, json, mut serve } = options;
    if only_list {
        say(&if json { list_json().to_string() } else { list() });
        return Ok(Outcome::NothingOfWeight);
    }
    let faults = chosen(&faults)?;
    serve.config = file.or(serve.config);
    let settings = Settings::new(data, serve);
    let text = settings.text().map_err(|problems| crate::settings::refused(&problems))?;
    let stand_ins = StandIns::of(text.as_deref());
    let (variable, file) = (|name: &str| stand_ins.variable(name), |path: &_| stand_ins.file(path));
    let ports = Ports { variable: &variable, file: &file };
    let snapshot = or_refused(settings.check_by(text.as_deref(), &ports))?;
    let roads = roads(&snapshot, &models)?;
    // It is there already where a test has run before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let house = House {
        snapshot: &snapshot,
        roads,
        today: today(),
        stood_in: stand_ins.used(),
        has_secrets: stand_ins.has_found(),
        switched: switched::find(data)?,
    };
    let report = rehearse(&house, &faults)?;
    say(&if json { report.json().to_string() } else { report.text() });
    Ok(if report.has_weight() { Outcome::Findings } else { Outcome::NothingOfWeight })
}

/// The faults of these names, or all.
fn chosen(names: &[String]) -> Result<Vec<&'static Fault>> {
    if names.is_empty() {
        return Ok(FAULTS.iter().collect());
    }
    let mut chosen = Vec::with_capacity(names.len());
    for name in names {
        let Some(fault) = FAULTS.iter().find(|fault| fault.name == name) else {
            let near = nearest(name, FAULTS.iter().map(|fault| fault.name));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            bail!("--fault {name}: there is no such fault, --list names them{hint}");
        };
        chosen.push(fault);
    }
    Ok(chosen)
}

/// The names that are looked at: those asked for, else those of `models`, else those that providers list.
fn roads(snapshot: &Snapshot, asked: &[String]) -> Result<Vec<Road>> {
    if snapshot.providers.is_empty() {
        bail!("there is no provider, so there is nothing to rehearse: name a file by --config FILE");
    }
    let road = |name: &str| {
        let route = snapshot.routes.find(name).filter(|route| !route.targets.is_empty())?;
        // Who serves any name is asked for this one.
        Some(Road { name: name.to_owned(), route: Arc::new(route.under(name)) })
    };
    let mut roads = Vec::new();
    for name in asked {
        let Some(found) = road(name) else {
            let near = snapshot.routes.nearest(name, 1).first().map(|near| format!("; did you mean {near}?"));
            bail!("--model {name}: nobody serves a model of this name{}", near.unwrap_or_default());
        };
        roads.push(found);
    }
    if asked.is_empty() {
        let own = snapshot.models.iter().map(|model| model.name.as_str());
        let listed = snapshot.providers.iter().flat_map(|provider| provider.models.iter().flatten());
        let mut names: Vec<&str> = own.collect();
        if names.is_empty() {
            names.extend(listed.map(String::as_str));
            names.dedup();
        }
        roads.extend(names.into_iter().filter_map(road));
    }
    match roads.len() {
        0 => bail!("the configuration names no model: say which one is rehearsed by --model provider/NAME"),
        count if count > MODELS_MAX => {
            bail!("{count} names are more than {MODELS_MAX} at once: say by --model which ones are rehearsed")
        }
        _ => Ok(roads),
    }
}

fn today() -> Option<Date> {
    wall_clock().rfc3339().get(..10)?.parse().ok()
}

/// Looks, and plays.
fn rehearse(house: &House<'_>, faults: &[&'static Fault]) -> Result<Report> {
    let pace = Pace::for_house(house.snapshot);
    let hurried = Hurried::by(pace, house.snapshot);
    let patient = Hurried::by(pace.slower(), house.snapshot);
    let (mut played, mut not_played) = (Vec::new(), Vec::new());
    for road in &house.roads {
        match (purpose(house, road), hurried.snapshot.routes.find(&road.name)) {
            (Some(purpose), Some(route)) => {
                let route = Arc::new(route.under(&road.name));
                played.push((Road { name: road.name.clone(), route }, purpose));
            }
            _ => not_played.push(road.name.clone()),
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ground, ending) = runtime.block_on(Ground::prepare())?;
    let programme =
        Programme { hurried: &hurried, roads: &played, faults, patient: &patient, ground: &ground };
    let mut progress = Progress::begin();
    let scenes = play(&programme, |done, total| progress.tell(done, total));
    ending.clear(ground);
    let scenes = scenes?;
    let mut findings = verdict::findings(&scenes);
    findings.extend(rules::look(house));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    let patience = [house.patience(true), house.patience(false)];
    Ok(Report { findings, scenes, not_played, pace, patience })
}

/// How far it has come, for whoever watches: told every second.
struct Progress {
    began: Instant,
    told: u64,
}

impl Progress {
    fn begin() -> Self {
        Self { began: Instant::now(), told: 0 }
    }

    #[expect(clippy::print_stderr, reason = "how far a command has come is for its terminal")]
    fn tell(&mut self, done: usize, total: usize) {
        let seconds = self.began.elapsed().as_secs();
        if seconds > self.told {
            self.told = seconds;
            eprintln!("bellwether: drill: {done} of {total} scenes, {seconds} s");
        }
    }
}
