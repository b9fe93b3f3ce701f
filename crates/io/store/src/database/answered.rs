//! Connections that nobody waits for without end. Where a server refuses nothing and answers nothing any more, as behind a
//! network that drops what it is given, whoever waits is told so, and the connection is dropped, never used again.
//!
//! How long something takes altogether is not limited here: an answer may come in many pieces, each of them in time. What was
//! asked may have happened or not; whoever asks again must be able to tell.

use std::io::{Error as IoError, ErrorKind};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use sqlx::any::{Any, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::{Connection, Either, Error, Execute, Executor, SqlStr};
use tokio::time::timeout;

/// What SQLite says where a failure has undone the transaction already.
const NONE_IS_OPEN: &str = "no transaction is active";

/// How long the next piece of an answer is waited for; for ever where a database is a file, which has no silence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    wait: Option<Duration>,
}

/// A connection that is had alone for a while.
#[derive(Debug)]
pub(crate) struct AnyConnection {
    inner: sqlx::AnyConnection,
    patience: Patience,
    standing: Standing,
    /// A transaction has begun and not ended.
    is_open: bool,
}

/// What is known of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// All that was asked is answered.
    Answered,
    /// Something was asked, and not all of the answer was taken.
    Asked,
    /// It did not answer in time.
    Silent,
}

impl Patience {
    /// Of a file, or of memory.
    pub(super) const fn endless() -> Self {
        Self { wait: None }
    }

    pub(super) const fn of(wait: Duration) -> Self {
        Self { wait: Some(wait) }
    }

    pub(super) const fn wait(self) -> Option<Duration> {
        self.wait
    }

    /// Waits for one answer.
    async fn answer<T>(
        self,
        standing: &mut Standing,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        *standing = Standing::Asked;
        let answer = match self.wait {
            None => Ok(answer.await),
            Some(wait) => timeout(wait, answer).await.map_err(|_| silent_for(wait)),
        };
        *standing = if answer.is_ok() { Standing::Answered } else { Standing::Silent };
        answer.flatten()
    }

    /// Waits for each piece of an answer.
    fn pieces<'a, T: Send + 'a>(
        self,
        standing: &'a mut Standing,
        pieces: BoxStream<'a, Result<T, Error>>,
    ) -> BoxStream<'a, Result<T, Error>> {
        *standing = Standing::Asked;
        let next = move |from: Option<(BoxStream<'a, Result<T, Error>>, &'a mut Standing)>| async move {
            let (mut pieces, standing) = from?;
            let piece = match self.wait {
                None => Ok(pieces.next().await),
                Some(wait) => timeout(wait, pieces.next()).await.map_err(|_| silent_for(wait)),
            };
            match piece {
                Ok(Some(piece)) => Some((piece, Some((pieces, standing)))),
                Ok(None) => {
                    *standing = Standing::Answered;
                    None
                }
                Err(silent) => {
                    *standing = Standing::Silent;
                    Some((Err(silent), None))
                }
            }
        };
        stream::unfold(Some((pieces, standing)), next).boxed()
    }
}

impl AnyConnection {
    pub(super) const fn new(inner: sqlx::AnyConnection, patience: Patience) -> Self {
        Self { inner, patience, standing: Standing::Answered, is_open: false }
    }

    /// For what brings its own way of asking.
    pub(super) const fn inner(&mut self) -> &mut sqlx::AnyConnection {
        self.standing = Standing::Asked;
        &mut self.inner
    }

    /// It is not used again: it said nothing for so long.
    pub(super) fn give_up(&mut self, waited: Duration) -> Error {
        self.standing = Standing::Silent;
        silent_for(waited)
    }

    /// Begins a transaction. It is undone where the connection is let go without a commit.
    pub(super) async fn begin(&mut self, begin: &'static str) -> Result<(), Error> {
        // Before it is known to have begun: an answer that is not waited for may have been yes.
        self.is_open = true;
        (&mut *self).execute(begin).await.map(|_| ())
    }

    /// Makes everything last.
    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        (&mut *self).execute("COMMIT").await?;
        self.is_open = false;
        Ok(())
    }

    /// Whether the next may have it as it is.
    pub(super) fn is_free(&self) -> bool {
        self.standing == Standing::Answered && !self.is_open
    }

    pub(super) fn is_silent(&self) -> bool {
        self.standing == Standing::Silent
    }

    /// Undoes what was not committed, and takes what was not read, so that the next may have it; `None` if it is of no use.
    pub(super) async fn tidied(mut self) -> Option<sqlx::AnyConnection> {
        let Self { inner, patience, standing, is_open } = &mut self;
        let tidied = async {
            if !*is_open {
                return inner.ping().await;
            }
            match inner.execute("ROLLBACK").await {
                Err(Error::Database(why)) if why.message().contains(NONE_IS_OPEN) => Ok(()),
                done => done.map(|_| ()),
            }
        };
        patience.answer(standing, tidied).await.ok().map(|()| self.inner)
    }

    pub(super) fn into_inner(self) -> sqlx::AnyConnection {
        self.inner
    }
}

fn silent_for(waited: Duration) -> Error {
    let why = format!(
        "the database has been silent for {} seconds, so the connection was given up",
        waited.as_secs()
    );
    Error::Io(IoError::new(ErrorKind::TimedOut, why))
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
        self.patience.pieces(&mut self.standing, self.inner.fetch_many(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(self.patience.answer(&mut self.standing, self.inner.fetch_optional(query)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, Error>>
    where
        'c: 'e,
    {
        Box::pin(self.patience.answer(&mut self.standing, self.inner.prepare_with(sql, parameters)))
    }
}
