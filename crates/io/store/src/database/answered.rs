//! Connections that nobody waits for without end. Where a server refuses nothing and answers nothing any more, as behind a
//! network that drops what it is given, whoever waits is told so, and the connection is dropped, never used again.
//!
//! How long something takes altogether is not limited here: an answer may come in many pieces, each of them in time. What was
//! asked may have happened or not; whoever asks again must be able to tell.

use std::io::{Error as IoError, ErrorKind};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use sqlx::any::{Any, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Either, Error, Execute, Executor, SqlStr};
use tokio::time::timeout;

/// Longest wait for a connection; a query that comes meanwhile waits with it.
pub(super) const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// How long a server is waited for at the end.
pub(super) const CLOSE_WAIT: Duration = Duration::from_secs(3);

/// How long the next piece of an answer is waited for; for ever where a database is a file, which has no silence.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    wait: Option<Duration>,
    /// The one connection of the pool has not answered in time.
    is_silent: Arc<AtomicBool>,
}

/// The one connection of a database, for whoever comes.
#[derive(Clone, Debug)]
pub(crate) struct AnyPool {
    inner: sqlx::AnyPool,
    patience: Patience,
}

/// A connection that is had alone for a while.
#[derive(Debug)]
pub(crate) struct AnyConnection {
    lease: Lease,
    patience: Patience,
}

/// What is returned when it is dropped.
#[derive(Debug)]
pub(crate) struct Leased(AnyConnection);

#[derive(Debug)]
enum Lease {
    Plain(PoolConnection<Any>),
    /// Of no pool.
    Alone(sqlx::AnyConnection),
    /// Undone where it is dropped without a commit.
    Transaction(sqlx::Transaction<'static, Any>),
}

impl Patience {
    /// Of a file, or of memory.
    pub(super) fn endless() -> Self {
        Self { wait: None, is_silent: Arc::default() }
    }

    pub(super) fn of(wait: Duration) -> Self {
        Self { wait: Some(wait), ..Self::endless() }
    }

    /// To be run before a connection goes back into its pool: it would be asked whether it lives, and that without end.
    pub(super) async fn look(&self, connection: &mut sqlx::AnyConnection) -> Result<bool, Error> {
        let Some(wait) = self.wait else { return Ok(true) };
        let is_silent = self.is_silent.swap(false, Ordering::Relaxed);
        if !is_silent && let Ok(lives) = timeout(wait, connection.ping()).await {
            return lives.map(|()| true);
        }
        // Dropped as it is: to close it would be to wait until the server has taken what was not sent yet.
        *connection = sqlx::AnyConnection::connect("sqlite::memory:").await?;
        Ok(false)
    }

    fn gives_up(&self, waited: Duration) -> Error {
        self.is_silent.store(true, Ordering::Relaxed);
        let why = format!(
            "the database has been silent for {} seconds, so the connection was given up",
            waited.as_secs()
        );
        Error::Io(IoError::new(ErrorKind::TimedOut, why))
    }

    /// Waits for one answer; `before` is for what comes before it is asked for.
    async fn answer<T>(
        &self,
        before: Duration,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let Some(wait) = self.wait else { return answer.await };
        match timeout(before + wait, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(self.gives_up(wait)),
        }
    }

    fn pieces<'a, T: Send + 'a>(
        &self,
        before: Duration,
        pieces: BoxStream<'a, Result<T, Error>>,
    ) -> BoxStream<'a, Result<T, Error>> {
        let Some(wait) = self.wait else { return pieces };
        let patience = self.clone();
        let next = move |from: Option<(BoxStream<'a, Result<T, Error>>, Duration)>| {
            let patience = patience.clone();
            async move {
                let (mut pieces, before) = from?;
                match timeout(before + wait, pieces.next()).await {
                    Ok(piece) => piece.map(|piece| (piece, Some((pieces, Duration::ZERO)))),
                    Err(_) => Some((Err(patience.gives_up(wait)), None)),
                }
            }
        };
        stream::unfold(Some((pieces, before)), next).boxed()
    }
}

