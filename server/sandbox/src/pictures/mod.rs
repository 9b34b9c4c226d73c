//! Pictures of people and documents that do not exist, drawn when they are asked for.
//!
//! Whoever tries an upload, by hand or in a test, finds good ones ([`specimen`]) and bad ones
//! ([`bad`]) here. All good ones say SPECIMEN and carry [`CANARY`] in their metadata. Knows no
//! provider.

mod bad;
pub mod bombs;
mod canvas;
mod document;
mod face;
pub(crate) mod metadata;
mod page;
mod signature;

pub(crate) use metadata::crc32;

use crate::{
    holder::{Holder, Kind, Known, invent},
    text::hash,
};

pub use bad::{BAD, bad};
pub(crate) use bad::{bomb, page as html_page};
pub(crate) use page::routes;

/// The words in every picture's metadata; whoever shows a picture to people should have removed
/// them.
pub const CANARY: &str = "SANDBOX-EXIF-CANARY";

/// A person with specimen pictures.
#[derive(Clone, Copy, Debug)]
pub struct Specimen {
    /// The name in addresses.
    pub slug: &'static str,
    pub name: &'static str,
    /// Alpha-3.
    pub country: &'static str,
    /// M, F or X.
    pub gender: &'static str,
    /// `YYYY-MM-DD`.
    pub birthday: &'static str,
}

/// The people that [`specimen`] knows.
pub const SPECIMENS: [Specimen; 8] = [
    person("lin-yating", "林雅婷", "TWN", "F", "1991-04-18"),
    person("chen-chihming", "陳志明", "TWN", "M", "1978-11-02"),
    person("joerg-mueller", "Jörg Müller", "DEU", "M", "1984-09-05"),
    person("olena-kovalenko", "Олена Коваленко", "UKR", "F", "1989-07-12"),
    person("taras-hrytsenko", "Тарас Гриценко", "UKR", "M", "1996-02-29"),
    person("sato-haruka", "佐藤遥", "JPN", "F", "1994-12-24"),
    person("emily-clarke", "Emily Clarke", "GBR", "F", "1972-03-30"),
    person("lukasz-wojcik", "Łukasz Wójcik", "POL", "M", "1987-05-06"),
];

/// What [`specimen`] can show of each person: name and file ending.
pub const SLOTS: [(&str, &str); 7] = [
    ("front", "png"),
    ("back", "png"),
    ("passport", "png"),
    ("licence-front", "png"),
    ("licence-back", "png"),
    ("face", "jpg"),
    ("face-with-id", "jpg"),
];

const fn person(
    slug: &'static str,
    name: &'static str,
    country: &'static str,
    gender: &'static str,
    birthday: &'static str,
) -> Specimen {
    Specimen { slug, name, country, gender, birthday }
}

/// A specimen picture and its content type; `None` when there is no such person or slot.
///
/// `front` and `back` are of an identity card; see [`SLOTS`] for the others.
pub fn specimen(person: &str, slot: &str) -> Option<(Vec<u8>, &'static str)> {
    let person = SPECIMENS.iter().find(|known| known.slug == person)?;
    let (kind, side) = match slot {
        "front" => (Kind::IdCard, Side::Front),
        "back" => (Kind::IdCard, Side::Back),
        "passport" => (Kind::Passport, Side::Front),
        "licence-front" => (Kind::DrivingLicense, Side::Front),
        "licence-back" => (Kind::DrivingLicense, Side::Back),
        "face" => (Kind::IdCard, Side::Face),
        "face-with-id" => (Kind::IdCard, Side::FaceWithId),
        _ => return None,
    };
    Some((draw(&holder(person, kind), side)?, side.content_type()))
}

fn holder(person: &Specimen, kind: Kind) -> Holder {
    let known = Known {
        name: Some(person.name.into()),
        birthday: Some(person.birthday.into()),
        gender: Some(person.gender.into()),
        ..Known::default()
    };
    invent(1, person.slug, person.country, kind, &known)
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Front,
    Back,
    Face,
    FaceWithId,
}

impl Side {
    pub fn content_type(self) -> &'static str {
        match self {
            Side::Front | Side::Back => "image/png",
            Side::Face | Side::FaceWithId => "image/jpeg",
        }
    }
}

/// Draws it; `None` for the back of a passport. Takes a while: not for an async task.
pub(crate) fn draw(holder: &Holder, side: Side) -> Option<Vec<u8>> {
    let portrait = hash(11, &format!("{}/{}", holder.full_name, holder.birthday));
    let bytes = match side {
        Side::Front => document::front(holder, portrait).png(),
        Side::Back => document::back(holder)?.png(),
        Side::Face => photograph(portrait).jpeg(),
        Side::FaceWithId => {
            let mut canvas = photograph(portrait);
            canvas.paste(&document::front(holder, portrait), 180, 600, 2);
            canvas.jpeg()
        }
    };
    Some(metadata::with_canary(bytes))
}

/// A JPEG of a name's signature, with the metadata of all specimens.
pub(crate) fn signature(name: &str) -> Vec<u8> {
    metadata::with_canary(signature::draw(name).jpeg())
}

fn photograph(number: u64) -> canvas::Canvas {
    let mut canvas = face::portrait(800, 1_000, number);
    canvas.text(20, 20, 3, canvas::INK, "SPECIMEN");
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_has_every_picture_in_its_format_with_the_canary() {
        for person in &SPECIMENS {
            for (slot, ending) in SLOTS {
                let (bytes, kind) = specimen(person.slug, slot).unwrap();
                assert_eq!(kind, if ending == "png" { "image/png" } else { "image/jpeg" });
                let format = image::guess_format(&bytes).unwrap();
                assert_eq!(format.to_mime_type(), kind);
                assert!(metadata::carries_canary(&bytes));
                assert!(
                    (3_000..2_000_000).contains(&bytes.len()),
                    "{} {slot}: {}",
                    person.slug,
                    bytes.len()
                );
            }
        }
        assert!(
            specimen("nobody", "face").is_none() && specimen("lin-yating", "profile").is_none()
        );
    }

    #[test]
    fn pictures_are_of_their_size_and_of_different_people() {
        let open = |person: &str, slot: &str| {
            image::load_from_memory(&specimen(person, slot).unwrap().0).unwrap()
        };
        let (front, face) = (open("lin-yating", "front"), open("lin-yating", "face"));
        assert_eq!(
            (front.width(), front.height(), face.width(), face.height()),
            (1_200, 760, 800, 1_000)
        );
        assert_ne!(face, open("emily-clarke", "face"));
        assert_ne!(front, open("lin-yating", "passport"));
        assert_eq!(face, open("lin-yating", "face"), "the same each time");
    }
}
