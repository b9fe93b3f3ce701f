//! Reading rows as `written.rs` writes them. Whatever is damaged is no row.

use std::borrow::Cow;

use domain::{CallId, Currency, Money, Usage};

use super::row::{RequestRow, RowCost, tier};
use super::written::{TEXTS, has};

/// What is left to read of rows that stand one behind the other.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// Texts of the row before, and the last currency there was.
    former: [&'a str; TEXTS],
    currency: Option<Currency>,
    has_accounts: bool,
}

/// What is looked for in rows most: the id, and the first of the texts where they are others than in the row before.
pub(super) struct Head<'a> {
    pub(super) call_id: CallId,
    pub(super) texts: [Option<&'a [u8]>; 4],
}

impl<'a> Reader<'a> {
    /// From the first row on.
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, former: [""; TEXTS], currency: None, has_accounts: true }
    }

    /// The same of rows of a version that did not know who paid.
    pub(super) const fn of_older(bytes: &'a [u8]) -> Self {
        Self { has_accounts: false, ..Self::of(bytes) }
    }

    /// Whether there is no more.
    pub(super) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next row; `None` if it is none.
    pub(super) fn row(&mut self) -> Option<RequestRow<'a>> {
        let (call_id, same, mut fields) = self.next()?;
        for (place, text) in self.former.iter_mut().enumerate() {
            if same & (1 << place) == 0 {
                *text = std::str::from_utf8(fields.text()?).ok()?;
            }
        }
        fields.row(call_id, &self.former, &mut self.currency, self.has_accounts)
    }

    /// Of the next row what is looked for most. For a reader that reads nothing else: it does not keep the other texts.
    pub(super) fn head(&mut self) -> Option<Head<'a>> {
        let (call_id, same, mut fields) = self.next()?;
        let mut texts = [None; 4];
        for (place, text) in texts.iter_mut().enumerate() {
            if same & (1 << place) == 0 {
                *text = Some(fields.text()?);
            }
        }
        Some(Head { call_id, texts })
    }

    /// The next row's id, which of its texts are as before, and the rest of it.
    fn next(&mut self) -> Option<(CallId, u16, Fields<'a>)> {
        let mut head = Fields { bytes: self.bytes };
        let length = u16::from_le_bytes(head.array()?).into();
        let same = u16::from_le_bytes(head.array()?);
        let call_id = CallId(u128::from_le_bytes(head.array()?));
        let (bytes, rest) = head.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some((call_id, same, Fields { bytes }))
    }
}

/// What is left to read of one row.
struct Fields<'a> {
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    fn row(
        &mut self,
        call_id: CallId,
        texts: &[&'a str; TEXTS],
        currency: &mut Option<Currency>,
        has_accounts: bool,
    ) -> Option<RequestRow<'a>> {
        let [request_id, key, organisation, project, path, dialect, model, rest @ ..] =
            texts.map(Cow::Borrowed);
        let [provider, upstream_model, region, kind, hedged, flags] = rest;
        let [told, attempts, fallback_attempts] = self.array()?;
        let has = |flag: u8| told & flag != 0;
        let status = u16::try_from(self.number()?).ok()?;
        let took_us = self.number()?;
        let first_byte_us = if has(has::FIRST_BYTE) { Some(self.number()?) } else { None };
        let (added_us, bytes_in, bytes_out) = (self.number()?, self.number()?, self.number()?);
        let mut usage = if has(has::USAGE) { Some(self.usage()?) } else { None };
        let amounts = if has(has::COST) { Some(self.amounts()?) } else { None };
        let account = if has_accounts { self.number()? } else { 0 };
        if let Some(usage) = &mut usage {
            usage.is_estimated = has(has::ESTIMATE);
            if has(has::TIER) {
                usage.service_tier = tier(self.words()?);
            }
        }
        if has(has::CURRENCY) {
            *currency = Some(Currency::parse(self.words()?)?);
        }
        let cost = match amounts {
            Some((list, price, version)) => Some(RowCost { list, price, currency: (*currency)?, version }),
            None => None,
        };
        let segments = if has(has::SEGMENTS) { self.words()? } else { "" };
        Some(RequestRow {
            call_id,
            request_id,
            key,
            organisation,
            project,
            path,
            dialect,
            model,
            provider,
            upstream_model,
            region,
            kind,
            hedged,
            flags,
            segments: segments.into(),
            status,
            took_us,
            first_byte_us,
            added_us,
            attempts,
            fallback_attempts,
            is_streaming: has(has::STREAM),
            bytes_in,
            bytes_out,
            usage,
            cost,
            account: (account > 0).then_some(account),
        })
    }

    fn usage(&mut self) -> Option<Usage> {
        let (input, output, told) = (self.number()?, self.number()?, self.number()?);
        let mut count = |place: u32| if told & (1 << place) == 0 { Some(0) } else { self.number() };
        Some(Usage {
            input,
            output,
            cached_input: count(0)?,
            reasoning: count(1)?,
            cache_write: count(2)?,
            cache_write_long: count(3)?,
            audio_input: count(4)?,
            image_input: count(5)?,
            audio_output: count(6)?,
            image_output: count(7)?,
            unexplained: count(8)?,
            images: u32::try_from(count(9)?).ok()?,
            searches: u32::try_from(count(10)?).ok()?,
            audio_ms: u32::try_from(count(11)?).ok()?,
            ..Usage::default()
        })
    }

    fn amounts(&mut self) -> Option<(Money, Money, u32)> {
        let (list, price) = (self.number()? as i64, self.number()? as i64);
        Some((Money::from_nano(list), Money::from_nano(price), u32::try_from(self.number()?).ok()?))
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*array)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_le_bytes(self.array()?);
        self.take(length.into())
    }

    fn words(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.text()?).ok()
    }

    fn number(&mut self) -> Option<u64> {
        let [length] = self.array()?;
        let mut bytes = [0; 8];
        bytes.get_mut(..length.into())?.copy_from_slice(self.take(length.into())?);
        Some(u64::from_le_bytes(bytes))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }
}
