//! Pictures and documents that a caller names by their address, before a target gets them: nobody is sent to a private
//! address, and for a target that fetches nothing itself they are fetched here.

use std::cell::RefCell;
use std::collections::HashMap;

use dialects::Dialect;
use dialects::canonical::{Abilities, Flaw, Media, MediaKind, Part, Prompt, Source, media_type_of};
use domain::{Failure, Kind, Network, base64};

use crate::body_budget::BodyLease;
use crate::pipeline::flawed::flawed;
use crate::remote_media::{Fetched, check, fetch};

/// Most media of one conversation that are fetched.
const FETCHED_MAX: usize = 20;
/// How large they may be together.
const FETCHED_BYTES_MAX: usize = 32 << 20;

/// What was fetched for one call, by its address: asked for once, however many targets are tried.
#[derive(Debug)]
pub(crate) struct FetchedMedia(RefCell<Store>);

#[derive(Debug)]
struct Store {
    found: HashMap<String, Fetched>,
    bytes: usize,
    memory: BodyLease,
}

impl FetchedMedia {
    pub(crate) fn new(memory: BodyLease) -> Self {
        Self(RefCell::new(Store { found: HashMap::new(), bytes: 0, memory }))
    }

    fn known(&self, url: &str) -> Option<Fetched> {
        self.0.borrow().found.get(url).cloned()
    }

    fn bytes_left(&self) -> usize {
        FETCHED_BYTES_MAX - self.0.borrow().bytes
    }

    /// Keeps it, if there is memory for it and for its text.
    fn keep(&self, url: &str, fetched: &Fetched) -> bool {
        let mut store = self.0.borrow_mut();
        store.bytes += fetched.bytes.len();
        store.found.insert(url.to_owned(), fetched.clone());
        let bytes = store.bytes * 5 / 2;
        store.memory.grow_to(bytes)
    }
}

/// Looks at all addresses of a conversation, and fetches what is there where the target does not.
pub(super) async fn settle(
    prompt: &mut Prompt,
    (abilities, spoken): (&Abilities, Dialect),
    private: &[Network],
    fetched: &FetchedMedia,
) -> Result<(), Box<Failure>> {
    let mut remote = Vec::new();
    let turns = prompt.turns.iter_mut();
    turns.flat_map(|turn| turn.parts.iter_mut()).for_each(|part| collect(part, &mut remote));
    for media in &remote {
        let Source::Url(url) = &media.source else { continue };
        check(url, private).map_err(|why| unfit(media, &why))?;
    }
    remote.retain(|media| !is_fetched_there(media, abilities, spoken));
    if remote.len() > FETCHED_MAX {
        let flaw =
            format!("the request names {} addresses to fetch, and at most {FETCHED_MAX} are", remote.len());
        return Err(flawed(Flaw::of_target("", flaw)));
    }
    for media in remote {
        inline(media, private, fetched).await?;
    }
    Ok(())
}

/// Whether the provider fetches it himself. A chat has no words for where a document is.
fn is_fetched_there(media: &Media, abilities: &Abilities, spoken: Dialect) -> bool {
    abilities.fetches_urls && (media.kind != MediaKind::Document || spoken != Dialect::OpenAiChat)
}

/// What is wrong with a medium at an address.
fn unfit(media: &Media, why: &str) -> Box<Failure> {
    flawed(Flaw::new(&media.path, format!("'{}' {why}", media.path)))
}

fn collect<'p>(part: &'p mut Part, remote: &mut Vec<&'p mut Media>) {
    match part {
        Part::Media(media) if matches!(media.source, Source::Url(_)) => remote.push(media),
        Part::Outcome(outcome) => outcome.parts.iter_mut().for_each(|part| collect(part, remote)),
        _ => {}
    }
}

async fn inline(media: &mut Media, private: &[Network], fetched: &FetchedMedia) -> Result<(), Box<Failure>> {
    let Source::Url(url) = &media.source else { return Ok(()) };
    let found = match fetched.known(url) {
        Some(found) => found,
        None => {
            let found = fetch(url, fetched.bytes_left(), private).await.map_err(|why| unfit(media, &why))?;
            if !fetched.keep(url, &found) {
                let why = "too many large requests at once; memory for bodies is used up";
                return Err(Failure::new(Kind::Overloaded, why));
            }
            found
        }
    };
    // Many servers call everything a stream of bytes.
    let media_type = media_type_of(&found.bytes, &found.media_type).to_owned();
    if media.kind == MediaKind::Image && !media_type.starts_with("image/") {
        return Err(unfit(media, &format!("is no image: its server calls it {:?}", found.media_type)));
    }
    media.source = Source::Inline { media_type, data: base64(&found.bytes) };
    Ok(())
}
