//! Movements as bytes, the body of a record. Little-endian; texts and lists with their length before them; what is left
//! over is refused. The form is described in docs/decisions/0031.

use domain::{CallId, Currency, Money, Timestamp};
use ledger::{
    Customer, Entry, EntryKey, EntryKind, GrantNumber, GrantTerms, Movement, Place, Purse, Resolved,
    TRANSFERS_MAX, Transfer,
};

/// What kind of record it is: a byte before its body. Numbers are never used again for something else.
pub(crate) const SEAL: u8 = 1;
const HOLD: u8 = 2;
const EXTEND: u8 = 3;
const PROGRESS: u8 = 4;
const SETTLE: u8 = 5;
const VOID: u8 = 6;
const POST: u8 = 7;
const EXPIRE: u8 = 8;
const TERMS: u8 = 9;

const MAY_OVERDRAW: u8 = 1;
const IS_LINKED: u8 = 2;
const HAS_GRANT: u8 = 4;
const NEVER_LAPSES: i64 = i64::MAX;

/// The kind of a movement's record.
pub(crate) const fn kind(movement: &Movement) -> u8 {
    match movement {
        Movement::Hold { .. } => HOLD,
        Movement::Extend { .. } => EXTEND,
        Movement::Progress { .. } => PROGRESS,
        Movement::Settle { .. } => SETTLE,
        Movement::Void { .. } => VOID,
        Movement::Post(_) => POST,
        Movement::Expire { .. } => EXPIRE,
        Movement::Terms { .. } => TERMS,
    }
}

/// Writes the body of a movement's record.
pub(crate) fn write(out: &mut Vec<u8>, movement: &Movement) {
    match movement {
        Movement::Hold { call, purse, amount } => {
            put_call(out, *call);
            put_purse(out, *purse);
            put_money(out, *amount);
        }
        Movement::Extend { call, slice, amount } => {
            put_call(out, *call);
            put_money(out, *amount);
            out.extend_from_slice(&slice.to_le_bytes());
        }
        Movement::Progress { call, cost } => {
            put_call(out, *call);
            put_money(out, *cost);
        }
        Movement::Settle { call, cost, price_version, resolved } => {
            put_call(out, *call);
            put_money(out, *cost);
            out.extend_from_slice(&price_version.to_le_bytes());
            out.push(resolved_number(*resolved));
        }
        Movement::Void { call, resolved } => {
            put_call(out, *call);
            out.push(resolved_number(*resolved));
        }
        Movement::Post(entry) => put_entry(out, entry),
        Movement::Expire { key, purse, grant, at_most } => {
            put_text(out, key.as_str());
            put_purse(out, *purse);
            out.extend_from_slice(&grant.0.to_le_bytes());
            put_money(out, *at_most);
        }
        Movement::Terms { purse, credit } => {
            put_purse(out, *purse);
            put_money(out, *credit);
        }
    }
}

/// Reads what [`write`] wrote; `None` if it is anything else.
pub(crate) fn read(kind: u8, body: &[u8]) -> Option<Movement> {
    let mut reader = Reader { bytes: body };
    let movement = match kind {
        HOLD => Movement::Hold { call: reader.call()?, purse: reader.purse()?, amount: reader.money()? },
        EXTEND => {
            let (call, amount) = (reader.call()?, reader.money()?);
            Movement::Extend { call, slice: reader.u32()?, amount }
        }
        PROGRESS => Movement::Progress { call: reader.call()?, cost: reader.money()? },
        SETTLE => Movement::Settle {
            call: reader.call()?,
            cost: reader.money()?,
            price_version: reader.u32()?,
            resolved: reader.resolved()?,
        },
        VOID => Movement::Void { call: reader.call()?, resolved: reader.resolved()? },
        POST => Movement::Post(reader.entry()?),
        EXPIRE => Movement::Expire {
            key: reader.key()?,
            purse: reader.purse()?,
            grant: GrantNumber(reader.u64()?),
            at_most: reader.money()?,
        },
        TERMS => Movement::Terms { purse: reader.purse()?, credit: reader.money()? },
        _ => return None,
    };
    reader.bytes.is_empty().then_some(movement)
}

fn put_call(out: &mut Vec<u8>, call: CallId) {
    out.extend_from_slice(&call.0.to_le_bytes());
}

fn put_money(out: &mut Vec<u8>, money: Money) {
    out.extend_from_slice(&money.nano().to_le_bytes());
}

