//! What a caller's models cost: the list price, his own, and what he saves. Amounts are texts, so that nobody's reader makes
//! floats of them.

use domain::{Failure, Timestamp};
use http::{Response, StatusCode};
use ledger::prices::{Book, Buyer, Component, Factor, Hours, Row, Unit};
use serde_json::{Map, Value, json};

use super::on_show::{OnShow, Seller};
use crate::answer::{AnswerBody, whole};
use crate::call::Call;
use crate::pipeline::authenticate;

/// The prices of all models that the caller's key may ask for. Only for callers with a key.
pub(super) fn list(
    call: &mut Call,
    head: &http::request::Parts,
) -> Result<Response<AnswerBody>, Box<Failure>> {
    let serving = call.worker.gateway.serving();
    let caller = authenticate(call, &serving, &head.headers)?;
    let book = call.worker.gateway.prices();
    let switches = call.worker.gateway.switches();
    let now = call.received_at;
    let key = call.key.as_deref();
    let markup = book.markup(&Buyer {
        organisation: key.map(|key| key.organisation()),
        project: key.map(|key| key.project()),
        key: key.map(|key| &key.id),
    });
    let show = OnShow::to(&caller, &serving, &switches);
    let models = show.listed().map(|listed| {
        let owner = show.owner(&listed.name, listed.provider, listed.model.as_ref());
        let offers = |seller: &Seller<'_>| {
            let rows = book.on_offer(seller.provider.id(), seller.provider.kind, &seller.model, now);
            let rows = rows.into_iter().map(|row| row_json(&book, seller, row, markup));
            rows.collect::<Vec<_>>()
        };
        let sellers = show.sellers(&listed.name);
        let rows: Vec<Vec<Value>> = sellers.iter().map(offers).collect();
        json!({
            "id": &*listed.name,
            "object": "price",
            "owned_by": owner.map_or("", |(owner, _)| owner.id()),
            "is_priced": !rows.is_empty() && rows.iter().all(|rows| !rows.is_empty()),
            "prices": rows.concat(),
        })
    });
    let body = json!({
        "object": "list",
        "currency": book.currency().code(),
        "version": book.version(),
        "is_draft": book.version() == 0,
        "as_of": now.rfc3339(),
        "saving_percent": saving_percent(markup),
        "data": models.collect::<Vec<_>>(),
    });
    Ok(whole(StatusCode::OK, "application/json", body.to_string()))
}

fn row_json(book: &Book, seller: &Seller<'_>, row: &Row, markup: Factor) -> Value {
    let (mut official, mut ours) = (Map::new(), Map::new());
    for offer in book.offers(row, markup) {
        let (name, unit) = (offer.component.name(), offer.component.unit());
        official.insert(name.to_owned(), offer.list.text(unit).into());
        ours.insert(name.to_owned(), offer.price.text(unit).into());
    }
    json!({
        "provider": seller.provider.id(),
        "model": &*seller.model,
        "service_tier": row.service.name(),
        "from_tokens": row.from_tokens,
        "hours_utc": row.hours.as_ref().map(Hours::text),
        "until": row.until.map(Timestamp::rfc3339),
        "is_free": row.is_free,
        "minimum": (row.minimum.nano() > 0).then(|| row.minimum.to_string()),
        "listed_in": row.currency.code(),
        "units": units(row),
        "official": official,
        "ours": ours,
    })
}

/// What each price is for.
fn units(row: &Row) -> Map<String, Value> {
    let priced = Component::ALL.into_iter().filter(|component| row.amount(*component).is_some());
    let unit = |component: Component| match component.unit() {
        Unit::MillionTokens => "million_tokens",
        Unit::Each => "each",
        Unit::Second => "second",
    };
    priced.map(|component| (component.name().to_owned(), unit(component).into())).collect()
}

/// Exactly: a markup has six places, so a percentage has four. Negative where our price is above the official one.
fn saving_percent(markup: Factor) -> String {
    let saved = i64::from(Factor::ONE.millionths()) - i64::from(markup.millionths());
    let (sign, size) = (if saved < 0 { "-" } else { "" }, saved.unsigned_abs());
    let part = format!("{:04}", size % 10_000);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{part}", size / 10_000)
}

#[cfg(test)]
mod tests {
    use ledger::prices::Factor;

    use super::saving_percent;

    #[test]
    fn what_is_saved_is_exact() {
        for (markup, saved) in [
            ("1", "0"),
            ("0.7", "30"),
            ("0.999999", "0.0001"),
            ("1.2", "-20"),
            ("1.000001", "-0.0001"),
            ("0", "100"),
            ("1000", "-99900"),
            ("0.123456", "87.6544"),
        ] {
            assert_eq!(saving_percent(Factor::parse(markup).unwrap()), saved, "{markup}");
        }
    }
}
