//! The picture of a wallet's flows: counterparties on the left, the wallet, counterparties on the
//! right.
//!
//! It is drawn as text for the page, without colour of its own: widths say how much, words say
//! what, hatching tells what goes out from what comes in. The style sheet gives ink and type.

use super::flows::{Flow, Flows, Party};
use domain::wallet::Address;
use std::fmt::Write;

const WIDTH: usize = 880;
const ROW: usize = 44;
const TOP: usize = 8;
/// Where the wallet's box begins and ends.
const BOX: (usize, usize) = (370, 510);
/// Where names end on the left and begin on the right.
const NAMES: (usize, usize) = (280, 600);
/// Widths of flows.
const THIN: f64 = 2.0;
const THICK: f64 = 22.0;
/// Digits of an amount, before those after the point are cut off.
const DIGITS_MAX: usize = 14;

/// The picture; nothing when there are no flows.
pub fn draw(own: &Address, flows: &Flows) -> Option<String> {
    let rows = flows.incoming.len().max(flows.outgoing.len());
    if rows == 0 {
        return None;
    }
    let coin = own.chain().code().to_uppercase();
    let height = 2 * TOP + rows * ROW;
    let widest = flows.incoming.iter().chain(&flows.outgoing).map(Flow::weight).fold(0.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flows\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"flows-title flows-desc\"><title id=\"flows-title\">Flows of {}</title><desc id=\"flows-desc\">{}</desc>\
         <defs><pattern id=\"flows-out\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect class=\"hatch\" width=\"3\" height=\"6\"/></pattern></defs>",
        escape(&own.short()),
        escape(&described(flows, &coin)),
    );
    let (left, right) = BOX;
    let middle = height / 2;
    let _ = write!(
        svg,
        "<rect class=\"wallet\" x=\"{left}\" y=\"{TOP}\" width=\"{}\" height=\"{}\" rx=\"4\"/>\
         <text class=\"strong\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">this wallet</text>\
         <text class=\"mono\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        right - left,
        height - 2 * TOP,
        middle - 4,
        middle + 12,
        escape(&own.short()),
        x = (left + right) / 2,
    );
    for (at, flow) in flows.incoming.iter().enumerate() {
        one(&mut svg, flow, at, widest, &coin, true);
    }
    for (at, flow) in flows.outgoing.iter().enumerate() {
        one(&mut svg, flow, at, widest, &coin, false);
    }
    svg.push_str("</svg>");
    Some(svg)
}

/// One arrow with its two lines of words.
fn one(svg: &mut String, flow: &Flow, at: usize, widest: f64, coin: &str, is_in: bool) {
    let y = TOP + at * ROW + ROW / 2;
    let share = if widest > 0.0 { flow.weight() / widest } else { 0.0 };
    let half = (THIN + share.clamp(0.0, 1.0) * (THICK - THIN)) / 2.0;
    let (from, to) = if is_in { (NAMES.0 + 8, BOX.0 - 2) } else { (BOX.1 + 2, NAMES.1 - 8) };
    let (x, anchor) = if is_in { (NAMES.0, "end") } else { (NAMES.1, "start") };
    let (class, fill) = if is_in { ("in", "") } else { ("out", " fill=\"url(#flows-out)\"") };
    let head = to - 10;
    let y_text = y as f64;
    let (top, bottom, wide) = (y_text - half, y_text + half, half + 4.0);
    let name = name(&flow.party);
    let (name, mark) =
        if flow.is_sanctioned { (format!("sanctioned: {name}"), " strong") } else { (name, "") };
    let mono = if matches!(flow.party, Party::Address(_)) && !flow.is_sanctioned {
        "mono"
    } else {
        "words"
    };
    let _ = write!(
        svg,
        "<g><path class=\"{class}\"{fill} d=\"M{from} {top:.1}H{head}V{:.1}L{to} {y}L{head} {:.1}V{bottom:.1}H{from}Z\"/>\
         <text class=\"{mono}{mark}\" x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>\
         <text class=\"second\" x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text></g>",
        y_text - wide,
        y_text + wide,
        y - 3,
        escape(&name),
        y + 12,
        escape(&amount(&Flow { amount: fitted(&flow.amount), ..flow.clone() }, coin)),
    );
}

