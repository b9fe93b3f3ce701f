//! What the scenes show.

use super::caller::Seen;
use super::faults::FAULTS;
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
    let mut wrong: Vec<&Scene> = scenes.iter().filter(|scene| !scene.is_as_it_should()).collect();
    // The parts of a name were played side by side: told is in the order of the list.
    let order = |scene: &&Scene| {
        let fault = scene.fault.map(|fault| fault.name);
        (FAULTS.iter().position(|known| Some(known.name) == fault), scene.is_streaming)
    };
    wrong.sort_by_key(order);
    for scene in wrong {
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
            Some(_) => match scene.elsewhere {
                1 => format!("one target stands elsewhere, and callers see: {faults}"),
                count => format!("{count} targets stand elsewhere, and callers see: {faults}"),
            },
        };
        let trace = Trace::of_model(&scene.model, scene.site.label.clone(), what, played.remedy);
        Finding { code: played.code, weight: played.weight, trace }
    };
    found.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::findings;
    use crate::drill::caller::{Answer, Seen};
    use crate::drill::faults::FAULTS;
    use crate::drill::pace::Pace;
    use crate::drill::scenes::{Scene, Site};

    fn scene(fault: Option<&str>, is_streaming: bool, elsewhere: usize, seen: Seen) -> Scene {
        let fault = fault.map(|name| FAULTS.iter().find(|fault| fault.name == name).unwrap());
        let answer = Answer { seen, provider: None, model: None, attempts: 1, took: Duration::ZERO };
        let site = Site { label: "provider one".to_owned(), places: vec![(0, 0)] };
        let pace = Pace::of(Duration::from_secs(1), Duration::from_secs(1));
        Scene { model: "smart".to_owned(), fault, site, is_streaming, elsewhere, is_met: true, pace, answer }
    }

    fn refused() -> Seen {
        Seen::Refused { status: 502, code: "upstream_failed".to_owned() }
    }

    fn broken_off() -> Seen {
        Seen::BrokenOff { code: "stream_broken".to_owned() }
    }

    fn codes(scenes: &[Scene]) -> Vec<&'static str> {
        findings(scenes).iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn what_nobody_could_have_done_better_is_no_finding() {
        let good = [
            scene(Some("failed"), false, 0, refused()),
            scene(Some("failed"), false, 1, Seen::Whole),
            scene(Some("content_refused"), false, 1, refused()),
            scene(Some("stream_cut"), true, 1, broken_off()),
            // Made whole by whoever goes on with it.
            scene(Some("stream_cut"), true, 1, Seen::Whole),
            scene(None, true, 1, Seen::Whole),
        ];
        assert_eq!(codes(&good), [] as [&str; 0]);
    }

    #[test]
    fn what_somebody_elsewhere_could_have_answered_is_one() {
        let scenes = [
            scene(Some("failed"), false, 1, refused()),
            scene(Some("hanging"), true, 1, refused()),
            scene(Some("stream_cut"), false, 1, broken_off()),
        ];
        let found = findings(&scenes);
        assert_eq!(codes(&scenes), ["not_survived"], "one finding for one place");
        assert_eq!(
            found[0].trace.what,
            "one target stands elsewhere, and callers see: hanging, streamed (502 upstream_failed); \
             failed (502 upstream_failed); stream_cut (broken off, told: stream_broken)"
        );
    }

    #[test]
    fn what_must_never_be_is_one_wherever_it_is() {
        assert_eq!(codes(&[scene(Some("stream_cut"), true, 0, Seen::HalfAsWhole)]), ["half_as_whole"]);
        assert_eq!(codes(&[scene(Some("unknown_model"), true, 0, Seen::NoEnd)]), ["no_end"]);
        assert_eq!(codes(&[scene(Some("no_end_mark"), false, 0, refused())]), ["not_survived"]);
        assert_eq!(codes(&[scene(None, false, 0, refused())]), ["does_not_answer"]);
    }
}
