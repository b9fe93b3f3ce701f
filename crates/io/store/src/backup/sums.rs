//! Sums of calls in a backup. In PostgreSQL they lie beside everything else, in SQLite in the rows' own file; a restore puts them where
//! they belong, unless there are some already: those are as good, or newer.

use std::path::PathBuf;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::beside::Beside;
use super::cells::{Known, columns};
use super::error::BackupError;
use super::format::CellKind;
use crate::database::{AnyConnection, AnyPool, Kind, Leased, open_rows};
use crate::reports::{MARKS, SUMS, Sums, pieces};

/// So many bytes of a part are one row of a backup at most, or nearly: a line has its bounds.
const PIECE_BYTES: usize = 8 << 20;

/// The tables of sums as a backup has them: their rows are numbered anew.
pub(super) fn sums_table(name: &str) -> Option<Known> {
    let columns = |columns: &[(&str, CellKind)]| {
        columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
    };
    match name {
        SUMS => {
            let told =
                [("tier", CellKind::Number), ("period", CellKind::Number), ("packed", CellKind::Bytes)];
            Some((SUMS, columns(&told)))
        }
        MARKS => Some((MARKS, columns(&[("name", CellKind::Text), ("minute", CellKind::Number)]))),
        _ => None,
    }
}

/// Whether there are sums in a database at all. It also begins its moment.
pub(super) async fn has_sums(connection: &mut AnyConnection, kind: Kind) -> Result<bool, sqlx::Error> {
    Ok(!columns(connection, kind, MARKS).await?.is_empty())
}

/// Each sum: its tier, its stretch, and what it holds, in rows of a bounded length.
pub(super) async fn each_sum(
    connection: &mut AnyConnection,
    mut each: impl FnMut((i64, i64, Vec<u8>)) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let failed = || BackupError::database("read sums of calls for the backup");
    let asked = format!("SELECT tier, period, packed FROM {SUMS} ORDER BY number");
    let mut rows = sqlx::query(AssertSqlSafe(asked)).fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(failed())? {
        let cell = |name| row.try_get::<i64, _>(name).map_err(failed());
        let (tier, period) = (cell("tier")?, cell("period")?);
        for piece in pieces(row.try_get("packed").map_err(failed())?, PIECE_BYTES) {
            each((tier, period, piece))?;
        }
    }
    Ok(())
}

/// Where a restore puts them.
pub(super) struct SumsPlace {
    room: SumsRoom,
    /// Whether some were left out.
    pub(super) has_passed: bool,
}

enum SumsRoom {
    /// Others have it.
    Taken,
    /// In the database itself.
    Within,
    /// In a file that is made for the first of them.
    File { place: PathBuf, file: Option<SumsFile> },
}

struct SumsFile {
    beside: Beside,
    pool: AnyPool,
    /// Until all is written.
    transaction: Option<Leased>,
}

impl SumsPlace {
    /// A file of their own, unless it is there.
    pub(super) fn file(place: PathBuf) -> Result<Self, BackupError> {
        let is_there = place.try_exists().map_err(BackupError::file("look for sums of calls"))?;
        let room = if is_there { SumsRoom::Taken } else { SumsRoom::File { place, file: None } };
        Ok(Self { room, has_passed: false })
    }

    /// The database that is being filled, unless it has some.
    pub(super) async fn within(pool: &AnyPool, kind: Kind) -> Result<Self, sqlx::Error> {
        Sums::open(pool.clone(), kind).await?;
        let any = sqlx::query(AssertSqlSafe(format!("SELECT 1 AS one FROM {SUMS} LIMIT 1")));
        let room = match any.fetch_optional(pool).await? {
            Some(_) => SumsRoom::Taken,
            None => {
                without_marks(&mut *pool.acquire().await?).await?;
                SumsRoom::Within
            }
        };
        Ok(Self { room, has_passed: false })
    }

    /// What the next of them is written with, `database` being the connection that writes everything else; `None` where it is to be
    /// passed over.
    pub(super) async fn connection<'c>(
        &'c mut self,
        database: &'c mut AnyConnection,
    ) -> Result<Option<&'c mut AnyConnection>, BackupError> {
        match &mut self.room {
            SumsRoom::Taken => {
                self.has_passed = true;
                Ok(None)
            }
            SumsRoom::Within => Ok(Some(database)),
            SumsRoom::File { place, file } => {
                if file.is_none() {
                    *file = Some(SumsFile::beside(place).await?);
                }
                Ok(file.as_mut().and_then(|file| file.transaction.as_deref_mut()))
            }
        }
    }

    /// Writes all down.
    pub(super) async fn keep(&mut self) -> Result<(), sqlx::Error> {
        if let SumsRoom::File { file: Some(file), .. } = &mut self.room {
            if let Some(transaction) = file.transaction.take() {
                transaction.commit().await?;
            }
            file.pool.close().await;
        }
        Ok(())
    }

    /// Puts a file where it belongs.
    pub(super) fn put_in_place(&self) -> Result<(), BackupError> {
        match &self.room {
            SumsRoom::File { place, file: Some(file) } => file.beside.put_in_place(place),
            SumsRoom::File { .. } | SumsRoom::Taken | SumsRoom::Within => Ok(()),
        }
    }
}

impl SumsFile {
    async fn beside(place: &std::path::Path) -> Result<Self, BackupError> {
        let beside = Beside::new(place)?;
        let failed = || BackupError::database("make room for sums of calls");
        let pool = open_rows(Some(&beside.path)).await?;
        Sums::open(pool.clone(), Kind::Sqlite).await.map_err(failed())?;
        let mut transaction = pool.begin().await.map_err(failed())?;
        without_marks(&mut transaction).await.map_err(failed())?;
        Ok(Self { beside, pool, transaction: Some(transaction) })
    }
}

/// Those of the backup take their place.
async fn without_marks(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(format!("DELETE FROM {MARKS}"))).execute(connection).await.map(|_| ())
}
