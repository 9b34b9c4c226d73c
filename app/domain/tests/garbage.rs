//! S-52: what people and providers write, read by the rules: no text makes them panic, and what
//! passes is what it says.

use domain::{
    idv::Mrz,
    launch::{self, DueDiligenceForm},
    queue::{Filter, Page, Place},
    registers::{Cpr, Pid},
    time,
    wallet::{Address, Chain},
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn s_52_a_text_is_a_date_only_if_the_calendar_has_it(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9-]{8,12}|\\PC{0,14}|[0-9]{4}.[0-9]{2}.[0-9]{2}") {
        let theirs = text.parse::<jiff::civil::Date>().ok().filter(|_| time::is_date_shaped(&text));
        prop_assert_eq!(time::parse_date(&text).is_some(), theirs.is_some(), "{}", text);
        if let Some(at) = time::parse_date(&text) {
            prop_assert_eq!(&time::iso(at)[..10], text.as_str());
        }
    }

    #[test]
    fn s_52_a_text_is_a_wallet_only_in_its_own_spelling(
        text in "0[xX][0-9a-fA-F]{38,42}|(bc1|tb1|BC1)[02-9ac-hj-np-zA-Z]{5,70}|[13mn2][1-9A-HJ-NP-Za-km-z]{24,36}|\\PC{0,60}|[0-9a-f]{40}",
        chain in prop::option::of(prop::sample::select(vec![Chain::Btc, Chain::Eth])),
    ) {
        match Address::parse(&text, chain) {
            Ok(address) => {
                prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_alphanumeric()) && chain.is_none_or(|c| c == address.chain()));
                prop_assert!(address.as_str().eq_ignore_ascii_case(text.trim()) && address.is(&text), "{}", text);
                prop_assert!(address.short().contains('…'));
            }
            Err(words) => prop_assert!(words.ends_with('.'), "{}", words),
        }
    }

    #[test]
    fn s_52_a_zone_is_read_whole_or_not_at_all(text in "[A-Z0-9<]{44}[\n ][A-Z0-9<]{44}|([A-Z0-9<]{30}\n){3}|[A-Za-z0-9<\n ]{80,95}|\\PC{0,100}") {
        if let Some(zone) = Mrz::read(&text) {
            let (lines, length) = (zone.lines.len(), zone.lines[0].len());
            prop_assert!(matches!((lines, length), (2, 36 | 44) | (3, 30)));
            prop_assert_eq!(zone.is_right(), zone.digits.iter().all(|d| d.is_right()));
            // A visa has digits for its number and two days, and none over all of them.
            let is_visa = lines == 2 && zone.lines[0].starts_with('V');
            let least = if is_visa { 3 } else { 4 };
            prop_assert!(zone.digits.len() >= least);
        }
    }

    #[test]
    fn s_52_numbers_of_persons_are_digits_or_refused(text in "[0-9]{6}[- ]?[0-9]{4}|(PID:)?[0-9-]{10,30}|\\PC{0,40}") {
        if let Ok(cpr) = Cpr::parse(&text) {
            prop_assert!(cpr.digits().len() == 10 && cpr.digits().bytes().all(|b| b.is_ascii_digit()));
            prop_assert!(time::parse_date(&cpr.birth_date()).is_some(), "born on a day that is one");
        }
        if let Ok(pid) = Pid::parse(&text) {
            prop_assert!(pid.as_str().bytes().all(|b| b.is_ascii_digit() || b == b'-'));
        }
    }

    /// What stands in an address filters, or is left out; a page of the queue is a place or the
    /// first.
    #[test]
    fn s_52_any_address_of_the_queue_is_a_filter(
        pairs in prop::collection::vec(("tab|kind|state|risk|assignee|age|due|connection|batch|q|sort|after|before|\\PC{0,6}", "all|open|high|me|due|-?[0-9]{0,22}_\\PC{0,6}|\\PC{0,12}"), 0..12),
    ) {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let filter = Filter::from_pairs(pairs.iter().copied());
        let again = filter.pairs();
        prop_assert_eq!(Filter::from_pairs(again.iter().map(|(n, v)| (*n, v.as_str()))), filter, "its own address says the same");
        if let Page::After(place) | Page::Before(place) = Page::from_pairs(pairs) {
            prop_assert_eq!(Place::parse(&place.code()), Some(place));
        }
    }

    /// A form of due diligence with anything in it: what passes has no character that turns a page
    /// around.
    #[test]
    fn s_52_any_launch_is_good_or_refused_beside_its_field(
        kind in "dd_kyc|dd_kyb|\\PC{0,6}", reference in "[A-Z0-9-]{1,12}|\\PC{0,20}", name in "[A-Za-z ]{1,20}|\\PC{0,20}|[\\PC\u{202a}-\u{202e}\u{0}-\u{1f}]{0,20}",
        birth_date in "[0-9]{4}-[0-9]{2}-[0-9]{2}|\\PC{0,12}", country in "[A-Z]{2,3}|\\PC{0,6}",
    ) {
        let form = DueDiligenceForm { kind, connection: "c".into(), customer_reference: reference, name, birth_date, country, search_setting: "1".into(), ..DueDiligenceForm::default() };
        match launch::check(&form, &[1], 1_795_000_000_000) {
            Ok(launch) => {
                prop_assert!(!launch.target.name.contains(domain::fields::is_unsafe_character), "{:?}", launch.target.name);
                prop_assert!(!launch.customer_reference.contains(char::is_whitespace) && !launch.customer_reference.is_empty());
            }
            Err(refused) => prop_assert!(!refused.is_clean() && refused.value("name") == form.name, "nothing typed is lost"),
        }
    }
}
