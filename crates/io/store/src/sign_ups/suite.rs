//! What every database must do alike for sign-ups: each user gets something once, and not too many of one domain or address.

use std::net::IpAddr;
use std::sync::Arc;

use domain::{Currency, OrganisationId, Timestamp, UserId, UserTokenId};

use super::desk::{SignUpDesk, SignUpOutcome};
use super::terms::SignUpTerms;
use crate::accounts::AccountDesk;
use crate::accounts::suite::{NOW, deed, money, open};
use crate::database::Database;
use crate::keys::KeyDigest;
use crate::tenancy::{Deed, Role, Seat, SignedIn, User};

const TERMS: SignUpTerms = SignUpTerms {
    is_prepaid: true,
    credit: None,
    credit_days: Some(30),
    per_email_domain_max: 2,
    per_ip_max: 1,
};

async fn desk(accounts: &Arc<AccountDesk>, database: &Database) -> SignUpDesk {
    let terms = SignUpTerms { credit: Some(money("5")), ..TERMS };
    SignUpDesk::open(database.clone(), Arc::clone(accounts), terms).await.unwrap()
}

/// An organisation, and who is its owner.
async fn owner(
    database: &Database,
    organisation: &str,
    user: &str,
    email: &str,
) -> (OrganisationId, SignedIn) {
    let statements = [
        format!(
            "INSERT INTO organisations (id, name) VALUES ('{organisation}', '{organisation}') ON CONFLICT DO NOTHING"
        ),
        format!(
            "INSERT INTO users (id, email, name, created_at_ms) VALUES ('{user}', '{email}', 'x', 1) ON CONFLICT DO NOTHING"
        ),
        format!("INSERT INTO members VALUES ('{organisation}', '{user}', 'owner', 2)"),
    ];
    for statement in statements {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&database.pool).await.unwrap();
    }
    let id = OrganisationId::parse(organisation).unwrap();
    let seats = vec![Seat { organisation: id.clone(), role: Role::Owner, is_suspended: false }];
    let user = User {
        id: UserId::parse(user).unwrap(),
        email: email.to_owned(),
        name: "x".to_owned(),
        created_at: NOW,
        suspended_at: None,
    };
    let token = UserTokenId::parse("utok_1").unwrap();
    (id, SignedIn { user, token, digest: KeyDigest([1; 32]), seats })
}

pub(super) async fn the_first_owner_gets_it_once_when_he_proves_to_be_there(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let signs = desk(&accounts, database).await;
    let (acme, ada) = owner(database, "org_acme", "user_ada", "ada@acme.example").await;
    let payer = signs.made(&acme, Currency::USD, &deed()).await.unwrap().unwrap();
    assert_eq!(payer.balance(), money("0"), "nothing before somebody is there");
    let (_, other) = owner(database, "org_acme", "user_zoe", "zoe@acme.example").await;
    assert_eq!(signs.proved(&other, None, &deed()).await.unwrap(), None, "he is not the first");
    drop(signs);
    let signs = desk(&accounts, database).await;
    assert_eq!(signs.proved(&ada, None, &deed()).await.unwrap(), Some(SignUpOutcome::Given(money("5"))));
    assert_eq!(signs.proved(&ada, None, &deed()).await.unwrap(), None);
    assert_eq!(payer.balance(), money("5"));
    let (more, ada) = owner(database, "org_more", "user_ada", "ada@acme.example").await;
    signs.made(&more, Currency::USD, &deed()).await.unwrap();
    assert_eq!(signs.proved(&ada, None, &deed()).await.unwrap(), Some(SignUpOutcome::Refused("user")));
    assert_eq!(accounts.payer(2).unwrap().balance(), money("0"));
}

pub(super) async fn one_domain_and_one_address_get_it_so_often(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let signs = desk(&accounts, database).await;
    let try_one = async |number: u32, domain: &str, address: Option<&str>, at: Timestamp| {
        let (organisation, email) = (format!("org_{number}"), format!("u{number}@{domain}"));
        let (id, user) = owner(database, &organisation, &format!("user_{number}"), &email).await;
        let deed = Deed { at, ..deed() };
        signs.made(&id, Currency::USD, &deed).await.unwrap();
        let address: Option<IpAddr> = address.map(|text| text.parse().unwrap());
        signs.proved(&user, address, &deed).await.unwrap().unwrap()
    };
    let given = SignUpOutcome::Given(money("5"));
    assert_eq!(try_one(1, "a.example", Some("192.0.2.1"), NOW).await, given);
    assert_eq!(try_one(2, "A.example", Some("192.0.2.1"), NOW).await, SignUpOutcome::Refused("address"));
    assert_eq!(try_one(3, "a.example", Some("192.0.2.2"), NOW).await, given);
    assert_eq!(try_one(4, "a.EXAMPLE", None, NOW).await, SignUpOutcome::Refused("email_domain"));
    for number in [5, 6] {
        let domain = format!("b{number}.example");
        assert_eq!(
            try_one(number, &domain, Some("127.0.0.1"), NOW).await,
            given,
            "this machine is no address"
        );
    }
    let later = Timestamp(NOW.unix_ms() + 31 * 86_400_000);
    assert_eq!(try_one(7, "a.example", Some("192.0.2.1"), later).await, given);
}

pub(super) async fn without_terms_nothing_is_made(database: &Database) {
    let home = tempfile::tempdir().unwrap();
    let accounts = Arc::new(open(&home, database).await);
    let none = SignUpTerms { is_prepaid: false, ..TERMS };
    let signs = SignUpDesk::open(database.clone(), Arc::clone(&accounts), none).await.unwrap();
    let (acme, ada) = owner(database, "org_acme", "user_ada", "ada@acme.example").await;
    assert!(signs.made(&acme, Currency::USD, &deed()).await.unwrap().is_none());
    assert_eq!(signs.proved(&ada, None, &deed()).await.unwrap(), None);
    assert!(accounts.ledger().is_none());
}

mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        suite:
        the_first_owner_gets_it_once_when_he_proves_to_be_there
        one_domain_and_one_address_get_it_so_often
        without_terms_nothing_is_made
    );
}
