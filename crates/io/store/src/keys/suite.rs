//! What every database must do alike.

use std::collections::BTreeMap;

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};

use super::contract::{
    Asker, CallerKey, Changing, Creation, ImportFlaw, Importing, KeyChange, KeyFilter, KeyImport, KeyRecords,
    KeyState, KeyToStore, Revocation, Rotation, Successor,
};
use super::digest::{DigestOf, KeyDigest};
use super::models::KeyModels;
use super::names::KeyNames;
use super::networks::KeyNetworks;
use super::plan::PlanName;
use super::routes::KeyRoutes;
use super::scopes::KeyScopes;
use super::tags::KeyTags;
use crate::audit::AuditRecords;
use crate::database::Database;
use crate::tenancy::Reach;
use crate::who::Who;

const LATER: Timestamp = Timestamp(1_800_000_000_000);

/// A key of the implicit project; `number` decides everything that must differ between keys.
pub(super) fn example(number: u8) -> CallerKey {
    CallerKey {
        id: KeyId::new(Timestamp(1_795_219_200_000 + i64::from(number)), number.into()),
        name: format!("key {number}"),
        hint: "bw_…1234".to_owned(),
        digest: KeyDigest([number; 32]),
        digest_of: DigestOf::Key,
        created_at: Timestamp(1_795_219_200_000 + i64::from(number)),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        is_strict: false,
        plan: PlanName::usual(),
        scopes: KeyScopes::ANY,
        tags: KeyTags::default(),
        rotated_from: None,
        rotated_to: None,
        organisation: OrganisationId::implicit(),
        project: ProjectId::implicit(),
    }
}

fn all_scopes() -> KeyScopes {
    let names = |names: [&str; 2]| names.map(str::to_owned);
    KeyScopes {
        models: KeyModels::only(names(["smart", "é/*"])).unwrap(),
        providers: KeyNames::only(names(["host", "spare"]), "provider").unwrap(),
        regions: KeyNames::only(names(["eu", "us"]), "region").unwrap(),
        routes: KeyRoutes::only(["chat", "rerank"]).unwrap(),
        networks: KeyNetworks::only(["10.0.0.0/8", "::1"]).unwrap(),
    }
}

