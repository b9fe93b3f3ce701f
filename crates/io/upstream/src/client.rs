//! The client of one worker: takes a pooled connection or opens one, and sends. It never tries twice.

use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use crate::dial::{Names, Resolver, dial};
use crate::exchange::{Reply, exchange};
use crate::failure::SendFailure;
use crate::line::Line;
use crate::pool::{Pool, PoolCounts};
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

    /// Sends `request` over `line` and waits for the head of the answer. Dropping the future closes the connection.
    ///
    /// With `may_reuse` a pooled connection is taken if there is one. It may have been closed for age, unseen:
    /// then the failure says `was_reused`, and whoever owns retries may ask again without.
    pub async fn send(
        &self,
        line: &Arc<Line>,
        request: &Request<'_>,
        may_reuse: bool,
    ) -> Result<Reply, SendFailure> {
        let pooled = if may_reuse { self.pool.take(line) } else { None };
        let connection = match pooled {
            Some(connection) => connection,
            // Boxed: what dialling needs is not carried along by every request.
            None => self.pool.adopt(line, Box::pin(dial(&self.names, line)).await?),
        };
        exchange(&self.pool, connection, request).await
    }

    /// Closes idle connections that are too old or were closed by the other side.
    pub fn sweep(&self) {
        self.pool.sweep(Instant::now());
    }

    /// Reports what happened to each provider's connections since the last call.
    pub fn take_counts(&self, report: impl FnMut(u16, PoolCounts)) {
        self.pool.take_counts(report);
    }
}
