//! What a route needs of whoever asks, and how far his hand reaches there.

use domain::{Kind, OrganisationId};
use store::{Reach, Seat, SignedIn};

use super::actor::Actor;
use super::permission::Permission;
use crate::refusal::Refusal;

/// What a route needs. Every row of the list of routes says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// It is about the gateway as a whole: the admin key, nobody's token.
    Operator,
    /// A role that has this permission, in the organisation concerned; the operator always may.
    To(Permission),
    /// To be somebody: it is about himself.
    Anybody,
}

/// How far whoever asks reaches on a route with these needs; a refusal if he may do it nowhere.
pub(crate) fn admit(needs: Needs, actor: &Actor) -> Result<Reach, Refusal> {
    let user = match (needs, actor) {
        (_, Actor::Operator(_)) => return Ok(Reach::All),
        (_, Actor::User(user)) => user,
    };
    let permission = match needs {
        Needs::Operator => {
            return Err(forbidden(format!(
                "this is for the operator, who has the admin key; {} may not do it by a user's token",
                user.user.email
            )));
        }
        Needs::Anybody => return Ok(Reach::within(organisations(&user.seats, |_| true))),
        Needs::To(permission) => permission,
    };
    let may = |seat: &Seat| permission.roles().contains(&seat.role);
    let rests = |seat: &Seat| permission.is_change() && seat.is_suspended;
    let within: Vec<_> = organisations(&user.seats, |seat| may(seat) && !rests(seat)).collect();
    if within.is_empty() {
        let resting = user.seats.iter().find(|seat| may(seat));
        return Err(forbidden(why(permission, user, resting)));
    }
    Ok(Reach::within(within))
}

fn organisations(seats: &[Seat], are_meant: impl Fn(&Seat) -> bool) -> impl Iterator<Item = OrganisationId> {
    seats.iter().filter(move |seat| are_meant(seat)).map(|seat| seat.organisation.clone())
}

/// In words what is missing; `resting` is where he could, were it not suspended.
fn why(permission: Permission, user: &SignedIn, resting: Option<&Seat>) -> String {
    let (email, to_do) = (&user.user.email, permission.words());
    if let Some(seat) = resting {
        return format!(
            "the organisation {} is suspended: nobody may {to_do} there until an operator resumes it",
            seat.organisation
        );
    }
    let seats: Vec<String> =
        user.seats.iter().map(|seat| format!("{} of {}", seat.role, seat.organisation)).collect();
    if seats.is_empty() {
        return format!(
            "{email} belongs to no organisation, so may not {to_do}; an owner or admin of one adds members"
        );
    }
    let roles: Vec<&str> = permission.roles().iter().map(|role| role.name()).collect();
    format!(
        "{email} may not {to_do}: that takes the role {}, and he is {}",
        roles.join(" or "),
        seats.join(", ")
    )
}

fn forbidden(message: String) -> Refusal {
    Refusal::of(Kind::Forbidden, message)
}

#[cfg(test)]
mod tests {
    use domain::{OrganisationId, Timestamp, UserId, UserTokenId};
    use store::{KeyDigest, Reach, Role, Seat, SignedIn, User};

    use super::{Actor, Needs, Permission, admit};

    const NOW: Timestamp = Timestamp(1_795_219_200_000);

    fn id(text: &str) -> OrganisationId {
        OrganisationId::parse(text).unwrap()
    }

    fn user(seats: &[(&str, Role, bool)]) -> Actor {
        let seats = seats.iter().map(|(organisation, role, is_suspended)| Seat {
            organisation: id(organisation),
            role: *role,
            is_suspended: *is_suspended,
        });
        Actor::User(Box::new(SignedIn {
            user: User {
                id: UserId::parse("user_ada").unwrap(),
                email: "ada@example.com".to_owned(),
                name: "Ada".to_owned(),
                created_at: NOW,
                suspended_at: None,
            },
            token: UserTokenId::parse("utok_1").unwrap(),
            digest: KeyDigest([1; 32]),
            seats: seats.collect(),
        }))
    }

    #[test]
    fn he_reaches_where_his_role_lets_him() {
        let ada = user(&[
            ("org_a", Role::Member, false),
            ("org_b", Role::Viewer, false),
            ("org_c", Role::Admin, true),
        ]);
        let reach = |needs| admit(needs, &ada);
        let within = |ids: &[&str]| Ok(Reach::within(ids.iter().map(|text| id(text))));
        assert_eq!(reach(Needs::Anybody), within(&["org_a", "org_b", "org_c"]));
        assert_eq!(reach(Needs::To(Permission::SeeKeys)), within(&["org_a", "org_b", "org_c"]));
        assert_eq!(reach(Needs::To(Permission::ManageKeys)), within(&["org_a"]), "what is suspended rests");
        assert!(reach(Needs::To(Permission::ManageMembers)).is_err());
        assert!(reach(Needs::Operator).is_err());
        for needs in [Needs::Operator, Needs::Anybody, Needs::To(Permission::ManageMembers)] {
            assert_eq!(admit(needs, &Actor::Operator("admin key")), Ok(Reach::All));
        }
    }

    #[test]
    fn a_refusal_says_what_is_missing() {
        let check = |seats: &[(&str, Role, bool)], expected: &str| {
            let refused = admit(Needs::To(Permission::ManageKeys), &user(seats)).unwrap_err();
            assert_eq!(refused.message(), expected);
        };
        check(
            &[],
            "ada@example.com belongs to no organisation, so may not make and change keys; an owner or admin of one adds members",
        );
        check(
            &[("org_a", Role::Viewer, false)],
            "ada@example.com may not make and change keys: that takes the role owner or admin or member, and he is viewer of org_a",
        );
        check(
            &[("org_a", Role::Owner, true)],
            "the organisation org_a is suspended: nobody may make and change keys there until an operator resumes it",
        );
    }
}
