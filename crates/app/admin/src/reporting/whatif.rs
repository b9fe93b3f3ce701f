//! What calls that were made would have cost elsewhere: models are put in the place of others, for all of their calls or a share,
//! at the prices of a book. Only tokens are known, so the same tokens are taken.

use std::collections::BTreeMap;

use domain::{ServiceTier, Timestamp, Usage};
use ledger::prices::{Book, Buyer, Sale, Seller, share_of};
use serde_json::{Value, json};
use store::{Count, Dimension, Figures, Report};

use super::amount::decimal;

/// What calls are parted by, in this order.
pub(crate) const WHATIF_BY: [Dimension; 4] =
    [Dimension::Model, Dimension::Served, Dimension::Service, Dimension::Prompt];
/// Models that may be put in the place of others at once.
pub(crate) const WHATIF_MAPS_MAX: usize = 50;
const WHOLE: u32 = 1_000_000;
/// Names that are proposed in place of an unknown one.
const NEAR_MAX: usize = 3;

/// One model in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Swap {
    from: String,
    to: String,
    /// For how many of a million calls.
    millionths: u32,
}

/// A seller who has a price for a model.
struct Offer<'b> {
    seller: Seller,
    model: &'b str,
}

/// What one model's calls came to and would come to.
#[derive(Default)]
struct Changed {
    calls: u64,
    tokens: u64,
    old: i128,
    moved_old: i128,
    new: u128,
    unpriced: u64,
    is_assumed: bool,
    targets: Vec<Value>,
}

impl Swap {
    /// Reads `gpt-4.1=deepseek-v3.2:40%`; `Err` says what is wrong. The share may be left out, and has up to four places.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let form = "must be MODEL=MODEL or MODEL=MODEL:SHARE%, such as smart=cheap:40%";
        let (from, rest) = text.split_once('=').ok_or_else(|| format!("{form}, not {text:?}"))?;
        let (to, millionths) = match rest.rsplit_once(':').filter(|(_, share)| share.ends_with('%')) {
            None => (rest, WHOLE),
            Some((to, share)) => {
                let millionths = share.strip_suffix('%').and_then(millionths_of_percent);
                (
                    to,
                    millionths.ok_or_else(|| {
                        format!("the share must be above 0% and at most 100%, not {share:?}")
                    })?,
                )
            }
        };
        if from.is_empty() || to.is_empty() {
            return Err(format!("{form}, not {text:?}"));
        }
        Ok(Self { from: from.to_owned(), to: to.to_owned(), millionths })
    }

    /// Reads all of them: no model is replaced by more than the whole.
    pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Self>, String> {
        if texts.is_empty() || texts.len() > WHATIF_MAPS_MAX {
            return Err(format!(
                "say 1 to {WHATIF_MAPS_MAX} models in the place of others, not {}",
                texts.len()
            ));
        }
        let swaps: Vec<Self> = texts.iter().map(|text| Self::parse(text)).collect::<Result<_, _>>()?;
        for swap in &swaps {
            let shares = swaps.iter().filter(|other| other.from == swap.from);
            if shares.map(|other| u64::from(other.millionths)).sum::<u64>() > u64::from(WHOLE) {
                return Err(format!("more than 100% of {} is put elsewhere", swap.from));
            }
            if swaps.iter().filter(|other| *other == swap).count() > 1 {
                return Err(format!("{}={} is said twice", swap.from, swap.to));
            }
        }
        Ok(swaps)
    }
}

