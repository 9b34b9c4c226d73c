//! What happened around an address. Each chain has one small neighbourhood of a sanctioned address,
//! whose members tell the same transactions, each from its side; exposure is measured by walking
//! through it. All other addresses have a past of their own that follows from their text.

use std::collections::{HashMap, HashSet};

use super::{
    address::{Address, Chain},
    ledger::{Dice, Ledger, Transfer, invented},
    roles::{BUSY_TRANSFERS, Role, text_of},
};

/// Farther than this nobody looks.
const HOPS_MAX: u32 = 3;

/// What is known about an address.
pub(super) struct History {
    /// Those in which it takes part, oldest first.
    pub transfers: Vec<Transfer>,
    /// The nearest first.
    pub sanctioned: Vec<Sanctioned>,
}

/// A listed address, and how many transactions lead to it; 0 is the address itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sanctioned {
    pub address: String,
    pub name: &'static str,
    pub program: &'static str,
    pub hops: u32,
}

/// The past of an address of this seed.
pub(super) fn of(seed: u64, address: &Address, role: Option<Role>) -> History {
    let neighbourhood = Neighbourhood::of(seed, address.chain);
    if neighbourhood.members.contains(&address.text) {
        return neighbourhood.history(&address.text);
    }
    let mut dice = Dice::new(seed, format!("kya past {}", address.text));
    let sanctioned = match role {
        Some(Role::HostileText) => hostile(seed, address.chain),
        Some(_) => Vec::new(),
        None if dice.below(6) == 0 => neighbourhood.distant(&mut dice),
        None => Vec::new(),
    };
    let (count, label) = match role {
        Some(Role::Empty) => (0, "empty"),
        Some(Role::Busy) => (BUSY_TRANSFERS, "busy"),
        Some(_) => (4 + dice.below(20), "own"),
        // Who is near somebody else has been paid at least once.
        None => (dice.below(40).max(u64::from(!sanctioned.is_empty())), "own"),
    };
    History { transfers: own(seed, address, label, count), sanctioned }
}

/// A past of exactly this many transactions with strangers.
fn own(seed: u64, address: &Address, label: &str, count: u64) -> Vec<Transfer> {
    let chain = address.chain;
    let mut ledger = Ledger::new(seed, chain, &format!("{label} {}", address.text), count >= 1_000);
    let strangers: Vec<_> = (0..(count / 3).clamp(1, 60))
        .map(|number| invented(seed, chain, &format!("{} {number}", address.text)).text)
        .collect();
    for number in 0..count {
        let index = usize::try_from(ledger.dice().below(60)).unwrap_or(0);
        let Some(stranger) = strangers.iter().cycle().nth(index) else { continue };
        if number == 0 || ledger.dice().below(2) == 0 {
            ledger.fund(stranger, &address.text);
        } else {
            ledger.send(&address.text, stranger);
        }
    }
    ledger.transfers
}

/// A sanctioned address, its reserve, and those who were paid with its money.
struct Neighbourhood {
    members: HashSet<String>,
    listed: [Sanctioned; 2],
    transfers: Vec<Transfer>,
}

impl Neighbourhood {
    fn of(seed: u64, chain: Chain) -> Neighbourhood {
        let role = |role| text_of(seed, chain, role);
        let (sanctioned, first, second, third) = (
            role(Role::Sanctioned),
            role(Role::Exposed1),
            role(Role::Exposed2),
            role(Role::Exposed3),
        );
        let reserve = invented(seed, chain, "sanctioned reserve").text;
        let outsiders = [0, 1, 2, 3, 4, 5]
            .map(|number| invented(seed, chain, &format!("outsider {number}")).text);

        let mut ledger = Ledger::new(seed, chain, "neighbourhood", false);
        // Where the outsiders' money came from is told to nobody.
        for (number, outsider) in outsiders.iter().enumerate() {
            for part in 0..2 {
                ledger.fund(
                    &invented(seed, chain, &format!("beyond {number} {part}")).text,
                    outsider,
                );
            }
        }
        let [a, b, c, d, e, f] = &outsiders;
        for (from, to) in [
            (a, &reserve),
            (b, &sanctioned),
            (&reserve, &sanctioned),
            (&sanctioned, &first),
            (c, &first),
            (&sanctioned, &first),
            (&first, &second),
            (d, &second),
            (e, &third),
            (&second, &third),
            (&reserve, &sanctioned),
            (&first, &second),
            (&first, c),
            (&second, d),
            (&third, f),
            (&second, &third),
            (&sanctioned, b),
        ] {
            ledger.send(from, to);
        }
        let (name, program) = match chain {
            Chain::Btc => ("NORTHLIGHT MIXING SERVICE", "CYBER2"),
            Chain::Eth => ("GREY HERON EXCHANGE FZE", "DPRK3"),
        };
        let listed = [sanctioned.clone(), reserve.clone()].map(|address| Sanctioned {
            address,
            name,
            program,
            hops: 0,
        });
        let members =
            outsiders.into_iter().chain([sanctioned, reserve, first, second, third]).collect();
        Neighbourhood { members, listed, transfers: ledger.transfers }
    }

