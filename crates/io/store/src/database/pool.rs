//! The one connection of a database, for one after the other. It is opened again where it breaks. Whoever lets it go in the middle
//! of something keeps it from the next no longer than an answer may take: then it is dropped.

use std::io::ErrorKind;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use sqlx::any::{Any, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::{Connection, Either, Error, Execute, Executor, SqlStr};
use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::answered::{AnyConnection, Patience};

/// Longest wait for a connection to a server, with its opening; a query that comes meanwhile waits with it.
pub(super) const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// Longest wait for the connection to a file.
const FILE_WAIT: Duration = Duration::from_secs(30);
/// How long a server is waited for at the end.
pub(super) const CLOSE_WAIT: Duration = Duration::from_secs(3);
/// Before a connection that could not be opened is tried again; each time twice as long.
const REST_MIN: Duration = Duration::from_millis(10);
const REST_MAX: Duration = Duration::from_secs(2);

/// What PostgreSQL says while it starts, and while it has no room for another connection.
const NOT_NOW: [&str; 2] = ["57P03", "53300"];

/// Where the connection is while nobody has it.
type Seat = OwnedMutexGuard<Option<sqlx::AnyConnection>>;

/// The one connection of a database, for whoever comes.
#[derive(Clone, Debug)]
pub(crate) struct AnyPool(Arc<Pool>);

/// How a connection is opened.
pub(super) struct Opening {
    open: Box<dyn Fn() -> BoxFuture<'static, Result<sqlx::AnyConnection, Error>> + Send + Sync>,
    patience: Patience,
    /// Whether it is asked first if it still lives.
    is_asked_first: bool,
}

/// A connection that is returned when it is dropped.
#[derive(Debug)]
pub(crate) struct Leased {
    // There until it is dropped.
    lease: Option<(AnyConnection, Seat)>,
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    seat: Arc<tokio::sync::Mutex<Option<sqlx::AnyConnection>>>,
    opening: Opening,
    is_closed: AtomicBool,
    /// Who undoes what was let go in the middle.
    tidying: Mutex<JoinSet<()>>,
}

impl Opening {
    pub(super) fn new<F>(patience: Patience, open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<sqlx::AnyConnection, Error>> + Send + 'static,
    {
        Self { open: Box::new(move || Box::pin(open())), patience, is_asked_first: false }
    }

    /// Each time before it is used: what was connected to may have gone meanwhile.
    pub(super) fn asked_first(self) -> Self {
        Self { is_asked_first: true, ..self }
    }

    const fn wait(&self) -> Duration {
        if self.patience.wait().is_some() { CONNECT_WAIT } else { FILE_WAIT }
    }
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl AnyPool {
    /// Opens the connection when somebody wants it.
    pub(super) fn new(opening: Opening) -> Self {
        Self(Arc::new(Pool {
            seat: Arc::default(),
            opening,
            is_closed: AtomicBool::new(false),
            tidying: Mutex::default(),
        }))
    }

    /// Opens it now, and fails at once where that fails.
    pub(super) async fn open(opening: Opening) -> Result<Self, Error> {
        let opened = timeout(opening.wait(), (opening.open)()).await;
        let first = opened.unwrap_or(Err(Error::PoolTimedOut))?;
        let pool = Self::new(opening);
        *pool.0.seat.lock().await = Some(first);
        Ok(pool)
    }

    /// The connection, when it is free.
    pub(crate) async fn acquire(&self) -> Result<Leased, Error> {
        let mut why = Error::PoolTimedOut;
        let taken = timeout(self.0.opening.wait(), self.0.take(&mut why)).await;
        let (connection, seat) = taken.unwrap_or(Err(why))?;
        let connection = AnyConnection::new(connection, self.0.opening.patience);
        Ok(Leased { lease: Some((connection, seat)), pool: Arc::clone(&self.0) })
    }

    /// The same within a transaction.
    pub(crate) async fn begin(&self) -> Result<Leased, Error> {
        self.begin_with("BEGIN").await
    }

    /// The same, begun by other words than the usual ones.
    pub(crate) async fn begin_with(&self, begin: &'static str) -> Result<Leased, Error> {
        let mut leased = self.acquire().await?;
        leased.begin(begin).await?;
        Ok(leased)
    }

    /// Lets the database go; a server that is silent is left.
    pub(crate) async fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        let closed = async {
            if let Some(connection) = self.0.seat.lock().await.take() {
                // Where this fails, its end does the same.
                let _ = connection.close().await;
            }
        };
        if self.0.opening.patience.wait().is_none() {
            return closed.await;
        }
        // What is not closed by then is so at the end of the process.
        let _ = timeout(CLOSE_WAIT, closed).await;
    }
}

impl Pool {
    /// Waits until it is free, and opens it where it must be, again and again where that may help; `why` is why it has failed so far.
    async fn take(&self, why: &mut Error) -> Result<(sqlx::AnyConnection, Seat), Error> {
        let mut seat = Arc::clone(&self.seat).lock_owned().await;
        if let Some(connection) = seat.take()
            && let Some(connection) = self.living(connection).await
        {
            return Ok((connection, seat));
        }
        let mut rest = REST_MIN;
        loop {
            if self.is_closed.load(Ordering::Acquire) {
                return Err(Error::PoolClosed);
            }
            match (self.opening.open)().await {
                Ok(connection) => return Ok((connection, seat)),
                Err(error) if is_passing(&error) => *why = error,
                Err(error) => return Err(error),
            }
            sleep(rest).await;
            rest = (rest * 2).min(REST_MAX);
        }
    }

    async fn living(&self, connection: sqlx::AnyConnection) -> Option<sqlx::AnyConnection> {
        if !self.opening.is_asked_first {
            return Some(connection);
        }
        AnyConnection::new(connection, self.opening.patience).tidied().await
    }

    /// For the next, as soon as it may be had.
    fn returned(&self, connection: AnyConnection, mut seat: Seat) {
        if connection.is_free() {
            *seat = Some(connection.into_inner());
        } else if !connection.is_silent()
            && let Ok(runtime) = Handle::try_current()
        {
            let mut tidying = self.tidying.lock().unwrap_or_else(PoisonError::into_inner);
            while tidying.try_join_next().is_some() {}
            let tidied = async move { *seat = connection.tidied().await };
            tidying.spawn_on(tidied, &runtime);
        }
        // Else it is dropped as it is: to close it would be to wait until the server has taken what was not sent yet.
    }
}

/// Whether it may be opened in a moment: the server is starting, or has not yet noticed that its last user is gone.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Io(why) => why.kind() == ErrorKind::ConnectionRefused,
        Error::Database(why) => why.code().is_some_and(|code| NOT_NOW.contains(&&*code)),
        Error::Configuration(_) => true,
        _ => false,
    }
}

impl Leased {
    /// Makes everything last.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        self.deref_mut().commit().await
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        if let Some((connection, seat)) = self.lease.take() {
            self.pool.returned(connection, seat);
        }
    }
}

impl Deref for Leased {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.lease.as_ref().expect("it is there until it is dropped").0
    }
}

impl DerefMut for Leased {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.lease.as_mut().expect("it is there until it is dropped").0
    }
}

/// An answer is had whole before its first row is told: the connection is free by then.
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
        let answer = async move {
            match self.acquire().await {
                Ok(mut leased) => leased.fetch_many(query).collect().await,
                Err(error) => vec![Err(error)],
            }
        };
        stream::once(answer).flat_map(stream::iter).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move { self.acquire().await?.fetch_optional(query).await })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, Error>>
    where
        'p: 'e,
    {
        Box::pin(async move { self.acquire().await?.prepare_with(sql, parameters).await })
    }
}
