//! Where a wallet's money comes from and goes to: transactions summed by who stands on the other
//! side.
//!
//! Amounts are decimal texts and are added as such, digit by digit; a number of the machine is made
//! of them only where it decides how wide something is drawn.

use casework::providers::kryptogo::{Sanctioned, Transfer};
use domain::wallet::{Address, Chain};

/// The most counterparties that are named on each side; the others are one flow.
const NAMED_MAX: usize = 5;

/// What a transaction is for the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    In,
    Out,
    /// From the wallet to itself.
    Itself,
    /// It names neither side as the wallet.
    Unknown,
}

impl Side {
    /// Addresses say it; the provider's own word only where they do not.
    pub fn of(own: &Address, transfer: &Transfer) -> Self {
        let is_own = |text: &Option<String>| text.as_deref().is_some_and(|t| same(own, t));
        match (is_own(&transfer.from), is_own(&transfer.to), transfer.direction.as_deref()) {
            (true, true, _) => Self::Itself,
            (true, false, _) | (false, false, Some("out")) => Self::Out,
            (false, true, _) | (false, false, Some("in")) => Self::In,
            (false, false, _) => Self::Unknown,
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Itself => "to itself",
            Self::Unknown => "not said",
        }
    }
}

/// Whether a text names the wallet. Its checksum is looked at only where nothing but case may
/// differ.
pub fn same(own: &Address, text: &str) -> bool {
    text.eq_ignore_ascii_case(own.as_str()) && (text == own.as_str() || own.is(text))
}

/// The address on the other side.
pub fn counterparty(side: Side, transfer: &Transfer) -> Option<&str> {
    match side {
        Side::In => transfer.from.as_deref(),
        Side::Out => transfer.to.as_deref(),
        Side::Itself | Side::Unknown => None,
    }
}

/// Who stands on the other side of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    Address(String),
    /// The transaction does not say.
    Unnamed,
    /// All that are not named, and how many they are.
    Others(usize),
}

/// What went between the wallet and one counterparty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    pub party: Party,
    /// The sum of what could be read.
    pub amount: String,
    /// Transactions whose amount is no plain decimal text.
    pub unread: usize,
    pub count: usize,
    pub is_sanctioned: bool,
}

impl Flow {
    /// For widths and order only.
    pub fn weight(&self) -> f64 {
        self.amount.parse().unwrap_or_default()
    }
}

/// Both sides, the widest first; what is sanctioned is always named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flows {
    pub incoming: Vec<Flow>,
    pub outgoing: Vec<Flow>,
    /// Transactions on neither side: to itself, or not said.
    pub left_out: usize,
}

/// Sums transactions by counterparty.
pub fn flows(own: &Address, transfers: &[Transfer], sanctioned: &[Sanctioned]) -> Flows {
    let mut flows = Flows::default();
    for transfer in transfers {
        let side = Side::of(own, transfer);
        let list = match side {
            Side::In => &mut flows.incoming,
            Side::Out => &mut flows.outgoing,
            Side::Itself | Side::Unknown => {
                flows.left_out += 1;
                continue;
            }
        };
        let party =
            counterparty(side, transfer).map_or(Party::Unnamed, |a| Party::Address(a.to_owned()));
        let at = list.iter().position(|f| f.party == party).unwrap_or_else(|| {
            let is_sanctioned =
                matches!(&party, Party::Address(a) if is_listed(own.chain(), a, sanctioned));
            list.push(Flow { party, amount: "0".into(), unread: 0, count: 0, is_sanctioned });
            list.len() - 1
        });
        let flow = &mut list[at];
        flow.count += 1;
        match transfer.value.as_deref().and_then(|value| add(&flow.amount, value)) {
            Some(sum) => flow.amount = sum,
            None => flow.unread += 1,
        }
    }
    flows.incoming = named(flows.incoming);
    flows.outgoing = named(flows.outgoing);
    flows
}

/// Whether an address is on the list. Ethereum's are alike in any case, Bitcoin's are not.
pub fn is_listed(chain: Chain, address: &str, sanctioned: &[Sanctioned]) -> bool {
    let alike = |listed: &str| match chain {
        Chain::Eth => listed.eq_ignore_ascii_case(address),
        Chain::Btc => listed == address,
    };
    sanctioned.iter().filter_map(|s| s.address.as_deref()).any(alike)
}

fn named(mut flows: Vec<Flow>) -> Vec<Flow> {
    flows.sort_by(|a, b| {
        b.is_sanctioned.cmp(&a.is_sanctioned).then(b.weight().total_cmp(&a.weight()))
    });
    if flows.len() <= NAMED_MAX + 1 {
        return flows;
    }
    let keep = flows.iter().filter(|f| f.is_sanctioned).count().max(NAMED_MAX);
    let rest = flows.split_off(keep);
    if let Some(others) = rest.iter().cloned().reduce(|sum, f| Flow {
        amount: add(&sum.amount, &f.amount).unwrap_or(sum.amount),
        unread: sum.unread + f.unread,
        count: sum.count + f.count,
        ..sum
    }) {
        flows.push(Flow { party: Party::Others(rest.len()), is_sanctioned: false, ..others });
    }
    flows
}