/// Everything, or what is wrong with what was said. Of a report by [`WHATIF_BY`].
pub(crate) fn whatif(report: &Report, book: &Book, swaps: &[Swap], now: Timestamp) -> Result<Value, String> {
    let currency = book.currency();
    let mut offers = BTreeMap::new();
    for swap in swaps {
        offers.insert(swap.to.as_str(), find(book, &swap.to, now)?);
    }
    let (mut models, mut elsewhere) = (BTreeMap::<&str, Changed>::new(), 0);
    for swap in swaps {
        let is_from = |names: &[String]| names[0] == swap.from || names[1] == swap.from;
        if !report.rows.iter().any(|row| is_from(&row.names)) {
            let known: Vec<&str> =
                report.rows.iter().flat_map(|row| row.names[..2].iter()).map(String::as_str).collect();
            return Err(unknown(&swap.from, &known, "no calls of that time asked for the model"));
        }
    }
    for row in &report.rows {
        if !row.currency.is_empty() && row.currency != currency.code() {
            elsewhere += row.figures.count(Count::Calls);
            continue;
        }
        let [model, served, service, prompt] = [0, 1, 2, 3].map(|at| row.names[at].as_str());
        let changed = models.entry(if model.is_empty() { served } else { model }).or_default();
        changed.count(&row.figures);
        for swap in swaps.iter().filter(|swap| swap.from == model || swap.from == served) {
            let (service, prompt) =
                (ServiceTier::named(service).unwrap_or_default(), prompt.parse().unwrap_or(0));
            let usage = share_of(&Usage { service_tier: service, ..row.figures.usage() }, swap.millionths);
            let calls = part(row.figures.count(Count::Calls).into(), swap.millionths) as u64;
            changed.moved_old += part(row.figures.list, swap.millionths);
            changed.price(book, &offers[swap.to.as_str()], (&usage, calls, prompt), swap, now);
        }
    }
    Ok(told(book, &models, swaps, &offers, elsewhere))
}

impl Changed {
    fn count(&mut self, figures: &Figures) {
        self.calls += figures.count(Count::Calls);
        self.tokens = self.tokens.saturating_add(figures.tokens());
        self.old += figures.list;
        self.unpriced += figures.count(Count::Unpriced);
    }

    /// By the cheapest seller for that.
    fn price(
        &mut self,
        book: &Book,
        offers: &[Offer<'_>],
        (usage, calls, prompt): (&Usage, u64, u64),
        swap: &Swap,
        now: Timestamp,
    ) {
        if usage.is_nothing() {
            return;
        }
        let cost = offers.iter().filter_map(|offer| {
            let (provider, kind) = seller(&offer.seller);
            let buyer = Buyer::default();
            let (model, asked_model) = (offer.model, offer.model);
            let sale = Sale { provider, kind, model, asked_model, at: now, usage, buyer };
            book.rate_many(&sale, calls, prompt).map(|cost| (cost, offer))
        });
        let Some((cost, offer)) = cost.min_by_key(|(cost, _)| (cost.is_unpriced, cost.list)) else { return };
        self.new = self.new.saturating_add(cost.list);
        self.is_assumed |= cost.is_assumed || cost.is_unpriced;
        let target = json!({ "model": offer.model, "seller": seller_name(offer), "share": share_text(swap.millionths) });
        if !self.targets.contains(&target) {
            self.targets.push(target);
        }
    }
}

fn told(
    book: &Book,
    models: &BTreeMap<&str, Changed>,
    swaps: &[Swap],
    offers: &BTreeMap<&str, Vec<Offer<'_>>>,
    elsewhere: u64,
) -> Value {
    let (mut old_all, mut new_all) = (0, 0);
    let mut model = |(name, changed): (&&str, &Changed)| {
        let new = changed.old - changed.moved_old + changed.new.cast_signed();
        (old_all, new_all) = (old_all + changed.old, new_all + new);
        json!({
            "model": name,
            "requests": changed.calls,
            "tokens": changed.tokens,
            "old_cost": decimal(changed.old),
            "new_cost": decimal(new),
            "saving": decimal(changed.old - new),
            "saving_percent": percent(changed.old - new, changed.old),
            "to": changed.targets,
            "unpriced_requests": changed.unpriced,
            "is_assumed": changed.is_assumed,
        })
    };
    let models: Vec<Value> = models.iter().map(&mut model).collect();
    let swap = |swap: &Swap| {
        let sellers: Vec<String> = offers[swap.to.as_str()].iter().map(seller_name).collect();
        json!({ "from": swap.from, "to": swap.to, "share": share_text(swap.millionths), "sellers": sellers })
    };
    let mut assumptions = vec![
        "each call takes the same tokens with the other model; vendors count the same words differently, often by 10 to 20 %".to_owned(),
        "old costs are list prices as they were charged; new costs are list prices of this book; no markup is in either".to_owned(),
        "rates for long prompts and service tiers are taken as each call had them; hours of the day are those of now".to_owned(),
    ];
    if elsewhere > 0 {
        assumptions.push(format!(
            "{elsewhere} calls were charged in another currency than {} and are left out",
            book.currency()
        ));
    }
    json!({
        "currency": book.currency().code(),
        "price_version": book.version(),
        "map": swaps.iter().map(swap).collect::<Vec<_>>(),
        "models": models,
        "totals": {
            "old_cost": decimal(old_all),
            "new_cost": decimal(new_all),
            "saving": decimal(old_all - new_all),
            "saving_percent": percent(old_all - new_all, old_all),
        },
        "assumptions": assumptions,
    })
}

/// Everybody who has a price for a model now; `seller/model` means one of them.
fn find<'b>(book: &'b Book, wanted: &str, now: Timestamp) -> Result<Vec<Offer<'b>>, String> {
    let named = |model: &str, of: Option<&str>| -> Vec<Offer<'b>> {
        let mut offers: Vec<Offer<'b>> = Vec::new();
        for row in book.rows() {
            let name = std::iter::once(&row.model).chain(&row.aliases).find(|name| ***name == *model);
            let Some(name) = name else { continue };
            let is_meant = of.is_none_or(|of| seller(&row.seller).0 == of || seller(&row.seller).1 == of);
            let (provider, kind) = seller(&row.seller);
            let holds = !book.on_offer(provider, kind, name, now).is_empty();
            if is_meant && holds && !offers.iter().any(|offer| offer.seller == row.seller) {
                offers.push(Offer { seller: row.seller.clone(), model: name });
            }
        }
        offers
    };
    let mut offers = named(wanted, None);
    if offers.is_empty()
        && let Some((of, model)) = wanted.split_once('/')
    {
        offers = named(model, Some(of));
    }
    if offers.is_empty() {
        return Err(unknown(wanted, &book.names(), "the prices have no model"));
    }
    Ok(offers)
}

