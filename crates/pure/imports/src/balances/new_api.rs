//! Users of a new-api or one-api: what each has left becomes the balance of a project's account, what is left of a token's
//! quota a budget of its key that never begins anew. A call there takes from both, and so it does here.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Money, Timestamp};
use serde_json::Value;

use super::amount::{QuotaPerUnit, is_within};
use super::carried::{Carried, Limit, Owner};
use crate::keys::{self, User, users};
use crate::new_api::row::{flag, integer, is_deleted, text};
use crate::new_api::{NewApiTables, Row};

/// How much quota a unit is, unless it is set.
const QUOTA_PER_UNIT_DEFAULT: &str = "500000";
const NO_QUOTA: &str = "which is no whole number, so nobody knows what is left";

/// Reads keys and balances. `origin` names the gateway that they are from; balances that are owed are forgiven if that is said.
pub fn new_api(
    tables: &NewApiTables,
    origin: &str,
    forgives_debts: bool,
    now: Timestamp,
) -> Result<Carried, String> {
    if tables.users.is_empty() {
        return Err(
            "there are no users in it, so there are no balances; name the database, or rows of both \
                    users and tokens"
                .to_owned(),
        );
    }
    let set = tables.options.iter().find(|row| text(row, "key") == "QuotaPerUnit");
    let set = set.map_or(QUOTA_PER_UNIT_DEFAULT, |row| text(row, "value"));
    let per_unit = QuotaPerUnit::parse(set)
        .ok_or_else(|| format!("QuotaPerUnit is {set:?} there, which is no amount of quota"))?;
    let mut carried = Carried { keys: keys::new_api(tables, now, true), ..Carried::default() };
    let places = owners(tables, per_unit, (origin, forgives_debts), &mut carried);
    of_keys(tables, per_unit, &places, &mut carried);
    Ok(carried)
}

/// A project for each user who has something left, or a key; their places by the users' numbers.
fn owners(
    tables: &NewApiTables,
    per_unit: QuotaPerUnit,
    (origin, forgives_debts): (&str, bool),
    carried: &mut Carried,
) -> BTreeMap<i64, usize> {
    let rows: BTreeSet<i64> = carried.keys.rows().map(|row| row as i64).collect();
    let with_keys =
        tables.tokens.iter().filter(|row| integer(row, "id").is_some_and(|id| rows.contains(&id)));
    let with_keys: BTreeSet<i64> = with_keys.filter_map(|row| integer(row, "user_id")).collect();
    let (mut places, mut closed, mut forgiven, mut invited) = (BTreeMap::new(), 0_i128, 0_i128, 0_i128);
    let states = users(&tables.users);
    for row in &tables.users {
        let Some(number) = integer(row, "id") else {
            carried.problems.push("a user has no id".to_owned());
            continue;
        };
        let quota = quota(row, "quota");
        if states.get(&number) != Some(&User::Active) {
            closed += quota.unwrap_or_default().max(0);
            continue;
        }
        let quota = match quota {
            Ok(quota) => quota,
            Err(said) => {
                carried.problems.push(format!("user {number} has a quota of {said} there, {NO_QUOTA}"));
                continue;
            }
        };
        invited += i128::from(integer(row, "aff_quota").unwrap_or_default()).max(0);
        if quota == 0 && !with_keys.contains(&number) {
            continue;
        }
        let credit = match per_unit.money(quota) {
            Some(credit) if credit < Money::ZERO && forgives_debts => {
                forgiven -= quota;
                Money::ZERO
            }
            Some(credit) if credit < Money::ZERO => {
                let owed = Money::from_nano(credit.nano().saturating_neg());
                carried.problems.push(format!(
                    "user {number} owes {owed} there (quota {quota}); settle that there, or let him begin with \
                     nothing: --forgive-debts"
                ));
                continue;
            }
            Some(credit) if is_within(credit) => credit,
            _ => {
                let why = "which is more than an account takes (1000000000)";
                carried.problems.push(format!("user {number} has a quota of {quota} there, {why}"));
                continue;
            }
        };
        let place = carried.add(Owner {
            id: format!("user:{number}"),
            name: format!("{origin} user {number}"),
            note: text(row, "username").to_owned(),
            credit: Some(credit),
            limit: None,
        });
        places.insert(number, place);
    }
    let shown =
        |quota: i128| per_unit.money(quota).map_or_else(|| format!("quota {quota}"), |it| it.to_string());
    let mut note = |quota: i128, said: &str| {
        if quota > 0 {
            carried.keys.notes.push(format!("{} {said}", shown(quota)));
        }
    };
    note(closed, "that users have who are disabled or deleted there is not carried");
    note(forgiven, "that users owe there is forgiven: they begin with nothing");
    note(invited, "that users have earned by invitations and not yet taken is not carried");
    places
}

