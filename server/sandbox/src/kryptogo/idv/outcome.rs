//! How a verification ends: what was read from the document and what the provider thinks of it.
//!
//! Without a trigger the document shows what was expected, the rest is invented, and the answer is
//! accept. A trigger that promises a difference makes it real, so that whoever compares finds it.

use serde::{Deserialize, Serialize};

use super::{
    reasons::{self, Reason, TW_REGISTER},
    requests::{Asked, Way},
    triggers::IdvTrigger,
};
use crate::{
    holder::{Holder, Kind, invent, years_later},
    text::{DAY_MS, date_of, days_of, fold},
};

pub(crate) const ACCEPT: i64 = 0;
pub(crate) const REVIEW: i64 = 1;
pub(crate) const REJECT: i64 = 2;
pub(crate) const PENDING: i64 = 3;
pub(crate) const INITIAL: i64 = 4;
const UNKNOWN: i64 = 9;

/// Nothing could be read from these documents.
const UNREAD: [i64; 5] = [200, 201, 700, 701, 702];

/// The provider's last word; it is told when the verification's time has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// `None` leaves the key out.
    pub state: Option<i64>,
    pub review_reasons: Vec<Reason>,
    pub reject_reasons: Vec<Reason>,
    /// `None` when the document was not read.
    pub holder: Option<Holder>,
}

impl Verdict {
    /// An end without a document.
    pub fn without_document(state: i64, code: i64) -> Verdict {
        Verdict {
            state: Some(state),
            review_reasons: Vec::new(),
            reject_reasons: vec![reasons::reject(code, 1)],
            holder: None,
        }
    }
}

/// What a verdict depends on besides the request.
pub(crate) struct Circumstances<'a> {
    pub trigger: Option<IdvTrigger>,
    pub seed: u64,
    /// What the person is remembered by when no name is expected.
    pub key: &'a str,
    /// The customer's tries at Taiwan's register, this one included.
    pub tries: u32,
    pub now_ms: i64,
}

pub(crate) fn decide(asked: &Asked, case: &Circumstances) -> Verdict {
    use IdvTrigger::*;
    let holder = holder(asked, case);
    let verdict = |state, review: &[i64], reject: &[i64], holder: Option<Holder>| Verdict {
        state,
        review_reasons: review.iter().map(|code| reasons::review(*code)).collect(),
        reject_reasons: reject.iter().map(|code| reasons::reject(*code, case.tries)).collect(),
        holder,
    };
    let differing = |codes: &[i64]| {
        let differ =
            codes.iter().fold(holder.clone(), |holder, code| differ(holder, *code, case.now_ms));
        verdict(Some(REVIEW), codes, &[], Some(differ))
    };
    match case.trigger {
        Some(Review(code)) => differing(&[code]),
        Some(ReviewMany) => differing(&[500, 501, 505, 406]),
        Some(Script) => differing(&[500]),
        Some(Reject(code)) => {
            verdict(Some(REJECT), &[], &[code], Some(holder).filter(|_| !UNREAD.contains(&code)))
        }
        Some(RejectMany) => verdict(Some(REJECT), &[], &[104, 108, 407], Some(holder)),
        Some(InitialRejected) => verdict(Some(INITIAL), &[], &[802], None),
        Some(NoState) => verdict(None, &[], &[], Some(holder)),
        Some(UnknownState) => verdict(Some(UNKNOWN), &[], &[], Some(holder)),
        Some(SeedSample) => {
            let holder =
                Holder { birthday: "1965-03-16".into(), id_number: "A223456789".into(), ..holder };
            verdict(Some(ACCEPT), &[501, 502], &[108], Some(holder))
        }
        _ => verdict(Some(ACCEPT), &[], &[], Some(holder)),
    }
}

/// The holder as the document shows them before anything differs; also what pictures are drawn
/// from.
pub(crate) fn holder(asked: &Asked, case: &Circumstances) -> Holder {
    let key = asked.expected.name.as_deref().unwrap_or(case.key);
    invent(case.seed, key, &asked.country, asked.kind.unwrap_or(Kind::IdCard), &asked.expected)
}

/// Whether this ends without the customer: it was never really created.
pub(crate) fn ends_by_itself(asked: &Asked, trigger: Option<IdvTrigger>) -> bool {
    asked.way != Way::Upload && trigger == Some(IdvTrigger::InitialRejected)
}

/// Whether the customer's tries at Taiwan's register count one more.
pub(crate) fn asks_register(trigger: Option<IdvTrigger>) -> bool {
    trigger == Some(IdvTrigger::Reject(TW_REGISTER))
}