fn unknown(wanted: &str, known: &[&str], words: &str) -> String {
    let mut left: Vec<&str> = known.iter().copied().filter(|name| !name.is_empty()).collect();
    let mut near = Vec::new();
    while near.len() < NEAR_MAX
        && let Some(name) = config::nearest(wanted, left.iter().copied())
    {
        near.push(name);
        left.retain(|other| *other != name);
    }
    let hint = if near.is_empty() { String::new() } else { format!("; near it: {}", near.join(", ")) };
    format!("{words} {wanted:?}{hint}")
}

/// Provider and kind.
fn seller(seller: &Seller) -> (&str, &str) {
    match seller {
        Seller::Any => ("", ""),
        Seller::Kind(kind) => ("", kind),
        Seller::Provider(id) => (id, ""),
    }
}

fn seller_name(offer: &Offer<'_>) -> String {
    match seller(&offer.seller) {
        ("", "") => "any".to_owned(),
        ("", name) | (name, _) => name.to_owned(),
    }
}

fn part(whole: i128, millionths: u32) -> i128 {
    whole * i128::from(millionths) / i128::from(WHOLE)
}

/// `12.5` as 125000; `None` unless it is above nothing and no more than all.
fn millionths_of_percent(text: &str) -> Option<u32> {
    let (units, places) = text.split_once('.').unwrap_or((text, ""));
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_fit =
        !units.is_empty() && units.len() <= 3 && places.len() <= 4 && is_plain(units) && is_plain(places);
    if !is_fit {
        return None;
    }
    let number: u32 = format!("{units}{places:0<4}").parse().ok()?;
    (1..=WHOLE).contains(&number).then_some(number)
}

