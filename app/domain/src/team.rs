//! Working side by side: saved views, who holds a check and who takes it over, who is looking at
//! it.

use crate::{
    Moment, Refusal,
    checks::{CLAIM_TIME, State},
    fields::{is_unsafe_character, one_line},
    people::{Caller, Permission},
    search, time,
};

/// The longest name of a saved view, in characters.
pub const VIEW_NAME_MAX: usize = 60;
/// The views that one person may keep.
pub const VIEWS_MAX: usize = 50;
/// The longest note that goes with a check that is handed over, in characters.
pub const HAND_OVER_NOTE_MAX: usize = 1_000;
/// How long somebody counts as looking at a check after their page was last heard of.
pub const PRESENT_TIME: i64 = 30 * time::SECOND;
/// The most checks that are selected and assigned at once.
pub const SELECTED_MAX: usize = 500;

/// The name of a saved view, tidied.
///
/// # Errors
/// A sentence that says what to change.
pub fn check_view_name(text: &str) -> Result<String, &'static str> {
    let name = one_line(text);
    match name.chars().count() {
        0 => Err("Give the view a name."),
        n if n > VIEW_NAME_MAX => Err("Use at most 60 characters."),
        _ if name.chars().any(is_unsafe_character) || search::fold(&name).trim().is_empty() => {
            Err("Use visible characters only.")
        }
        _ => Ok(name),
    }
}

/// Whether a person may rename or delete a view: their own; one that all see only those who lead.
#[must_use]
pub fn may_change_view(caller: &Caller, owner: &str, shared: bool) -> bool {
    if shared { caller.may(Permission::LeadTeam) } else { caller.id.as_str() == owner }
}

/// Who holds a check, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold<'a> {
    pub person: &'a str,
    pub until: Moment,
}

impl<'a> Hold<'a> {
    /// What is stored, if it still counts: only what is to be reviewed is held, and only until its
    /// time is over.
    #[must_use]
    pub fn of(state: State, person: Option<&'a str>, until: Moment, now: Moment) -> Option<Self> {
        person
            .filter(|_| state == State::ToReview && until > now)
            .map(|person| Self { person, until })
    }

    /// Whether its holder's being active makes it last longer: not at every sign of life, only when
    /// half is over.
    #[must_use]
    pub const fn is_due_to_extend(&self, now: Moment) -> bool {
        self.until - now < CLAIM_TIME / 2
    }
}

/// Whether a person may take this very check. Gives whether it is taken over from somebody.
///
/// # Errors
/// The caller's role, a check that is not to be reviewed, or one that a colleague holds.
pub fn take(state: State, hold: Option<Hold<'_>>, caller: &Caller) -> Result<bool, Refusal> {
    if !caller.may(Permission::DecideChecks) {
        return Err(Refusal::NotAllowed(Permission::DecideChecks));
    }
    if state != State::ToReview {
        return Err(Refusal::CannotTake);
    }
    match hold {
        Some(hold) if hold.person != caller.id.as_str() && !caller.may(Permission::LeadTeam) => {
            Err(Refusal::Held)
        }
        hold => Ok(hold.is_some_and(|h| h.person != caller.id.as_str())),
    }
}

/// Whether a person may hand a check over: who holds it now.
///
/// # Errors
/// The caller's role, or somebody else or nobody holds it.
pub fn hand_over(hold: Option<Hold<'_>>, caller: &Caller) -> Result<(), Refusal> {
    if !caller.may(Permission::DecideChecks) {
        return Err(Refusal::NotAllowed(Permission::DecideChecks));
    }
    if hold.is_some_and(|h| h.person == caller.id.as_str()) {
        Ok(())
    } else {
        Err(Refusal::NotHeld)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PersonId, people::Role};

    fn who(id: &str, role: Role) -> Caller {
        Caller { id: PersonId::from(id), account: id.into(), name: id.into(), role }
    }

    #[test]
    fn a_view_has_a_name_that_can_be_read() {
        assert_eq!(check_view_name("  My   risky ones ").as_deref(), Ok("My risky ones"));
        assert_eq!(
            check_view_name(&"é".repeat(VIEW_NAME_MAX)).map(|n| n.chars().count()),
            Ok(VIEW_NAME_MAX)
        );
        for bad in ["", "  ", "a\u{202E}b", "\u{301}", &"x".repeat(VIEW_NAME_MAX + 1)] {
            assert!(check_view_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_all_see_only_those_who_lead_may_change() {
        let (anna, sofia, adam) =
            (who("anna", Role::Analyst), who("sofia", Role::Supervisor), who("adam", Role::Admin));
        assert!(may_change_view(&anna, "anna", false) && !may_change_view(&anna, "sofia", false));
        assert!(!may_change_view(&sofia, "anna", false), "what is somebody's own is nobody else's");
        assert!(
            may_change_view(&sofia, "other", true)
                && !may_change_view(&anna, "anna", true)
                && !may_change_view(&adam, "adam", true)
        );
    }

    #[test]
    fn a_hold_ends_with_its_time_and_with_the_review() {
        assert_eq!(
            Hold::of(State::ToReview, Some("ben"), 11, 10),
            Some(Hold { person: "ben", until: 11 })
        );
        for (state, person, until) in [
            (State::ToReview, Some("ben"), 10),
            (State::Proposed, Some("ben"), 11),
            (State::ToReview, None, 11),
        ] {
            assert_eq!(Hold::of(state, person, until, 10), None, "{state} {person:?} {until}");
        }
        let hold = Hold { person: "ben", until: CLAIM_TIME };
        assert!(
            !hold.is_due_to_extend(CLAIM_TIME / 2) && hold.is_due_to_extend(CLAIM_TIME / 2 + 1)
        );
    }

    #[test]
    fn what_a_colleague_holds_only_those_who_lead_take() {
        let (anna, sofia, adam) =
            (who("anna", Role::Analyst), who("sofia", Role::Supervisor), who("adam", Role::Admin));
        let bens = Some(Hold { person: "ben", until: 9 });
        let annas = Some(Hold { person: "anna", until: 9 });
        assert_eq!(take(State::ToReview, None, &anna), Ok(false));
        assert_eq!(take(State::ToReview, annas, &anna), Ok(false), "once more");
        assert_eq!(take(State::ToReview, bens, &anna), Err(Refusal::Held));
        assert_eq!(take(State::ToReview, bens, &sofia), Ok(true));
        assert_eq!(take(State::ToReview, None, &sofia), Ok(false));
        assert_eq!(
            take(State::ToReview, None, &adam),
            Err(Refusal::NotAllowed(Permission::DecideChecks))
        );
        for state in State::ALL.iter().filter(|s| **s != State::ToReview) {
            assert_eq!(take(*state, None, &sofia), Err(Refusal::CannotTake), "{state}");
        }
    }

    #[test]
    fn only_who_holds_a_check_hands_it_over() {
        let (anna, sofia, adam) =
            (who("anna", Role::Analyst), who("sofia", Role::Supervisor), who("adam", Role::Admin));
        let annas = Some(Hold { person: "anna", until: 9 });
        assert_eq!(hand_over(annas, &anna), Ok(()));
        assert_eq!(hand_over(annas, &sofia), Err(Refusal::NotHeld));
        assert_eq!(hand_over(None, &anna), Err(Refusal::NotHeld));
        assert_eq!(hand_over(annas, &adam), Err(Refusal::NotAllowed(Permission::DecideChecks)));
    }
}
