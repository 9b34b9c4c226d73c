//! The launch form of a PID-CPR match: what is typed, what is sent, and what is refused.

use super::Pid;
use crate::{
    Moment,
    checks::Kind,
    fields::Refused,
    services::{
        cpr::{Cpr, check_cpr},
        form::{check_name, check_reference, launch_form, take},
    },
};
use serde::{Deserialize, Serialize};

/// What a person typed to compare a PID with a CPR number, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PidCprForm {
    pub customer_reference: String,
    pub name: String,
    pub connection: String,
    pub pid: String,
    pub cpr: String,
}

/// A comparison that may be sent. The name is ours: the register is not asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PidCprMatch {
    pub customer_reference: String,
    pub name: String,
    pub pid: Pid,
    pub cpr: Cpr,
}

launch_form!(PidCprForm: customer_reference, name, connection, pid, cpr);

/// Checks the form of a PID-CPR match.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(form: &PidCprForm, now: Moment) -> Result<PidCprMatch, Refused> {
    let mut refused = form.as_typed();
    let customer_reference =
        take(&mut refused, "customer_reference", check_reference(&form.customer_reference));
    let name = take(&mut refused, "name", check_name(&form.name, Kind::PidCprMatch));
    if form.connection.is_empty() {
        refused.refuse("connection", "Choose a connection.");
    }
    let pid = take(&mut refused, "pid", Pid::parse(&form.pid).map(Some));
    let cpr = take(&mut refused, "cpr", check_cpr(&form.cpr, now).map(Some));
    match (pid, cpr) {
        (Some(pid), Some(cpr)) if refused.is_clean() => {
            Ok(PidCprMatch { customer_reference, name, pid, cpr })
        }
        _ => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = 1_795_000_000_000;

    fn pid_cpr() -> PidCprForm {
        PidCprForm {
            customer_reference: " C-000123 ".into(),
            name: " Tika  Klaussen ".into(),
            connection: "c".into(),
            pid: "PID:9208-2002-2-577168596796".into(),
            cpr: "150609-3330".into(),
        }
    }

    #[test]
    fn a_good_form_becomes_what_is_sent() {
        let launch = check(&pid_cpr(), NOW).expect("good");
        assert_eq!(
            (launch.customer_reference.as_str(), launch.name.as_str()),
            ("C-000123", "Tika Klaussen")
        );
        assert_eq!(
            (launch.pid.as_str(), launch.cpr.digits()),
            ("9208-2002-2-577168596796", "1506093330")
        );
    }

    #[test]
    fn each_field_is_refused_beside_its_cause_and_nothing_typed_is_lost() {
        for (form, field) in [
            (PidCprForm { customer_reference: "a b".into(), ..pid_cpr() }, "customer_reference"),
            (PidCprForm { name: String::new(), ..pid_cpr() }, "name"),
            (PidCprForm { connection: String::new(), ..pid_cpr() }, "connection"),
            (PidCprForm { pid: "1".into(), ..pid_cpr() }, "pid"),
            (PidCprForm { cpr: "150609-333".into(), ..pid_cpr() }, "cpr"),
        ] {
            let refused = check(&form, NOW).expect_err(field);
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert_eq!(refused.values, form.as_typed().values);
        }
    }
}
