//! For tests: what lies between a gateway and its server and can fall silent. Nothing is refused and nothing closed, nothing is
//! passed on any more; what was connected before stays so for ever, as where a box between has forgotten it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::Secret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// So much is passed on at once.
const PIECE_BYTES: usize = 64 << 10;

/// The way, from a port of this machine to a server's socket.
pub(crate) struct SilentWay {
    port: u16,
    shared: Shared,
    _carrying: JoinSet<()>,
}

/// Whether what is said next reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastWords {
    Arrive,
    AreLost,
}

/// When it falls silent.
#[derive(Clone, Copy)]
enum Moment {
    /// When these are said.
    Words(&'static str),
    /// When something is said after so many pieces.
    Pieces(usize),
}

#[derive(Clone)]
struct Shared {
    silence: watch::Sender<Silence>,
    /// It falls silent then.
    armed: Arc<Mutex<Option<(Moment, LastWords)>>>,
}

#[derive(Clone, Copy, Default)]
struct Silence {
    count: u64,
    is_now: bool,
}

impl SilentWay {
    pub(crate) async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Shared { silence: watch::Sender::new(Silence::default()), armed: Arc::default() };
        let (mut carrying, each) = (JoinSet::new(), shared.clone());
        carrying.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(carry(near, socket.clone(), each.clone()));
            }
        });
        Self { port, shared, _carrying: carrying }
    }

    /// Where the server's database is found this way, with answers waited for so long.
    pub(crate) fn url(&self, database: &str, answer_wait_s: u32) -> Secret {
        let port = self.port;
        Secret::new(format!(
            "postgres://me@127.0.0.1:{port}/{database}?sslmode=disable&answer_wait_s={answer_wait_s}"
        ))
    }

    /// From these words on.
    pub(crate) fn fall_silent_at(&self, words: &'static str, last: LastWords) {
        *self.shared.armed.lock().unwrap() = Some((Moment::Words(words), last));
    }

    /// After so many more pieces, whatever is said; they are lost.
    pub(crate) fn fall_silent_after(&self, pieces: usize) {
        *self.shared.armed.lock().unwrap() = Some((Moment::Pieces(pieces), LastWords::AreLost));
    }

    /// Until it has fallen silent.
    pub(crate) async fn silent(&self) {
        self.shared.silence.subscribe().wait_for(|silence| silence.is_now).await.unwrap();
    }

    /// New connections are carried from now on.
    pub(crate) fn carry_again(&self) {
        self.shared.silence.send_modify(|silence| silence.is_now = false);
    }
}

impl Shared {
    fn falls_silent_at(&self, said: &[u8]) -> Option<LastWords> {
        let mut armed = self.armed.lock().unwrap();
        let (moment, last) = armed.as_mut()?;
        let is_then = match moment {
            Moment::Words(words) => said.windows(words.len()).any(|part| part == words.as_bytes()),
            Moment::Pieces(0) => true,
            Moment::Pieces(left) => {
                *left -= 1;
                false
            }
        };
        let last = *last;
        is_then.then(|| *armed = None)?;
        // Before anything is passed on: no answer comes after it.
        self.silence.send_modify(|silence| *silence = Silence { count: silence.count + 1, is_now: true });
        Some(last)
    }
}

/// Both directions of one connection.
async fn carry(near: tokio::net::TcpStream, socket: PathBuf, shared: Shared) {
    let mut silence = shared.silence.subscribe();
    let begun = silence.wait_for(|silence| !silence.is_now).await.unwrap().count;
    let far = UnixStream::connect(socket).await.unwrap();
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    let asked = pass_on(&mut from_near, &mut to_far, &shared, begun, true);
    let answered = pass_on(&mut from_far, &mut to_near, &shared, begun, false);
    tokio::join!(asked, answered);
}

async fn pass_on(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    shared: &Shared,
    begun: u64,
    is_asking: bool,
) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(length) = from.read(&mut piece).await {
        let last = if is_asking { shared.falls_silent_at(&piece[..length]) } else { None };
        let is_over = shared.silence.borrow().count != begun;
        if is_over && last != Some(LastWords::Arrive) {
            // Nothing is closed either.
            return std::future::pending().await;
        }
        if length == 0 || to.write_all(&piece[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
