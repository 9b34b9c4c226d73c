//! Who may confirm whose role: whoever gives a role does not confirm it.

use crate::people::Role;

/// What is known of a person where roles are given and confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder<'a> {
    pub id: &'a str,
    pub role: Role,
    pub is_active: bool,
    /// Has set a password, so that there is somebody.
    pub has_joined: bool,
    pub given_by: &'a str,
    pub is_confirmed: bool,
    /// Counts although nobody confirmed it, because nobody else was here to do so.
    pub is_alone: bool,
    /// Has been a supervisor or admin whose role counted.
    pub was_second: bool,
}

impl Holder<'_> {
    /// Whether the role counts, so that its permissions are there.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.is_confirmed || self.is_alone
    }

    const fn leads(&self) -> bool {
        matches!(self.role, Role::Supervisor | Role::Admin)
    }
}

/// Why a role was not confirmed by this person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconfirmed {
    /// It is confirmed already.
    Already,
    Own,
    Giver,
    /// The person has no password yet: nobody can say who will set it.
    NotJoined,
    /// The role of whoever would confirm is none that may, or waits itself.
    NotYou,
}

impl Unconfirmed {
    /// What people read.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Already => "This role is confirmed already.",
            Self::Own => "Nobody confirms their own role.",
            Self::Giver => "You gave this role; another admin or a supervisor confirms it.",
            Self::NotJoined => {
                "This person has not set a password yet. Confirm the role once they tell you in person that they did."
            }
            Self::NotYou => {
                "A role is confirmed by an admin or a supervisor whose own role is confirmed. On the server: probity user confirm --account and the account name."
            }
        }
    }
}

/// Whether a role that an admin gives to a person counts at once: only where nobody else has ever
/// been here who could confirm it.
#[must_use]
pub fn counts_alone(giver: &str, person: &str, all: &[Holder<'_>]) -> bool {
    !all.iter()
        .any(|other| other.id != giver && other.id != person && (other.was_second || other.leads()))
}

/// Whether one person may confirm the role of another.
///
/// # Errors
/// Why not.
pub fn may_confirm(
    confirmer: &Holder<'_>,
    person: &Holder<'_>,
    all: &[Holder<'_>],
) -> Result<(), Unconfirmed> {
    if person.is_confirmed {
        return Err(Unconfirmed::Already);
    }
    if confirmer.id == person.id {
        return Err(Unconfirmed::Own);
    }
    if confirmer.id == person.given_by {
        return Err(Unconfirmed::Giver);
    }
    let others_were = || {
        all.iter().any(|other| {
            ![person.id, person.given_by, confirmer.id].contains(&other.id) && other.was_second
        })
    };
    let counts = confirmer.is_confirmed || (confirmer.is_alone && !others_were());
    if !(confirmer.is_active && confirmer.has_joined && confirmer.leads() && counts) {
        return Err(Unconfirmed::NotYou);
    }
    if !person.has_joined {
        return Err(Unconfirmed::NotJoined);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn holder(id: &'static str, role: Role) -> Holder<'static> {
        Holder {
            id,
            role,
            is_active: true,
            has_joined: true,
            given_by: "adam",
            is_confirmed: true,
            is_alone: false,
            was_second: matches!(role, Role::Supervisor | Role::Admin),
        }
    }

    const fn waits(id: &'static str, role: Role) -> Holder<'static> {
        Holder { is_confirmed: false, was_second: false, ..holder(id, role) }
    }

    #[test]
    fn neither_giver_nor_person_nor_anybody_without_a_confirmed_role_confirms() {
        let (adam, sofia, new) = (
            holder("adam", Role::Admin),
            holder("sofia", Role::Supervisor),
            waits("new", Role::Analyst),
        );
        let all = [adam, sofia, new];
        assert_eq!(may_confirm(&sofia, &new, &all), Ok(()));
        assert_eq!(may_confirm(&adam, &new, &all), Err(Unconfirmed::Giver));
        assert_eq!(
            may_confirm(&waits("new", Role::Supervisor), &waits("new", Role::Supervisor), &all),
            Err(Unconfirmed::Own)
        );
        assert_eq!(may_confirm(&sofia, &sofia, &all), Err(Unconfirmed::Already));
        assert_eq!(
            may_confirm(&sofia, &Holder { has_joined: false, ..new }, &all),
            Err(Unconfirmed::NotJoined)
        );
        for other in [
            holder("anna", Role::Analyst),
            waits("alma", Role::Admin),
            Holder { is_active: false, ..holder("tom", Role::Supervisor) },
            Holder { has_joined: false, ..holder("tom", Role::Supervisor) },
            Holder { is_alone: true, ..waits("alma", Role::Admin) },
        ] {
            assert_eq!(may_confirm(&other, &new, &all), Err(Unconfirmed::NotYou), "{other:?}");
        }
    }

    #[test]
    fn a_role_counts_alone_only_where_nobody_else_ever_could_confirm_it() {
        let (adam, new) = (holder("adam", Role::Admin), waits("new", Role::Supervisor));
        assert!(counts_alone("adam", "new", &[adam, new, holder("anna", Role::Analyst)]));
        for second in [
            holder("sofia", Role::Supervisor),
            waits("sofia", Role::Supervisor),
            Holder { is_active: false, ..holder("sofia", Role::Supervisor) },
            Holder { role: Role::Analyst, ..holder("sofia", Role::Supervisor) },
        ] {
            assert!(!counts_alone("adam", "new", &[adam, new, second]), "{second:?}");
        }
    }

    #[test]
    fn the_first_supervisor_confirms_until_somebody_is_confirmed() {
        let first = Holder { is_alone: true, was_second: true, ..waits("sofia", Role::Supervisor) };
        let (adam, new) = (holder("adam", Role::Admin), waits("new", Role::Analyst));
        assert_eq!(may_confirm(&first, &new, &[adam, first, new]), Ok(()));
        let all =
            [adam, first, new, Holder { is_active: false, ..holder("tom", Role::Supervisor) }];
        assert_eq!(may_confirm(&first, &new, &all), Err(Unconfirmed::NotYou));
    }
}