impl AnyPool {
    pub(super) const fn new(inner: sqlx::AnyPool, patience: Patience) -> Self {
        Self { inner, patience }
    }

    /// For what brings its own way of asking.
    pub(super) const fn inner(&self) -> &sqlx::AnyPool {
        &self.inner
    }

    /// The connection, when it is free.
    pub(crate) async fn acquire(&self) -> Result<Leased, Error> {
        let lease = Lease::Plain(self.inner.acquire().await?);
        Ok(Leased(AnyConnection { lease, patience: self.patience.clone() }))
    }

    /// The same within a transaction.
    pub(crate) async fn begin(&self) -> Result<Leased, Error> {
        self.begun(self.inner.begin()).await
    }

    /// The same, begun by other words than the usual ones.
    pub(crate) async fn begin_with(&self, begin: &'static str) -> Result<Leased, Error> {
        self.begun(self.inner.begin_with(begin)).await
    }

    async fn begun(
        &self,
        begun: impl Future<Output = Result<sqlx::Transaction<'static, Any>, Error>>,
    ) -> Result<Leased, Error> {
        let lease = Lease::Transaction(self.patience.answer(CONNECT_WAIT, begun).await?);
        Ok(Leased(AnyConnection { lease, patience: self.patience.clone() }))
    }

    /// Lets the database go; one that is silent is left.
    pub(crate) async fn close(&self) {
        if self.patience.wait.is_none() {
            return self.inner.close().await;
        }
        // What is not closed by then is so at the end of the process.
        let _ = timeout(CLOSE_WAIT, self.inner.close()).await;
    }
}

impl Leased {
    /// Makes everything last.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        let AnyConnection { lease, patience } = self.0;
        match lease {
            Lease::Plain(_) | Lease::Alone(_) => Ok(()),
            Lease::Transaction(transaction) => patience.answer(Duration::ZERO, transaction.commit()).await,
        }
    }
}

impl AnyConnection {
    /// One of no pool.
    pub(super) const fn alone(connection: sqlx::AnyConnection, patience: Patience) -> Self {
        Self { lease: Lease::Alone(connection), patience }
    }

    /// For what brings its own way of asking.
    pub(super) fn inner(&mut self) -> &mut sqlx::AnyConnection {
        self.lease.connection()
    }

    /// It is not used again: it said nothing for so long.
    pub(super) fn give_up(&self, waited: Duration) -> Error {
        self.patience.gives_up(waited)
    }
}

impl Deref for Leased {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.0
    }
}

impl DerefMut for Leased {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.0
    }
}

impl Lease {
    fn connection(&mut self) -> &mut sqlx::AnyConnection {
        match self {
            Self::Plain(connection) => connection,
            Self::Alone(connection) => connection,
            Self::Transaction(connection) => connection,
        }
    }
}

impl<'c> Executor<'c> for &'c mut AnyConnection {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let AnyConnection { lease, patience } = self;
        patience.pieces(Duration::ZERO, lease.connection().fetch_many(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let AnyConnection { lease, patience } = self;
        Box::pin(patience.answer(Duration::ZERO, lease.connection().fetch_optional(query)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, Error>>
    where
        'c: 'e,
    {
        let AnyConnection { lease, patience } = self;
        Box::pin(patience.answer(Duration::ZERO, lease.connection().prepare_with(sql, parameters)))
    }
}

impl<'p> Executor<'p> for &'p AnyPool {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        self.patience.pieces(CONNECT_WAIT, self.inner.fetch_many(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(self.patience.answer(CONNECT_WAIT, self.inner.fetch_optional(query)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, Error>>
    where
        'p: 'e,
    {
        Box::pin(self.patience.answer(CONNECT_WAIT, self.inner.prepare_with(sql, parameters)))
    }
}
