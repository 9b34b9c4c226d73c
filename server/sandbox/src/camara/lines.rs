//! What an operator knows of a line besides who its subscriber is: since when, which contract, when
//! its SIM last changed, locks. And the well-known lines, one table: the register fills them from
//! it and the first page prints it. `+999` is no country's, so none of them can be anybody's.
//!
//! Whatever is "ago" in the table is counted from when the sandbox was started.

use serde_json::{Map, Value};

use crate::{
    holder::Dice,
    text::{DAY_MS, date_of, days_of, moment_of},
};

use super::{Service, subscribers::Subscriber};

const HOUR_MS: i64 = 3_600_000;

/// How the time of a change is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// `2024-09-18T07:37:53Z`.
    Utc,
    /// `2023-07-03T14:27:08.312+02:00`, the schema's example.
    Offset,
    /// `2024-09-18T07:37:53.471829447Z`, as in the answer's example.
    Nanoseconds,
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The first day on which the number was theirs, in days since 1970.
    pub since_day: i64,
    pub contract: Option<&'static str>,
    /// When the SIM last changed, or was activated; UTC milliseconds.
    pub sim_ms: i64,
    pub written: Written,
    /// How long the operator may keep changes, where that is limited.
    pub monitored_days: Option<i64>,
    /// Whether it says so when it has nothing to tell.
    pub tells_period: bool,
    pub verified: Option<bool>,
    /// Content lock and parental control, where the operator implements them.
    pub locks: Option<[&'static str; 2]>,
    /// The lowest age that may be asked about, where there is one.
    pub from_age: Option<i64>,
    /// Whether there is an overall score.
    pub scores: bool,
    /// Members of answers as they come in place of the true ones; `None` leaves the member out.
    says: Vec<(&'static str, Option<Value>)>,
}

impl Line {
    /// An ordinary one; its SIM is as old as the contract.
    pub fn new(since_day: i64) -> Line {
        Line {
            since_day,
            contract: Some("PAYM"),
            sim_ms: since_day * DAY_MS + 9 * HOUR_MS,
            written: Written::Utc,
            monitored_days: None,
            tells_period: true,
            verified: Some(true),
            locks: Some(["false", "false"]),
            from_age: None,
            scores: true,
            says: Vec::new(),
        }
    }

    /// An invented person's: theirs since some day after they turned fourteen, and every other one
    /// has had a new SIM since.
    pub fn invented(dice: &Dice, birthdate: &str) -> Line {
        let day = |date: &str| days_of(date).unwrap_or(0);
        let roll = |question: &str, below: i64| {
            i64::try_from(dice.roll(question, usize::try_from(below).unwrap_or(1))).unwrap_or(0)
        };
        let (first, last) = (day("2009-01-01").max(day(birthdate) + 14 * 366), day("2024-12-31"));
        let since_day = first + roll("since", last - first);
        let mut line = Line::new(since_day);
        line.contract = [Some("PAYM"), Some("PAYM"), Some("PAYG"), Some("Business"), None]
            [dice.roll("contract", 5)];
        if dice.roll("swapped", 2) == 0 {
            let changed = since_day + 1 + roll("swap day", day("2025-06-30") - since_day - 1);
            line.sim_ms = changed * DAY_MS + roll("swap time", DAY_MS / 1_000) * 1_000;
        }
        line.monitored_days = (dice.roll("monitored", 10) == 0).then_some(120);
        line.verified = [Some(true), Some(true), Some(false), None][dice.roll("verified", 4)];
        let word =
            |question: &str| ["false", "false", "true", "not_available"][dice.roll(question, 4)];
        line.locks = Some([word("content lock"), word("parental control")]);
        line
    }

    /// `YYYY-MM-DD`.
    pub fn since(&self) -> String {
        date_of(self.since_day)
    }

    /// With its time zone, as RFC 3339 has it.
    pub fn sim_change(&self) -> String {
        let in_zone = |at_ms: i64| moment_of(at_ms).trim_end_matches('Z').to_owned();
        let fraction = self.sim_ms.rem_euclid(1_000);
        match self.written {
            Written::Utc => moment_of(self.sim_ms),
            Written::Offset => {
                format!("{}.{fraction:03}+02:00", in_zone(self.sim_ms + 2 * HOUR_MS))
            }
            Written::Nanoseconds => format!("{}.{fraction:03}829447Z", in_zone(self.sim_ms)),
        }
    }

    /// Puts in what this line says instead. Locks are only told where they were asked for.
    pub fn say(&self, service: Service, answer: &mut Map<String, Value>) {
        for (name, value) in self.says.iter().filter(|(name, _)| service.members().contains(name)) {
            let lock = matches!(*name, "contentLock" | "parentalControl");
            match value {
                None => drop(answer.remove(*name)),
                Some(_) if lock && !answer.contains_key(*name) => {}
                Some(value) => drop(answer.insert((*name).to_owned(), value.clone())),
            }
        }
    }
}

/// What is special about a well-known line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fact {
    /// Born so many years before the start, and so many days later.
    Born(i64, i64),
    NoBirthdate,
    /// Theirs for so many days; the SIM was activated then.
    Days(i64),
    Contract(Option<&'static str>),
    /// So many hours ago.
    Swapped(i64),
    Writes(Written),
    /// Days that the operator keeps, and whether it says so.
    Keeps(i64, bool),
    Verified(Option<bool>),
    Locks(Option<[&'static str; 2]>),
    FromAge(i64),
    NoScore,
    /// A member and the JSON that comes in its place.
    Says(&'static str, &'static str),
    /// A member that is missing.
    Leaves(&'static str),
}

use Fact::*;

/// A line's number, what is special about it, and what that leads to.
pub(crate) type WellKnown = (&'static str, &'static [Fact], &'static str);

/// Numbers from 100 on are about several services, from 101 about tenure, from 201 about age
/// verification, from 301 about SIM swaps; what is not said is ordinary: ten years, PAYM, a
/// grown-up who was verified, no locks, the first SIM.
pub(crate) const LINES: [WellKnown; 64] = [
    (
        "+99900000100",
        &[Days(1_200), Swapped(3)],
        "Theirs for 1,200 days, SIM swapped three hours ago: an account taken over.",
    ),
    // Tenure.
    ("+99900000101", &[], "Tenure: ten years (3,652 days), PAYM."),
    (
        "+99900000102",
        &[Days(3), Contract(Some("PAYG"))],
        "Tenure: three days, PAYG. The new line counts as a SIM swap, too.",
    ),
    ("+99900000103", &[Days(0), Contract(Some("PAYG"))], "Tenure: since today, PAYG."),
    ("+99900000104", &[Contract(Some("Business"))], "Tenure: ten years, Business."),
    ("+99900000105", &[Contract(None)], "Tenure: ten years, no contractType."),
    (
        "+99900000110",
        &[Says("contractType", "\"PREPAID\"")],
        "Tenure: contractType \"PREPAID\", which nobody documented.",
    ),
    (
        "+99900000111",
        &[Says("contractType", "\"payg\"")],
        "Tenure: contractType \"payg\" in small letters.",
    ),
    ("+99900000112", &[Says("contractType", "null")], "Tenure: contractType null."),
    (
        "+99900000113",
        &[Says("contractType", "[\"PAYG\",\"PAYM\"]")],
        "Tenure: contractType is a list.",
    ),
    ("+99900000114", &[Leaves("tenureDateCheck")], "Tenure: no tenureDateCheck."),
    ("+99900000115", &[Says("tenureDateCheck", "null")], "Tenure: tenureDateCheck null."),
    (
        "+99900000116",
        &[Says("tenureDateCheck", "\"true\"")],
        "Tenure: tenureDateCheck is the text \"true\".",
    ),
    ("+99900000117", &[Says("tenureDateCheck", "1")], "Tenure: tenureDateCheck is the number 1."),
    (
        "+99900000118",
        &[Says("tenureDateCheck", "\"unknown\"")],
        "Tenure: tenureDateCheck \"unknown\".",
    ),
    // Age verification.
    ("+99900000201", &[Days(900), Born(18, 0)], "Age: 18 since the day of the start."),
    ("+99900000202", &[Days(900), Born(18, 1)], "Age: 18 on the day after the start."),
    (
        "+99900000203",
        &[Days(400), Born(15, 100), Locks(Some(["true", "true"]))],
        "Age: 14, content lock and parental control \"true\".",
    ),
    ("+99900000204", &[Born(67, -30)], "Age: 67, verified, both locks \"false\"."),
    ("+99900000205", &[NoBirthdate], "Age: ageCheck \"not_available\"."),
    ("+99900000206", &[Verified(Some(false))], "Age: verifiedStatus false."),
    (
        "+99900000207",
        &[Verified(None), NoScore, Locks(None)],
        "Age: ageCheck alone; the operator has no score and no locks.",
    ),
    (
        "+99900000208",
        &[Locks(Some(["not_available", "not_available"]))],
        "Age: both locks \"not_available\".",
    ),
    ("+99900000209", &[NoScore], "Age: no identityMatchScore."),
    (
        "+99900000210",
        &[FromAge(18)],
        "Age: 400 OUT_OF_RANGE for an ageThreshold below 18, a rule of the country.",
    ),
    ("+99900000211", &[Says("identityMatchScore", "0")], "Age: identityMatchScore 0."),
    (
        "+99900000212",
        &[Says("identityMatchScore", "100")],
        "Age: identityMatchScore 100, whatever was given.",
    ),
    (
        "+99900000220",
        &[Says("ageCheck", "\"probably\"")],
        "Age: ageCheck \"probably\", which nobody documented.",
    ),
    ("+99900000221", &[Says("ageCheck", "null")], "Age: ageCheck null."),
    ("+99900000222", &[Leaves("ageCheck")], "Age: no ageCheck."),
    ("+99900000223", &[Says("ageCheck", "true")], "Age: ageCheck is a boolean."),
    ("+99900000224", &[Says("identityMatchScore", "140")], "Age: identityMatchScore 140."),
    ("+99900000225", &[Says("identityMatchScore", "-1")], "Age: identityMatchScore -1."),
    ("+99900000226", &[Says("identityMatchScore", "87.5")], "Age: identityMatchScore 87.5."),
    ("+99900000227", &[Says("identityMatchScore", "\"90\"")], "Age: identityMatchScore is text."),
    ("+99900000228", &[Says("identityMatchScore", "null")], "Age: identityMatchScore null."),
    ("+99900000229", &[Says("verifiedStatus", "\"true\"")], "Age: verifiedStatus is text."),
    ("+99900000230", &[Says("verifiedStatus", "null")], "Age: verifiedStatus null."),
    (
        "+99900000231",
        &[Says("contentLock", "true"), Says("parentalControl", "false")],
        "Age: locks are booleans.",
    ),
    (
        "+99900000232",
        &[Says("contentLock", "\"partial\""), Says("parentalControl", "null")],
        "Age: locks \"partial\" and null.",
    ),
    (
        "+99900000233",
        &[Leaves("contentLock"), Leaves("parentalControl")],
        "Age: locks are missing though asked for.",
    ),
    // SIM swap.
    ("+99900000301", &[Swapped(3)], "SIM: swapped three hours ago."),
    ("+99900000302", &[Swapped(120)], "SIM: swapped 120 hours ago."),
    ("+99900000303", &[Swapped(2_000)], "SIM: swapped 2,000 hours ago."),
    (
        "+99900000304",
        &[Swapped(4_800)],
        "SIM: swapped 200 days ago, longer than can be asked about.",
    ),
    ("+99900000305", &[], "SIM: never swapped; the date is that of its activation ten years ago."),
    ("+99900000306", &[Keeps(120, false)], "SIM: latestSimChange null alone."),
    ("+99900000307", &[Keeps(120, true)], "SIM: latestSimChange null, monitoredPeriod 120."),
    (
        "+99900000308",
        &[Keeps(30, true)],
        "SIM: null, monitoredPeriod 30; 400 OUT_OF_RANGE for a maxAge above 720.",
    ),
    (
        "+99900000309",
        &[Keeps(30, true), Swapped(48)],
        "SIM: swapped 48 hours ago; 400 OUT_OF_RANGE for a maxAge above 720.",
    ),
    (
        "+99900000310",
        &[Swapped(5), Writes(Written::Offset)],
        "SIM: swapped five hours ago, written with +02:00.",
    ),
    (
        "+99900000311",
        &[Swapped(5), Writes(Written::Nanoseconds)],
        "SIM: swapped five hours ago, written with nanoseconds.",
    ),
    (
        "+99900000320",
        &[Leaves("latestSimChange"), Leaves("swapped")],
        "SIM: an answer without members.",
    ),
    (
        "+99900000321",
        &[Says("swapped", "null"), Says("latestSimChange", "\"\"")],
        "SIM: swapped null; the date is empty text.",
    ),
    (
        "+99900000322",
        &[Says("swapped", "\"true\""), Says("latestSimChange", "1720009628")],
        "SIM: swapped is text; the date is a number.",
    ),
    (
        "+99900000323",
        &[Says("swapped", "\"unknown\""), Says("latestSimChange", "\"unknown\"")],
        "SIM: both say \"unknown\", which nobody documented.",
    ),
    (
        "+99900000324",
        &[Says("swapped", "1"), Says("latestSimChange", "\"2023-07-03T14:27:08\"")],
        "SIM: swapped is the number 1; the date has no time zone.",
    ),
    (
        "+99900000325",
        &[Says("latestSimChange", "\"2023-07-03\"")],
        "SIM: the date is a day without a time.",
    ),
    (
        "+99900000326",
        &[Says("latestSimChange", "\"2999-01-01T00:00:00Z\"")],
        "SIM: the date lies in the future.",
    ),
    (
        "+99900000327",
        &[Keeps(120, true), Says("monitoredPeriod", "\"120\"")],
        "SIM: null, monitoredPeriod is text.",
    ),
    (
        "+99900000328",
        &[Keeps(120, true), Says("monitoredPeriod", "-1")],
        "SIM: null, monitoredPeriod -1.",
    ),
    (
        "+99900000329",
        &[Keeps(120, true), Says("monitoredPeriod", "null")],
        "SIM: null, monitoredPeriod null.",
    ),
    (
        "+99900000330",
        &[Swapped(1), Says("swapped", "false")],
        "SIM: swapped an hour ago, but the check says false.",
    ),
    (
        "+99900000331",
        &[Swapped(48), Says("monitoredPeriod", "30")],
        "SIM: swapped 48 hours ago, monitoredPeriod 30 beside the date.",
    ),
];

pub(super) fn is_well_known(number: &str) -> bool {
    LINES.iter().any(|(known, ..)| *known == number)
}

/// An invented person with a well-known line.
pub(super) fn well_known(
    (number, facts, _): &WellKnown,
    person: Subscriber,
    start_ms: i64,
) -> Subscriber {
    let today = start_ms.div_euclid(DAY_MS);
    let mut on_file = person.on_file;
    let mut line = Line::new(today - 3_652);
    on_file.insert("birthdate", "1985-05-17".into());
    for fact in *facts {
        match *fact {
            Born(years, days) => {
                drop(on_file.insert("birthdate", years_before(today + days, years)))
            }
            NoBirthdate => drop(on_file.remove("birthdate")),
            Days(days) => line = Line { contract: line.contract, ..Line::new(today - days) },
            Contract(contract) => line.contract = contract,
            Swapped(hours) => line.sim_ms = start_ms - hours * HOUR_MS,
            Writes(written) => line.written = written,
            Keeps(days, tells) => (line.monitored_days, line.tells_period) = (Some(days), tells),
            Verified(verified) => line.verified = verified,
            Locks(locks) => line.locks = locks,
            FromAge(age) => line.from_age = Some(age),
            NoScore => line.scores = false,
            // The table's texts are JSON (tested).
            Says(name, json) => line.says.push((name, serde_json::from_str(json).ok())),
            Leaves(name) => line.says.push((name, None)),
        }
    }
    // A line of today cannot have a SIM of later today.
    line.sim_ms = line.sim_ms.min(start_ms);
    Subscriber { number: (*number).to_owned(), on_file, line }
}

/// The same day of another year; 29 February is 1 March where there is none.
fn years_before(day: i64, years: i64) -> String {
    let date = date_of(day);
    let year: i64 = date.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    let same = format!("{:04}{}", year - years, date.get(4..).unwrap_or_default());
    if days_of(&same).is_some() { same } else { format!("{:04}-03-01", year - years) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_lines_are_well_formed_and_nobody_elses() {
        for (index, (number, facts, does)) in LINES.iter().enumerate() {
            assert!(crate::camara::is_number(number) && number.starts_with("+999000"), "{number}");
            assert!(super::super::triggers::Trigger::of(number).is_none(), "{number}");
            assert!(LINES.iter().skip(index + 1).all(|(other, ..)| other != number), "{number}");
            assert!(does.ends_with('.'), "{does}");
            for fact in *facts {
                if let Says(name, json) = fact {
                    assert!(serde_json::from_str::<Value>(json).is_ok(), "{json}");
                    assert!(
                        Service::ALL.iter().any(|service| service.members().contains(name)),
                        "{name}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_birthday_exists_in_each_year() {
        let before = |date: &str, years: i64| years_before(days_of(date).unwrap(), years);
        assert_eq!(before("2026-11-30", 18), "2008-11-30");
        assert_eq!(before("2028-02-29", 18), "2010-03-01");
        assert_eq!(before("2028-02-29", 20), "2008-02-29");
    }

    #[test]
    fn a_change_is_written_with_its_zone_and_is_the_same_moment() {
        let written = |written: Written| {
            Line { sim_ms: 1_688_387_228_312, written, ..Line::new(0) }.sim_change()
        };
        assert_eq!(written(Written::Utc), "2023-07-03T12:27:08Z");
        assert_eq!(written(Written::Offset), "2023-07-03T14:27:08.312+02:00");
        assert_eq!(written(Written::Nanoseconds), "2023-07-03T12:27:08.312829447Z");
    }
}
