//! The client of one worker: takes a pooled connection or opens one, and sends. It never tries twice.

use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use tokio::time::Instant;

use crate::dial::{Names, Resolver, dial};
use crate::exchange::{Reply, exchange};
use crate::failure::SendFailure;
use crate::glimpse::Glimpse;
use crate::line::Line;
use crate::pool::{Connection, Pool, PoolCounts};
use crate::request::Request;

/// One worker's way out. Cheap to clone; not to be shared between threads.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pool: Rc<Pool>,
    names: Names,
}

impl Client {
    /// A client that looks host names up in its own way.
    pub fn with_resolver(resolver: Resolver) -> Self {
        Self { pool: Rc::default(), names: Names::new(resolver) }
    }

    /// A client whose connections come from a test's own network.
    #[cfg(feature = "given-network")]
    pub fn over(network: crate::given::GivenNetwork) -> Self {
        Self { pool: Rc::default(), names: Names::given(network) }
    }

    /// A connection over `line` that is open already, if there is one. It may have been closed for age, unseen: then the
    /// failure of what is sent over it says `was_reused`, and whoever owns retries may ask again over a new one.
    pub fn take(&self, line: &Line) -> Option<Connection> {
        self.pool.take(line)
    }

    /// Opens a connection over `line`. Whoever does not wait for it to its end closes it.
    pub fn connect(&self, line: &Arc<Line>) -> LocalBoxFuture<'static, Result<Connection, SendFailure>> {
        let (pool, names, line) = (self.pool.clone(), self.names.clone(), line.clone());
        // Boxed: what dialling needs is not carried along by every request.
        Box::pin(async move { Ok(pool.adopt(&line, dial(&names, &line).await?)) })
    }

    /// Sends `request` over `line`, by the connection that is `ready` or else a new one, and waits for the head of the answer.
    /// Dropping the future closes the connection.
    pub fn send(
        &self,
        line: &Arc<Line>,
        request: &Request<'_>,
        ready: Option<Connection>,
    ) -> impl Future<Output = Result<Reply, SendFailure>> {
        self.send_watched(line, request, ready, None)
    }

    /// The same; whoever waits may look at the connection meanwhile.
    pub async fn send_watched(
        &self,
        line: &Arc<Line>,
        request: &Request<'_>,
        ready: Option<Connection>,
        glimpse: Option<&Glimpse>,
    ) -> Result<Reply, SendFailure> {
        if let Some(glimpse) = glimpse {
            glimpse.begins();
        }
        let connection = match ready {
            Some(connection) => connection,
            None => self.connect(line).await?,
        };
        exchange(&self.pool, connection, request, glimpse).await
    }

    /// Over `line` somebody was not answered on a connection that was open already: what has idled there since before `moment` may be
    /// as dead, and is closed.
    pub fn distrust_idle(&self, line: &Line, moment: Instant) {
        self.pool.distrust(line, moment);
    }

    /// Keeps a connection that nobody needs now.
    pub fn put_aside(&self, connection: Connection) {
        self.pool.put_aside(connection, Instant::now());
    }

    /// Opens the connections that `line` is to have ahead of requests and lacks now: each of these futures opens one. Nothing
    /// is sent over them. `chance`, from 0 to 1, spreads in time what is tried again.
    pub fn warm(&self, line: &Arc<Line>, chance: f32) -> impl Iterator<Item = LocalBoxFuture<'static, ()>> {
        let lacking = self.pool.lacks(line, Instant::now());
        let (pool, line, client) = (self.pool.clone(), line.clone(), self.clone());
        (0..lacking).map(move |_| {
            pool.warming_begins(&line);
            let (pool, line, client) = (pool.clone(), line.clone(), client.clone());
            let warming = async move {
                let opened = client.connect(&line).await;
                pool.warming_ends(&line, opened.is_ok(), Instant::now(), chance);
                if let Ok(connection) = opened {
                    client.put_aside(connection);
                }
            };
            Box::pin(warming) as LocalBoxFuture<'static, ()>
        })
    }

    /// Closes idle connections that are too old or were closed by the other side. `chance` is as for `warm`.
    pub fn sweep(&self, chance: f32) {
        self.pool.sweep(Instant::now(), chance);
    }

    /// Reports what happened to each provider's connections since the last call.
    pub fn take_counts(&self, report: impl FnMut(u16, PoolCounts)) {
        self.pool.take_counts(report);
    }
}
