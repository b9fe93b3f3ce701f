//! What is asked? One pass over the body as it arrives finds the few fields that decide; the bytes stay as they came.

use std::cell::OnceCell;
use std::sync::LazyLock;

use bytes::Bytes;
use dialects::canonical;
use dialects::envelope;
use dialects::openai_chat::{Deciding, RequestScan};
use dialects::surface::{BodyForm, Operation, Surface};
use domain::Failure;
use http::HeaderMap;
use hyper::body::Incoming;
use memchr::memmem::Finder;
use store::BodyDigest;
use tokio::time::Instant;

use crate::body_budget::BodyLease;
use crate::call::Call;
use crate::pipeline::body_reader::{BodyReader, SizeLimit, keep, refusal, refuse_unread};
use crate::pipeline::flawed::flawed;
use crate::pipeline::key_use::note_key;
use crate::pipeline::media::FetchedMedia;
use crate::pipeline::permit::{permit_route, route_of};
use crate::pipeline::upload::{self, Kept, Read};
use crate::serving::Serving;
use crate::spool::Spooled;

/// A rough count of tokens.
const BYTES_PER_TOKEN: u64 = 4;

/// A request that was read and understood.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) surface: &'static Surface,
    pub(crate) deciding: Deciding,
    /// How the body is written.
    pub(crate) form: BodyForm,
    /// The body, in the pieces it came in.
    pub(crate) pieces: Vec<Bytes>,
    /// The body, if it lies in a file: then there are no pieces.
    pub(crate) file: Option<Spooled>,
    pub(crate) length: usize,
    /// The same in no dialect, once a target needs it. Boxed: few calls have it.
    canonical: OnceCell<Box<Result<canonical::Prompt, canonical::Flaw>>>,
    pub(crate) fetched: FetchedMedia,
    _memory: BodyLease,
}

impl Prompt {
    /// Whether an envelope of ours may be in the conversation; one that lies over two pieces counts, too.
    pub(crate) fn may_hold_envelopes(&self) -> bool {
        if !self.deciding.may_hold_envelopes {
            return false;
        }
        static QUOTED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(envelope::PREFIX));
        self.may_say(&QUOTED)
    }

    /// Whether some bytes may be in the body, over two pieces, too.
    pub(crate) fn may_say(&self, sought: &Finder<'_>) -> bool {
        let overlap = sought.needle().len() - 1;
        self.pieces.iter().any(|piece| sought.find(piece).is_some())
            || self.pieces.windows(2).any(|pair| {
                let (left, right) = (&pair[0], &pair[1]);
                let seam = [&left[left.len().saturating_sub(overlap)..], &right[..right.len().min(overlap)]];
                sought.find(&seam.concat()).is_some()
            })
    }

    /// Tokens of the prompt and of the longest answer, roughly: for choosing limits and targets only.
    pub(crate) fn tokens(&self) -> u64 {
        let prompt = self.length as u64 / BYTES_PER_TOKEN;
        prompt.saturating_add(self.deciding.output_tokens_max.unwrap_or(0))
    }

    /// Says the same in other bytes, from which it was read again.
    pub(super) fn replace(&mut self, pieces: Vec<Bytes>, deciding: Deciding) {
        self.length = pieces.iter().map(Bytes::len).sum();
        (self.pieces, self.deciding) = (pieces, deciding);
        self.canonical = OnceCell::new();
    }

    /// The same in as little memory as it takes: pieces as they were read keep all that was read with them.
    pub(crate) fn compacted(mut self: Box<Self>) -> Box<Self> {
        self.pieces = vec![Bytes::from(self.pieces.concat().into_boxed_slice())];
        self.canonical = OnceCell::new();
        self
    }

    /// The conversation in no dialect.
    pub(crate) fn canonical(&self) -> Result<&canonical::Prompt, Box<Failure>> {
        let read = self.canonical.get_or_init(|| {
            let translator = self.surface.dialect.translator();
            Box::new(match self.pieces.as_slice() {
                [whole] => translator.read_prompt(whole),
                pieces => translator.read_prompt(&pieces.concat()),
            })
        });
        (**read).as_ref().map_err(|flaw| flawed(flaw.clone()))
    }
}

/// Reads the body and finds what decides.
pub(crate) async fn understand(
    call: &mut Call,
    serving: &Serving,
    surface: &'static Surface,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<Box<Prompt>, Box<Failure>> {
    permit_route(call, route_of(surface))?;
    note_key(call, surface, headers)?;
    let upload = upload::boundary(surface, headers)?;
    let limits = &serving.limits;
    let limit = match upload {
        Some(_) => SizeLimit { bytes_max: limits.upload_bytes_max, key: "limits.upload_bytes_max" },
        None => SizeLimit { bytes_max: limits.body_bytes_max, key: "limits.body_bytes_max" },
    };
    refuse_unread(headers, limit)?;
    let mut reader = BodyReader::new(call, serving, body, limit);
    let form = if upload.is_some() { BodyForm::Multipart } else { BodyForm::Json };
    let (deciding, kept) = match upload {
        // Boxed: few calls bring one.
        Some(boundary) => Box::pin(upload::read(call, serving, &mut reader, &boundary)).await?,
        None => read_json(call, surface, &mut reader).await?,
    };
    call.connection.note_body_coming(false);
    call.bytes_in = reader.length as u64;
    if let Some(keyed) = &mut call.keyed {
        keyed.body = reader.digest.take().map(BodyDigest::finish);
    }
    call.received = Instant::now();
    let mut deciding = deciding.map_err(refusal)?;
    call.model.clone_from(&deciding.model);
    // Speech comes as events in another way than all else.
    deciding.is_streaming |= surface.operation == Operation::Speech && deciding.wants_speech_events;
    deciding.is_streaming &= surface.can_stream;
    call.is_streaming = deciding.is_streaming;
    let (length, memory) = (reader.length, reader.memory);
    let (pieces, file) = match kept {
        Kept::InMemory(pieces) => (pieces, None),
        Kept::InFile(file) => (Vec::new(), Some(file)),
    };
    let (canonical, fetched) = (OnceCell::new(), FetchedMedia::new(call.worker.gateway.bodies.lease()));
    // Boxed: it changes hands a dozen times before somebody is asked.
    Ok(Box::new(Prompt {
        surface,
        deciding,
        form,
        pieces,
        file,
        length,
        canonical,
        fetched,
        _memory: memory,
    }))
}

/// A body with a flaw is still read, within its limits: a caller that is writing cannot hear the answer.
async fn read_json(call: &Call, surface: &Surface, reader: &mut BodyReader) -> Result<Read, Box<Failure>> {
    let mut scan = RequestScan::of(surface.dialect);
    let mut pieces = Vec::with_capacity(1);
    let mut flaw = None;
    while let Some(piece) = reader.next(call.started).await? {
        if flaw.is_none() {
            flaw = scan.feed(&piece).err();
            keep(&mut pieces, piece);
        }
    }
    let deciding = match flaw {
        Some(flaw) => Err(flaw),
        None => scan.finish(),
    };
    Ok((deciding, Kept::InMemory(pieces)))
}
