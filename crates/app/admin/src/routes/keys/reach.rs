//! Who reaches the keys. All of them are the implicit organisation's, until keys can be made elsewhere.

use domain::OrganisationId;

use crate::access::Visitor;

pub(super) fn reaches_keys(visitor: &Visitor) -> bool {
    visitor.reach.holds(&OrganisationId::implicit())
}
