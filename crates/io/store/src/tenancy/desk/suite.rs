//! What every database must do alike for organisations, projects, users and their tokens, as the desk changes them.

use std::collections::BTreeMap;

use domain::{KeyId, OrganisationId, ProjectId, Timestamp, UserId};

use super::{NewMember, NewOrganisation, NewToken, TenancyDesk, USER_TOKENS_MAX};
use crate::audit::AuditRecords;
use crate::database::Database;
use crate::database::throwaway::hasher;
use crate::keys::{Asker, KeyDesk, KeyFilter, KeyState, NewKey};
use crate::tenancy::{
    Deed, Organisation, OrganisationChange, Reach, Role, TenancyError, TokenRefusal, User, UserChange,
};
use crate::who::Who;

const NOW: Timestamp = Timestamp(1_795_219_200_000);

struct Office {
    desk: TenancyDesk,
    keys: KeyDesk,
}

impl Office {
    async fn open(store: &Database) -> Self {
        let keys = KeyDesk::open(Box::new(store.clone()), hasher(), "bw_").await.unwrap();
        let desk = TenancyDesk::open(store.clone(), hasher(), keys.directory()).await.unwrap();
        Self { desk, keys }
    }

    async fn organisation(&self, name: &str) -> OrganisationId {
        let wish = NewOrganisation { name: name.to_owned(), ..NewOrganisation::default() };
        self.desk.create_organisation(wish, &operator()).await.unwrap().id
    }

    /// Somebody who is this in that organisation, and within whose reach it is.
    async fn member(&self, organisation: &OrganisationId, email: &str, role: Role) -> User {
        let wish = NewMember { email: email.to_owned(), name: None, role };
        self.desk.add_member(&Reach::All, organisation.as_str(), wish, &operator()).await.unwrap().0
    }

    async fn key(&self, name: &str) -> KeyId {
        self.keys.create(NewKey::named(name), &Asker::operator("test"), NOW).await.unwrap().key.id
    }

    fn state(&self, key: &KeyId) -> KeyState {
        self.keys.directory().find_by_id(key).unwrap().state(NOW)
    }
}

fn operator() -> Deed {
    let who = Who { actor: "admin key", by: Some("ada".to_owned()), request_id: Some("r1".to_owned()) };
    Deed { who, user: None, at: NOW, reason: String::new() }
}

fn by(user: &User) -> Deed {
    let who = Who { actor: "user token", by: Some(user.email.clone()), request_id: None };
    Deed { who, user: Some(user.id.clone()), at: NOW, reason: String::new() }
}

fn reach(organisation: &OrganisationId) -> Reach {
    Reach::within([organisation.clone()])
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "an answer is looked at once")]
fn is_unknown<T: std::fmt::Debug>(answer: Result<T, TenancyError>) {
    assert!(matches!(answer, Err(TenancyError::Unknown { .. })), "{answer:?}");
}

pub(super) async fn what_was_there_before_stays(store: &Database) {
    let office = Office::open(store).await;
    let [organisation] = office.desk.organisations(&Reach::All, None, 10).await.unwrap().try_into().unwrap();
    let expected = Organisation {
        id: OrganisationId::implicit(),
        name: "default".to_owned(),
        display_name: None,
        created_at: Timestamp(0),
        suspended_at: None,
        tags: BTreeMap::new(),
    };
    assert_eq!(organisation, expected);
    let projects = office.desk.projects(&Reach::All, None, None, 10).await.unwrap();
    assert_eq!(
        projects.iter().map(|project| project.id.clone()).collect::<Vec<_>>(),
        [ProjectId::implicit()]
    );
}

