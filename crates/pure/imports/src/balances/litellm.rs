//! Budgets of LiteLLM's keys, teams and users. Nothing is paid ahead there: all of it says how much may be spent, so all of it
//! becomes budgets here; those of teams and users, of a project that has their keys.

use std::collections::BTreeMap;

use domain::{Money, Timestamp};
use serde_json::Value;

use super::amount::{decimal_down, decimal_up, is_within};
use super::carried::{Carried, Limit, Owner};
use crate::keys::{self, Row, as_texts, is_of_another_table, is_true, rows};

/// What a row says of what may be spent.
enum Budget {
    None,
    Limit(Limit),
    /// All of it is spent.
    Spent,
    /// It begins anew at times that there are none of here.
    Odd,
}

/// Where teams and users are among the owners; `None` for those whose keys open nothing any more.
type Places<'r> = BTreeMap<(&'static str, &'r str), Option<usize>>;

/// Reads keys and budgets: rows of keys, and of teams and users where they are among them.
pub fn litellm(text: &str, origin: &str, now: Timestamp) -> Result<Carried, String> {
    let all = rows(&as_texts(text))?;
    let mut carried = Carried { keys: keys::litellm(text, now, true)?, ..Carried::default() };
    let mut tally = Tally::default();
    let places = owners(&all, origin, &mut tally, &mut carried);
    let mut closed = Vec::new();
    for number in carried.keys.rows().collect::<Vec<_>>() {
        let Some(row) = all.get(number - 1) else { continue };
        let limit = match budget(row, "key", number, &mut carried) {
            Budget::Spent => {
                closed.push(number);
                continue;
            }
            Budget::Odd => {
                tally.odd.push(format!("row {number}"));
                None
            }
            Budget::None => None,
            Budget::Limit(limit) => Some(limit),
        };
        // A team's keys do not count for the budgets of users there.
        let owner = match (text_of(row, "team_id"), text_of(row, "user_id")) {
            (Some(team), _) => ("team", team),
            (None, Some(user)) => ("user", user),
            (None, None) => ("", ""),
        };
        match places.get(&owner) {
            Some(None) => {
                closed.push(number);
                continue;
            }
            Some(Some(place)) => {
                carried.owner_of.insert(number, *place);
            }
            None if owner.0 == "team" => tally.untold += 1,
            None => {}
        }
        if let Some(limit) = limit {
            tally.renewing += usize::from(limit.period != "total" && spent(row) != Some(Money::ZERO));
            carried.limits.insert(number, limit);
        }
        tally.shared += usize::from(text_of(row, "budget_id").is_some());
    }
    carried.keys.keys.retain(|key| !closed.iter().any(|row| key["row"] == *row));
    tally.closed = closed.len();
    tally.tell(&mut carried);
    Ok(carried)
}

/// A project for each team and each user that has a budget.
fn owners<'r>(all: &'r [Row], origin: &str, tally: &mut Tally, carried: &mut Carried) -> Places<'r> {
    let mut places = Places::new();
    for (at, row) in all.iter().enumerate().filter(|(_, row)| is_of_another_table(row)) {
        let has = |name: &str| row.contains_key(name);
        let (kind, id, note) = if has("team_alias") {
            ("team", text_of(row, "team_id"), text_of(row, "team_alias"))
        } else if has("user_role") {
            ("user", text_of(row, "user_id"), text_of(row, "user_alias"))
        } else {
            tally.unread += 1;
            continue;
        };
        let Some(id) = id else {
            carried.problems.push(format!("row {}: a {kind} has no id", at + 1));
            continue;
        };
        if is_true(row.get("blocked")) {
            places.insert((kind, id), None);
            continue;
        }
        let limit = match budget(row, kind, at + 1, carried) {
            Budget::None => continue,
            Budget::Spent => {
                places.insert((kind, id), None);
                continue;
            }
            Budget::Odd => {
                tally.odd.push(format!("{kind} {id}"));
                continue;
            }
            Budget::Limit(limit) => limit,
        };
        tally.renewing += usize::from(limit.period != "total" && spent(row) != Some(Money::ZERO));
        let place = carried.add(Owner {
            id: format!("{kind}:{id}"),
            name: format!("{origin} {kind} {id}"),
            note: note.unwrap_or_default().to_owned(),
            credit: None,
            limit: Some(limit),
        });
        places.insert((kind, id), Some(place));
    }
    places
}

fn budget(row: &Row, kind: &str, number: usize, carried: &mut Carried) -> Budget {
    let Some(said) = number_of(row, "max_budget") else { return Budget::None };
    let Some(most) = decimal_down(&said).filter(|most| is_within(*most)) else {
        let why = "is no budget: it must be from 0 to 1000000000";
        carried.problems.push(format!("row {number}: the max_budget {said} of this {kind} {why}"));
        return Budget::None;
    };
    let period = match text_of(row, "budget_duration") {
        None => "total",
        Some("1d" | "24h") => "day",
        Some("1mo" | "30d" | "31d") => "month",
        Some(_) => return Budget::Odd,
    };
    let Some(spent) = spent(row) else {
        carried.problems.push(format!("row {number}: the spend of this {kind} is no amount"));
        return Budget::None;
    };
    // One that begins anew does so with nothing spent.
    let left = if period == "total" { most.nano().saturating_sub(spent.nano()) } else { most.nano() };
    if left <= 0 { Budget::Spent } else { Budget::Limit(Limit { amount: Money::from_nano(left), period }) }
}

