//! Checks that are answered at once: their launch forms, and what the review page shows of them.

pub mod api;
pub mod launch;
pub mod registers;
pub mod review;

use domain::checks::Kind;

/// The address of the launch form of a kind; the due-diligence form for a kind that has none of its own.
#[must_use]
pub const fn address(kind: Kind) -> &'static str {
    match kind {
        Kind::NumberMatch => "/checks/new/number",
        Kind::PidCprMatch => "/checks/new/pid-cpr",
        Kind::Rofus => "/checks/new/rofus",
        Kind::Kya => "/checks/new/wallet",
        Kind::Idv => "/checks/new/id",
        Kind::VideoIdent => "/checks/new/video",
        Kind::DdKyc | Kind::DdKyb => "/checks/new",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::access::{Need, ROUTES};
    use domain::people::Permission;

    #[test]
    fn every_kind_that_can_be_launched_has_a_form_that_who_launches_may_open() {
        for kind in Kind::LAUNCHABLE {
            let route = ROUTES.iter().find(|r| r.path == address(*kind)).unwrap_or_else(|| panic!("{kind} has no page"));
            assert_eq!(route.need, Need::Permission(Permission::LaunchChecks), "{kind}");
            assert!(!kind.answers_at_once() || address(*kind) != "/checks/new", "{kind} has a form of its own");
        }
    }
}
