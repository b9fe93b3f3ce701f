//! What every database must do alike for budgets: they are set once, what was spent outlives a restart, and what somebody
//! may not change stays.

use domain::{KeyId, Money, OrganisationId, ProjectId, Secret, Timestamp, UserId};
use limits::budget::{Period, RuleError, Scope, Terms, Zone};

use super::{BUDGETS_MAX, BudgetChange, BudgetDesk, BudgetError, BudgetHolds, KeyBudget, NewBudget};
use crate::audit::AuditRecords;
use crate::database::Database;
use crate::database::throwaway::hasher;
use crate::keys::{Asker, ForeignKey, ForeignSecret, KeyDesk, KeyError, NewKey};
use crate::tenancy::{Deed, NewOrganisation, Reach, TenancyDesk};
use crate::who::Who;

const DAY_MS: i64 = 86_400_000;
/// At noon.
const NOW: Timestamp = Timestamp(1_795_219_200_000 + DAY_MS / 2);
const TOMORROW: Timestamp = Timestamp(NOW.0 + DAY_MS);

fn deed(user: Option<&str>) -> Deed {
    let who = Who { actor: "test", by: None, request_id: None };
    Deed { who, user: user.and_then(UserId::parse), at: NOW, reason: "a test".to_owned() }
}

fn wish(scope: Scope, limit: &str, period: Period) -> NewBudget {
    let terms = Terms { limit: Money::parse(limit).unwrap(), warn_percent: 80, is_hard: true };
    NewBudget { scope, period, zone: Zone::parse("Europe/Berlin").unwrap(), terms }
}

fn project() -> Scope {
    Scope::Project(ProjectId::implicit())
}

async fn keys(store: &Database) -> KeyDesk {
    KeyDesk::open(Box::new(store.clone()), hasher(), "bw_").await.unwrap()
}

async fn open(store: &Database, now: Timestamp) -> BudgetDesk {
    BudgetDesk::open(store.clone(), now).await.unwrap()
}

async fn actions(store: &Database) -> Vec<String> {
    let all = store.audit(None, 100).await.unwrap();
    all.into_iter().map(|entry| entry.action).filter(|action| action.starts_with("budget.")).collect()
}

fn spend(desk: &BudgetDesk, amount: &str, now: Timestamp) {
    let (all, amount) = (desk.budgets(&Reach::All), Money::parse(amount).unwrap());
    BudgetHolds::take(all, amount, now).unwrap().end(amount, now);
}

fn used(desk: &BudgetDesk, now: Timestamp) -> Vec<String> {
    desk.budgets(&Reach::All).iter().map(|cell| cell.standing(now).used.to_string()).collect()
}

pub(super) async fn a_budget_is_set_once_and_only_for_what_is_there(store: &Database) {
    let desk = open(store, NOW).await;
    let operator = deed(None);
    for (limit, flaw) in [("0", "0"), ("-1", "-1"), ("1000000000.000000001", "1000000000.000000001")] {
        let refused = desk.create(wish(project(), limit, Period::Day), &Reach::All, &operator).await;
        let flaw = Money::parse(flaw).unwrap();
        assert!(matches!(refused, Err(BudgetError::Rule(RuleError::Limit(it))) if it == flaw), "{refused:?}");
    }
    for scope in [
        Scope::Key(KeyId::parse("key_none").unwrap()),
        Scope::Project(ProjectId::parse("proj_none").unwrap()),
        Scope::Organisation(OrganisationId::parse("org_none").unwrap()),
    ] {
        let refused = desk.create(wish(scope.clone(), "1", Period::Day), &Reach::All, &operator).await;
        assert!(matches!(refused, Err(BudgetError::UnknownScope(it)) if it == scope));
    }
    assert!(desk.table().is_empty());
    let made = desk.create(wish(project(), "5", Period::Day), &Reach::All, &operator).await.unwrap();
    assert_eq!((made.entry.rule.id.0, &made.entry.organisation), (1, &OrganisationId::implicit()));
    let again = desk.create(wish(project(), "7", Period::Day), &Reach::All, &operator).await;
    assert!(matches!(again, Err(BudgetError::Taken { number: 1, period: "each day", .. })), "{again:?}");
    let month = desk.create(wish(project(), "7", Period::Month), &Reach::All, &operator).await.unwrap();
    assert_eq!(month.entry.rule.id.0, 2);
    assert_eq!(actions(store).await, ["budget.set", "budget.set"]);
    let again = open(store, NOW).await;
    let entries = |desk: &BudgetDesk| {
        desk.budgets(&Reach::All).iter().map(|cell| cell.entry.clone()).collect::<Vec<_>>()
    };
    assert_eq!(entries(&again), entries(&desk));
    assert_eq!(again.budgets(&Reach::within([])).len(), 0);
}