fn tags(tags: &[(&str, &str)]) -> KeyTags {
    KeyTags::of(tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
}

fn operator() -> Asker {
    Asker::operator("a test")
}

fn within(organisation: &str) -> Asker {
    let reach = Reach::within([OrganisationId::parse(organisation).unwrap()]);
    Asker { reach, ..operator() }
}

async fn create(store: &dyn KeyRecords, key: &CallerKey) -> Creation {
    store.create(&KeyToStore { key: key.clone(), also: None }, &operator()).await.unwrap()
}

async fn revoke(store: &dyn KeyRecords, key: &CallerKey, at: Timestamp) -> Revocation {
    store.revoke(&key.id, at, &operator()).await.unwrap()
}

async fn change(store: &dyn KeyRecords, key: &CallerKey, change: KeyChange) -> Changing {
    store.change(&key.id, change, LATER, &operator()).await.unwrap()
}

async fn page(store: &dyn KeyRecords, after: Option<&KeyId>, count: u32) -> Vec<CallerKey> {
    store.list(&KeyFilter::default(), after, count, &Reach::All).await.unwrap()
}

pub(super) async fn all(store: &dyn KeyRecords) -> Vec<CallerKey> {
    page(store, None, 1000).await
}

pub(super) async fn fill(store: &dyn KeyRecords, count: u8) -> Vec<CallerKey> {
    let keys: Vec<_> = (0..count).map(example).collect();
    for key in &keys {
        assert_eq!(create(store, key).await, Creation::Stored(Box::new(key.clone())));
    }
    keys
}

/// Another organisation with a project.
async fn second_organisation(store: &Database) -> (OrganisationId, ProjectId) {
    for statement in [
        "INSERT INTO organisations (id, name) VALUES ('org_second', 'second')",
        "INSERT INTO projects (id, organisation_id, name) VALUES ('proj_second', 'org_second', 'second')",
    ] {
        sqlx::query(statement).execute(&store.pool).await.unwrap();
    }
    (OrganisationId::parse("org_second").unwrap(), ProjectId::parse("proj_second").unwrap())
}

pub(super) async fn a_key_is_kept_as_given(store: &Database) {
    assert_eq!(all(store).await, []);
    let plain = example(1);
    let expiring = CallerKey { expires_at: Some(LATER), ..example(2) };
    let strict = CallerKey { is_strict: true, ..example(3) };
    let narrow = CallerKey { scopes: all_scopes(), ..example(4) };
    let tagged = CallerKey { tags: tags(&[("team", "shop"), ("cost", "7 = 7")]), ..example(5) };
    let hashed = CallerKey { digest_of: DigestOf::Sha256, ..example(6) };
    for key in [&plain, &expiring, &strict, &narrow, &tagged, &hashed] {
        assert_eq!(create(store, key).await, Creation::Stored(Box::new(key.clone())));
        assert_eq!(store.find(&key.id, &Reach::All).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(all(store).await, [plain, expiring, strict, narrow, tagged, hashed]);
    assert_eq!(store.find(&example(9).id, &Reach::All).await.unwrap(), None);
}

pub(super) async fn the_same_key_is_stored_once(store: &Database) {
    let first = example(1);
    create(store, &first).await;
    let again = CallerKey { digest: first.digest, ..example(2) };
    assert_eq!(create(store, &again).await, Creation::SameKey(Box::new(first.clone())));
    let otherwise = KeyToStore { key: example(3), also: Some(first.digest) };
    let found = store.create(&otherwise, &operator()).await.unwrap();
    assert_eq!(found, Creation::SameKey(Box::new(first.clone())), "known by another digest");
    revoke(store, &first, LATER).await;
    let Creation::SameKey(found) = create(store, &again).await else {
        panic!("a revoked key never comes back");
    };
    assert_eq!(found.revoked_at, Some(LATER));
    assert_eq!(all(store).await.len(), 1);
}

pub(super) async fn a_name_is_free_again_after_revoking(store: &Database) {
    let first = example(1);
    create(store, &first).await;
    let second = CallerKey { name: first.name.clone(), ..example(2) };
    assert_eq!(create(store, &second).await, Creation::NameTaken(first.id.clone()));
    revoke(store, &first, LATER).await;
    assert_eq!(create(store, &second).await, Creation::Stored(Box::new(second.clone())));
    assert_eq!(all(store).await.len(), 2);
}

pub(super) async fn revoking_happens_once(store: &Database) {
    let keys = fill(store, 2).await;
    let revoked = CallerKey { revoked_at: Some(LATER), ..keys[0].clone() };
    assert_eq!(revoke(store, &keys[0], LATER).await, Revocation::Revoked(Box::new(revoked.clone())));
    let answer = revoke(store, &keys[0], Timestamp(1_900_000_000_000)).await;
    assert_eq!(answer, Revocation::Before(Box::new(revoked.clone())), "the first time stands");
    assert_eq!(revoke(store, &example(9), LATER).await, Revocation::Unknown);
    assert_eq!(all(store).await, [revoked, keys[1].clone()]);
}

pub(super) async fn a_change_lasts_and_concerns_one_key(store: &Database) {
    let keys = fill(store, 2).await;
    let strict = CallerKey { is_strict: true, ..keys[0].clone() };
    let to = |is_strict| KeyChange { is_strict, ..KeyChange::default() };
    for (wish, after) in
        [(Some(true), &strict), (Some(true), &strict), (None, &strict), (Some(false), &keys[0])]
    {
        let answer = change(store, &keys[0], to(wish)).await;
        assert_eq!(answer, Changing::Changed(Box::new(after.clone())), "{wish:?}");
        assert_eq!(all(store).await, [after.clone(), keys[1].clone()], "{wish:?}");
    }
    assert_eq!(change(store, &example(9), to(Some(true))).await, Changing::Unknown);
    revoke(store, &keys[1], LATER).await;
    let revoked = CallerKey { revoked_at: Some(LATER), ..keys[1].clone() };
    let answer = change(store, &keys[1], to(Some(true))).await;
    assert_eq!(answer, Changing::Revoked(Box::new(revoked.clone())));
    assert_eq!(all(store).await, [keys[0].clone(), revoked]);
}

pub(super) async fn each_thing_is_changed_by_itself(store: &Database) {
    let mut key = CallerKey { is_strict: true, scopes: all_scopes(), ..example(1) };
    create(store, &key).await;
    let none = KeyChange::default;
    let name = || KeyNames::only(["one".to_owned()], "name").unwrap();
    let model = KeyModels::only(["one".to_owned()]).unwrap();
    let (route, network) = (KeyRoutes::only(["chat"]).unwrap(), KeyNetworks::only(["10.1.1.1"]).unwrap());
    for wish in [
        KeyChange { models: Some(model), ..none() },
        KeyChange { models: Some(KeyModels::ANY), ..none() },
        KeyChange { providers: Some(name()), ..none() },
        KeyChange { regions: Some(name()), ..none() },
        KeyChange { routes: Some(route), ..none() },
        KeyChange { networks: Some(network), ..none() },
        KeyChange { networks: Some(KeyNetworks::ANY), ..none() },
        KeyChange { tags: Some(tags(&[("a", "b")])), ..none() },
        KeyChange { expires_at: Some(Some(LATER)), ..none() },
        KeyChange { expires_at: Some(None), ..none() },
    ] {
        key = wish.clone().apply(key);
        assert_eq!(change(store, &key, wish).await, Changing::Changed(Box::new(key.clone())));
        assert_eq!(all(store).await, [key.clone()]);
    }
    assert!(key.scopes.models.is_any() && key.scopes.networks.is_any() && !key.scopes.routes.is_any());
}

pub(super) async fn a_name_is_changed_to_a_free_one(store: &Database) {
    let keys = fill(store, 2).await;
    let to = |name: &str| KeyChange { name: Some(name.to_owned()), ..KeyChange::default() };
    assert_eq!(change(store, &keys[0], to("key 1")).await, Changing::NameTaken(keys[1].id.clone()));
    assert_eq!(all(store).await, keys);
    let after = CallerKey { name: "new".to_owned(), ..keys[0].clone() };
    assert_eq!(change(store, &keys[0], to("new")).await, Changing::Changed(Box::new(after)));
    assert!(matches!(change(store, &keys[1], to("key 0")).await, Changing::Changed(_)));
}

pub(super) async fn pages_follow_creation(store: &Database) {
    let keys: Vec<_> = (0..7).map(example).collect();
    for number in [3, 0, 6, 1, 5, 2, 4] {
        create(store, &keys[number]).await;
    }
    assert_eq!(page(store, None, 3).await, keys[..3]);
    assert_eq!(page(store, Some(&keys[2].id), 3).await, keys[3..6]);
    assert_eq!(page(store, Some(&keys[5].id), 3).await, keys[6..]);
    assert_eq!(page(store, Some(&keys[6].id), 3).await, []);
    assert_eq!(page(store, None, 0).await, []);
    assert_eq!(page(store, None, u32::MAX).await.len(), 7);
}

pub(super) async fn lists_are_narrowed(store: &Database) {
    let (organisation, project) = second_organisation(store).await;
    let plain = example(1);
    let expired = CallerKey { expires_at: Some(Timestamp(2)), tags: tags(&[("team", "shop")]), ..example(2) };
    let elsewhere = CallerKey { organisation: organisation.clone(), project: project.clone(), ..example(3) };
    let revoked = CallerKey { tags: tags(&[("team", "shop"), ("x", "")]), ..example(4) };
    for key in [&plain, &expired, &elsewhere, &revoked] {
        create(store, key).await;
    }
    revoke(store, &revoked, LATER).await;
    let check = async |filter: KeyFilter, numbers: &[u8]| {
        let found = store.list(&filter, None, 10, &Reach::All).await.unwrap();
        let ids: Vec<_> = found.into_iter().map(|key| key.id).collect();
        assert_eq!(ids, numbers.iter().map(|number| example(*number).id).collect::<Vec<_>>(), "{filter:?}");
    };
    let none = KeyFilter::default;
    let tag =
        |name: &str, value: &str| KeyFilter { tag: Some((name.to_owned(), value.to_owned())), ..none() };
    let state = |state| KeyFilter { state: Some((state, Timestamp(3))), ..none() };
    check(none(), &[1, 2, 3, 4]).await;
    check(KeyFilter { organisation: Some(organisation), ..none() }, &[3]).await;
    check(KeyFilter { project: Some(project), ..none() }, &[3]).await;
    check(KeyFilter { project: Some(ProjectId::implicit()), ..state(KeyState::Active) }, &[1]).await;
    check(tag("team", "shop"), &[2, 4]).await;
    check(tag("team", "sho"), &[]).await;
    check(tag("x", ""), &[4]).await;
    check(state(KeyState::Active), &[1, 3]).await;
    check(state(KeyState::Expired), &[2]).await;
    check(state(KeyState::Revoked), &[4]).await;
}

pub(super) async fn a_key_needs_its_project(store: &Database) {
    let foreign = CallerKey { project: ProjectId::parse("proj_nowhere").unwrap(), ..example(1) };
    assert_eq!(create(store, &foreign).await, Creation::UnknownProject);
    assert_eq!(all(store).await, []);
    assert!(
        matches!(create(store, &example(1)).await, Creation::Stored(_)),
        "a refusal leaves nothing behind"
    );
}

pub(super) async fn all_characters_survive(store: &Database) {
    let name = "Đội'; DROP TABLE caller_keys; --\" 日本 🔑 \\n %";
    let key = CallerKey { name: name.to_owned(), tags: tags(&[("t", name)]), ..example(1) };
    create(store, &key).await;
    assert_eq!(all(store).await, [key]);
}

fn gold() -> PlanName {
    PlanName::parse("gold").unwrap()
}

fn successor(number: u8, former_until: Timestamp) -> Successor {
    let CallerKey { id, digest, created_at, .. } = example(number);
    Successor { id, hint: "bw_…next".to_owned(), digest, created_at, expires_at: Some(LATER), former_until }
}

pub(super) async fn a_successor_has_the_name_and_all_else(store: &Database) {
    let before = CallerKey {
        is_strict: true,
        plan: gold(),
        scopes: all_scopes(),
        tags: tags(&[("team", "shop")]),
        ..example(1)
    };
    create(store, &before).await;
    let next = successor(2, Timestamp(1_796_000_000_000));
    let former = CallerKey {
        expires_at: Some(next.former_until),
        rotated_to: Some(next.id.clone()),
        ..before.clone()
    };
    let made = CallerKey {
        id: next.id.clone(),
        hint: next.hint.clone(),
        digest: next.digest,
        created_at: next.created_at,
        expires_at: Some(LATER),
        rotated_from: Some(before.id.clone()),
        ..before.clone()
    };
    let answer = store.rotate(&before.id, &next, &operator()).await.unwrap();
    assert_eq!(answer, Rotation::Rotated(Box::new(former.clone()), Box::new(made.clone())));
    assert_eq!(all(store).await, [former, made.clone()]);
    let named = CallerKey { name: before.name.clone(), ..example(3) };
    assert_eq!(create(store, &named).await, Creation::NameTaken(made.id));
}

pub(super) async fn a_key_has_one_successor(store: &Database) {
    let soon = Timestamp(1_795_300_000_000);
    let first = CallerKey { expires_at: Some(soon), ..example(1) };
    create(store, &first).await;
    let answer = store.rotate(&first.id, &successor(2, LATER), &operator()).await.unwrap();
    assert!(
        matches!(answer, Rotation::Rotated(former, _) if former.expires_at == Some(soon)),
        "no longer than before"
    );
    let again = store.rotate(&first.id, &successor(3, LATER), &operator()).await.unwrap();
    assert!(matches!(again, Rotation::Before(key) if key.rotated_to == Some(example(2).id)));
    let unknown = store.rotate(&example(9).id, &successor(3, LATER), &operator()).await.unwrap();
    assert_eq!(unknown, Rotation::Unknown);
    revoke(store, &example(2), LATER).await;
    let revoked = store.rotate(&example(2).id, &successor(3, LATER), &operator()).await.unwrap();
    assert!(matches!(revoked, Rotation::Revoked(_)));
    assert_eq!(all(store).await.len(), 2);
}

pub(super) async fn uses_are_kept_and_never_go_back(store: &Database) {
    let keys = fill(store, 2).await;
    let (early, late) = (Timestamp(60_000), Timestamp(120_000));
    store.keep_uses(&[(&keys[0].id, late), (&example(9).id, late)]).await.unwrap();
    store.keep_uses(&[(&keys[0].id, early), (&keys[1].id, early)]).await.unwrap();
    let used: Vec<_> = all(store).await.into_iter().map(|key| key.last_used_at).collect();
    assert_eq!(used, [Some(late), Some(early)]);
}

pub(super) async fn a_start_reads_every_key(store: &Database) {
    let (organisation, project) = second_organisation(store).await;
    let keys = [
        example(1),
        CallerKey { expires_at: Some(LATER), is_strict: true, plan: gold(), ..example(2) },
        CallerKey { plan: PlanName::none(), scopes: all_scopes(), digest_of: DigestOf::Sha256, ..example(3) },
        CallerKey { organisation, project, scopes: all_scopes(), ..example(4) },
        CallerKey { tags: tags(&[("a", "b")]), ..example(5) },
    ];
    for key in &keys {
        create(store, key).await;
    }
    revoke(store, &keys[4], LATER).await;
    let mut loaded = Vec::new();
    store
        .load(&mut |key| {
            let (organisation, project) = (key.organisation.clone(), key.project.clone());
            let facts = (key.is_revoked, key.is_strict, key.plan.clone(), key.expires_at, key.scopes.clone());
            loaded.push((key.id, key.digest, key.digest_of, facts, organisation, project));
        })
        .await
        .unwrap();
    let expected = keys.map(|key| {
        let facts = (key.id == example(5).id, key.is_strict, key.plan, key.expires_at, key.scopes);
        (key.id, key.digest, key.digest_of, facts, key.organisation, key.project)
    });
    assert_eq!(loaded, expected);
}

pub(super) async fn many_keys_are_stored_or_none(store: &Database) {
    create(store, &example(1)).await;
    let of = |keys: &[CallerKey], is_dry| KeyImport {
        keys: keys.iter().map(|key| KeyToStore { key: key.clone(), also: None }).collect(),
        source: "a test".to_owned(),
        at: LATER,
        is_dry,
        budgets: BTreeMap::new(),
    };
    let import = async |import: KeyImport| store.import(&import, &operator()).await.unwrap();
    let nowhere = ProjectId::parse("proj_nowhere").unwrap();
    let bad = [
        example(2),
        CallerKey { digest: example(1).digest, ..example(3) },
        CallerKey { name: example(1).name, ..example(4) },
        CallerKey { project: nowhere.clone(), ..example(5) },
        CallerKey { name: example(2).name, ..example(6) },
    ];
    let flaws = [
        (1, ImportFlaw::SameKey(Some(example(1).id))),
        (2, ImportFlaw::NameTaken(example(1).id)),
        (3, ImportFlaw::UnknownProject(nowhere)),
        (4, ImportFlaw::NameTaken(example(2).id)),
    ];
    assert_eq!(import(of(&bad, false)).await, Importing::Refused(flaws.into()));
    let known = KeyToStore { key: example(7), also: Some(example(1).digest) };
    let refused = import(KeyImport { keys: vec![known], ..of(&[], false) }).await;
    assert_eq!(refused, Importing::Refused(vec![(0, ImportFlaw::SameKey(Some(example(1).id)))]));
    let good = [example(2), CallerKey { scopes: all_scopes(), ..example(3) }];
    assert_eq!(import(of(&good, true)).await, Importing::Stored(good.to_vec()));
    assert_eq!(all(store).await, [example(1)], "nothing half done, and nothing dry");
    assert_eq!(import(of(&good, false)).await, Importing::Stored(good.to_vec()));
    let [second, third] = good;
    assert_eq!(all(store).await, [example(1), second, third]);
}

pub(super) async fn what_is_out_of_reach_is_unknown(store: &Database) {
    let (organisation, project) = second_organisation(store).await;
    let theirs = CallerKey { organisation, project, ..example(1) };
    create(store, &theirs).await;
    let ours = example(2);
    create(store, &ours).await;
    let us = within("org_default");
    assert_eq!(store.find(&theirs.id, &us.reach).await.unwrap(), None);
    assert_eq!(store.find(&ours.id, &us.reach).await.unwrap(), Some(ours.clone()));
    let listed = async |reach: Reach| store.list(&KeyFilter::default(), None, 10, &reach).await.unwrap();
    assert_eq!(listed(us.reach.clone()).await, std::slice::from_ref(&ours));
    assert_eq!(listed(within("org_second").reach).await, std::slice::from_ref(&theirs));
    assert_eq!(listed(Reach::within([])).await, []);
    assert_eq!(store.revoke(&theirs.id, LATER, &us).await.unwrap(), Revocation::Unknown);
    let strict = KeyChange { is_strict: Some(true), ..KeyChange::default() };
    assert_eq!(store.change(&theirs.id, strict, LATER, &us).await.unwrap(), Changing::Unknown);
    assert_eq!(store.rotate(&theirs.id, &successor(3, LATER), &us).await.unwrap(), Rotation::Unknown);
    let same = KeyToStore { key: CallerKey { digest: theirs.digest, ..example(4) }, also: None };
    assert_eq!(store.create(&same, &us).await.unwrap(), Creation::Elsewhere);
    let new = KeyToStore { key: CallerKey { project: theirs.project.clone(), ..example(5) }, also: None };
    assert_eq!(store.create(&new, &us).await.unwrap(), Creation::UnknownProject);
    let import = KeyImport {
        keys: vec![same, new],
        source: String::new(),
        at: LATER,
        is_dry: false,
        budgets: BTreeMap::new(),
    };
    let flaws = vec![(0, ImportFlaw::SameKey(None)), (1, ImportFlaw::UnknownProject(theirs.project.clone()))];
    assert_eq!(store.import(&import, &us).await.unwrap(), Importing::Refused(flaws));
    assert_eq!(all(store).await, [theirs, ours]);
}

pub(super) async fn every_change_is_told_to_the_audit(store: &Database) {
    let (first, second) = (example(1), example(2));
    let who = Who { actor: "admin key", by: Some("Ada".to_owned()), request_id: Some("req-1".to_owned()) };
    let by = Asker { who, reach: Reach::All };
    store.create(&KeyToStore { key: first.clone(), also: None }, &by).await.unwrap();
    let strict = KeyChange { is_strict: Some(true), ..KeyChange::default() };
    store.change(&first.id, strict.clone(), LATER, &by).await.unwrap();
    store.change(&first.id, strict, LATER, &by).await.unwrap();
    store.rotate(&first.id, &successor(2, LATER), &by).await.unwrap();
    store.revoke(&second.id, LATER, &by).await.unwrap();
    store.revoke(&second.id, LATER, &by).await.unwrap();
    let keys = vec![KeyToStore { key: example(3), also: None }];
    let import =
        KeyImport { keys, source: "a file".to_owned(), at: LATER, is_dry: false, budgets: BTreeMap::new() };
    store.import(&import, &by).await.unwrap();
    let mut entries = store.audit(None, 100).await.unwrap();
    entries.reverse();
    let told: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
    let (first, second) = (first.id.as_str(), second.id.as_str());
    assert_eq!(
        told,
        [
            ("key.create", first),
            ("key.change", first),
            ("key.rotate", first),
            ("key.create", second),
            ("key.revoke", second),
            ("key.import", "1 keys"),
        ],
        "what changed nothing is not told"
    );
    let change = entries[1].json();
    assert_eq!(
        (&change["before"]["is_strict"], &change["after"]["is_strict"]),
        (&false.into(), &true.into())
    );
    assert_eq!(
        (&change["by"], &change["actor"], &change["request_id"]),
        (&"Ada".into(), &"admin key".into(), &"req-1".into())
    );
    assert!(entries[0].json()["before"].is_null());
}

pub(super) async fn a_damaged_row_is_named_not_skipped(store: &Database) {
    fill(store, 1).await;
    sqlx::query("UPDATE caller_keys SET id = 'nonsense'").execute(&store.pool).await.unwrap();
    let error = store.list(&KeyFilter::default(), None, 10, &Reach::All).await.unwrap_err().to_string();
    assert!(error.contains("nonsense"), "{error}");
    let error = store.load(&mut |_| ()).await.unwrap_err().to_string();
    assert!(error.contains("nonsense"), "{error}");
}
