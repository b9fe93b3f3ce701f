//! What can be permitted, and to which roles: one table. A role without a word here may not.

use store::Role;

/// What a route may need of whoever asks, in the organisation whose things it shows or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    SeeOrganisations,
    ChangeOrganisations,
    SeeProjects,
    ManageProjects,
    SeeMembers,
    ManageMembers,
    SeeKeys,
    ManageKeys,
    /// What was done in an organisation, and by whom.
    SeeAudit,
    /// Calls, as they were logged and charged.
    SeeRequests,
    /// Accounts and what is left of them.
    SeeAccounts,
    SeeBudgets,
    ManageBudgets,
    SeeLimits,
    ManageLimits,
}

/// Everything about a permission.
struct Row {
    permission: Permission,
    /// As in "a viewer may not …".
    words: &'static str,
    /// Whether something becomes different: then it rests while an organisation is suspended.
    is_change: bool,
    roles: &'static [Role],
}

const EVERYBODY: &[Role] = Role::ALL;
const WHO_SEES_SECRETS_EDGE: &[Role] = &[Role::Owner, Role::Admin, Role::Member, Role::Viewer];
const WHO_WORKS: &[Role] = &[Role::Owner, Role::Admin, Role::Member];
const WHO_RUNS: &[Role] = &[Role::Owner, Role::Admin];

const TABLE: &[Row] = &[
    row(Permission::SeeOrganisations, "see organisations", false, EVERYBODY),
    row(Permission::ChangeOrganisations, "change an organisation", true, WHO_RUNS),
    row(Permission::SeeProjects, "see projects", false, EVERYBODY),
    row(Permission::ManageProjects, "make and change projects", true, WHO_RUNS),
    row(Permission::SeeMembers, "see members", false, WHO_SEES_SECRETS_EDGE),
    row(Permission::ManageMembers, "say who belongs to an organisation", true, WHO_RUNS),
    row(Permission::SeeKeys, "see keys", false, WHO_SEES_SECRETS_EDGE),
    row(Permission::ManageKeys, "make and change keys", true, WHO_WORKS),
    row(Permission::SeeAudit, "see the audit", false, WHO_RUNS),
    row(Permission::SeeRequests, "see calls and what they cost", false, EVERYBODY),
    row(Permission::SeeAccounts, "see accounts", false, EVERYBODY),
    row(Permission::SeeBudgets, "see budgets", false, EVERYBODY),
    row(Permission::ManageBudgets, "set and change budgets", true, WHO_RUNS),
    row(Permission::SeeLimits, "see limits", false, EVERYBODY),
    row(Permission::ManageLimits, "set limits", true, WHO_RUNS),
];

const fn row(permission: Permission, words: &'static str, is_change: bool, roles: &'static [Role]) -> Row {
    Row { permission, words, is_change, roles }
}

impl Permission {
    /// To which roles it is given; to none if the table forgot it.
    pub(crate) fn roles(self) -> &'static [Role] {
        self.row().map_or(&[], |row| row.roles)
    }

    /// As in "a viewer may not …".
    pub(crate) fn words(self) -> &'static str {
        self.row().map_or("do this", |row| row.words)
    }

    /// Whether it rests while an organisation is suspended.
    pub(crate) fn is_change(self) -> bool {
        self.row().is_none_or(|row| row.is_change)
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.permission == self)
    }
}

#[cfg(test)]
mod tests {
    use store::Role;

    use super::{Permission, TABLE};

    /// The table once more, written by hand: owner, admin, member, viewer, billing.
    #[test]
    fn every_role_may_what_is_promised_and_no_more() {
        let promised = [
            (Permission::SeeOrganisations, [true, true, true, true, true]),
            (Permission::ChangeOrganisations, [true, true, false, false, false]),
            (Permission::SeeProjects, [true, true, true, true, true]),
            (Permission::ManageProjects, [true, true, false, false, false]),
            (Permission::SeeMembers, [true, true, true, true, false]),
            (Permission::ManageMembers, [true, true, false, false, false]),
            (Permission::SeeKeys, [true, true, true, true, false]),
            (Permission::ManageKeys, [true, true, true, false, false]),
            (Permission::SeeAudit, [true, true, false, false, false]),
            (Permission::SeeRequests, [true, true, true, true, true]),
            (Permission::SeeAccounts, [true, true, true, true, true]),
            (Permission::SeeBudgets, [true, true, true, true, true]),
            (Permission::ManageBudgets, [true, true, false, false, false]),
            (Permission::SeeLimits, [true, true, true, true, true]),
            (Permission::ManageLimits, [true, true, false, false, false]),
        ];
        assert_eq!(promised.len(), TABLE.len(), "a row without a promise, or a permission with two rows");
        for (permission, expected) in promised {
            let may: Vec<bool> = Role::ALL.iter().map(|role| permission.roles().contains(role)).collect();
            assert_eq!(may, expected, "{permission:?}");
        }
    }

    #[test]
    fn who_only_looks_changes_nothing() {
        for row in TABLE {
            let is_given_to_lookers =
                [Role::Viewer, Role::Billing].iter().any(|role| row.roles.contains(role));
            assert!(!(row.is_change && is_given_to_lookers), "{:?}", row.permission);
        }
    }
}