/// Makes the part that a review code is about another one.
fn differ(mut holder: Holder, code: i64, now_ms: i64) -> Holder {
    match code {
        500 => rename(&mut holder),
        501 => holder.birthday = other_birthday(&holder.birthday),
        502 => holder.id_number = other_end(&holder.id_number),
        503 => holder.country = if holder.country == "GBR" { "POL" } else { "GBR" }.into(),
        504 => holder.issuing_date = years_later(&holder.issuing_date, -1),
        505 => holder.expiry_date = expired(&holder.expiry_date, now_ms),
        506 => holder.gender = if holder.gender == "F" { "M" } else { "F" }.into(),
        _ => {}
    }
    holder
}

/// Drops the accents; a name without any gets another last letter.
fn rename(holder: &mut Holder) {
    let plain = holder.full_name.split(' ').map(without_accents).collect::<Vec<_>>().join(" ");
    if plain == holder.full_name {
        holder.last_name = other_end(&holder.last_name);
        holder.full_name = other_end(&holder.full_name);
        // What ends a Chinese name is the first name, and so it does for whoever has only one.
        if !holder.full_name.ends_with(&holder.last_name) {
            holder.first_name = holder.first_name.as_deref().map(other_end);
        }
        return;
    }
    holder.full_name = plain;
    holder.last_name = without_accents(&holder.last_name);
    holder.first_name = holder
        .first_name
        .as_deref()
        .map(|name| name.split(' ').map(without_accents).collect::<Vec<_>>().join(" "));
}

/// A word without Latin accents; its capitals stay.
fn without_accents(word: &str) -> String {
    let plain = |letter: char| {
        let folded = fold(letter.encode_utf8(&mut [0; 4]));
        match letter {
            letter if letter.is_ascii() || folded.is_empty() => letter.to_string(),
            letter if letter.is_uppercase() => folded.to_uppercase(),
            _ => folded,
        }
    };
    word.chars().map(plain).collect()
}

/// The same text with another last letter or digit.
fn other_end(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let Some(last) = letters.iter_mut().rev().find(|letter| letter.is_alphanumeric()) else {
        return format!("{text}X");
    };
    *last = match *last {
        digit @ '0'..='8' => char::from_u32(u32::from(digit) + 1).unwrap_or('0'),
        '9' => '0',
        letter if letter.is_ascii_uppercase() => {
            if letter == 'X' {
                'Y'
            } else {
                'X'
            }
        }
        letter if letter.is_ascii() => {
            if letter == 'a' {
                'e'
            } else {
                'a'
            }
        }
        letter => char::from_u32(u32::from(letter) + 1)
            .filter(|next| next.is_alphabetic())
            .unwrap_or('文'),
    };
    letters.into_iter().collect()
}

/// Day and month change places when that is another date, else it is another year.
fn other_birthday(date: &str) -> String {
    if let [year, month, day] = date.split('-').collect::<Vec<_>>()[..] {
        let swapped = format!("{year}-{day}-{month}");
        if swapped != date && days_of(&swapped).is_some() {
            return swapped;
        }
    }
    years_later(date, 1)
}

