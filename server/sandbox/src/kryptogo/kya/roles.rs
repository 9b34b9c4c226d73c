//! The well-known addresses of each chain: what they show, or how an analysis of them misbehaves.
//! They follow from the sandbox's seed, so the control endpoint and the first page list them.

use super::{
    address::{Address, Chain, Form},
    ledger::{Dice, Invented, invented, invented_in},
};

/// What an address shows or asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Clean,
    Empty,
    Exposed1,
    Exposed2,
    Exposed3,
    Sanctioned,
    Busy,
    TimeoutLost,
    TimeoutApplied,
    Fails,
    Unavailable,
    Throttled,
    NoPoints,
    BadAnswer,
    Cut,
    Detail404,
    Detail500,
    ListedLater,
    NullSdnlist,
    NoTxlist,
    TextValues,
    ChainUndetected,
    ChainUnknown,
    HostileText,
    LowerCased,
    OddSdnlist,
    OddData,
    OtherAddress,
    FractionScore,
}

use Role::*;

/// How many transactions the busy address has.
pub(super) const BUSY_TRANSFERS: u64 = 5_000;

/// Role, its word in lists, and what happens. Calls are counted for each address.
pub(super) const ROLES: [(Role, &str, &str); 29] = [
    (Clean, "clean", "Transactions with nobody of note."),
    (Empty, "empty", "A new address: no transactions, nothing received, no first_seen."),
    (Exposed1, "exposed_1", "One hop from a sanctioned address: it was paid by it."),
    (Exposed2, "exposed_2", "Two hops from a sanctioned address."),
    (Exposed3, "exposed_3", "Three hops from a sanctioned address."),
    (Sanctioned, "sanctioned", "Itself on the list."),
    (Busy, "busy", "5,000 transactions."),
    (
        TimeoutLost,
        "timeout_lost",
        "The first call hangs (then 504) and makes nothing; later ones are fine.",
    ),
    (
        TimeoutApplied,
        "timeout_applied",
        "Each call makes an analysis and costs points, but hangs (then 504).",
    ),
    (Fails, "error_500", "Each call answers 500 and makes nothing."),
    (Unavailable, "error_503", "The first two calls answer 503 and make nothing."),
    (Throttled, "error_429", "The first call answers 429 with Retry-After: 2."),
    (NoPoints, "error_402", "Each call answers 402: no points left."),
    (BadAnswer, "bad_answer", "The analysis is made, but the answer is 200 with an HTML page."),
    (Cut, "cut_answer", "The answer of the creation is cut in the middle; the detail is whole."),
    (Detail404, "detail_404", "The analysis is made and answered, but its detail is 404."),
    (Detail500, "detail_500", "The first two reads of the detail answer 500."),
    (
        ListedLater,
        "listed_later",
        "Clean when it is analysed; its detail says that it is on the list, and a risk of 100.",
    ),
    (NullSdnlist, "sdnlist_null", "sdnlist is null."),
    (NoTxlist, "txlist_missing", "There is no txlist."),
    (
        TextValues,
        "text_values",
        "Numbers as text, texts as numbers, and members that nobody documented.",
    ),
    (ChainUndetected, "chain_undetected", "400 when the chain is left out; fine when it is named."),
    (
        ChainUnknown,
        "chain_unknown",
        "The data name the chain sol, and transactions have addresses of neither chain.",
    ),
    (
        HostileText,
        "hostile_text",
        "Names try to run a script and to turn the direction of writing.",
    ),
    (LowerCased, "lower_cased", "Base58 in lower case in the answer, as if case meant nothing."),
    (
        OddSdnlist,
        "sdnlist_object",
        "sdnlist is an object with entries inside, which nobody documented.",
    ),
    (OddData, "data_list", "data is a list instead of an object."),
    (OtherAddress, "other_address", "The answer is about another address."),
    (FractionScore, "score_fraction", "risk_score is 74.5."),
];

/// A well-known address.
pub(crate) struct Listed {
    pub role: Role,
    pub label: &'static str,
    pub shows: &'static str,
    pub chain: Chain,
    pub address: Invented,
}

/// All well-known addresses of a seed, Bitcoin's first.
pub(crate) fn listed(seed: u64) -> Vec<Listed> {
    let each = |chain: Chain| {
        let rows =
            ROLES.into_iter().filter(move |(role, ..)| chain == Chain::Btc || *role != LowerCased);
        rows.map(move |(role, label, shows)| Listed {
            role,
            label,
            shows,
            chain,
            address: address_of(seed, chain, role, label),
        })
    };
    Chain::ALL.into_iter().flat_map(each).collect()
}

fn address_of(seed: u64, chain: Chain, role: Role, label: &str) -> Invented {
    if role == LowerCased {
        return invented_in(
            Form::Base58(0),
            chain,
            &mut Dice::new(seed, format!("kya address {label}")),
        );
    }
    invented(seed, chain, label)
}

/// The address of a role that both chains have.
pub(super) fn text_of(seed: u64, chain: Chain, wanted: Role) -> String {
    let label = ROLES.iter().find(|(role, ..)| *role == wanted).map_or("", |(_, label, _)| label);
    address_of(seed, chain, wanted, label).text
}

impl Role {
    /// The role of a well-known address.
    pub fn of(seed: u64, address: &Address) -> Option<Role> {
        let same =
            |listed: &Listed| listed.chain == address.chain && listed.address.text == address.text;
        listed(seed).into_iter().find(same).map(|listed| listed.role)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_address_has_its_own_role_on_its_chain() {
        let all = listed(1);
        assert_eq!(all.len(), 2 * ROLES.len() - 1);
        assert_eq!(
            all.iter().map(|listed| &listed.address.text).collect::<HashSet<_>>().len(),
            all.len()
        );
        for listed in all {
            let address = Address::read(&listed.address.shown, None).unwrap();
            assert_eq!((address.chain, &address.text), (listed.chain, &listed.address.text));
            assert_eq!(Role::of(1, &address), Some(listed.role));
            assert_eq!(Role::of(2, &address), None, "another seed has other addresses");
        }
    }

    #[test]
    fn bitcoin_shows_all_forms() {
        let starts: HashSet<_> = listed(1)
            .iter()
            .filter(|listed| listed.chain == Chain::Btc)
            .map(|l| l.address.shown[..4].to_owned())
            .collect();
        for start in ["bc1q", "bc1p"] {
            assert!(starts.contains(start), "{start}");
        }
        assert!(
            starts.iter().any(|start| start.starts_with('1'))
                && starts.iter().any(|start| start.starts_with('3'))
        );
    }

    #[test]
    fn the_busy_rows_number_is_the_real_one() {
        assert!(ROLES.iter().any(|(role, _, shows)| *role == Busy
            && shows.starts_with("5,000")
            && BUSY_TRANSFERS == 5_000));
    }
}
