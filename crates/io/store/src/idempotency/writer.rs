//! The thread that writes: one record after the other, a new file every hour and whenever one is long enough, and the oldest
//! away when there is too much. It never syncs: what is written outlives the process, not a power cut.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use domain::{Step, Timestamp};

use super::index::Heard;
use super::mark::{Mark, What};
use super::queue::{Order, Refused};
use super::segment::{Segment, hour_of};
use super::segments::AnswerPlace;
use super::shelved::Shelved;
use crate::seal::Seal;

/// How often it is looked for files that are too old.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Of a record and of the head of its file.
const BESIDE_ANSWER_MAX: u64 = 512;

/// What the thread owns.
pub(super) struct Writer {
    pub(super) shelved: Arc<Shelved>,
    pub(super) folder: PathBuf,
    pub(super) seal: Seal,
    pub(super) now: fn() -> Timestamp,
    pub(super) next_number: u32,
    pub(super) current: Option<Current>,
}

/// The file that is written to.
pub(super) struct Current {
    segment: Arc<Segment>,
    end: u64,
    records: u64,
}

impl Writer {
    /// Its life.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(LOOK_EVERY) {
                Ok(Order::Write { mark, answer, written }) => {
                    self.drop_old(record_bytes(answer.as_deref()));
                    let done = self.write(mark, answer);
                    if let Some(written) = written {
                        // Whoever asked may have gone.
                        let _ = written.send(done);
                    }
                }
                Ok(Order::End(ended)) => {
                    let _ = ended.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => self.drop_old(0),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Writes a record, and lets the index know.
    fn write(&mut self, mark: Mark, answer: Option<Vec<u8>>) -> Result<(), Refused> {
        match self.append(&mark, answer) {
            Ok(place) => {
                self.note(&mark, place);
                Ok(())
            }
            Err(_) => {
                self.give_up_file();
                self.shelved.counts.failed();
                if mark.what == What::Kept {
                    let Mark { name, request, at, .. } = mark;
                    self.shelved.index.step(Heard { name, request, at, segment: None }, Step::Lost);
                }
                Err(Refused)
            }
        }
    }

    /// What was written in part stays behind; its place is never used again.
    fn give_up_file(&mut self) {
        if let Some(Current { segment, records: 0, .. }) = self.current.take() {
            // Without a record it is of no use; a full disk must not fill up with such.
            let _ = self.shelved.segments.delete(segment.named.number);
        }
    }

    fn append(&mut self, mark: &Mark, answer: Option<Vec<u8>>) -> io::Result<AnswerPlace> {
        let hour = hour_of((self.now)());
        let is_fit = |current: &Current| {
            current.segment.named.hour == hour && !self.shelved.sizes.is_full(current.end, current.records)
        };
        if !self.current.as_ref().is_some_and(is_fit) {
            self.current = None;
            let segment = Arc::new(Segment::make(&self.folder, self.next_number, hour, &self.seal)?);
            self.next_number += 1;
            self.shelved.segments.add(segment.clone(), segment.start);
            let end = segment.start;
            self.current = Some(Current { segment, end, records: 0 });
        }
        let current = self.current.as_mut().expect("it was made if there was none");
        let record = current.segment.seal.record(current.end, mark, answer);
        current.segment.file.write_all_at(&record.bytes, current.end)?;
        let number = current.segment.named.number;
        let place =
            AnswerPlace { segment: number, offset: current.end, sealed_bytes: record.sealed_answer_bytes };
        current.end += record.bytes.len() as u64;
        current.records += 1;
        self.shelved.segments.grow(number, record.bytes.len() as u64);
        Ok(place)
    }

    /// What ended without an answer is in the index since it ended.
    fn note(&self, mark: &Mark, place: AnswerPlace) {
        let Mark { what, name, request, at } = *mark;
        let heard = Heard { name, request, at, segment: Some(place.segment) };
        match what {
            What::Begun => self.shelved.index.written(heard),
            What::Kept => self.shelved.index.step(heard, Step::Kept(place)),
            What::TooLarge | What::Lost => self.shelved.index.written(heard),
            What::Freed => {}
        }
    }

    /// Deletes what is too old, and the oldest while so many bytes more would be too much. The file that is written to goes last.
    fn drop_old(&mut self, more: u64) {
        // Those that are made meanwhile have only what runs.
        let made_before = self.next_number;
        loop {
            let since = Timestamp((self.now)().unix_ms().saturating_sub(self.shelved.sizes.keep_ms()));
            let is_too_much = self.shelved.segments.bytes() + more > self.shelved.sizes.bytes_max()
                || self.shelved.index.keys() > self.shelved.sizes.keys_max();
            let oldest = self.shelved.segments.oldest(is_too_much, since);
            let Some(number) = oldest.filter(|number| *number < made_before) else { return };
            if self.current.as_ref().is_some_and(|current| current.segment.named.number == number) {
                self.current = None;
            }
            let running = self.shelved.index.forget_segment(number);
            self.shelved.counts.dropped(is_too_much);
            if self.shelved.segments.delete(number).is_err() {
                self.shelved.counts.failed();
            }
            for Heard { name, request, at, .. } in running {
                let _ = self.write(Mark { what: What::Begun, name, request, at }, None);
            }
        }
    }
}

/// How much a record takes, with the head of a new file.
fn record_bytes(answer: Option<&[u8]>) -> u64 {
    BESIDE_ANSWER_MAX + answer.map_or(0, <[u8]>::len) as u64
}