    fn history(&self, address: &str) -> History {
        let hops = self.hops_from(address);
        let near = self.listed.iter().filter_map(|listed| {
            Some(Sanctioned { hops: *hops.get(listed.address.as_str())?, ..listed.clone() })
        });
        let mut sanctioned: Vec<_> = near.collect();
        sanctioned.sort_by_key(|near| near.hops);
        let transfers = self
            .transfers
            .iter()
            .filter(|transfer| transfer.from == address || transfer.to == address)
            .cloned()
            .collect();
        History { transfers, sanctioned }
    }

    /// How many transactions lead from an address to each other one, in either direction of the
    /// money.
    fn hops_from(&self, address: &str) -> HashMap<&str, u32> {
        let mut hops = HashMap::new();
        let mut reached: HashSet<&str> = self
            .transfers
            .iter()
            .flat_map(|t| [t.from.as_str(), t.to.as_str()])
            .filter(|a| *a == address)
            .collect();
        for distance in 0..=HOPS_MAX {
            for address in &reached {
                hops.entry(*address).or_insert(distance);
            }
            let neighbours = self
                .transfers
                .iter()
                .flat_map(|t| [(t.from.as_str(), t.to.as_str()), (t.to.as_str(), t.from.as_str())]);
            reached = neighbours
                .filter(|(from, to)| reached.contains(from) && !hops.contains_key(to))
                .map(|(_, to)| to)
                .collect();
        }
        hops
    }

    /// The sanctioned address two or three hops away from a stranger.
    fn distant(&self, dice: &mut Dice) -> Vec<Sanctioned> {
        let hops = if dice.below(2) == 0 { 2 } else { 3 };
        self.listed
            .first()
            .map(|listed| Sanctioned { hops, ..listed.clone() })
            .into_iter()
            .collect()
    }
}

/// Names that no page may believe.
fn hostile(seed: u64, chain: Chain) -> Vec<Sanctioned> {
    let names = [
        ("<script>alert('sdn')</script>", "<img src=x onerror=alert(1)>"),
        ("\u{202e}DEVIECER SAW TNEMYAP\u{202c} \u{2066}Ltd", "\"><svg/onload=alert(2)>"),
        ("=HYPERLINK(\"http://localhost/\",\"open\")", "javascript:alert(3)"),
    ];
    let near = |(number, (name, program)): (usize, (&'static str, &'static str))| Sanctioned {
        address: invented(seed, chain, &format!("hostile {number}")).text,
        name,
        program,
        hops: 1,
    };
    names.into_iter().enumerate().map(near).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(chain: Chain, role: Role) -> Address {
        Address { chain, text: text_of(1, chain, role) }
    }

    #[test]
    fn exposure_is_as_far_as_the_role_says() {
        for chain in Chain::ALL {
            for (role, hops) in [
                (Role::Sanctioned, vec![0, 1]),
                (Role::Exposed1, vec![1, 2]),
                (Role::Exposed2, vec![2, 3]),
                (Role::Exposed3, vec![3]),
                (Role::Clean, vec![]),
                (Role::Busy, vec![]),
            ] {
                let history = of(1, &address(chain, role), Some(role));
                assert_eq!(
                    history.sanctioned.iter().map(|near| near.hops).collect::<Vec<_>>(),
                    hops,
                    "{chain:?} {role:?}"
                );
            }
        }
    }

    #[test]
    fn both_sides_tell_the_same_transaction() {
        for chain in Chain::ALL {
            let [sanctioned, first] =
                [Role::Sanctioned, Role::Exposed1].map(|role| address(chain, role));
            let seen = |of_whom: &Address, other: &Address| -> Vec<_> {
                let transfers = of(1, of_whom, Some(Role::Clean)).transfers;
                transfers
                    .into_iter()
                    .filter(|t| t.from == other.text || t.to == other.text)
                    .map(|t| (t.hash, t.value))
                    .collect()
            };
            assert_eq!(seen(&sanctioned, &first).len(), 2);
            assert_eq!(seen(&sanctioned, &first), seen(&first, &sanctioned));
        }
    }

    #[test]
    fn sizes_are_as_promised() {
        for (role, count) in [(Role::Empty, 0), (Role::Busy, 5_000)] {
            assert_eq!(of(1, &address(Chain::Btc, role), Some(role)).transfers.len(), count);
        }
        assert!(of(1, &address(Chain::Eth, Role::Clean), Some(Role::Clean)).transfers.len() >= 4);
    }

    #[test]
    fn strangers_are_mostly_clean_and_always_the_same() {
        let strangers: Vec<_> = (0..120)
            .map(|number| Address { chain: Chain::Eth, text: format!("0x{number:040x}") })
            .collect();
        let hops =
            |address: &Address| of(1, address, None).sanctioned.first().map(|near| near.hops);
        let found: Vec<_> = strangers.iter().map(hops).collect();
        assert_eq!(found, strangers.iter().map(hops).collect::<Vec<_>>());
        let mixed = found.iter().flatten().count();
        assert!((8..40).contains(&mixed), "{mixed}");
        assert!(found.iter().flatten().all(|hops| [2, 3].contains(hops)));
    }
}