fn put_currency(out: &mut Vec<u8>, currency: Currency) {
    out.extend_from_slice(currency.code().as_bytes());
}

fn put_purse(out: &mut Vec<u8>, purse: Purse) {
    out.extend_from_slice(&purse.customer.0.to_le_bytes());
    put_currency(out, purse.currency);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).expect("keys, places and notes are short");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    put_text(out, entry.key.as_str());
    out.push(entry.kind.number());
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    out.push(
        flag(entry.may_overdraw, MAY_OVERDRAW)
            | flag(entry.linked.is_some(), IS_LINKED)
            | flag(entry.grant.is_some(), HAS_GRANT),
    );
    if let Some(linked) = &entry.linked {
        put_text(out, linked.as_str());
    }
    if let Some(terms) = entry.grant {
        out.extend_from_slice(&terms.grant.0.to_le_bytes());
        let lapses_at = terms.expires_at.map_or(NEVER_LAPSES, Timestamp::unix_ms);
        out.extend_from_slice(&lapses_at.to_le_bytes());
    }
    put_text(out, &entry.note);
    out.push(u8::try_from(entry.transfers.len()).expect("an entry has few transfers"));
    for transfer in &entry.transfers {
        put_currency(out, transfer.currency);
        put_text(out, &transfer.debit.to_string());
        put_text(out, &transfer.credit.to_string());
        put_money(out, transfer.amount);
    }
}

const fn resolved_number(resolved: Resolved) -> u8 {
    match resolved {
        Resolved::ByCall => 0,
        Resolved::AfterCrash => 1,
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn call(&mut self) -> Option<CallId> {
        self.array().map(u128::from_le_bytes).map(CallId)
    }

    fn money(&mut self) -> Option<Money> {
        self.i64().map(Money::from_nano)
    }

    fn currency(&mut self) -> Option<Currency> {
        Currency::parse(std::str::from_utf8(self.take(3)?).ok()?)
    }

    fn purse(&mut self) -> Option<Purse> {
        Some(Purse { customer: Customer(self.u64()?), currency: self.currency()? })
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.u16()?;
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }

    fn key(&mut self) -> Option<EntryKey> {
        EntryKey::parse(self.text()?).ok()
    }

    fn resolved(&mut self) -> Option<Resolved> {
        [Resolved::ByCall, Resolved::AfterCrash].get(usize::from(self.u8()?)).copied()
    }

    fn entry(&mut self) -> Option<Entry> {
        let (key, kind, flags) = (self.key()?, EntryKind::of_number(self.u8()?)?, self.u8()?);
        let linked = if flags & IS_LINKED > 0 { Some(self.key()?) } else { None };
        let grant = if flags & HAS_GRANT > 0 {
            let (grant, lapses_at) = (GrantNumber(self.u64()?), self.i64()?);
            let expires_at = (lapses_at != NEVER_LAPSES).then_some(Timestamp(lapses_at));
            Some(GrantTerms { grant, expires_at })
        } else {
            None
        };
        let note = self.text()?.to_owned();
        let count = usize::from(self.u8()?);
        let mut transfers = Vec::with_capacity(count.min(TRANSFERS_MAX));
        for _ in 0..count {
            let currency = self.currency()?;
            let (debit, credit) = (self.place()?, self.place()?);
            transfers.push(Transfer { currency, debit, credit, amount: self.money()? });
        }
        let may_overdraw = flags & MAY_OVERDRAW > 0;
        Entry { key, kind, transfers, may_overdraw, linked, grant, note }.checked().ok()
    }

    fn place(&mut self) -> Option<Place> {
        Place::parse(self.text()?)
    }
}

#[cfg(test)]
mod tests {
    use ledger::Exercise;

    use super::{kind, read, write};

    /// Every kind of movement, with all that an entry may carry.
    #[test]
    fn movements_read_back_and_nothing_else_does() {
        let mut exercise = Exercise::new(11);
        let mut kinds = std::collections::BTreeSet::new();
        for _ in 0..2000 {
            let Some(movement) = exercise.step() else { continue };
            let mut body = Vec::new();
            write(&mut body, &movement);
            kinds.insert(kind(&movement));
            assert_eq!(read(kind(&movement), &body).as_ref(), Some(&movement));
            for cut in 0..body.len() {
                assert_ne!(read(kind(&movement), &body[..cut]).as_ref(), Some(&movement));
            }
            body.push(0);
            assert_eq!(read(kind(&movement), &body), None, "left over: {movement:?}");
        }
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), (2..=9).collect::<Vec<_>>());
    }
}
