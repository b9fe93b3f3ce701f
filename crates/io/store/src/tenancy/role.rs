//! What somebody is in an organisation. What a role may do is the admin API's to say; who may give it is said here.

/// What a user is in one organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Answers for it: all an admin may, and makes owners.
    Owner,
    /// Runs it: projects, keys and people, but for its owners.
    Admin,
    /// Works in it: makes and changes keys.
    Member,
    /// Looks at it.
    Viewer,
    /// Pays for it: costs and prices, no keys.
    Billing,
}

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: &[Self] = &[Self::Owner, Self::Admin, Self::Member, Self::Viewer, Self::Billing];

    /// As it is written, kept and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
            Self::Billing => "billing",
        }
    }

    /// Reads the written form.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == text)
    }

    /// Whether he may make somebody an `other`, or take that from him: nobody goes beyond his own, and an admin does not
    /// touch owners.
    pub const fn governs(self, other: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => !matches!(other, Self::Owner),
            Self::Member | Self::Viewer | Self::Billing => false,
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn roles_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::of(role.name()), Some(*role));
        }
        for text in ["", "Owner", "operator", "root"] {
            assert_eq!(Role::of(text), None, "{text}");
        }
    }

    #[test]
    fn nobody_goes_beyond_his_own_role() {
        // Whose role it is, and whether he governs owner, admin, member, viewer, billing.
        for (role, expected) in [
            (Role::Owner, [true, true, true, true, true]),
            (Role::Admin, [false, true, true, true, true]),
            (Role::Member, [false; 5]),
            (Role::Viewer, [false; 5]),
            (Role::Billing, [false; 5]),
        ] {
            let governed: Vec<bool> = Role::ALL.iter().map(|other| role.governs(*other)).collect();
            assert_eq!(governed, expected, "{role}");
        }
    }
}
