//! Passwords at the edges of what is taken.

use domain::people::{PASSWORD_MAX_BYTES, PASSWORD_MIN, check_password};

fn is_taken(password: &str, account: &str) -> bool {
    check_password(password, account).is_ok()
}

#[test]
fn a_password_has_15_characters_and_1024_bytes_at_most() {
    let shortest = "otters hum blue";
    assert_eq!(shortest.chars().count(), PASSWORD_MIN);
    assert!(is_taken(shortest, "anna") && !is_taken(&shortest[1..], "anna"));
    let longest = "otters hum blue ".repeat(64);
    assert_eq!(longest.len(), PASSWORD_MAX_BYTES);
    assert!(is_taken(&longest, "anna") && !is_taken(&format!("{longest}x"), "anna") && !is_taken(&longest.repeat(2), "anna"));
}

/// An account name of three letters or more is taken out before what is left is looked at.
#[test]
fn a_password_is_more_than_the_account_name() {
    let password = "zeb zeb zeb zeb zeb kw";
    assert!(!is_taken(password, "zeb") && !is_taken(password, "ZEB"));
    assert!(is_taken(password, "ze") && is_taken(password, "anna"));
    assert!(!is_taken("otters hum blue 12", "ottershumblue"));
}

#[test]
fn a_password_has_five_different_characters_and_is_not_mostly_a_run() {
    assert!(is_taken("kzqxbkzqxbkzqxb", "anna") && !is_taken("kzqxkzqxkzqxkzqx", "anna"));
    // Ten neighbours of fifteen pairs are half of the letters and two; one more is too many.
    assert!(is_taken("abcdefghijkzqxbm", "anna") && !is_taken("abcdefghijklqxbm", "anna"));
}
