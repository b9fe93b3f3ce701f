//! Plays the scenes: several stages side by side, for most of the time of a drill is spent waiting.

use std::collections::VecDeque;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};

use super::caller::Purpose;
use super::faults::Fault;
use super::ground::Ground;
use super::house::Road;
use super::pace::Hurried;
use super::scenes::{Scene, Site, elsewhere, sites};
use super::stage::{Place, Stage};

/// Stages at once.
const STAGES_MAX: usize = 16;
/// The faults of a name are dealt to so many stages.
const PARTS: usize = 4;
/// A call that does not come to where the fault is, is made again so often.
const UNMET_MAX: u32 = 24;
/// What did not come as it has to must come so often, but for the first time with more time: a busy machine is no finding.
const UNEXPECTED_MIN: u32 = 2;

/// What is played.
pub(super) struct Programme<'a> {
    /// The configuration with its times shortened …
    pub(super) hurried: &'a Hurried,
    /// … and not so much, for what did not come as it has to.
    pub(super) patient: &'a Hurried,
    pub(super) roads: &'a [(Road, Purpose)],
    pub(super) faults: &'a [&'static Fault],
    pub(super) ground: &'a Ground,
}

/// Faults of one name for one stage.
struct Part<'a> {
    number: usize,
    road: &'a Road,
    purpose: Purpose,
    is_streaming: bool,
    /// Whether it is the first of its name's.
    is_first: bool,
    faults: Vec<&'static Fault>,
}

/// How many scenes there will be, about.
fn count(programme: &Programme<'_>, part: &Part<'_>) -> usize {
    sites(&programme.hurried.snapshot, part.road, part.is_streaming).len() * part.faults.len()
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
                let (number, is_first) = (parts.len(), part == 0);
                parts.push(Part { number, road, purpose: *purpose, is_streaming, is_first, faults });
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
    let places = part.road.lines(&programme.hurried.snapshot);
    let mut stages = Stages { programme, places, quick: None, patient: None };
    let scenes = play_on(&mut stages, part, tell).await;
    stages.close().await;
    scenes.map_err(|error| anyhow!("{}: {error:#}", part.road.name))
}

/// A stage in haste, and one with more time; each is opened when it is needed first.
struct Stages<'a> {
    programme: &'a Programme<'a>,
    places: Vec<Place>,
    quick: Option<Stage>,
    patient: Option<Stage>,
}

impl Stages<'_> {
    async fn get(&mut self, is_patient: bool) -> Result<&Stage> {
        let Programme { hurried, patient, ground, .. } = self.programme;
        let (stage, hurried) =
            if is_patient { (&mut self.patient, patient) } else { (&mut self.quick, hurried) };
        match stage {
            Some(stage) => Ok(stage),
            None => Ok(stage.insert(Stage::open(hurried, self.places.clone(), ground).await?)),
        }
    }

    async fn close(self) {
        for stage in [self.quick, self.patient].into_iter().flatten() {
            stage.close().await;
        }
    }
}

async fn play_on(stages: &mut Stages<'_>, part: &Part<'_>, tell: &Sender<Told>) -> Result<Vec<Scene>> {
    let everybody = Site { label: "nowhere".to_owned(), places: stages.places.clone() };
    let well = scene(stages, part, None, &everybody).await?;
    let is_well = well.is_as_it_should();
    // Each part of a name asks whether everybody is well, and it is told once.
    let is_told = part.is_first || !is_well;
    let mut scenes: Vec<Scene> = is_told.then_some(well).into_iter().collect();
    if !is_well {
        // A name that nobody serves even then need not be tried further.
        return Ok(scenes);
    }
    for site in sites(&stages.programme.hurried.snapshot, part.road, part.is_streaming) {
        for fault in &part.faults {
            scenes.push(scene(stages, part, Some(fault), &site).await?);
            let _ = tell.send(Told::Scene);
        }
    }
    Ok(scenes)
}

/// Plays one until it was met and came as it has to, or did not come so often enough.
async fn scene(
    stages: &mut Stages<'_>,
    part: &Part<'_>,
    fault: Option<&'static Fault>,
    site: &Site,
) -> Result<Scene> {
    let (mut unmet, mut unexpected) = (0, 0);
    loop {
        let stage = stages.get(unexpected > 0).await?;
        let scene = scene_once(stage, part, fault, site, unmet).await?;
        if !scene.is_as_it_should() {
            unexpected += 1;
            if unexpected >= UNEXPECTED_MIN {
                return Ok(scene);
            }
            continue;
        }
        unmet += u32::from(!scene.is_met);
        if scene.is_met || unmet >= UNMET_MAX {
            return Ok(scene);
        }
    }
}

async fn scene_once(
    stage: &Stage,
    part: &Part<'_>,
    fault: Option<&'static Fault>,
    site: &Site,
    caller: u32,
) -> Result<Scene> {
    stage.clear().await?;
    if let Some(fault) = fault {
        stage.arm(&site.places, fault).await?;
    }
    let before = stage.visits(&site.places);
    let answer = stage.caller.ask(caller, &part.road.name, part.purpose, part.is_streaming).await;
    Ok(Scene {
        model: part.road.name.clone(),
        fault,
        site: site.clone(),
        is_streaming: part.is_streaming,
        elsewhere: elsewhere(stage.snapshot(), part.road, site, part.is_streaming),
        is_met: stage.visits(&site.places) > before || fault.is_some_and(|fault| !fault.sees_callers()),
        pace: stage.pace,
        answer,
    })
}