fn spent(row: &Row) -> Option<Money> {
    number_of(row, "spend").map_or(Some(Money::ZERO), |spent| decimal_up(&spent))
}

/// A number as it is written.
fn number_of(row: &Row, name: &str) -> Option<String> {
    match row.get(name)? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}

fn text_of<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    row.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// What is to be told of all of it.
#[derive(Default)]
struct Tally {
    closed: usize,
    untold: usize,
    renewing: usize,
    shared: usize,
    unread: usize,
    odd: Vec<String>,
}

impl Tally {
    fn tell(self, carried: &mut Carried) {
        let notes = [
            (
                self.closed,
                "keys are left out: they, their team or their user have spent their budget or are blocked there",
            ),
            (
                self.untold,
                "keys are of teams that have no budget here: none of their own, or their rows are not in the file",
            ),
            (
                self.renewing,
                "budgets that begin anew do so now: what was spent in their last time is not carried",
            ),
            (self.shared, "keys share a budget of another table there (budget_id), which is not carried"),
            (self.unread, "rows are of tables that are not read, such as organisations, and not carried"),
        ];
        for (count, said) in notes.into_iter().filter(|(count, _)| *count > 0) {
            carried.keys.notes.push(format!("{count} {said}"));
        }
        if !self.odd.is_empty() {
            let who = self.odd.join(", ");
            carried.keys.notes.push(format!(
                "not carried are budgets that begin anew neither each day nor each month, of {who}: set one by hand"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Money, Timestamp};
    use serde_json::json;

    use super::litellm;
    use crate::balances::Limit;

    const NOW: Timestamp = Timestamp(1_795_219_200_000);

    fn hash(digit: &str) -> String {
        digit.repeat(64)
    }

    fn limit(text: &str, period: &'static str) -> Limit {
        Limit { amount: Money::parse(text).unwrap(), period }
    }

    #[test]
    fn budgets_of_keys_teams_and_users_are_carried_to_the_last_place() {
        let rows = [
            format!(r#"{{"token":"{}","key_name":"a","spend":1.10,"max_budget":10.30}}"#, hash("a")),
            format!(r#"{{"token":"{}","key_name":"b","spend":0.30000000000000004,"max_budget":1.0,"budget_duration":"30d","team_id":"t1"}}"#, hash("b")),
            format!(r#"{{"token":"{}","key_name":"c","spend":2.0,"max_budget":2.0}}"#, hash("c")),
            format!(r#"{{"token":"{}","key_name":"d","spend":0.0,"max_budget":5,"budget_duration":"7d","user_id":"u1"}}"#, hash("d")),
            format!(r#"{{"token":"{}","key_name":"e","spend":0.0,"max_budget":null,"team_id":"t2"}}"#, hash("e")),
            r#"{"team_id":"t1","team_alias":"shop","max_budget":100.0,"spend":0.5,"budget_duration":null}"#.to_owned(),
            r#"{"team_id":"t2","team_alias":"old","max_budget":1.0,"spend":1.5}"#.to_owned(),
            r#"{"user_id":"u1","user_role":"internal_user","max_budget":3,"spend":1e-9,"budget_duration":"1d"}"#.to_owned(),
            r#"{"organization_id":"o1","organization_alias":"all"}"#.to_owned(),
        ];
        let carried = litellm(&rows.join("\n"), "litellm", NOW).unwrap();
        assert_eq!(carried.problems, Vec::<String>::new());
        let owners: Vec<_> =
            carried.owners.iter().map(|it| (it.project_name(), it.credit, it.limit.unwrap())).collect();
        let expected = [
            ("litellm team t1 (shop)".to_owned(), None, limit("99.5", "total")),
            ("litellm user u1".to_owned(), None, limit("3", "day")),
        ];
        assert_eq!(owners, expected);
        assert_eq!(carried.keys.rows().collect::<Vec<_>>(), [1, 2, 4]);
        assert_eq!(carried.owner_of.into_iter().collect::<Vec<_>>(), [(2, 0), (4, 1)]);
        let limits: Vec<_> = carried.limits.into_iter().collect();
        assert_eq!(limits, [(1, limit("9.2", "total")), (2, limit("1", "month"))]);
        let notes = carried.keys.notes.join("\n");
        for note in
            ["2 keys are left out", "2 budgets that begin anew", "1 rows are of tables", "of row 4: set one"]
        {
            assert!(notes.contains(note), "{notes}");
        }
    }

    #[test]
    fn amounts_that_are_none_are_problems() {
        let rows = json!([
            {"token": hash("a"), "key_name": "a", "spend": 0, "max_budget": -1},
            {"token": hash("b"), "key_name": "b", "spend": -2, "max_budget": 5},
            {"token": hash("c"), "key_name": "c", "spend": 0, "max_budget": "1e30"},
            {"token": hash("d"), "key_name": "d", "spend": 0, "max_budget": 1_000_000_001_u64},
        ]);
        let problems = litellm(&rows.to_string(), "litellm", NOW).unwrap().problems;
        assert_eq!(problems.len(), 4, "{problems:?}");
        for (at, problem) in problems.iter().enumerate() {
            assert!(problem.starts_with(&format!("row {}: ", at + 1)), "{problem}");
        }
    }
}
