//! An upload: a form with recordings or pictures, kept in memory while much of it is free, then in a file; so what
//! decides may come last.

use std::time::Duration;

use bytes::Bytes;
use dialects::framing::multipart::{Boundary, boundary_of};
use dialects::openai_chat::{Deciding, FormScan, RequestFlaw};
use dialects::surface::{BodyForm, Surface};
use domain::{Failure, Kind};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use observe::Level;

use crate::call::Call;
use crate::pipeline::body_reader::{BodyReader, keep, refusal};
use crate::serving::Serving;
use crate::spool::{SpoolFailure, SpoolFile, Spooled};

/// So much is gathered for one write to a file.
const WRITE_BYTES: usize = 256 * 1024;
/// When an upload that finds no room may be worth another try.
const ROOM_WAIT: Duration = Duration::from_secs(5);

/// Where a body lies that was read.
pub(super) enum Kept {
    InMemory(Vec<Bytes>),
    InFile(Spooled),
}

/// What was found in a body, once all of it has been read.
pub(super) type Read = (Result<Deciding, RequestFlaw>, Kept);

/// What stands between the parts, if this is an upload. JSON is taken where forms are, too: pictures may be named by address.
pub(super) fn boundary(surface: &Surface, headers: &HeaderMap) -> Result<Option<Boundary>, Box<Failure>> {
    if surface.body == BodyForm::Json {
        return Ok(None);
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(content_type), None) = (types.next(), types.next()) else {
        let message = format!("{} takes one content-type: multipart/form-data", surface.path);
        return Err(Failure::new(Kind::BadRequest, message));
    };
    let content_type = content_type.as_bytes();
    if content_type.split(|byte| *byte == b';').next().is_some_and(is_json) {
        return Ok(None);
    }
    boundary_of(content_type).map(Some).map_err(|flaw| refusal(RequestFlaw::from(flaw)))
}

fn is_json(kind: &[u8]) -> bool {
    kind.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// Reads an upload to its end, also one with a flaw: a caller that is writing cannot hear the answer.
pub(super) async fn read(
    call: &Call,
    serving: &Serving,
    reader: &mut BodyReader,
    boundary: &Boundary,
) -> Result<Read, Box<Failure>> {
    let mut scan = FormScan::new(boundary);
    let mut keeping = Keeping::new(call, serving.limits.body_bytes_max);
    let mut flaw = None;
    while let Some(piece) = reader.next_uncounted(call.started).await? {
        if flaw.is_some() {
            continue;
        }
        flaw = scan.feed(&piece).err();
        if flaw.is_some() {
            // Nobody will want it.
            keeping.let_go(reader);
        } else {
            keeping.keep(reader, piece).await.map_err(|failure| unkept(call, &failure))?;
        }
    }
    let deciding = match flaw {
        Some(flaw) => Err(flaw),
        None => scan.finish(),
    };
    let kept = keeping.finish().await.map_err(|failure| unkept(call, &failure))?;
    Ok((deciding, kept))
}

/// An upload as far as it has come.
struct Keeping<'a> {
    call: &'a Call,
    memory_bytes_max: usize,
    /// All that has come, or what is still to be written to the file.
    pieces: Vec<Bytes>,
    unwritten: usize,
    file: Option<SpoolFile>,
}

impl<'a> Keeping<'a> {
    fn new(call: &'a Call, memory_bytes_max: usize) -> Self {
        Self { call, memory_bytes_max, pieces: Vec::new(), unwritten: 0, file: None }
    }

    /// Keeps a piece: in memory while there is some, then in a file with all before it.
    async fn keep(&mut self, reader: &mut BodyReader, piece: Bytes) -> Result<(), SpoolFailure> {
        self.unwritten += piece.len();
        keep(&mut self.pieces, piece);
        if self.file.is_some() {
            return if self.unwritten < WRITE_BYTES { Ok(()) } else { self.write().await };
        }
        if reader.length <= self.memory_bytes_max && reader.memory.grow_if_much_is_free(reader.length) {
            return Ok(());
        }
        let worker = &self.call.worker;
        self.file = Some(worker.gateway.spool.open().await?);
        self.write().await?;
        reader.memory = worker.gateway.bodies.lease();
        Ok(())
    }

    async fn write(&mut self) -> Result<(), SpoolFailure> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let pieces = std::mem::take(&mut self.pieces);
        self.unwritten = 0;
        self.file = Some(self.call.worker.gateway.spool.write(file, pieces).await?);
        Ok(())
    }

    fn let_go(&mut self, reader: &mut BodyReader) {
        self.pieces.clear();
        self.file = None;
        reader.memory = self.call.worker.gateway.bodies.lease();
    }

    async fn finish(mut self) -> Result<Kept, SpoolFailure> {
        self.write().await?;
        Ok(match self.file {
            Some(file) => Kept::InFile(file.finish()),
            None => Kept::InMemory(self.pieces),
        })
    }
}

/// An upload that could not be kept: the caller learns that it is our fault, the operator why.
fn unkept(call: &Call, failure: &SpoolFailure) -> Box<Failure> {
    call.worker.gateway.log.event(Level::Warn, "an upload could not be kept", &[("reason", failure)]);
    let message = match failure {
        SpoolFailure::Full => "too many large uploads at once; there is no room for another",
        SpoolFailure::Disk(_) => "this gateway has no room on its disk for the upload, or cannot write there",
    };
    Failure::new(Kind::Overloaded, message).with_retry_after(ROOM_WAIT)
}
