//! Checking the chain from its first row to its end, page by page: nothing is held while it is checked, and rows that are added
//! meanwhile are checked, too.

use sqlx::any::AnyRow;

use super::chain::{Head, hash};
use super::contract::AuditEntry;
use super::hash::{BEGINNING, Hash, is_same};
use super::rows::{entry, head, thirty_two};
use super::verdict::{AuditFault, AuditVerdict, KnownRow};
use crate::database::Database;

/// Rows read at once.
const ROWS_AT_ONCE: i64 = 1000;

/// A row as it stands.
struct Kept {
    entry: AuditEntry,
    hash: Hash,
    mark: Hash,
}

/// How far the check has come.
struct Walk<'a> {
    database: &'a Database,
    known: Option<&'a KnownRow>,
    /// The last row that holds; its hash is what the next one follows on.
    last: KnownRow,
    rows: u64,
    older_until: i64,
}

/// Checks everything, up to the first fault.
pub(super) async fn verify(
    database: &Database,
    known: Option<&KnownRow>,
) -> Result<AuditVerdict, sqlx::Error> {
    let last = KnownRow { number: 0, hash: BEGINNING };
    let mut walk = Walk { database, known, last, rows: 0, older_until: 0 };
    let fault = walk.go_to_the_end().await?;
    let newest = Some(walk.last).filter(|last| last.number > 0);
    Ok(AuditVerdict { rows: walk.rows, newest, fault })
}

impl Walk<'_> {
    async fn go_to_the_end(&mut self) -> Result<Option<AuditFault>, sqlx::Error> {
        // A false head is told last: what is wrong with a row says more.
        self.older_until = self.head().await?.map_or(0, |head| head.older_until);
        loop {
            let rows = self.page().await?;
            if let Some(fault) = self.check(&rows) {
                return Ok(Some(fault));
            }
            if !rows.is_empty() {
                continue;
            }
            let Some(head) = self.head().await? else { return Ok(Some(AuditFault::Head)) };
            if head.number > self.last.number {
                // Added since the page was read, or not there any more.
                if self.page().await?.is_empty() {
                    return Ok(Some(AuditFault::CutOff(self.last.number + 1)));
                }
                continue;
            }
            return Ok(self.end(&head));
        }
    }

    /// Whether the end is where the head says.
    fn end(&self, head: &Head) -> Option<AuditFault> {
        if head.number < self.last.number {
            return Some(AuditFault::Added(head.number + 1));
        }
        if head.hash != self.last.hash {
            return Some(AuditFault::Head);
        }
        let known = self.known.filter(|known| known.number > self.last.number)?;
        Some(AuditFault::CutOff(known.number.min(self.last.number + 1)))
    }

    fn check(&mut self, rows: &[Kept]) -> Option<AuditFault> {
        for (place, row) in rows.iter().enumerate() {
            if let Some(fault) = self.fault(row, &rows[place + 1..]) {
                return Some(fault);
            }
            self.last = KnownRow { number: row.entry.number, hash: row.hash };
            self.rows += 1;
        }
        None
    }

    fn fault(&self, row: &Kept, following: &[Kept]) -> Option<AuditFault> {
        let number = row.entry.number;
        let expected = self.last.number + 1;
        if number != expected && number > self.older_until {
            return Some(AuditFault::Missing(expected, number - 1));
        }
        if hash(&row.entry, &self.last.hash) != row.hash {
            return Some(self.torn(row, following));
        }
        if !is_same(&self.database.chain().of_row(number, &row.hash), &row.mark) {
            return Some(AuditFault::Forged(number));
        }
        let is_other = self.known.is_some_and(|known| known.number == number && known.hash != row.hash);
        is_other.then_some(AuditFault::OtherThanKnown(number))
    }

    /// Why a row does not follow on the last one.
    fn torn(&self, row: &Kept, following: &[Kept]) -> AuditFault {
        let number = row.entry.number;
        // One that was written for this place and stands elsewhere has kept its hash, whatever number it has now.
        let fits_here = |kept: &Kept| {
            let entry = AuditEntry { number, ..kept.entry.clone() };
            hash(&entry, &self.last.hash) == kept.hash
        };
        if following.iter().any(fits_here) {
            return AuditFault::Moved(number);
        }
        // Older numbers may have gaps, which none of ours has.
        let is_untouched = is_same(&self.database.chain().of_row(number, &row.hash), &row.mark);
        match self.last.number + 1 {
            expected if expected < number && is_untouched => AuditFault::Missing(expected, number - 1),
            _ => AuditFault::Edited(number),
        }
    }

    async fn page(&self) -> Result<Vec<Kept>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2")
            .bind(self.last.number)
            .bind(ROWS_AT_ONCE)
            .fetch_all(&self.database.pool)
            .await?;
        let kept = |row: &AnyRow| {
            Ok(Kept { entry: entry(row)?, hash: thirty_two(row, "hash")?, mark: thirty_two(row, "mark")? })
        };
        rows.iter().map(kept).collect()
    }

    /// The end as it is kept, if it is ours.
    async fn head(&self) -> Result<Option<Head>, sqlx::Error> {
        let row = sqlx::query("SELECT number, hash, older_until, mark FROM audit_head")
            .fetch_optional(&self.database.pool)
            .await?;
        let Some((head, mark)) = row.as_ref().map(head).transpose()? else { return Ok(None) };
        Ok(is_same(&self.database.chain().of_head(&head), &mark).then_some(head))
    }
}
