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
    assert!(
        is_taken(&longest, "anna")
            && !is_taken(&format!("{longest}x"), "anna")
            && !is_taken(&longest.repeat(2), "anna")
    );
}

/// An account name of three letters or more is taken out before what is left is looked at.
#[test]
fn a_password_is_more_than_the_account_name() {
    let password = "zeb hums zeb kwtz vy zeb";
    assert!(is_taken(password, "ze") && is_taken(password, "anna"));
    let password = "zeb zeb zeb kwt zeb";
    assert!(!is_taken(password, "zeb") && !is_taken(password, "ZEB"));
    assert!(is_taken(password, "ze") && is_taken(password, "anna"));
    assert!(!is_taken("otters hum blue 12", "ottershumblue"));
}

#[test]
fn a_password_is_more_than_what_it_repeats_and_than_a_row_of_keys() {
    assert!(!is_taken("kzqxbkzqxbkzqxb", "anna") && is_taken("kzqxbvhmtkzqxbvhmt", "anna"));
    assert!(!is_taken("kzqxkzqxkzqxkzqx", "anna"));
    // A row is little more than where it begins, however long it is; what stands beside it counts.
    assert!(is_taken("abcdefghijkvhtkzu", "anna") && !is_taken("abcdefghijklmqxbm", "anna"));
}

/// Passwords of 15 characters and more that stand in published lists of leaked ones, or are made as
/// those are.
const COMMON: &str = "
    123456789012345 1234567890123456 123456789123456789 12345678987654321 0987654321234567 111111111111111 000000000000000
    1234567890qwerty qwerty1234567890 qwertyuiop123456 qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm asdfghjklqwertyuiop
    asdfghjkl123456 zxcvbnmasdfghjkl zxcvbnm123456789 1qaz2wsx3edc4rfv 1qaz2wsx3edc4rfv5tgb zaq12wsxcde34rfv qazwsxedcrfvtgb
    q1w2e3r4t5y6u7i8 1q2w3e4r5t6y7u8i9o0p 1qazxsw23edcvfr4 1234qwerasdfzxcv qwer1234asdf5678 poiuytrewqlkjhgfdsa qweasdzxcqweasdzxc
    abcdefghijklmno abcdefghijklmnop abcdefghijklmnopqrstuvwxyz abcd1234abcd1234 abc123abc123abc123 aaaaaaaaaaaaaaa aaaabbbbccccdddd
    112233445566778899 123123123123123 123321123321123321 147258369147258369 789456123789456123 11223344556677889900
    passwordpassword passwordpassword1 password123456789 password1234567890 Password12345678! Password123!Password123!
    P@ssw0rdP@ssw0rd P@ssw0rd123456789 Passw0rd!Passw0rd! mypasswordispassword thisismypassword thisisapassword thepassword12345
    passwordstandard supersecretpassword mysecretpassword1 letmeinletmein123 letmeinplease123 changemechangeme changeme1234567
    administrator123 administrator2024! Administrator@123 adminadminadmin123 admin1234567890 rootrootrootroot welcome123456789
    WelcomeWelcome1! Welcome2024Welcome2024 trustno1trustno1 iloveyouiloveyou iloveyouforever1 iloveyousomuch123 iloveyou123456789
    iloveyoubaby1234 ilovemyfamily123 ilovemymom12345 ilovejesus123456 jesuschrist12345 jesusislord12345 godisgoodallthetime
    fuckyoufuckyou12 ihateyouihateyou sunshinesunshine princessprincess supermansuperman batmanbatman1234 spidermanspiderman
    starwarsstarwars startrek12345678 harrypotter12345 pokemon123456789 pikachupikachu12 dragonballgoku12 footballfootball
    basketball123456 baseball12345678 liverpoolfootballclub liverpoolfc12345 manchesterunited manchesterunited1 chelseafootballclub
    realmadrid123456 barcelona1234567 youllneverwalkalone arsenalarsenal12 michaeljackson1 michaeljordan23 cristianoronaldo7
    christopher12345 elizabeth1234567 alexander1234567 jennifer12345678 charliecharlie12 monkeymonkeymonkey dragondragon1234
    masterofuniverse1 correcthorsebatterystaple CorrectHorseBatteryStaple1 thequickbrownfox thequickbrownfoxjumpsoverthelazydog
    maytheforcebewithyou tobeornottobethatisthequestion welcometothejungle supercalifragilisticexpialidocious bohemianrhapsody1
    nothingelsematters everything123456 whatever12345678 internet12345678 computercomputer microsoft1234567 qwertyqwertyqwerty
    november11november december25december january012345678 Summer2024Summer! Winter2023Winter2023 Spring2024!Spring Monday123Monday123
    september2024!! London2012London2012 newyorknewyork1 blackberry123456 strawberry123456 peanutbutter1234 chocolatechocolate
    butterflybutterfly happybirthday123 merrychristmas123 mynameisjohn1234 bestfriendsforever bestfriends4ever dontforgetthis1
    drowssapdrowssap ytrewqytrewqytrewq probityprobity1 Probity-Compliance-2024 compliancecompliance kryptogo-password-1
";

#[test]
fn s_21_none_of_the_common_long_passwords_is_taken() {
    let all: Vec<&str> = COMMON.split_whitespace().collect();
    assert!(
        all.len() > 150 && all.iter().all(|password| password.chars().count() >= PASSWORD_MIN),
        "{}",
        all.len()
    );
    let taken: Vec<&&str> = all.iter().filter(|password| is_taken(password, "anna")).collect();
    assert!(taken.is_empty(), "{} of {}: {taken:?}", taken.len(), all.len());
}

#[test]
fn what_somebody_made_up_is_taken() {
    for password in [
        "correct horse desk staple",
        "correct horse battery lamp",
        "seven blue otters hum",
        "nine green herons sing",
        "nine green bottles hanging",
        "x9#kfmw2!pqzrt7v",
        "Kv7zRq2mTx9bWn4c",
        "mein Onkel backt Zimtschnecken",
        "trois girafes sur un balcon",
        "пять слов про зелёный чайник",
        "我今天早上吃了三个包子和一碗热豆浆",
        "turmeric lantern gravel 7",
        "he counts 40 pebbles twice",
        "vexed-jackal-under-plywood",
    ] {
        assert!(is_taken(password, "anna"), "{password}");
    }
}