pub(super) async fn organisations_are_made_changed_and_suspended(store: &Database) {
    let office = Office::open(store).await;
    let tags = BTreeMap::from([("cost centre".to_owned(), "é-42".to_owned())]);
    let wish =
        NewOrganisation { name: " Acme ".to_owned(), display_name: Some("Acme & Söhne".to_owned()), tags };
    let made = office.desk.create_organisation(wish.clone(), &operator()).await.unwrap();
    assert_eq!((made.name.as_str(), made.display_name.as_deref()), ("Acme", Some("Acme & Söhne")));
    assert_eq!(office.desk.organisation(&Reach::All, made.id.as_str()).await.unwrap(), made);
    assert_eq!(office.desk.organisation(&Reach::All, "Acme").await.unwrap(), made, "by its name, too");
    let change = OrganisationChange { display_name: Some(" ".to_owned()), ..OrganisationChange::default() };
    let changed = office.desk.change_organisation(&Reach::All, "Acme", change, &operator()).await.unwrap();
    assert_eq!((changed.display_name, &changed.tags), (None, &wish.tags), "only what is given is changed");

    let key = office.key("shop").await;
    let suspend =
        async |is_suspended| office.desk.suspend_organisation("default", is_suspended, &operator()).await;
    assert!(suspend(false).await.is_err());
    assert_eq!(office.state(&key), KeyState::Active);
    assert_eq!(suspend(true).await.unwrap().suspended_at, Some(NOW));
    assert_eq!(office.state(&key), KeyState::Suspended, "at once, also keys that are held");
    let again = suspend(true).await.unwrap_err();
    assert_eq!(again.to_string(), "the organisation org_default is suspended already");
    let refused = office.desk.create_project(&Reach::All, "default", "x", &operator()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the organisation org_default is suspended; resume it first");
    suspend(false).await.unwrap();
    assert_eq!(office.state(&key), KeyState::Active);
}

pub(super) async fn a_name_is_taken_once(store: &Database) {
    let office = Office::open(store).await;
    let (acme, other) = (office.organisation("Acme").await, office.organisation("Other").await);
    let wish = NewOrganisation { name: "Acme".to_owned(), ..NewOrganisation::default() };
    let refused = office.desk.create_organisation(wish, &operator()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("the organisation {acme} is named \"Acme\" already; choose another name")
    );
    let change = OrganisationChange { name: Some("Acme".to_owned()), ..OrganisationChange::default() };
    let change = |id: &OrganisationId| {
        let (id, change, office) = (id.clone(), change.clone(), &office);
        async move { office.desk.change_organisation(&Reach::All, id.as_str(), change, &operator()).await }
    };
    assert!(matches!(change(&other).await, Err(TenancyError::NameTaken { .. })));
    assert!(change(&acme).await.is_ok(), "its own name is free for it");

    let project = async |of: &OrganisationId, name: &str| {
        office.desk.create_project(&Reach::All, of.as_str(), name, &operator()).await
    };
    let app = project(&acme, "app").await.unwrap();
    assert!(matches!(project(&acme, "app").await, Err(TenancyError::NameTaken { what: "project", .. })));
    let web = project(&acme, "web").await.unwrap();
    project(&other, "app").await.expect("a name is an organisation's own");
    let renamed =
        async |name: &str| office.desk.rename_project(&Reach::All, web.id.as_str(), name, &operator()).await;
    assert!(matches!(renamed("app").await, Err(TenancyError::NameTaken { id, .. }) if id == app.id.as_str()));
    assert_eq!(renamed("site").await.unwrap().name, "site");
}

pub(super) async fn what_is_out_of_reach_does_not_exist(store: &Database) {
    let office = Office::open(store).await;
    let (acme, other) = (office.organisation("Acme").await, office.organisation("Other").await);
    let project = office.desk.create_project(&Reach::All, "Acme", "app", &operator()).await.unwrap();
    let ada = office.member(&acme, "ada@example.com", Role::Owner).await;
    let bob = office.member(&other, "bob@example.com", Role::Owner).await;
    let (desk, bobs, bobs_deed) = (&office.desk, reach(&other), by(&bob));

    for meant in [acme.as_str(), "Acme"] {
        is_unknown(desk.organisation(&bobs, meant).await);
        let change = OrganisationChange { name: Some("Mine".to_owned()), ..OrganisationChange::default() };
        is_unknown(desk.change_organisation(&bobs, meant, change, &bobs_deed).await);
        is_unknown(desk.projects(&bobs, Some(meant), None, 10).await);
        is_unknown(desk.create_project(&bobs, meant, "x", &bobs_deed).await);
        is_unknown(desk.members(&bobs, meant).await);
        let wish = NewMember { email: bob.email.clone(), name: None, role: Role::Viewer };
        is_unknown(desk.add_member(&bobs, meant, wish, &bobs_deed).await);
        is_unknown(desk.change_member(&bobs, meant, ada.id.as_str(), Role::Viewer, &bobs_deed).await);
        is_unknown(desk.remove_member(&bobs, meant, ada.id.as_str(), &bobs_deed).await);
    }
    is_unknown(desk.project(&bobs, project.id.as_str()).await);
    is_unknown(desk.rename_project(&bobs, project.id.as_str(), "x", &bobs_deed).await);
    is_unknown(desk.archive_project(&bobs, project.id.as_str(), true, &bobs_deed).await);
    for meant in [ada.id.as_str(), &ada.email] {
        is_unknown(desk.user(&bobs, meant).await);
        is_unknown(desk.tokens(&bobs, meant, Some(&bob.id)).await);
        is_unknown(desk.revoke_token(&bobs, meant, "utok_1", &bobs_deed).await);
    }
    let seen = desk.organisations(&bobs, None, 10).await.unwrap();
    assert_eq!(seen.iter().map(|seen| &seen.id).collect::<Vec<_>>(), [&other]);
    assert!(desk.projects(&bobs, None, None, 10).await.unwrap().is_empty());
    assert_eq!(desk.list_users(&bobs, None, 10).await.unwrap(), [bob]);
    assert!(desk.organisations(&Reach::within([]), None, 10).await.unwrap().is_empty());
}

pub(super) async fn a_project_with_keys_is_archived_only_with_them(store: &Database) {
    let office = Office::open(store).await;
    let asker = Asker::operator("test");
    let app = office.desk.create_project(&Reach::All, "default", "app", &operator()).await.unwrap().id;
    let key = async |name: &str| {
        office.keys.create(NewKey { project: app.clone(), ..NewKey::named(name) }, &asker, NOW).await
    };
    let (shop, gone) = (key("shop").await.unwrap().key.id, key("gone").await.unwrap().key.id);
    let other = office.key("of another project").await;
    office.keys.revoke(gone.as_str(), &asker, NOW).await.unwrap();
    let archive = async |id: &str, with_keys| {
        office.desk.archive_project(&Reach::All, id, with_keys, &operator()).await
    };
    let refused = archive(app.as_str(), false).await.unwrap_err();
    assert!(refused.to_string().contains("has 1 keys that are in use"), "{refused}");
    assert_eq!(office.state(&shop), KeyState::Active, "nothing changed");
    let (archived, revoked) = archive(app.as_str(), true).await.unwrap();
    assert_eq!((archived.archived_at, revoked), (Some(NOW), vec![shop.clone()]));
    assert_eq!((office.state(&shop), office.state(&other)), (KeyState::Revoked, KeyState::Active), "at once");
    assert!(key("too late").await.is_err(), "it gets no keys any more");
    assert!(matches!(
        archive(app.as_str(), true).await,
        Err(TenancyError::Already { state: "archived", .. })
    ));
    let renamed = office.desk.rename_project(&Reach::All, app.as_str(), "x", &operator()).await;
    assert!(matches!(renamed, Err(TenancyError::Archived(_))));
    let kept = office.keys.list(&KeyFilter::default(), None, 10, &Reach::All).await.unwrap();
    let revoked = kept.iter().filter(|key| key.revoked_at == Some(NOW)).count();
    assert_eq!((kept.len(), revoked), (3, 2), "and for good: {kept:?}");
    let implicit = archive("proj_default", true).await;
    assert!(matches!(implicit, Err(TenancyError::AlwaysThere(_))), "keys of no project go there");
}

pub(super) async fn users_have_one_address_however_written(store: &Database) {
    let office = Office::open(store).await;
    let desk = &office.desk;
    let ada = desk.create_user("Ada@Example.com", "Ada", &operator()).await.unwrap();
    assert_eq!(ada.email, "ada@example.com");
    let again = desk.create_user(" ADA@example.COM", "Other", &operator()).await.unwrap_err();
    assert!(matches!(again, TenancyError::EmailTaken { id, .. } if id == ada.id.as_str()));
    let bob = desk.create_user("bob@example.com", "Bob", &operator()).await.unwrap();
    let change = |email: &str| UserChange { email: Some(email.to_owned()), name: None };
    let taken = desk.change_user(bob.id.as_str(), change("ADA@example.com"), &operator()).await;
    assert!(matches!(taken, Err(TenancyError::EmailTaken { .. })));
    let changed =
        desk.change_user("BOB@example.com", change("Bobby@example.com"), &operator()).await.unwrap();
    assert_eq!(
        (changed.id, changed.email.as_str(), changed.name.as_str()),
        (bob.id, "bobby@example.com", "Bob")
    );
    assert!(desk.create_user("nobody", "x", &operator()).await.is_err());
    let pages = [
        desk.list_users(&Reach::All, None, 1).await.unwrap(),
        desk.list_users(&Reach::All, Some(&ada.id), 5).await.unwrap(),
    ];
    let all: usize = pages.iter().map(Vec::len).sum();
    assert!(all == 2 || pages[0][0].id != ada.id, "both were made in one moment, so their order is free");
}

pub(super) async fn members_come_change_and_go(store: &Database) {
    let office = Office::open(store).await;
    let desk = &office.desk;
    let acme = office.organisation("Acme").await;
    let ada = office.member(&acme, "ada@example.com", Role::Owner).await;
    let wish =
        NewMember { email: "Bob@example.com".to_owned(), name: Some("Bob".to_owned()), role: Role::Member };
    let (bob, member) = desk.add_member(&reach(&acme), "Acme", wish.clone(), &by(&ada)).await.unwrap();
    assert_eq!((bob.name.as_str(), member.role, member.since), ("Bob", Role::Member, NOW));
    let again = desk.add_member(&reach(&acme), "Acme", wish, &by(&ada)).await.unwrap_err();
    assert!(again.to_string().starts_with("bob@example.com is member of org_"), "{again}");
    let change =
        async |role| desk.change_member(&reach(&acme), "Acme", "bob@example.com", role, &by(&ada)).await;
    assert_eq!(change(Role::Viewer).await.unwrap().role, Role::Viewer);
    assert!(matches!(change(Role::Viewer).await, Err(TenancyError::Already { state: "viewer", .. })));
    let (_, seats) = desk.user(&reach(&acme), "bob@example.com").await.unwrap();
    assert_eq!(seats.iter().map(|seat| seat.role).collect::<Vec<_>>(), [Role::Viewer]);
    desk.remove_member(&reach(&acme), "Acme", bob.id.as_str(), &by(&ada)).await.unwrap();
    is_unknown(desk.remove_member(&reach(&acme), "Acme", bob.id.as_str(), &by(&ada)).await);
    assert_eq!(desk.members(&Reach::All, "Acme").await.unwrap().len(), 1);
    is_unknown(desk.user(&reach(&acme), bob.id.as_str()).await);
    assert!(desk.user(&Reach::All, bob.id.as_str()).await.is_ok(), "the user himself stays");
}

/// Who asks, whom he would touch, whether he may make, change and remove him.
pub(super) async fn nobody_goes_beyond_his_role(store: &Database) {
    let office = Office::open(store).await;
    let desk = &office.desk;
    let acme = office.organisation("Acme").await;
    office.member(&acme, "first@example.com", Role::Owner).await;
    let mut number = 0;
    for mine in Role::ALL {
        let asking = office.member(&acme, &format!("{mine}@example.com"), *mine).await;
        for theirs in Role::ALL {
            let may = match (mine, theirs) {
                (Role::Owner, _) => true,
                (Role::Admin, theirs) => *theirs != Role::Owner,
                _ => false,
            };
            number += 1;
            let email = format!("x{number}@example.com");
            let cell = format!("{mine} and {theirs}");
            let wish = NewMember { email: email.clone(), name: None, role: *theirs };
            let added = desk.add_member(&reach(&acme), "Acme", wish.clone(), &by(&asking)).await;
            assert_eq!(added.is_ok(), may, "{cell}");
            if let Err(refused) = &added {
                assert!(matches!(refused, TenancyError::BeyondRole { .. }), "{cell}: {refused}");
                assert!(desk.user(&Reach::All, &email).await.is_err(), "{cell}: nobody was made");
                desk.add_member(&Reach::All, "Acme", wish, &operator()).await.unwrap();
            }
            let up = desk.change_member(&reach(&acme), "Acme", &email, Role::Owner, &by(&asking)).await;
            let to_owner = *mine == Role::Owner && *theirs != Role::Owner;
            assert_eq!(up.is_ok(), to_owner, "{cell} made owner");
            let other = if *theirs == Role::Viewer { Role::Billing } else { Role::Viewer };
            let changed = desk.change_member(&reach(&acme), "Acme", &email, other, &by(&asking)).await;
            assert_eq!(changed.is_ok(), may, "{cell} changed");
            if changed.is_ok() {
                desk.change_member(&Reach::All, "Acme", &email, *theirs, &operator()).await.unwrap();
            }
            let removed = desk.remove_member(&reach(&acme), "Acme", &email, &by(&asking)).await;
            assert_eq!(removed.is_ok(), may, "{cell} removed");
        }
    }
}

pub(super) async fn an_organisation_keeps_an_owner(store: &Database) {
    let office = Office::open(store).await;
    let desk = &office.desk;
    let acme = office.organisation("Acme").await;
    let ada = office.member(&acme, "ada@example.com", Role::Owner).await;
    let step_down = async |deed: &Deed| {
        desk.change_member(&Reach::All, "Acme", "ada@example.com", Role::Admin, deed).await
    };
    for deed in [by(&ada), operator()] {
        assert!(matches!(step_down(&deed).await, Err(TenancyError::LastOwner(_))));
        let gone = desk.remove_member(&Reach::All, "Acme", "ada@example.com", &deed).await;
        assert!(matches!(gone, Err(TenancyError::LastOwner(_))));
    }
    office.member(&acme, "bob@example.com", Role::Owner).await;
    step_down(&by(&ada)).await.unwrap();
    let seats = office.desk.members(&Reach::All, "Acme").await.unwrap();
    assert_eq!(seats.iter().filter(|(seat, _)| seat.role == Role::Owner).count(), 1);
}

pub(super) async fn tokens_open_until_they_are_revoked(store: &Database) {
    let office = Office::open(store).await;
    let (desk, users) = (&office.desk, office.desk.users());
    let ada = desk.create_user("ada@example.com", "Ada", &operator()).await.unwrap();
    let nowhere = Reach::within([]);
    let make = async |name: &str, expires_at| {
        let wish = NewToken { name: name.to_owned(), expires_at };
        desk.create_token(&nowhere, ada.id.as_str(), wish, &by(&ada)).await
    };
    let issued = make("laptop", None).await.unwrap();
    let secret = issued.secret.expose();
    assert!(secret.starts_with("bwu_") && secret.len() == 44 && domain::checksum_holds(secret));
    assert!(!issued.token.hint.contains(&secret[6..38]), "{}", issued.token.hint);
    let ninety_days = Timestamp(NOW.unix_ms() + 90 * 86_400_000);
    assert_eq!(issued.token.expires_at, Some(ninety_days));
    assert_eq!(users.find(secret, NOW).unwrap().user, ada);
    assert!(matches!(users.find(secret, ninety_days), Err(TokenRefusal::Expired { .. })));
    assert!(matches!(make("laptop", None).await, Err(TenancyError::NameTaken { what: "token", .. })));
    for bad in [NOW, Timestamp(0), Timestamp(i64::MAX)] {
        assert!(matches!(make("x", Some(bad)).await, Err(TenancyError::BadExpiry)), "{bad:?}");
    }
    desk.note_use(&users.find(secret, NOW).unwrap(), NOW).await.unwrap();
    let listed = desk.tokens(&nowhere, ada.id.as_str(), Some(&ada.id)).await.unwrap();
    assert_eq!(listed[0].last_used_at, Some(NOW));
    desk.suspend_user("ada@example.com", true, &operator()).await.unwrap();
    assert!(matches!(users.find(secret, NOW), Err(TokenRefusal::Suspended { .. })), "at once");
    desk.suspend_user("ada@example.com", false, &operator()).await.unwrap();
    let revoke =
        async || desk.revoke_token(&nowhere, ada.id.as_str(), issued.token.id.as_str(), &by(&ada)).await;
    assert_eq!(revoke().await.unwrap().revoked_at, Some(NOW));
    assert!(matches!(users.find(secret, NOW), Err(TokenRefusal::Revoked { .. })), "at once");
    assert!(matches!(revoke().await, Err(TenancyError::TokenRevoked { .. })));
    for number in 0..USER_TOKENS_MAX {
        make(&format!("laptop {number}"), None).await.unwrap();
    }
    assert!(
        matches!(make("one more", None).await, Err(TenancyError::TooMany(..))),
        "a revoked one does not count"
    );
}

pub(super) async fn tokens_are_between_a_user_and_who_governs_him(store: &Database) {
    let office = Office::open(store).await;
    let desk = &office.desk;
    let acme = office.organisation("Acme").await;
    let owner = office.member(&acme, "owner@example.com", Role::Owner).await;
    let admin = office.member(&acme, "admin@example.com", Role::Admin).await;
    let member = office.member(&acme, "member@example.com", Role::Member).await;
    for (asking, whose, may) in [
        (&owner, &admin, true),
        (&owner, &member, true),
        (&admin, &member, true),
        (&admin, &owner, false),
        (&member, &admin, false),
        (&member, &owner, false),
    ] {
        let cell = format!("{} on {}", asking.email, whose.email);
        let wish = |name: &str| NewToken { name: name.to_owned(), expires_at: None };
        let made = desk.create_token(&reach(&acme), whose.id.as_str(), wish("for you"), &by(asking)).await;
        assert!(matches!(made, Err(TenancyError::NotYours(_))), "nobody else makes one: {cell}");
        let issued =
            desk.create_token(&Reach::All, whose.id.as_str(), wish(&cell), &operator()).await.unwrap();
        let listed = desk.tokens(&reach(&acme), whose.id.as_str(), Some(&asking.id)).await;
        assert_eq!(listed.is_ok(), may, "{cell}");
        let revoked =
            desk.revoke_token(&reach(&acme), whose.id.as_str(), issued.token.id.as_str(), &by(asking)).await;
        assert_eq!(revoked.is_ok(), may, "{cell}");
    }
    is_unknown(desk.revoke_token(&Reach::All, owner.id.as_str(), "utok_0", &operator()).await);
}

pub(super) async fn everything_is_read_again_by_the_next_start(store: &Database) {
    let office = Office::open(store).await;
    let acme = office.organisation("Acme").await;
    let ada = office.member(&acme, "ada@example.com", Role::Admin).await;
    let wish = NewToken { name: "laptop".to_owned(), expires_at: None };
    let issued = office.desk.create_token(&Reach::All, &ada.email, wish, &operator()).await.unwrap();
    let key = office.key("shop").await;
    office.desk.suspend_organisation("Acme", true, &operator()).await.unwrap();
    office.desk.suspend_organisation("default", true, &operator()).await.unwrap();
    let before = office.desk.users().find(issued.secret.expose(), NOW).unwrap();
    assert!(before.seats[0].is_suspended);

    let next = Office::open(store).await;
    assert_eq!(next.desk.users().find(issued.secret.expose(), NOW).unwrap(), before);
    assert_eq!(next.state(&key), KeyState::Suspended);
    let later = next.key("made while suspended").await;
    assert_eq!(next.state(&later), KeyState::Suspended);
}

pub(super) async fn every_change_is_in_the_audit(store: &Database) {
    let office = Office::open(store).await;
    let desk = &office.desk;
    let acme = office.organisation("Acme").await;
    let ada = office.member(&acme, "ada@example.com", Role::Owner).await;
    let project = desk.create_project(&reach(&acme), "Acme", "app", &by(&ada)).await.unwrap();
    desk.archive_project(&reach(&acme), project.id.as_str(), false, &by(&ada)).await.unwrap();
    let wish = NewToken { name: "laptop".to_owned(), expires_at: None };
    let issued = desk.create_token(&Reach::All, &ada.email, wish, &operator()).await.unwrap();
    let reasoned = Deed { reason: "did not pay".to_owned(), ..operator() };
    desk.suspend_organisation("Acme", true, &reasoned).await.unwrap();
    let told = store.audit(None, 100).await.unwrap();
    let actions: Vec<_> = told.iter().rev().map(|entry| entry.action.as_str()).collect();
    let expected = [
        "organisation.create",
        "user.create",
        "member.add",
        "project.create",
        "project.archive",
        "token.create",
        "organisation.suspend",
    ];
    assert_eq!(actions, expected);
    assert_eq!((told[0].reason.as_str(), told[0].by.as_deref()), ("did not pay", Some("ada")));
    assert_eq!((told[3].actor.as_str(), told[3].by.as_deref()), ("user token", Some("ada@example.com")));
    assert!(told[0].before.contains("\"active\"") && told[0].after.contains("\"suspended\""));
    let text = format!("{told:?}");
    assert!(!text.contains(issued.secret.expose()), "no secret in the audit");
}

pub(super) async fn a_refused_wish_changes_nothing(store: &Database) {
    let office = Office::open(store).await;
    let desk = &office.desk;
    let acme = office.organisation("Acme").await;
    let ada = office.member(&acme, "ada@example.com", Role::Owner).await;
    let before = store.audit(None, 100).await.unwrap().len();
    let loud = Deed { reason: "x".repeat(501), ..operator() };
    assert!(matches!(desk.suspend_organisation("Acme", true, &loud).await, Err(TenancyError::BadReason)));
    assert!(matches!(desk.suspend_user("ada@example.com", true, &loud).await, Err(TenancyError::BadReason)));
    let wish = NewOrganisation { name: "two\nlines".to_owned(), ..NewOrganisation::default() };
    assert!(matches!(desk.create_organisation(wish, &operator()).await, Err(TenancyError::BadText(_))));
    let many = (0..40).map(|number| (number.to_string(), "x".to_owned())).collect();
    let wish = NewOrganisation { name: "Many".to_owned(), tags: many, ..NewOrganisation::default() };
    assert!(matches!(desk.create_organisation(wish, &operator()).await, Err(TenancyError::BadTags)));
    is_unknown(desk.suspend_organisation("org_0", true, &operator()).await);
    is_unknown(desk.create_project(&Reach::All, "nowhere", "x", &operator()).await);
    is_unknown(desk.project(&Reach::All, "no id").await);
    let stranger = UserId::parse("user_0").unwrap();
    let deed = Deed { user: Some(stranger), ..by(&ada) };
    let wish = NewMember { email: "x@example.com".to_owned(), name: None, role: Role::Viewer };
    is_unknown(desk.add_member(&Reach::All, "Acme", wish, &deed).await);
    assert_eq!(store.audit(None, 100).await.unwrap().len(), before);
    assert_eq!(desk.organisations(&Reach::All, None, 10).await.unwrap().len(), 2);
    assert_eq!(desk.list_users(&Reach::All, None, 10).await.unwrap(), [ada]);
}