/// A day in the past, and another one than expected.
fn expired(date: &str, now_ms: i64) -> String {
    let today = now_ms.div_euclid(DAY_MS);
    let past = date_of(today - 400);
    if days_of(date).is_some_and(|day| day < today) { years_later(date, -1) } else { past }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holder::Known;

    const NOW_MS: i64 = 1_772_323_200_000;

    fn asked(name: Option<&str>) -> Asked {
        let text = |text: &str| Some(text.to_owned());
        Asked {
            way: Way::Upload,
            country: "TWN".into(),
            kind: Some(Kind::IdCard),
            workflow: None,
            expected: Known {
                name: name.map(str::to_owned),
                birthday: text("1990-06-11"),
                id_number: text("A123456789"),
                issuing_date: text("2020-03-10"),
                expiry_date: text("2030-03-10"),
                gender: text("M"),
            },
            callback_url: None,
            customer_reference: None,
            follow_up: None,
            locale: None,
            success_url: None,
            error_url: None,
        }
    }

    fn verdict(asked: &Asked, trigger: Option<IdvTrigger>) -> Verdict {
        decide(asked, &Circumstances { trigger, seed: 1, key: "key", tries: 1, now_ms: NOW_MS })
    }

    fn codes(reasons: &[Reason]) -> Vec<i64> {
        reasons.iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn without_a_trigger_the_document_shows_what_was_expected() {
        let asked = asked(Some("王又曾"));
        let verdict = verdict(&asked, None);
        let holder = verdict.holder.unwrap();
        assert_eq!(
            (verdict.state, verdict.review_reasons.len(), verdict.reject_reasons.len()),
            (Some(ACCEPT), 0, 0)
        );
        let shown = Known {
            name: Some(holder.full_name),
            birthday: Some(holder.birthday),
            id_number: Some(holder.id_number),
            issuing_date: Some(holder.issuing_date),
            expiry_date: Some(holder.expiry_date),
            gender: Some(holder.gender),
        };
        assert_eq!(shown, asked.expected);
    }

    #[test]
    fn each_review_code_changes_its_own_part_and_no_other() {
        let asked = asked(Some("Jörg Müller"));
        let plain = verdict(&asked, None).holder.unwrap();
        for (code, expected) in [
            (
                500,
                Holder {
                    full_name: "Jorg Muller".into(),
                    first_name: Some("Jorg".into()),
                    last_name: "Muller".into(),
                    ..plain.clone()
                },
            ),
            (501, Holder { birthday: "1990-11-06".into(), ..plain.clone() }),
            (502, Holder { id_number: "A123456780".into(), ..plain.clone() }),
            (503, Holder { country: "GBR".into(), ..plain.clone() }),
            (504, Holder { issuing_date: "2019-03-10".into(), ..plain.clone() }),
            (505, Holder { expiry_date: "2025-01-25".into(), ..plain.clone() }),
            (506, Holder { gender: "F".into(), ..plain.clone() }),
            (400, plain.clone()),
            (12_345, plain.clone()),
        ] {
            let verdict = verdict(&asked, Some(IdvTrigger::Review(code)));
            assert_eq!((verdict.state, codes(&verdict.review_reasons)), (Some(REVIEW), vec![code]));
            assert_eq!(verdict.holder.unwrap(), expected, "{code}");
        }
    }

    #[test]
    fn a_name_without_accents_differs_too() {
        for name in [
            "王又曾",
            "Олена Коваленко",
            "Emily Clarke",
            "Test Idv Review 500",
            "Cher",
            "محمود الكاظمي",
            "---",
        ] {
            let asked = asked(Some(name));
            let differs = verdict(&asked, Some(IdvTrigger::Review(500))).holder.unwrap();
            let plain = verdict(&asked, None).holder.unwrap();
            assert_ne!(differs.full_name, plain.full_name, "{name}");
            assert!(
                differs.last_name != plain.last_name || differs.first_name != plain.first_name,
                "{name}"
            );
        }
    }

    #[test]
    fn a_birthday_that_cannot_be_swapped_gets_another_year() {
        assert_eq!(other_birthday("1990-06-21"), "1991-06-21");
        assert_eq!(other_birthday("1990-06-06"), "1991-06-06");
        assert_eq!(other_birthday("2000-02-29"), "2001-02-28");
    }

    #[test]
    fn an_expiry_in_the_past_stays_there_and_differs() {
        assert_eq!(expired("2020-01-01", NOW_MS), "2019-01-01");
        assert!(days_of(&expired("2040-01-01", NOW_MS)).unwrap() * DAY_MS < NOW_MS);
    }

    #[test]
    fn rejections_have_their_reasons_and_some_no_data() {
        let asked = asked(Some("Ana"));
        let many = verdict(&asked, Some(IdvTrigger::RejectMany));
        assert_eq!(
            (many.state, codes(&many.reject_reasons), many.holder.is_some()),
            (Some(REJECT), vec![104, 108, 407], true)
        );
        assert_eq!(verdict(&asked, Some(IdvTrigger::Reject(200))).holder, None);
        let initial = verdict(&asked, Some(IdvTrigger::InitialRejected));
        assert_eq!(
            (initial.state, codes(&initial.reject_reasons), initial.holder),
            (Some(INITIAL), vec![802], None)
        );
    }

    #[test]
    fn the_sample_is_accepted_although_it_differs() {
        let sample = verdict(&asked(Some("王又曾")), Some(IdvTrigger::SeedSample));
        assert_eq!(
            (sample.state, codes(&sample.review_reasons), codes(&sample.reject_reasons)),
            (Some(ACCEPT), vec![501, 502], vec![108])
        );
        assert_eq!(sample.holder.unwrap().birthday, "1965-03-16");
    }

    #[test]
    fn strange_ends_have_strange_states() {
        let asked = asked(None);
        assert_eq!(verdict(&asked, Some(IdvTrigger::NoState)).state, None);
        assert_eq!(verdict(&asked, Some(IdvTrigger::UnknownState)).state, Some(9));
        assert_eq!(verdict(&asked, Some(IdvTrigger::ReviewMany)).review_reasons.len(), 4);
    }
}