/// How much quota a column says; its text where that is none.
fn quota(row: &Row, column: &str) -> Result<i128, String> {
    match row.get(column) {
        None | Some(Value::Null) => Ok(0),
        Some(value) => integer(row, column).map(i128::from).ok_or_else(|| value.to_string()),
    }
}

/// Whose each key is, and what is left of its own quota.
fn of_keys(
    tables: &NewApiTables,
    per_unit: QuotaPerUnit,
    places: &BTreeMap<i64, usize>,
    carried: &mut Carried,
) {
    let rows: BTreeSet<usize> = carried.keys.rows().collect();
    for (at, row) in tables.tokens.iter().enumerate() {
        let number = keys::number_of(row, at);
        let is_limited = !flag(row, "unlimited_quota") && !is_deleted(row);
        if let (true, Err(said)) = (is_limited, quota(row, "remain_quota")) {
            carried.problems.push(format!("token {number} has a quota of {said} left there, {NO_QUOTA}"));
            continue;
        }
        if !rows.contains(&number) {
            continue;
        }
        if let Some(place) = integer(row, "user_id").and_then(|user| places.get(&user)) {
            carried.owner_of.insert(number, *place);
        }
        if flag(row, "unlimited_quota") {
            continue;
        }
        let quota = quota(row, "remain_quota").unwrap_or_default();
        match per_unit.money(quota).filter(|it| *it > Money::ZERO && is_within(*it)) {
            Some(amount) => {
                carried.limits.insert(number, Limit { amount, period: "total" });
            }
            None => carried.problems.push(format!(
                "token {number} has a quota of {quota} left there, which is no budget: it must be above nothing \
                 and at most 1000000000"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use serde_json::{Value, json};

    use super::new_api;
    use crate::balances::{Carried, Limit};
    use crate::new_api::NewApiTables;

    const NOW: Timestamp = Timestamp(1_795_219_200_000);

    fn user(id: u32, quota: i64, more: &Value) -> Value {
        let mut user = json!({"id": id, "username": format!("u{id}"), "status": 1, "quota": quota});
        user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        user
    }

    fn token(id: u32, user: u32, remain: i64, is_unlimited: bool) -> Value {
        json!({"id": id, "user_id": user, "key": format!("abcdefghijklmnopqrstuvwx{id}"), "status": 1, "name": "default",
               "remain_quota": remain, "unlimited_quota": is_unlimited, "expired_time": -1})
    }

    fn read(rows: &Value, forgives_debts: bool) -> Carried {
        let mut tables = NewApiTables::default();
        tables.add_json(&rows.to_string()).unwrap();
        new_api(&tables, "new-api", forgives_debts, NOW).unwrap()
    }

    #[test]
    fn quotas_become_balances_and_budgets() {
        let rows = json!([
            user(1, 500_000, &json!({"aff_quota": 250_000})),
            user(2, 0, &json!({})),
            user(3, 0, &json!({})),
            user(4, 5_000_000, &json!({"status": 2})),
            user(5, 1, &json!({})),
            token(11, 1, 250_000, false),
            token(12, 1, 0, true),
            token(13, 2, 0, true),
            token(14, 4, 500_000, false),
            token(15, 1, 0, false),
            token(16, 9, 0, true),
        ]);
        let carried = read(&rows, false);
        assert_eq!(carried.problems, Vec::<String>::new());
        let owners: Vec<_> = carried
            .owners
            .iter()
            .map(|it| (it.id.as_str(), it.project_name(), it.credit.unwrap().to_string()))
            .collect();
        let expected = [
            ("user:1", "new-api user 1 (u1)".to_owned(), "1".to_owned()),
            ("user:2", "new-api user 2 (u2)".to_owned(), "0".to_owned()),
            ("user:5", "new-api user 5 (u5)".to_owned(), "0.000002".to_owned()),
        ];
        assert_eq!(owners, expected, "who has neither a quota nor a key needs no account");
        assert_eq!(carried.keys.rows().collect::<Vec<_>>(), [11, 12, 13], "{:?}", carried.keys.notes);
        assert_eq!(carried.owner_of.into_iter().collect::<Vec<_>>(), [(11, 0), (12, 0), (13, 1)]);
        let half = Limit { amount: money("0.5"), period: "total" };
        assert_eq!(carried.limits.into_iter().collect::<Vec<_>>(), [(11, half)]);
        let notes = carried.keys.notes.join("\n");
        for note in
            ["10 that users have who are disabled", "0.5 that users have earned", "2 tokens are of users"]
        {
            assert!(notes.contains(note), "{notes}");
        }
        assert!(!notes.contains("here they open without it"), "{notes}");
    }

    #[test]
    fn debts_and_absurd_amounts_are_problems_and_debts_may_be_forgiven() {
        let rows = json!([
            user(1, -3, &json!({})),
            user(2, i64::MAX, &json!({})),
            user(3, 7, &json!({})),
            token(11, 3, i64::MAX, false),
        ]);
        let problems = read(&rows, false).problems;
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].contains("user 1 owes 0.000006"), "{problems:?}");
        assert!(problems[1].contains("user 2") && problems[1].contains("more than an account takes"));
        assert!(problems[2].contains("token 11"));
        let carried = read(&rows, true);
        assert_eq!(
            (carried.problems.len(), carried.owners[0].credit.unwrap().to_string()),
            (2, "0".to_owned())
        );
        assert!(carried.keys.notes.join("\n").contains("0.000006 that users owe there is forgiven"));
    }

    #[test]
    fn a_quota_that_cannot_be_read_is_a_problem_and_not_nothing() {
        let with = |quota: &Value| {
            let mut row = user(1, 0, &json!({}));
            row["quota"] = quota.clone();
            read(&json!([row, user(2, 7, &json!({}))]), false)
        };
        for quota in [json!("5e5"), json!(1.5), json!("many"), json!("")] {
            let problems = with(&quota).problems;
            assert_eq!(problems.len(), 1, "{quota}");
            assert!(problems[0].contains(&format!("user 1 has a quota of {quota} there")), "{problems:?}");
        }
        for quota in [Value::Null, json!("7"), json!(7)] {
            assert_eq!(with(&quota).problems, Vec::<String>::new(), "{quota}");
        }
        let mut odd = token(11, 1, 0, false);
        odd["remain_quota"] = json!("5e5");
        let mut unlimited = token(12, 1, 0, true);
        unlimited["remain_quota"] = json!("5e5");
        let problems = read(&json!([user(1, 7, &json!({})), odd, unlimited]), false).problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains(r#"token 11 has a quota of "5e5" left there"#), "{problems:?}");
    }

    #[test]
    fn another_quota_for_a_unit_is_believed_and_an_odd_one_refused() {
        let with = |value: &str| {
            let mut tables = NewApiTables::default();
            let rows = json!([user(1, 7, &json!({})), {"key": "QuotaPerUnit", "value": value}]);
            tables.add_json(&rows.to_string()).unwrap();
            new_api(&tables, "new-api", false, NOW)
        };
        assert_eq!(with("7").unwrap().owners[0].credit.unwrap().to_string(), "1");
        assert!(with("0").unwrap_err().contains("QuotaPerUnit"));
        let nobody = new_api(&NewApiTables::default(), "new-api", false, NOW);
        assert!(nobody.unwrap_err().contains("no users"));
    }

    fn money(text: &str) -> domain::Money {
        domain::Money::parse(text).unwrap()
    }
}
