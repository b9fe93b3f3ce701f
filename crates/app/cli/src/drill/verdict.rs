//! What the scenes show.

use super::caller::Seen;
use super::finding::{Finding, Trace, Weight};
use super::scenes::Scene;

/// A kind of finding that only playing shows.
pub(super) struct Played {
    pub(super) code: &'static str,
    pub(super) weight: Weight,
    pub(super) says: &'static str,
    remedy: &'static str,
}

/// All of them.
pub(super) static PLAYED: &[Played] = &[
    Played {
        code: "does_not_answer",
        weight: Weight::Error,
        says: "a name that does not answer though everybody is well",
        remedy: "ask the running server: bellwether explain NAME",
    },
    Played {
        code: "not_survived",
        weight: Weight::Error,
        says: "a fault that callers see though somebody stands elsewhere",
        remedy: "see the findings about limits, chains and retries; bellwether explain NAME tells the order",
    },
    Played {
        code: "half_as_whole",
        weight: Weight::Error,
        says: "half an answer that a caller takes for a whole one",
        remedy: "this is a fault of Bellwether: please report it with this configuration, without its keys",
    },
    Played {
        code: "no_end",
        weight: Weight::Error,
        says: "a call that outlasts every limit",
        remedy: "this is a fault of Bellwether: please report it with this configuration, without its keys",
    },
];

/// Which kind a scene is of that did not come as it has to.
fn kind(scene: &Scene) -> &'static Played {
    let code = match (&scene.answer.seen, scene.fault) {
        (Seen::HalfAsWhole, Some(_)) => "half_as_whole",
        (Seen::NoEnd, Some(_)) => "no_end",
        (_, None) => "does_not_answer",
        (_, Some(_)) => "not_survived",
    };
    PLAYED.iter().find(|played| played.code == code).expect("every code above is in the list")
}

/// What the scenes show: for each name and place one finding of a kind, with all faults in it.
pub(super) fn findings(scenes: &[Scene]) -> Vec<Finding> {
    let mut found: Vec<(&Scene, &'static Played, Vec<String>)> = Vec::new();
    for scene in scenes.iter().filter(|scene| !scene.is_as_it_should()) {
        let played = kind(scene);
        let stream = if scene.is_streaming { ", streamed" } else { "" };
        let fault = scene.fault.map_or("nothing", |fault| fault.name);
        let told = format!("{fault}{stream} ({})", scene.seen());
        let same = found.iter_mut().find(|(known, kind, _)| {
            known.model == scene.model && known.site == scene.site && kind.code == played.code
        });
        match same {
            Some((_, _, faults)) if faults.contains(&told) => {}
            Some((_, _, faults)) => faults.push(told),
            None => found.push((scene, played, vec![told])),
        }
    }
    let finding = |(scene, played, faults): (&Scene, &Played, Vec<String>)| {
        let faults = faults.join("; ");
        let what = match scene.fault {
            None => format!("everybody is well, and callers see: {faults}"),
            Some(_) => format!("{} targets stand elsewhere, and callers see: {faults}", scene.elsewhere),
        };
        let trace = Trace::of_model(&scene.model, scene.site.label.clone(), what, played.remedy);
        Finding { code: played.code, weight: played.weight, trace }
    };
    found.into_iter().map(finding).collect()
}