pub(super) async fn what_was_spent_outlives_a_restart_for_its_window(store: &Database) {
    let desk = open(store, NOW).await;
    for period in [Period::Day, Period::Month, Period::Total] {
        desk.create(wish(project(), "10", period), &Reach::All, &deed(None)).await.unwrap();
    }
    spend(&desk, "1.000000001", NOW);
    desk.keep().await.unwrap();
    spend(&desk, "2", NOW);
    assert_eq!(used(&open(store, NOW).await, NOW), ["1.000000001"; 3], "the last was not kept");
    desk.keep().await.unwrap();
    desk.keep().await.unwrap();
    assert_eq!(used(&open(store, NOW).await, NOW), ["3.000000001"; 3]);
    let later = open(store, TOMORROW).await;
    assert_eq!(used(&later, TOMORROW), ["0", "3.000000001", "3.000000001"]);
    spend(&later, "0.5", TOMORROW);
    later.keep().await.unwrap();
    assert_eq!(used(&open(store, TOMORROW).await, TOMORROW), ["0.5", "3.500000001", "3.500000001"]);
    assert_eq!(used(&open(store, NOW).await, NOW)[1], "3.500000001");
    let years_later = Timestamp(NOW.unix_ms() + 1_000 * 86_400_000);
    assert_eq!(used(&open(store, years_later).await, years_later), ["0", "0", "3.500000001"]);
}

pub(super) async fn other_terms_hold_at_once_and_spend_nothing_anew(store: &Database) {
    let desk = open(store, NOW).await;
    desk.create(wish(project(), "10", Period::Day), &Reach::All, &deed(None)).await.unwrap();
    let hold = BudgetHolds::take(desk.budgets(&Reach::All), Money::parse("4").unwrap(), NOW).unwrap();
    let change = BudgetChange { limit: Money::parse("5"), warn_percent: None, is_hard: Some(true) };
    let changed = desk.change("1", change, &Reach::All, &deed(None)).await.unwrap();
    assert_eq!(changed.standing(NOW).available().to_string(), "1");
    hold.end(Money::parse("3").unwrap(), NOW);
    assert_eq!(
        (used(&desk, NOW), changed.standing(NOW).available().to_string()),
        (vec!["3".to_owned()], "2".to_owned())
    );
    for odd in [
        BudgetChange { limit: Money::parse("-5"), ..BudgetChange::default() },
        BudgetChange { warn_percent: Some(101), ..BudgetChange::default() },
    ] {
        assert!(matches!(desk.change("1", odd, &Reach::All, &deed(None)).await, Err(BudgetError::Rule(_))));
    }
    for odd in ["2", "one", "-1", ""] {
        let refused = desk.change(odd, change, &Reach::All, &deed(None)).await;
        assert!(matches!(refused, Err(BudgetError::Unknown(it)) if it == odd));
    }
    desk.keep().await.unwrap();
    let again = open(store, NOW).await;
    let standing = again.budgets(&Reach::All)[0].standing(NOW);
    assert_eq!(
        (standing.terms.limit.to_string(), standing.used.to_string()),
        ("5".to_owned(), "3".to_owned())
    );
    assert_eq!(actions(store).await, ["budget.change", "budget.set"]);
}

