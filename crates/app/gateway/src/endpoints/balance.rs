//! What a caller has left, from memory: no database is asked.

use domain::{Failure, Money};
use http::{Response, StatusCode};

use crate::answer::{AnswerBody, whole};
use crate::call::Call;
use crate::pipeline::authenticate;

/// The balance of whoever pays for the caller's key. Only for callers with a key.
pub(super) fn show(
    call: &mut Call,
    head: &http::request::Parts,
) -> Result<Response<AnswerBody>, Box<Failure>> {
    let gateway = call.worker.gateway.clone();
    authenticate(call, &gateway.serving(), &head.headers)?;
    let payers = gateway.payers.load();
    let paid = call.key.as_deref().and_then(|key| payers.payer(key)).map(|(_, payer)| Shown {
        balance: payer.balance(),
        available: payer.cell.available(),
        held: payer.cell.held(),
        threshold: payer.account.warn_below,
        currency: payer.account.currency.code().to_owned(),
    });
    let body = match paid {
        Some(shown) => shown.json(),
        None => unlimited(gateway.prices().currency().code()),
    };
    Ok(whole(StatusCode::OK, "application/json", body))
}

struct Shown {
    balance: Money,
    available: Money,
    held: Money,
    threshold: Money,
    currency: String,
}

impl Shown {
    /// Written by hand: the digits are those of the books, and no float comes between.
    fn json(&self) -> String {
        let Self { balance, available, held, threshold, currency } = self;
        let low = balance < threshold;
        format!(
            r#"{{"balance":{balance},"currency":"{currency}","available":{available},"held":{held},"low":{low},"threshold":{threshold},"unlimited":false}}"#
        )
    }
}

/// Nobody pays for the key.
fn unlimited(currency: &str) -> String {
    format!(
        r#"{{"balance":null,"currency":"{currency}","available":null,"held":0,"low":false,"threshold":null,"unlimited":true}}"#
    )
}

#[cfg(test)]
mod tests {
    use domain::Money;
    use serde_json::{Value, json};

    use super::{Shown, unlimited};

    #[test]
    fn amounts_are_numbers_with_exactly_their_digits() {
        let money = |text| Money::parse(text).unwrap();
        let shown = Shown {
            balance: money("3999999999.123456789"),
            available: money("-0.000000001"),
            held: money("0"),
            threshold: money("10"),
            currency: "USD".to_owned(),
        };
        let text = shown.json();
        for part in
            [r#""balance":3999999999.123456789,"#, r#""available":-0.000000001,"#, r#""threshold":10,"#]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&read["low"], &read["unlimited"]), (&json!(false), &json!(false)));
    }

    #[test]
    fn whom_nobody_bills_has_no_balance() {
        let read: Value = serde_json::from_str(&unlimited("USD")).unwrap();
        assert_eq!((&read["balance"], &read["unlimited"]), (&Value::Null, &json!(true)));
    }
}
