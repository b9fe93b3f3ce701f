//! What every database must do alike for limits: of each sort there is one for anybody, they outlive a restart, and what somebody
//! may not change stays.

use std::sync::{Arc, Mutex};

use domain::{KeyId, OrganisationId, ProjectId, Timestamp, UserId};
use limits::budget::Scope;
use limits::rate::{Measure, Terms, WhenReached};

use super::{LimitDesk, LimitError, NewLimit, Says};
use crate::audit::AuditRecords;
use crate::database::Database;
use crate::database::throwaway::hasher;
use crate::keys::{Asker, KeyDesk, KeyError, NewKey, PlanName};
use crate::tenancy::{Deed, NewOrganisation, Reach, TenancyDesk};
use crate::who::Who;

const NOW: Timestamp = Timestamp(1_795_219_200_000);

fn deed(user: Option<&str>) -> Deed {
    let who = Who { actor: "test", by: None, request_id: None };
    Deed { who, user: user.and_then(UserId::parse), at: NOW, reason: "a test".to_owned() }
}

fn rate(scope: Scope, per_minute: u64, end: (WhenReached, Option<u64>)) -> NewLimit {
    let amounts = [(Measure::RequestsPerMinute, per_minute), (Measure::BodyBytes, 4096)];
    NewLimit { scope, says: Says::Limits(Terms::of(amounts, Some(7), end).unwrap()) }
}

fn hard(scope: Scope, per_minute: u64) -> NewLimit {
    rate(scope, per_minute, (WhenReached::Refuse, None))
}

fn plan(scope: Scope) -> NewLimit {
    NewLimit { scope, says: Says::Plan(PlanName::parse("gold").unwrap()) }
}

fn project() -> Scope {
    Scope::Project(ProjectId::implicit())
}

async fn open(store: &Database) -> LimitDesk {
    LimitDesk::open(store.clone()).await.unwrap()
}

fn entries(desk: &LimitDesk) -> Vec<super::LimitEntry> {
    desk.rows().iter().map(|entry| (**entry).clone()).collect()
}

pub(super) async fn limits_are_set_once_of_each_sort_and_outlive_a_restart(store: &Database) {
    let (desk, operator) = (open(store).await, deed(None));
    for scope in [
        Scope::Key(KeyId::parse("key_none").unwrap()),
        Scope::Project(ProjectId::parse("proj_none").unwrap()),
        Scope::Organisation(OrganisationId::parse("org_none").unwrap()),
    ] {
        let refused = desk.set(hard(scope.clone(), 5), &Reach::All, &operator).await;
        assert!(matches!(refused, Err(LimitError::UnknownScope(it)) if it == scope));
    }
    let queue = rate(project(), 60, (WhenReached::Queue, Some(250)));
    for wish in [hard(project(), 60), rate(project(), 30, (WhenReached::Warn, None)), plan(project()), queue]
    {
        let made = desk.set(wish.clone(), &Reach::All, &operator).await.unwrap();
        assert_eq!((&made.says, made.is_operators), (&wish.says, true));
    }
    let numbers: Vec<u64> = entries(&desk).iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [2, 3, 4], "the fourth has taken the place of the first");
    assert_eq!(entries(&open(store).await), entries(&desk));
    let odd = desk.remove("1", &Reach::All, &operator).await;
    assert!(matches!(odd, Err(LimitError::Unknown(it)) if it == "1"));
    desk.remove("4", &Reach::All, &operator).await.unwrap();
    let again = desk.set(hard(project(), 9), &Reach::All, &operator).await.unwrap();
    assert_eq!(again.number, 5, "no number is given twice");
    let audit = store.audit(None, 100).await.unwrap();
    let actions: Vec<_> =
        audit.iter().map(|entry| entry.action.as_str()).filter(|it| it.starts_with("limit.")).collect();
    assert_eq!(actions, ["limit.set", "limit.remove", "limit.set", "limit.set", "limit.set", "limit.set"]);
    assert_eq!(desk.page(&Reach::within([]), 0, 10).len(), 0);
}

