//! Who may do what: roles, permissions and the one table that joins them.

use crate::{PersonId, choices};
use serde::{Deserialize, Serialize};

pub use crate::passwords::{
    PASSWORD_MAX_BYTES, PASSWORD_MIN, check_password, check_password_beside,
};

choices! {
    /// What a person is here for; everybody has exactly one.
    pub enum Role {
        /// Launches, reviews and decides checks.
        Analyst = "analyst", "Analyst";
        /// Reviews and decides too, approves proposals, overturns, audits, leads the team.
        Supervisor = "supervisor", "Supervisor";
        /// Keeps people, connections and deliveries; never decides a check.
        Admin = "admin", "Admin";
    }
}

choices! {
    /// One thing that can be allowed.
    pub enum Permission {
        ViewChecks = "view_checks", "See checks, customers and evidence";
        LaunchChecks = "launch_checks", "Launch and withdraw checks";
        ReviewChecks = "review_checks", "Judge findings, comment, edit metadata, assign";
        DecideChecks = "decide_checks", "Accept or reject a check";
        RevealReferences = "reveal_references", "See the IDnow reference of a video identification";
        ApproveDecisions = "approve_decisions", "Approve or send back a proposal";
        OverturnDecisions = "overturn_decisions", "Record an overturn of a decision";
        ViewDecisions = "view_decisions", "See all decisions";
        ViewJournal = "view_journal", "Read and verify the journal";
        ChangePolicies = "change_policies", "Propose and confirm policies";
        LeadTeam = "lead_team", "See the team's load, share views, take over what others hold";
        ConfirmRoles = "confirm_roles", "Confirm a role that an admin gave";
        ManagePeople = "manage_people", "Add, disable and re-role people";
        ManageConnections = "manage_connections", "Add and test connections, replace credentials";
        ManageDeliveries = "manage_deliveries", "See and retry deliveries and callbacks";
    }
}

impl Permission {
    /// Whether a form that takes this permission also takes a factor that was shown in the last
    /// minutes: whoever finds an open session, or takes one over, must not be able to do it. A new
    /// permission does not compile until it is decided here.
    #[must_use]
    pub const fn takes_fresh_factor(self) -> bool {
        match self {
            Self::ManagePeople
            | Self::ConfirmRoles
            | Self::ManageConnections
            | Self::ChangePolicies => true,
            Self::ViewChecks
            | Self::LaunchChecks
            | Self::ReviewChecks
            | Self::DecideChecks
            | Self::RevealReferences => false,
            Self::ApproveDecisions
            | Self::OverturnDecisions
            | Self::ViewDecisions
            | Self::ViewJournal
            | Self::LeadTeam => false,
            Self::ManageDeliveries => false,
        }
    }
}

impl Role {
    /// The whole table of who may do what. A new role or permission does not compile until it is
    /// decided here.
    #[must_use]
    pub const fn grants(self, permission: Permission) -> bool {
        use Permission as P;
        match (self, permission) {
            (
                Self::Analyst | Self::Supervisor,
                P::ViewChecks | P::LaunchChecks | P::ReviewChecks | P::DecideChecks,
            ) => true,
            (
                Self::Supervisor,
                P::RevealReferences | P::ApproveDecisions | P::OverturnDecisions,
            ) => true,
            (
                Self::Supervisor,
                P::ViewDecisions | P::ViewJournal | P::ChangePolicies | P::LeadTeam,
            ) => true,
            (Self::Supervisor | Self::Admin, P::ConfirmRoles) => true,
            (Self::Admin, P::ManagePeople | P::ManageConnections | P::ManageDeliveries) => true,
            (Self::Analyst, P::RevealReferences | P::ApproveDecisions | P::OverturnDecisions) => {
                false
            }
            (
                Self::Analyst,
                P::ViewDecisions
                | P::ViewJournal
                | P::ChangePolicies
                | P::LeadTeam
                | P::ConfirmRoles,
            ) => false,
            (
                Self::Analyst | Self::Supervisor,
                P::ManagePeople | P::ManageConnections | P::ManageDeliveries,
            ) => false,
            (
                Self::Admin,
                P::ViewChecks
                | P::LaunchChecks
                | P::ReviewChecks
                | P::DecideChecks
                | P::ApproveDecisions,
            ) => false,
            (Self::Admin, P::ChangePolicies) => false,
            (
                Self::Admin,
                P::RevealReferences
                | P::OverturnDecisions
                | P::ViewDecisions
                | P::ViewJournal
                | P::LeadTeam,
            ) => false,
        }
    }

    /// The roles that have a permission, in words, for "ask a supervisor".
    #[must_use]
    pub fn holders(permission: Permission) -> String {
        let names: Vec<_> = Self::ALL
            .iter()
            .filter(|r| r.grants(permission))
            .map(|r| r.label().to_lowercase())
            .collect();
        names.join(" or ")
    }
}

/// The signed-in person behind a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub id: PersonId,
    pub account: String,
    pub name: String,
    pub role: Role,
}

impl Caller {
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.role.grants(permission)
    }
}

/// Up to two letters that stand for a name in a disc: `Anna Berg` is `AB`, `王又曾` is `王`.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|w| w.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Checks and folds an account name: 2 to 40 of `a-z 0-9 . _ - @`.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn check_account(text: &str) -> Result<String, &'static str> {
    let folded = text.trim().to_lowercase();
    let allowed =
        folded.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-@".contains(c));
    if allowed && (2..=40).contains(&folded.len()) {
        Ok(folded)
    } else {
        Err("Use 2 to 40 of the characters a–z, 0–9, dot, hyphen, underscore and @.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permission_grid_is_as_agreed() {
        let mut grid = String::new();
        for permission in Permission::ALL {
            let marks: Vec<_> = Role::ALL
                .iter()
                .map(|r| if r.grants(*permission) { r.code() } else { "-" })
                .collect();
            grid.push_str(&format!("{:<20} {}\n", permission.code(), marks.join(" ")));
        }
        let agreed = "\
view_checks          analyst supervisor -
launch_checks        analyst supervisor -
review_checks        analyst supervisor -
decide_checks        analyst supervisor -
reveal_references    - supervisor -
approve_decisions    - supervisor -
overturn_decisions   - supervisor -
view_decisions       - supervisor -
view_journal         - supervisor -
change_policies      - supervisor -
lead_team            - supervisor -
confirm_roles        - supervisor admin
manage_people        - - admin
manage_connections   - - admin
manage_deliveries    - - admin
";
        assert_eq!(grid, agreed);
    }

    #[test]
    fn s_07_what_changes_who_may_do_what_takes_a_fresh_factor() {
        let fresh: Vec<_> =
            Permission::ALL.iter().filter(|p| p.takes_fresh_factor()).map(|p| p.code()).collect();
        assert_eq!(
            fresh,
            ["change_policies", "confirm_roles", "manage_people", "manage_connections"]
        );
    }

    #[test]
    fn a_refusal_can_say_whom_to_ask() {
        assert_eq!(Role::holders(Permission::DecideChecks), "analyst or supervisor");
    }

    #[test]
    fn initials_fit_a_disc() {
        for (name, disc) in
            [("Anna Berg", "AB"), ("王又曾", "王"), ("Jean-Luc de la Tour", "JT"), ("", "")]
        {
            assert_eq!(initials(name), disc);
        }
    }

    #[test]
    fn accounts_are_folded() {
        assert_eq!(check_account(" Anna.Berg ").as_deref(), Ok("anna.berg"));
        for bad in ["a", "anna berg", "änna", &"a".repeat(41)] {
            assert!(check_account(bad).is_err(), "{bad}");
        }
    }
}