pub(super) async fn members_change_what_members_have_set(store: &Database) {
    let tenancy = TenancyDesk::open(store.clone(), hasher(), keys(store).await.directory()).await.unwrap();
    let named = NewOrganisation { name: "shop".to_owned(), ..NewOrganisation::default() };
    let shop = tenancy.create_organisation(named, &deed(None)).await.unwrap().id;
    let till = tenancy.create_project(&Reach::All, shop.as_str(), "till", &deed(None)).await.unwrap().id;
    let (desk, ada, own) = (open(store, NOW).await, deed(Some("user_ada")), Reach::within([shop.clone()]));
    let (whole, till) = (Scope::Organisation(shop), Scope::Project(till));
    desk.create(wish(whole.clone(), "9", Period::Day), &Reach::All, &deed(None)).await.unwrap();
    desk.create(wish(till.clone(), "8", Period::Day), &Reach::All, &deed(None)).await.unwrap();
    let refused = desk.create(wish(whole, "9", Period::Month), &own, &ada).await;
    assert!(matches!(refused, Err(BudgetError::WholeOrganisation)), "{refused:?}");
    let foreign = desk.create(wish(project(), "9", Period::Day), &own, &ada).await;
    assert!(matches!(foreign, Err(BudgetError::UnknownScope(_))), "{foreign:?}");
    let made = desk.create(wish(till, "7", Period::Day), &own, &ada).await.unwrap();
    assert_eq!(made.entry.rule.id.0, 3, "beside the operator's");
    let soft = BudgetChange { is_hard: Some(false), ..BudgetChange::default() };
    for number in ["1", "2"] {
        let refused = desk.change(number, soft, &own, &ada).await;
        assert!(matches!(refused, Err(BudgetError::Operators(_))), "{refused:?}");
        assert!(matches!(desk.remove(number, &own, &ada).await, Err(BudgetError::Operators(_))));
    }
    desk.change("3", soft, &own, &ada).await.unwrap();
    let elsewhere = Reach::within([OrganisationId::implicit()]);
    assert!(matches!(desk.remove("3", &elsewhere, &ada).await, Err(BudgetError::Unknown(_))));
    desk.remove("3", &own, &ada).await.unwrap();
    assert_eq!(desk.budgets(&own).len(), 2);
    assert_eq!(desk.budgets(&elsewhere).len(), 0);
}

pub(super) async fn a_number_is_not_given_again(store: &Database) {
    let desk = open(store, NOW).await;
    let operator = deed(None);
    let set = || desk.create(wish(project(), "10", Period::Day), &Reach::All, &operator);
    set().await.unwrap();
    spend(&desk, "2", NOW);
    desk.remove("1", &Reach::All, &deed(None)).await.unwrap();
    assert!(matches!(desk.remove("1", &Reach::All, &deed(None)).await, Err(BudgetError::Unknown(_))));
    assert_eq!(set().await.unwrap().entry.rule.id.0, 2);
    assert_eq!(used(&desk, NOW), ["0"]);
    let kept: i64 = sqlx::query_scalar("SELECT spent FROM budget_windows WHERE budget = 1")
        .fetch_one(&store.pool)
        .await
        .unwrap();
    assert_eq!(kept, 2_000_000_000);
    assert_eq!(open(store, NOW).await.budgets(&Reach::All).len(), 1);
    assert_eq!(actions(store).await, ["budget.set", "budget.remove", "budget.set"]);
}

