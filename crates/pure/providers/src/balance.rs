//! What is left on an account at a vendor: which free endpoint tells it, and where in its answer. Asking is done elsewhere. Numbers
//! are read as they are written, never as floats.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::{Currency, Money};
use serde_json::value::RawValue;

/// Places behind the point that are read; what is beyond is less than anything costs.
const PLACES_MAX: usize = 9;

/// A question that costs nothing, and how its answer is read. A pointer is as in RFC 6901, without escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceAsk {
    /// What is asked for, below the base URL …
    pub path: &'static str,
    /// … without this at the end of its path.
    pub above: &'static str,
    /// Where a list of balances is; empty if the answer has one.
    pub each: &'static str,
    /// Where the amount is.
    pub amount: &'static str,
    /// Where is what of it was used; empty if nothing is to be taken away.
    pub minus: &'static str,
    /// Where the currency is; empty if the answer does not say it.
    pub currency: &'static str,
    /// What it is then, by how the host's name ends.
    pub currencies: &'static [(&'static str, &'static str)],
}

/// What is left, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// So much.
    pub amount: Money,
    /// Of this, if that is known.
    pub currency: Option<Currency>,
}

impl BalanceAsk {
    /// The path that is asked for, where a base URL has this one.
    pub fn path_at(&self, base_path: &str) -> String {
        let base = base_path.strip_suffix(self.above).unwrap_or(base_path);
        format!("{base}{}", self.path)
    }

    /// What an answer says; nothing where it says something else, or that there is no limit.
    pub fn read(&self, body: &str, host: &str) -> Vec<Left> {
        let Some(whole) = at(body, self.each) else { return Vec::new() };
        let parts: Vec<&str> = match self.each {
            "" => vec![whole],
            _ => serde_json::from_str::<Vec<&RawValue>>(whole)
                .unwrap_or_default()
                .iter()
                .map(|part| part.get())
                .collect(),
        };
        parts.into_iter().filter_map(|part| self.left(part, host)).collect()
    }

    fn left(&self, part: &str, host: &str) -> Option<Left> {
        let amount = money(at(part, self.amount)?)?;
        let used = match self.minus {
            "" => Money::ZERO,
            minus => money(at(part, minus)?)?,
        };
        let told = match self.currency {
            "" => None,
            pointer => at(part, pointer).and_then(|text| Currency::parse(text.trim_matches('"'))),
        };
        let by_host = || {
            let known = self.currencies.iter().find(|(end, _)| host.ends_with(end));
            known.and_then(|(_, code)| Currency::parse(code))
        };
        Some(Left { amount: amount.checked_sub(used)?, currency: told.or_else(by_host) })
    }
}

/// The JSON that a pointer leads to.
fn at<'j>(json: &'j str, pointer: &str) -> Option<&'j str> {
    pointer.split('/').skip(1).try_fold(json, |json, name| {
        let map: BTreeMap<Cow<'j, str>, &'j RawValue> = serde_json::from_str(json).ok()?;
        map.get(name).map(|value| value.get())
    })
}

/// An amount as it is written, in quotes or not.
fn money(text: &str) -> Option<Money> {
    let text = text.trim().trim_matches('"');
    let short = match text.split_once('.') {
        Some((whole, places)) if places.len() > PLACES_MAX => {
            format!("{whole}.{}", places.get(..PLACES_MAX)?)
        }
        _ => text.to_owned(),
    };
    Money::parse(&short)
}

#[cfg(test)]
mod tests {
    use domain::Money;

    use super::Left;
    use crate::find;

    #[track_caller]
    fn check(vendor: &str, place: usize, host: &str, body: &str, expected: &[(&str, Option<&str>)]) {
        let ask = &find(vendor).unwrap().balance[place];
        let found = ask.read(body, host);
        let shown =
            |left: &Left| (left.amount.to_string(), left.currency.map(|currency| currency.code().to_owned()));
        let found: Vec<_> = found.iter().map(shown).collect();
        let expected: Vec<_> =
            expected.iter().map(|(amount, code)| ((*amount).to_owned(), code.map(str::to_owned))).collect();
        assert_eq!(found, expected, "{vendor} {body}");
    }

    /// As each vendor's documents show it.
    #[test]
    fn answers_are_read_as_they_are_documented() {
        check(
            "deepseek",
            0,
            "api.deepseek.com",
            r#"{"is_available":true,"balance_infos":[
                {"currency":"CNY","total_balance":"110.00","granted_balance":"10.00","topped_up_balance":"100.00"},
                {"currency":"USD","total_balance":"0.50","granted_balance":"0.00","topped_up_balance":"0.50"}]}"#,
            &[("110", Some("CNY")), ("0.5", Some("USD"))],
        );
        let moonshot = r#"{"code":0,"data":{"available_balance":49.58894,"voucher_balance":46.58893,"cash_balance":3.00001},
            "scode":"0x0","status":true}"#;
        check("moonshot", 0, "api.moonshot.ai", moonshot, &[("49.58894", Some("USD"))]);
        check("moonshot", 0, "api.moonshot.cn", moonshot, &[("49.58894", Some("CNY"))]);
        check("moonshot", 0, "127.0.0.1", moonshot, &[("49.58894", None)]);
        check(
            "openrouter",
            0,
            "openrouter.ai",
            r#"{"data":{"total_credits":100.5,"total_usage":25.75}}"#,
            &[("74.75", Some("USD"))],
        );
        let key = |left: &str| {
            format!(r#"{{"data":{{"label":"sk","usage":25,"limit":100,"limit_remaining":{left}}}}}"#)
        };
        check("openrouter", 1, "openrouter.ai", &key("74.5"), &[("74.5", Some("USD"))]);
        check("openrouter", 1, "openrouter.ai", &key("null"), &[]);
        check(
            "siliconflow",
            0,
            "api.siliconflow.cn",
            r#"{"code":20000,"message":"OK","status":true,"data":{"id":"u","balance":"0.88","chargeBalance":"88.00","totalBalance":"88.88"}}"#,
            &[("88.88", Some("CNY"))],
        );
    }

    #[test]
    fn what_is_no_answer_says_nothing() {
        for body in ["", "{}", "[]", "<html>", r#"{"data":{}}"#, r#"{"data":{"available_balance":"much"}}"#] {
            check("moonshot", 0, "api.moonshot.ai", body, &[]);
        }
        check("deepseek", 0, "x", r#"{"balance_infos":{}}"#, &[]);
    }

    #[test]
    fn amounts_are_exact_and_more_places_than_money_has_are_left_out() {
        let digits = r#"{"data":{"available_balance":0.12345678987654321}}"#;
        check("moonshot", 0, "x", digits, &[("0.123456789", None)]);
        check("moonshot", 0, "x", r#"{"data":{"available_balance":-3.5}}"#, &[("-3.5", None)]);
        assert_eq!(super::money("90071992547.40993"), Money::parse("90071992547.40993"));
    }

    #[test]
    fn a_path_may_be_above_the_base() {
        let path = |vendor: &str, base: &str| find(vendor).unwrap().balance[0].path_at(base);
        assert_eq!(path("deepseek", "/v1"), "/user/balance");
        assert_eq!(path("deepseek", ""), "/user/balance");
        assert_eq!(path("moonshot", "/v1"), "/v1/users/me/balance");
        assert_eq!(path("openrouter", "/api/v1"), "/api/v1/credits");
    }
}
