//! Plays the scenes: several stages side by side, for most of the time of a drill is spent waiting.

use std::collections::VecDeque;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};
use config::Snapshot;

use super::caller::{Answer, Purpose};
use super::faults::Fault;
use super::ground::Ground;
use super::house::Road;
use super::pace::Pace;
use super::scenes::{Scene, Site, elsewhere, sites};
use super::stage::{Place, Stage};

/// Stages at once.
const STAGES_MAX: usize = 16;
/// The faults of a name are dealt to so many stages.
const PARTS: usize = 4;
/// A call that does not come to where the fault is, is made again so often.
const UNMET_MAX: u32 = 24;
/// What did not come as it has to must come so often: a moment of a busy machine is no finding.
const UNEXPECTED_MIN: u32 = 3;

/// What is played.
pub(super) struct Programme<'a> {
    /// The configuration with its times shortened.
    pub(super) hurried: &'a Snapshot,
    pub(super) roads: &'a [(Road, Purpose)],
    pub(super) faults: &'a [&'static Fault],
    pub(super) pace: Pace,
    pub(super) ground: &'a Ground,
}

/// Faults of one name for one stage.
struct Part<'a> {
    number: usize,
    road: &'a Road,
    purpose: Purpose,
    is_streaming: bool,
    faults: Vec<&'static Fault>,
}

/// How many scenes there will be, about.
fn count(programme: &Programme<'_>, part: &Part<'_>) -> usize {
    sites(programme.hurried, part.road, part.is_streaming).len() * part.faults.len()
}

/// Plays all of it. `progress` is told how many scenes of how many are over.
pub(super) fn play(programme: &Programme<'_>, mut progress: impl FnMut(usize, usize)) -> Result<Vec<Scene>> {
    let parts = parts(programme);
    let total: usize = parts.iter().map(|part| count(programme, part)).sum();
    let stages = parts.len().min(STAGES_MAX);
    let waiting = Mutex::new(VecDeque::from(parts));
    let (tell, told) = channel();
    let mut played: Vec<(usize, Vec<Scene>)> = thread::scope(|scope| {
        for _ in 0..stages {
            let (tell, waiting) = (tell.clone(), &waiting);
            scope.spawn(move || work(programme, waiting, &tell));
        }
        drop(tell);
        let mut done = 0;
        let mut played = Vec::new();
        for result in told {
            match result {
                Told::Scene => {
                    done += 1;
                    progress(done, total);
                }
                Told::Part(number, scenes) => played.push((number, scenes?)),
            }
        }
        Ok::<_, anyhow::Error>(played)
    })?;
    played.sort_by_key(|(number, _)| *number);
    Ok(played.into_iter().flat_map(|(_, scenes)| scenes).collect())
}

/// What a stage tells.
enum Told {
    /// One scene is over.
    Scene,
    /// A part is over.
    Part(usize, Result<Vec<Scene>>),
}

fn parts<'a>(programme: &Programme<'a>) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (road, purpose) in programme.roads {
        for is_streaming in [false, true] {
            if is_streaming && *purpose == Purpose::Embedding {
                continue;
            }
            for part in 0..PARTS.min(programme.faults.len().max(1)) {
                let faults = programme.faults.iter().copied().skip(part).step_by(PARTS).collect();
                parts.push(Part { number: parts.len(), road, purpose: *purpose, is_streaming, faults });
            }
        }
    }
    parts
}

/// Plays parts until none is left.
fn work(programme: &Programme<'_>, waiting: &Mutex<VecDeque<Part<'_>>>, tell: &Sender<Told>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(part) = next else { return };
        let scenes = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a runtime")
            .and_then(|runtime| runtime.block_on(play_part(programme, &part, tell)));
        // Who listens no longer has an error to tell.
        let _ = tell.send(Told::Part(part.number, scenes));
    }
}

async fn play_part(programme: &Programme<'_>, part: &Part<'_>, tell: &Sender<Told>) -> Result<Vec<Scene>> {
    let places = part.road.lines(programme.hurried);
    let stage = Stage::open(programme.hurried, places.clone(), programme.ground).await?;
    let scenes = play_on(&stage, programme, part, places, tell).await;
    stage.close().await;
    scenes.map_err(|error| anyhow!("{}: {error:#}", part.road.name))
}

async fn play_on(
    stage: &Stage,
    programme: &Programme<'_>,
    part: &Part<'_>,
    places: Vec<Place>,
    tell: &Sender<Told>,
) -> Result<Vec<Scene>> {
    let everybody = Site { label: "nowhere".to_owned(), places };
    let well = scene(stage, programme, part, None, everybody).await?;
    // A name that nobody serves when everybody is well need not be tried further.
    let mut scenes = vec![well];
    if !scenes[0].is_as_it_should() {
        return Ok(scenes);
    }
    for site in sites(programme.hurried, part.road, part.is_streaming) {
        for fault in &part.faults {
            scenes.push(scene(stage, programme, part, Some(fault), site.clone()).await?);
            let _ = tell.send(Told::Scene);
        }
    }
    Ok(scenes)
}

async fn scene(
    stage: &Stage,
    programme: &Programme<'_>,
    part: &Part<'_>,
    fault: Option<&'static Fault>,
    site: Site,
) -> Result<Scene> {
    let elsewhere = elsewhere(programme.hurried, part.road, &site, part.is_streaming);
    let script = fault.map(|fault| fault.script(&programme.pace));
    let (mut unmet, mut unexpected) = (0, 0);
    loop {
        stage.clear().await?;
        if let (Some(fault), Some(script)) = (fault, &script) {
            stage.arm(&site.places, script, fault.times).await?;
        }
        let before = stage.visits(&site.places);
        let answer: Answer = stage.caller.ask(&part.road.name, part.purpose, part.is_streaming).await;
        // A door that is shut sees nobody come.
        let is_met = stage.visits(&site.places) > before || script.as_deref() == Some("refuse");
        let scene = Scene {
            model: part.road.name.clone(),
            fault,
            site: site.clone(),
            is_streaming: part.is_streaming,
            elsewhere,
            is_met,
            answer,
        };
        if scene.is_as_it_should() {
            unmet += u32::from(!is_met);
            if is_met || unmet >= UNMET_MAX {
                return Ok(scene);
            }
        } else {
            unexpected += 1;
            if unexpected >= UNEXPECTED_MIN {
                return Ok(scene);
            }
        }
    }
}