pub(super) async fn members_change_what_members_have_set(store: &Database) {
    let keys = KeyDesk::open(Box::new(store.clone()), hasher(), "bw_").await.unwrap();
    let tenancy = TenancyDesk::open(store.clone(), hasher(), keys.directory()).await.unwrap();
    let named = NewOrganisation { name: "shop".to_owned(), ..NewOrganisation::default() };
    let shop = tenancy.create_organisation(named, &deed(None)).await.unwrap().id;
    let till = tenancy.create_project(&Reach::All, shop.as_str(), "till", &deed(None)).await.unwrap().id;
    let (desk, ada, own) = (open(store).await, deed(Some("user_ada")), Reach::within([shop.clone()]));
    let (whole, till) = (Scope::Organisation(shop), Scope::Project(till));
    desk.set(plan(whole.clone()), &Reach::All, &deed(None)).await.unwrap();
    desk.set(hard(till.clone(), 8), &Reach::All, &deed(None)).await.unwrap();
    assert!(matches!(desk.set(hard(whole, 9), &own, &ada).await, Err(LimitError::WholeOrganisation)));
    assert!(matches!(desk.set(hard(project(), 9), &own, &ada).await, Err(LimitError::UnknownScope(_))));
    let made = desk.set(hard(till.clone(), 700), &own, &ada).await.unwrap();
    assert_eq!((made.number, desk.rows().len()), (3, 3), "beside the operator's");
    for number in ["1", "2"] {
        assert!(matches!(desk.remove(number, &own, &ada).await, Err(LimitError::Operators(_))));
    }
    let elsewhere = Reach::within([OrganisationId::implicit()]);
    assert!(matches!(desk.remove("3", &elsewhere, &ada).await, Err(LimitError::Unknown(_))));
    desk.remove("3", &own, &ada).await.unwrap();
    assert_eq!(desk.page(&own, 0, 10).len(), 2);
}

pub(super) async fn a_key_has_its_limits_from_its_first_moment_on_or_is_not_there(store: &Database) {
    let keys = KeyDesk::open(Box::new(store.clone()), hasher(), "bw_").await.unwrap();
    let (desk, asker) = (open(store).await, Asker::operator("test"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (directory, sees) = (keys.directory(), Arc::clone(&seen));
    desk.hear(move |rows| {
        let of_key = rows.iter().filter_map(|entry| match &entry.scope {
            Scope::Key(id) => Some((directory.find_by_id(id).is_some(), entry.number)),
            _ => None,
        });
        sees.lock().unwrap().extend(of_key);
    });
    let terms = Terms::of([(Measure::ConcurrentRequests, 2)], None, (WhenReached::Refuse, None)).unwrap();
    let limited = (&desk, &terms);
    let made = keys.create_limited(NewKey::named("first"), limited, &asker, NOW).await.unwrap().key;
    assert_eq!(*seen.lock().unwrap(), [(false, 1)], "limited before it opens anything");
    assert!(keys.directory().find_by_id(&made.id).is_some());
    for desk in [&desk, &open(store).await] {
        let [entry] = entries(desk).try_into().unwrap();
        assert_eq!((&entry.scope, entry.is_operators), (&Scope::Key(made.id.clone()), true));
        assert_eq!((&entry.says, &entry.organisation), (&Says::Limits(terms.clone()), &made.organisation));
        assert_eq!(made.json_limited(NOW, &desk.rows())["limits"][0]["limits"]["concurrent_requests"], 2);
    }
    let taken = keys.create_limited(NewKey::named("first"), limited, &asker, NOW).await;
    assert!(matches!(taken, Err(KeyError::NameTaken { .. })));
    assert_eq!((entries(&desk).len(), entries(&open(store).await).len()), (1, 1), "all or nothing");
    let inside = Asker { reach: Reach::within([OrganisationId::implicit()]), ..asker };
    keys.create_limited(NewKey::named("second"), limited, &inside, NOW).await.unwrap();
    assert!(!entries(&desk)[1].is_operators);
    let audit = store.audit(None, 100).await.unwrap();
    let actions: Vec<_> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["limit.set", "key.create", "limit.set", "key.create"]);
}

pub(super) async fn a_key_that_follows_another_counts_for_its_limits(store: &Database) {
    let keys = KeyDesk::open(Box::new(store.clone()), hasher(), "bw_").await.unwrap();
    let asker = Asker::operator("test");
    let first = keys.create(NewKey::named("first"), &asker, NOW).await.unwrap().key.id;
    let second = keys.rotate(first.as_str(), (60, None), &asker, NOW).await.unwrap().key.id;
    let desk = open(store).await;
    let refused = desk.set(plan(Scope::Key(first.clone())), &Reach::All, &deed(None)).await;
    assert!(matches!(refused, Err(LimitError::PlanOfKey)));
    desk.set(hard(Scope::Key(first.clone()), 5), &Reach::All, &deed(None)).await.unwrap();
    let third = keys.rotate(second.as_str(), (60, None), &asker, NOW).await.unwrap().key.id;
    desk.follow(&second, &third).await;
    for desk in [&desk, &open(store).await] {
        let rows = desk.rows();
        assert_eq!(rows.followers(&first), [second.clone(), third.clone()]);
        assert_eq!([&first, &second, &third].map(|key| rows.of_key(key).len()), [1, 1, 1]);
    }
}