/// An amount with as many digits as fit beside an arrow; the table and the description have all.
fn fitted(amount: &str) -> String {
    let room = amount.find('.').map_or(amount.len(), |point| point + 2).max(DIGITS_MAX);
    if amount.len() > room { format!("{}…", &amount[..room]) } else { amount.to_owned() }
}

fn name(party: &Party) -> String {
    match party {
        Party::Address(text) => shortened(text),
        Party::Unnamed => "not named".into(),
        Party::Others(count) => format!("{count} others"),
    }
}

/// `0x72a584…397B2A`; a short text stays whole.
pub fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= 16 {
        return text.to_owned();
    }
    let (first, last): (String, String) =
        (text.chars().take(8).collect(), text.chars().skip(count - 6).collect());
    format!("{first}…{last}")
}

/// `12.5 BTC in 3 transactions`.
fn amount(flow: &Flow, coin: &str) -> String {
    let times = if flow.count == 1 {
        "1 transaction".to_owned()
    } else {
        format!("{} transactions", flow.count)
    };
    match flow.unread {
        0 => format!("{} {coin} in {times}", flow.amount),
        n if n == flow.count => format!("{times}, amounts not readable"),
        n => format!("{} {coin} in {times}, {n} not readable", flow.amount),
    }
}

/// The picture in words.
fn described(flows: &Flows, coin: &str) -> String {
    let list = |flows: &[Flow]| {
        if flows.is_empty() {
            return "nothing".to_owned();
        }
        let one = |f: &Flow| {
            format!(
                "{}{}, {}",
                if f.is_sanctioned { "sanctioned address " } else { "" },
                name(&f.party),
                amount(f, coin)
            )
        };
        flows.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    format!("Came in from: {}. Went out to: {}.", list(&flows.incoming), list(&flows.outgoing))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Address {
        Address::parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", None).expect("an address")
    }

    fn flow(party: &str, amount: &str, is_sanctioned: bool) -> Flow {
        Flow {
            party: Party::Address(party.into()),
            amount: amount.into(),
            unread: 0,
            count: 1,
            is_sanctioned,
        }
    }

    #[test]
    fn what_a_provider_writes_is_never_markup() {
        let hostile = "<script>alert(1)</script>\"'&";
        let flows = Flows { incoming: vec![flow(hostile, "1", true)], ..Flows::default() };
        let svg = draw(&own(), &flows).expect("a picture");
        assert!(!svg.contains("<script") && svg.contains("&lt;script"), "{svg}");
    }

    #[test]
    fn it_says_in_words_what_it_shows() {
        let flows = Flows {
            incoming: vec![flow("0xabc", "12.500000000000000001", false)],
            outgoing: vec![flow("0xbad", "1", true)],
            left_out: 0,
        };
        let svg = draw(&own(), &flows).expect("a picture");
        assert!(
            svg.contains("Came in from: 0xabc, 12.500000000000000001 ETH in 1 transaction. Went out to: sanctioned address 0xbad"),
            "{svg}"
        );
        assert!(svg.contains(">sanctioned: 0xbad<") && !svg.contains("style="));
        assert_eq!(draw(&own(), &Flows::default()), None);
    }

    #[test]
    fn a_long_amount_is_cut_behind_the_point_and_never_before_it() {
        assert_eq!(fitted("12.500000000000000001"), "12.50000000000…");
        assert_eq!(fitted("12.5"), "12.5");
        assert_eq!(fitted("123456789012345678901234567890"), "123456789012345678901234567890");
        assert_eq!(
            fitted("123456789012345678901234567890.125"),
            "123456789012345678901234567890.1…"
        );
    }

    #[test]
    fn amounts_without_a_number_are_thin_and_say_so() {
        let unread = Flow { unread: 2, count: 2, amount: "0".into(), ..flow("0xabc", "0", false) };
        assert_eq!(amount(&unread, "BTC"), "2 transactions, amounts not readable");
        let svg =
            draw(&own(), &Flows { incoming: vec![unread], ..Flows::default() }).expect("a picture");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
