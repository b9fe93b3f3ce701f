//! Which process of the server has answered to us last, and its end where it still has the database for a connection that is gone.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{AnyConnection, Row};

/// A process of the server, by when it began: numbers are given again.
const OWN: &str = "SELECT pid::BIGINT AS pid, EXTRACT(EPOCH FROM backend_start)::TEXT AS since
    FROM pg_stat_activity WHERE pid = pg_backend_pid()";
const END: &str = "SELECT pg_terminate_backend(pid)::TEXT AS was_told FROM pg_stat_activity
    WHERE pid = $1 AND EXTRACT(EPOCH FROM backend_start)::TEXT = $2";

/// The server's process that had the database for us last.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<Option<(i64, String)>>>);

impl Held {
    /// From now on it is this connection's.
    pub(super) async fn is(&self, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let own = sqlx::query(OWN).fetch_optional(connection).await?;
        let own = own.map(|row| Ok::<_, sqlx::Error>((row.try_get("pid")?, row.try_get("since")?)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = own.transpose()?;
        Ok(())
    }

    /// Ends the former one, whose connection was given up; whether there was one.
    pub(super) async fn end(&self, connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
        let former = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((pid, since)) = former else { return Ok(false) };
        let ended = sqlx::query(END).bind(pid).bind(since).fetch_optional(connection).await?;
        Ok(ended.is_some())
    }
}