fn share_text(millionths: u32) -> String {
    let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// With two places; null of nothing.
fn percent(part: i128, whole: i128) -> Option<f64> {
    (whole != 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use ledger::prices::read;
    use store::{Count, Figures, Report, ReportRow};

    use super::{Swap, share_text, whatif};

    const BOOK: &str = r#"
[[price]]
kind = "openai"
model = "gpt-4.1"
input = "2"
output = "8"
[[price]]
kind = "deepseek"
model = "deepseek-v3.2"
aliases = ["deepseek-chat"]
input = "0.25"
output = "0.5"
[[price]]
kind = "dear"
model = "deepseek-v3.2"
input = "9"
output = "9"
[[price]]
kind = "dear"
model = "deepseek-v3.2"
from_tokens = 200001
input = "18"
output = "18"
"#;

    fn swaps(texts: &[&str]) -> Result<Vec<Swap>, String> {
        Swap::parse_all(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn row(model: &str, prompt: &str, (input, output): (u64, u64), list: i128) -> ReportRow {
        let counts = [(Count::Calls, 10), (Count::Input, input), (Count::Output, output)];
        let figures = Figures::of(&counts, (list, list));
        let names = [model, "served", "", prompt].map(str::to_owned).to_vec();
        ReportRow { window: 0, names, currency: "USD".to_owned(), figures }
    }

    fn report() -> Report {
        let rows =
            vec![row("gpt-4.1", "0", (1_000_000, 500_000), 6_000_000_000), row("other", "0", (5, 5), 1_000)];
        Report { rows, ..Report::default() }
    }

    fn asked(texts: &[&str]) -> Result<serde_json::Value, String> {
        whatif(&report(), &read(BOOK, &[]).unwrap(), &swaps(texts)?, Timestamp(0))
    }

    #[test]
    fn the_cheapest_seller_takes_the_place_of_a_model_for_all_or_some_of_its_calls() {
        let told = asked(&["gpt-4.1=deepseek-v3.2"]).unwrap();
        let field = |name: &str| told["models"][0][name].clone();
        assert_eq!(
            (field("old_cost"), field("new_cost"), field("saving")),
            ("6".into(), "0.5".into(), "5.5".into())
        );
        assert_eq!(field("to")[0]["seller"], "deepseek");
        assert_eq!(told["totals"]["old_cost"], "6.000001");
        assert_eq!(told["totals"]["saving"], "5.5");
        let some = asked(&["gpt-4.1=deepseek-chat:40%"]).unwrap();
        assert_eq!(some["models"][0]["new_cost"], "3.8", "sixty per cent of six, and forty of a half");
        let dear = asked(&["gpt-4.1=dear/deepseek-v3.2:50%"]).unwrap();
        assert_eq!(dear["models"][0]["saving"], "-3.75", "what is dearer is told as such");
        let both = asked(&["gpt-4.1=deepseek-v3.2:50%", "gpt-4.1=dear/deepseek-v3.2:50%"]).unwrap();
        assert_eq!(both["models"][0]["new_cost"], "7");
    }

    #[test]
    fn long_prompts_have_their_own_rates() {
        let rows = vec![row("gpt-4.1", "200001", (1_000_000, 0), 2_000_000_000)];
        let report = Report { rows, ..Report::default() };
        let swaps = swaps(&["gpt-4.1=dear/deepseek-v3.2"]).unwrap();
        let told = whatif(&report, &read(BOOK, &[]).unwrap(), &swaps, Timestamp(0)).unwrap();
        assert_eq!(told["models"][0]["new_cost"], "18");
    }

    #[test]
    fn what_cannot_be_reckoned_is_refused_with_what_was_probably_meant() {
        let check = |texts: &[&str], expected: &str| {
            let refused = asked(texts).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        };
        check(&[], "1 to 50");
        check(&["gpt-4.1"], "MODEL=MODEL");
        check(&["=x"], "MODEL=MODEL");
        check(&["gpt-4.1=deepseek-v3.2:0%"], "above 0%");
        check(&["gpt-4.1=deepseek-v3.2:101%"], "at most 100%");
        check(&["gpt-4.1=deepseek-v3.2:60%", "gpt-4.1=deepseek-chat:50%"], "more than 100% of gpt-4.1");
        check(&["gpt-4.1=deepseek-v3.2:10%", "gpt-4.1=deepseek-v3.2:10%"], "twice");
        check(&["gpt-4.1=deepseek-v32"], "near it: deepseek-v3.2");
        check(&["gpt-4-1=deepseek-v3.2"], "near it: gpt-4.1");
    }

    #[test]
    fn shares_are_read_as_they_are_written() {
        for share in ["100%", "40%", "12.5%", "0.0001%"] {
            let swap = Swap::parse(&format!("a=b:c:{share}")).unwrap();
            assert_eq!((swap.to.as_str(), share_text(swap.millionths).as_str()), ("b:c", share));
        }
        assert_eq!(Swap::parse("a=b:free").unwrap().to, "b:free");
    }
}