pub(super) async fn a_key_that_follows_another_counts_for_its_budgets(store: &Database) {
    let (keys, asker) = (keys(store).await, Asker::operator("test"));
    let first = keys.create(NewKey::named("first"), &asker, NOW).await.unwrap().key.id;
    let other = keys.create(NewKey::named("other"), &asker, NOW).await.unwrap().key.id;
    let second = keys.rotate(first.as_str(), (60, None), &asker, NOW).await.unwrap().key.id;
    let desk = open(store, NOW).await;
    desk.create(wish(Scope::Key(first.clone()), "10", Period::Day), &Reach::All, &deed(None)).await.unwrap();
    let third = keys.rotate(second.as_str(), (60, None), &asker, NOW).await.unwrap().key.id;
    desk.follow(&second, &third).await;
    desk.follow(&other, &third).await;
    for desk in [&desk, &open(store, NOW).await] {
        for (key, count) in [(&first, 1), (&second, 1), (&third, 1), (&other, 0)] {
            let entry = keys.directory().find_by_id(key).unwrap();
            assert_eq!(desk.table().of(&entry).len(), count, "{key}");
        }
    }
    spend(&desk, "2", NOW);
    let found = desk.table().of(&keys.directory().find_by_id(&third).unwrap());
    assert_eq!(found[0].standing(NOW).used.to_string(), "2");
}

fn foreign(row: usize, key: &str, limit: Option<&str>) -> ForeignKey {
    let terms = |limit| Terms { limit: Money::parse(limit).unwrap(), warn_percent: 80, is_hard: true };
    let budget =
        limit.map(|limit| KeyBudget { period: Period::Total, zone: Zone::utc(), terms: terms(limit) });
    let known = ForeignSecret::Key(Secret::new(key.to_owned()));
    ForeignKey { row, known, wish: NewKey::named(&format!("row {row}")), budget }
}

pub(super) async fn a_key_that_is_taken_over_has_its_budget_or_is_not_there(store: &Database) {
    let (desk, keys, by) = (open(store, NOW).await, keys(store).await, Asker::operator("test"));
    let both = |limit| {
        vec![foreign(1, "sk-that-has-no-budget", None), foreign(2, "sk-that-has-a-budget", Some(limit))]
    };
    let import =
        async |taken, is_dry| keys.import_with_budgets(taken, ("a file", is_dry), &by, (NOW, &desk)).await;
    import(both("5"), true).await.unwrap();
    let refused = import(both("0"), false).await.unwrap_err();
    assert!(matches!(&refused, KeyError::Rows(problems) if problems[0].row == 2), "{refused}");
    assert_eq!((desk.table().len(), keys.directory().len()), (0, 0), "nothing was taken");
    let taken = import(both("5"), false).await.unwrap();
    for desk in [&desk, &open(store, NOW).await] {
        let budgets = desk.budgets(&Reach::All);
        let [only] = &budgets[..] else { panic!("{budgets:?}") };
        assert_eq!(
            (&only.entry.rule.scope, only.entry.is_operators),
            (&Scope::Key(taken[1].id.clone()), true)
        );
        assert_eq!((only.entry.rule.id.0, &only.entry.organisation), (1, &OrganisationId::implicit()));
    }
    assert_eq!(actions(store).await, ["budget.set"]);
    assert_eq!(
        desk.create(wish(project(), "1", Period::Day), &Reach::All, &deed(None))
            .await
            .unwrap()
            .entry
            .rule
            .id
            .0,
        2
    );
    let refused = desk.taking_in(BUDGETS_MAX - 1).await.map(|_| ());
    assert!(matches!(refused, Err(BudgetError::NoRoom { present: 2, .. })), "{refused:?}");
    assert!(desk.taking_in(BUDGETS_MAX - 2).await.is_ok());

    // Keys can be stored, budgets cannot.
    sqlx::query("ALTER TABLE budgets RENAME COLUMN zone TO elsewhere").execute(&store.pool).await.unwrap();
    let more =
        vec![foreign(3, "sk-that-comes-too-late", Some("5")), foreign(4, "sk-that-comes-with-it", None)];
    let failed = import(more, false).await.unwrap_err();
    assert!(matches!(failed, KeyError::Store(_)), "{failed}");
    assert_eq!((desk.table().len(), keys.directory().len()), (2, 2));
    assert_eq!(self::keys(store).await.directory().len(), 2, "nor after a restart");
}
