//! Plays a script on a connection, and notices when the peer goes away. It decides nothing.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::http::Connection;
use crate::misbehaviour::Ending;
use crate::script::{Script, Step};
use crate::stream::Stream;

/// Most bytes handed to the kernel at once, so that the count of what was sent stays true while a peer does not read.
const WRITE_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of further requests kept while an answer is on its way.
const PIPELINE_BYTES_MAX: usize = 64 * 1024;
/// Longest time a silent connection is held.
const HANG_SECONDS_MAX: Duration = Duration::from_secs(3600);

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    /// To the end; the connection is to be left so.
    ToTheEnd(Ending),
    /// The peer hung up before.
    PeerGone,
}

/// Carries out all steps, and falls silent behind them if that is how an unfinished answer is left. `sent` is told of every byte that the kernel took; `before_last` is called before the last of them
/// go out.
///
/// A peer that closes its sending side is taken to be gone: no HTTP client does so while it waits.
pub(crate) async fn play(
    connection: &mut Connection,
    script: &Script,
    sent: impl Fn(usize),
    before_last: impl FnOnce(),
) -> Played {
    let (mut reader, mut writer) = split(&mut connection.stream);
    tokio::select! {
        // Writing first: an answer that is written whole counts as whole, even if the peer has left by then.
        biased;
        result = perform(&mut writer, script, sent, before_last) => {
            result.map_or(Played::PeerGone, |()| Played::ToTheEnd(script.ending))
        }
        () = peer_leaves(&mut reader, &mut connection.buffer) => Played::PeerGone,
    }
}

async fn perform(
    writer: &mut WriteHalf<&mut Stream>,
    script: &Script,
    sent: impl Fn(usize),
    before_last: impl FnOnce(),
) -> io::Result<()> {
    let last = script.steps.iter().rposition(|step| matches!(step, Step::Write(_)));
    let mut before_last = Some(before_last);
    for (place, step) in script.steps.iter().enumerate() {
        if Some(place) == last
            && let Some(tell) = before_last.take()
        {
            tell();
        }
        match step {
            Step::Pause(time) => sleep(*time).await,
            Step::Write(bytes) => {
                write(writer, bytes, &sent).await?;
                // Lets the peer read each piece by itself, where it shares our thread.
                yield_now().await;
            }
            Step::Repeat { bytes, every } => loop {
                sleep(*every).await;
                write(writer, bytes, &sent).await?;
            },
        }
    }
    if script.ending == Ending::Hang && !script.is_whole {
        sleep(HANG_SECONDS_MAX).await;
    }
    Ok(())
}

/// Holds a connection on which all is said and nothing is read any more, until the peer leaves it.
pub(crate) async fn hold(connection: &mut Connection) {
    let (mut reader, _writer) = split(&mut connection.stream);
    let _ = timeout(HANG_SECONDS_MAX, peer_leaves(&mut reader, &mut connection.buffer)).await;
}

async fn write(writer: &mut WriteHalf<&mut Stream>, bytes: &[u8], sent: &impl Fn(usize)) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = writer.write(&rest[..rest.len().min(WRITE_BYTES_MAX)]).await?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        sent(count);
        rest = &rest[count..];
    }
    Ok(())
}

/// Ends when the peer has closed or reset; keeps what it sends meanwhile.
async fn peer_leaves(reader: &mut ReadHalf<&mut Stream>, buffer: &mut BytesMut) {
    while buffer.len() < PIPELINE_BYTES_MAX {
        if !matches!(reader.read_buf(buffer).await, Ok(count) if count > 0) {
            return;
        }
    }
    std::future::pending::<()>().await;
}
