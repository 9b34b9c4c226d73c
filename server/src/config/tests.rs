use super::*;

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\npublic_url = \"https://desk.example/\"\n")
        .expect("written");
    let config =
        Config::read(Some(&file), |name| (name == "PROBITY_LISTEN").then(|| "127.0.0.1:2".into()))
            .expect("reads");
    assert_eq!(config.listen().port(), 2);
    assert_eq!(config.public_url(), "https://desk.example");
}

#[test]
fn an_unknown_key_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "lisen = \"127.0.0.1:1\"\n").expect("written");
    let error = Config::read(Some(&file), |_| None).expect_err("refused").to_string();
    assert!(error.contains("lisen"), "{error}");
}

#[test]
fn trusted_proxies_are_addresses_and_networks() {
    let proxies = |text: &str| {
        Config { trusted_proxies: Some(text.into()), ..Config::default() }.trusted_proxies()
    };
    let shown: Vec<String> = proxies("10.0.0.7, 2001:db8::/32,127.0.0.1")
        .expect("reads")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown, ["10.0.0.7/32", "2001:db8::/32", "127.0.0.1/32"]);
    assert!(Config::default().trusted_proxies().expect("reads").is_empty());
    assert!(proxies("10.0.0.7, nginx").expect_err("refused").to_string().contains("nginx"));
}

#[test]
fn secrets_are_not_shown() {
    let canary = || Some("canary".to_owned());
    let database_url = Some("postgres://u:canary@h/d".into());
    let config =
        Config { database_url, master_key: canary(), s3_secret: canary(), ..Config::default() };
    assert!(!format!("{config:?}").contains("canary"));
    assert_eq!(config.shown().lines().count(), KEYS.len());
}

#[test]
fn private_networks_come_as_a_list_or_with_commas() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "allowed_private = [\"10.1.0.0/16\", \"fd00::/8\"]\n").expect("written");
    let config = Config::read(Some(&file), |_| None).expect("reads");
    assert_eq!(config.private().expect("networks").to_string(), "10.1.0.0/16, fd00::/8");
    let config = Config::read(Some(&file), |name| {
        (name == "PROBITY_ALLOWED_PRIVATE").then(|| "127.0.0.1, 10.2.0.0/16".into())
    });
    assert_eq!(
        config.expect("reads").private().expect("networks").to_string(),
        "127.0.0.1/32, 10.2.0.0/16"
    );
    assert!(Config::default().private().expect("none").is_empty());
    let wrong = Config { allowed_private: Some(vec!["8.8.8.0/24".into()]), ..Config::default() };
    assert!(
        wrong
            .private()
            .expect_err("refused")
            .to_string()
            .contains("PROBITY_ALLOWED_PRIVATE: 8.8.8.0/24")
    );
}

#[test]
fn roles_that_take_a_second_factor_come_as_a_list_or_with_commas() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "[second_factor]\nroles = [\"supervisor\", \"admin\"]\n")
        .expect("written");
    let config = Config::read(Some(&file), |_| None).expect("reads");
    assert_eq!(config.second_factor_roles().expect("roles"), [Role::Supervisor, Role::Admin]);
    let config = Config::read(Some(&file), |name| {
        (name == "PROBITY_SECOND_FACTOR_ROLES").then(|| "admin".into())
    })
    .expect("reads");
    assert_eq!(config.second_factor_roles().expect("the environment wins"), [Role::Admin]);
    assert!(Config::default().second_factor_roles().expect("none").is_empty());
    let wrong = Config {
        second_factor: SecondFactor { roles: Some(vec!["boss".into()]) },
        ..Config::default()
    };
    assert!(
        wrong.second_factor_roles().expect_err("refused").to_string().contains("boss is no role")
    );
}

#[test]
fn a_made_key_is_private_and_read_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config { data: Some(folder.path().into()), ..Config::default() };
    assert!(config.sealer(false).is_err(), "a missing key is not made silently");
    let made = config.sealer(true).expect("made");
    let mode =
        std::fs::metadata(folder.path().join("master.key")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(config.sealer(false).expect("read").key_id(), made.key_id());
}