/// The exact sum of two decimal texts without sign or exponent; nothing when one is something else.
pub fn add(a: &str, b: &str) -> Option<String> {
    let ((a_whole, a_part), (b_whole, b_part)) = (split(a)?, split(b)?);
    let (whole, part) = (a_whole.len().max(b_whole.len()), a_part.len().max(b_part.len()));
    let digits = |w: &str, p: &str| format!("{w:0>whole$}{p:0<part$}").into_bytes();
    let mut sum = Vec::with_capacity(whole + part + 1);
    let mut carry = 0;
    for (x, y) in digits(a_whole, a_part).iter().zip(&digits(b_whole, b_part)).rev() {
        let total = (x - b'0') + (y - b'0') + carry;
        sum.push(b'0' + total % 10);
        carry = total / 10;
    }
    sum.push(b'0' + carry);
    sum.reverse();
    let text = String::from_utf8(sum).ok()?;
    let (whole, part) = text.split_at(text.len() - part);
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") })
}

/// Digits before and after the point.
fn split(text: &str) -> Option<(&str, &str)> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_plain = !(whole.is_empty() && part.is_empty()) && whole.len() + part.len() <= 200;
    (is_plain && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()))
        .then_some((whole, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

    fn own() -> Address {
        Address::parse(OWN, None).expect("an address")
    }

    fn transfer(from: &str, to: &str, value: &str) -> Transfer {
        let some = |t: &str| Some(t.to_owned()).filter(|t| !t.is_empty());
        Transfer { from: some(from), to: some(to), value: some(value), ..Transfer::default() }
    }

    #[test]
    fn sums_lose_no_digit() {
        for (a, b, sum) in [
            ("0", "0", "0"),
            ("0.1", "0.2", "0.3"),
            ("12.500000000000000001", "0.5", "13.000000000000000001"),
            ("999.99", "0.01", "1000"),
            ("123456789012345678901234567890.10", "1", "123456789012345678901234567891.1"),
            (".5", "007", "7.5"),
        ] {
            assert_eq!(
                (add(a, b).as_deref(), add(b, a).as_deref()),
                (Some(sum), Some(sum)),
                "{a} + {b}"
            );
        }
        for odd in ["", ".", "-1", "1e5", "1,5", "1.2.3", "NaN", "٣"] {
            assert_eq!(add("1", odd), None, "{odd:?}");
        }
    }

    #[test]
    fn addresses_say_the_side_and_case_does_not_hide_them() {
        let lower = OWN.to_lowercase();
        assert_eq!(Side::of(&own(), &transfer("0xa", &lower, "1")), Side::In);
        assert_eq!(Side::of(&own(), &transfer(OWN, "0xb", "1")), Side::Out);
        assert_eq!(Side::of(&own(), &transfer(OWN, &lower, "1")), Side::Itself);
        let wrong_word = Transfer { direction: Some("out".into()), ..transfer("0xa", OWN, "1") };
        assert_eq!(Side::of(&own(), &wrong_word), Side::In);
        assert_eq!(Side::of(&own(), &transfer("0xa", "0xb", "1")), Side::Unknown);
        let by_word = Transfer { direction: Some("in".into()), ..transfer("", "", "1") };
        assert_eq!(
            (Side::of(&own(), &by_word), counterparty(Side::In, &by_word)),
            (Side::In, None)
        );
    }

    #[test]
    fn a_counterparty_is_one_flow_and_a_sanctioned_one_is_never_among_the_others() {
        let mut all: Vec<Transfer> =
            (1..=9).map(|n| transfer(&format!("0x{n}"), OWN, &format!("{n}0"))).collect();
        all.push(transfer("0xbad", OWN, "0.1"));
        all.push(transfer("0x9", OWN, "0.5"));
        all.push(transfer("0x9", OWN, "about 3"));
        all.push(transfer(OWN, OWN, "1"));
        let listed = [Sanctioned { address: Some("0xBAD".into()), ..Sanctioned::default() }];
        let flows = flows(&own(), &all, &listed);
        let parties: Vec<_> = flows.incoming.iter().map(|f| f.party.clone()).collect();
        let address = |a: &str| Party::Address(a.to_owned());
        assert_eq!(
            parties,
            [
                address("0xbad"),
                address("0x9"),
                address("0x8"),
                address("0x7"),
                address("0x6"),
                Party::Others(5)
            ]
        );
        assert!(flows.incoming[0].is_sanctioned);
        let nine = &flows.incoming[1];
        assert_eq!((nine.amount.as_str(), nine.count, nine.unread), ("90.5", 3, 1));
        assert_eq!((flows.incoming[5].amount.as_str(), flows.incoming[5].count), ("150", 5));
        assert_eq!((flows.outgoing.len(), flows.left_out), (0, 1));
    }

    #[test]
    fn one_more_than_are_named_is_named_too() {
        let all: Vec<Transfer> = (1..=6).map(|n| transfer(OWN, &format!("0x{n}"), "1")).collect();
        assert!(
            flows(&own(), &all, &[]).outgoing.iter().all(|f| matches!(f.party, Party::Address(_)))
        );
    }
}
