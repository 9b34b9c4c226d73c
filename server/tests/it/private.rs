//! What the program writes is for its own user alone, and commands that find no desk make none.

use crate::support::{Running, launch_with_pictures};
use casework::people;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The program under a mask that lets everybody read, and write.
fn probity(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_probity")])
        .args(arguments);
    command
        .env("PROBITY_DATA", folder)
        .env("PROBITY_LOG", "error")
        .env_remove("DATABASE_URL")
        .env_remove("PROBITY_CONFIG");
    command
        .env("PROBITY_LISTEN", "127.0.0.1:0")
        .env("PROBITY_SITE", "no-site")
        .stdin(Stdio::null())
        .output()
        .expect("runs")
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("there").permissions().mode() & 0o7777
}

fn open(path: &Path) {
    std::fs::set_permissions(
        path,
        PermissionsExt::from_mode(if path.is_dir() { 0o755 } else { 0o644 }),
    )
    .expect("opened");
}

/// A folder and all that is in it.
fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for path in std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
        if path.is_dir() { found.extend(all(&path)) } else { found.push(path) }
    }
    found
}

fn assert_private(folder: &Path) {
    for path in all(folder) {
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

/// S-48, S-46: whatever the mask and whatever an earlier version left behind, and copies too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_48_nobody_else_may_read_what_the_program_writes() {
    let desk = Running::start().await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let anna = people::list(&desk.work)
        .await
        .expect("lists")
        .into_iter()
        .find(|p| p.account == "anna")
        .expect("anna");
    launch_with_pictures(&desk.work, &anna.caller().expect("a role"), &connection)
        .await
        .expect("launches");
    let home = tempfile::tempdir().expect("a folder");
    let (old, copy, restored) =
        (desk.folder.path().join(""), home.path().join("copy"), home.path().join("restored"));
    assert!(
        all(&old).iter().any(|path| path.starts_with(old.join("objects")) && path.is_file()),
        "there are files of evidence"
    );
    assert_private(&old.join("objects"));
    // As an earlier version left everything but the key.
    for path in all(&old).iter().filter(|path| !path.ends_with("master.key")) {
        open(path);
    }
    let to = copy.to_str().expect("text").to_owned();
    let from = old.clone();
    let copied = tokio::task::spawn_blocking(move || probity(&from, &["backup", &to]))
        .await
        .expect("no panic");
    assert!(copied.status.success(), "{}", said(&copied));
    assert_private(&old);
    assert_private(&copy);
    let put_back = probity(&restored, &["restore", copy.to_str().expect("text")]);
    assert!(put_back.status.success(), "{}", said(&put_back));
    assert_private(&restored);
    desk.stop().await;
}

/// S-48: a new desk, from its first command on.
#[test]
fn s_48_a_new_desk_is_private_and_a_wide_key_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let data = home.path().join("new/data");
    let made = probity(&data, &["setup-token"]);
    assert!(made.status.success(), "{}", said(&made));
    assert_private(&data);
    assert!(data.join("master.key").is_file() && data.join("probity.db").is_file());

    let key = data.join("master.key");
    open(&key);
    for arguments in [&["serve"] as &[&str], &["journal", "verify"], &["inspect"], &["setup-token"]]
    {
        let refused = probity(&data, arguments);
        let words = said(&refused);
        // Verifying needs no key, and says why none was read.
        let goes_on = arguments[0] == "journal";
        assert_eq!(refused.status.success(), goes_on, "{arguments:?}: {words}");
        assert!(words.contains("its mode is 644"), "{arguments:?}: {words}");
        assert!(words.contains(&format!("chmod 600 '{}'", key.display())), "what to type: {words}");
    }
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).expect("closed");
    assert!(probity(&data, &["journal", "verify"]).status.success());
}

/// Verifying needs no key: one that is another desk's is said to be that, and all the rest is
/// verified.
#[test]
fn a_wrong_master_key_keeps_nobody_from_verifying() {
    let home = tempfile::tempdir().expect("a folder");
    let (data, other, secret) =
        (home.path().join("data"), home.path().join("other"), home.path().join("secret"));
    std::fs::write(&secret, "0123456789abcdef-xyz").expect("writes");
    let secret = secret.to_str().expect("text");
    for folder in [&data, &other] {
        assert!(probity(folder, &["setup-token"]).status.success());
    }
    let address = "https://external-api.kryptogo.com";
    let add = [
        "connection",
        "add",
        "--name",
        "K",
        "--base-url",
        address,
        "--search-setting",
        "1=Precise",
        "--secret-file",
        secret,
    ];
    let added = probity(&data, &add);
    assert!(added.status.success(), "{}", said(&added));
    std::fs::copy(other.join("master.key"), data.join("master.key")).expect("copies");
    let verified = probity(&data, &["journal", "verify"]);
    let words = said(&verified);
    assert!(verified.status.success() && words.contains("The journal is intact"), "{words}");
    assert!(words.contains("This master key is not the one"), "{words}");
    let refused = probity(&data, &["inspect"]);
    assert!(
        !refused.status.success() && said(&refused).contains("This master key is not the one"),
        "{}",
        said(&refused)
    );
}

/// In a folder without a desk nothing is made, and it is said where it was looked.
#[test]
fn commands_that_find_no_desk_say_where_they_looked_and_make_none() {
    let home = tempfile::tempdir().expect("a folder");
    let (empty, missing, copy) =
        (home.path().join("empty"), home.path().join("missing"), home.path().join("copy"));
    std::fs::create_dir(&empty).expect("a folder");
    let to = copy.to_str().expect("text");
    for arguments in [
        &["inspect"] as &[&str],
        &["journal", "verify"],
        &["backup", to],
        &["user", "add", "--account", "anna", "--name", "Anna Berg", "--role", "analyst"],
        &[
            "connection",
            "add",
            "--name",
            "K",
            "--base-url",
            "https://external-api.kryptogo.com",
            "--search-setting",
            "1=Precise",
        ],
        &["connection", "list"],
        &["connection", "test", "K"],
    ] {
        for data in [&empty, &missing] {
            let refused = probity(data, arguments);
            let words = said(&refused);
            assert!(!refused.status.success(), "{arguments:?}: {words}");
            assert!(
                words.contains("There is no desk")
                    && words.contains(data.join("probity.db").to_str().expect("text")),
                "{words}"
            );
        }
        assert_eq!(
            std::fs::read_dir(&empty).expect("a folder").count(),
            0,
            "{arguments:?} made something"
        );
        assert!(!missing.exists() && !copy.exists(), "{arguments:?} made something");
    }
    // Nor where an empty file stands in a desk's place.
    std::fs::write(empty.join("probity.db"), "").expect("writes");
    let refused = probity(&empty, &["journal", "verify"]);
    assert!(
        !refused.status.success() && said(&refused).contains("There is no desk"),
        "{}",
        said(&refused)
    );
    assert!(!empty.join("master.key").exists());
    // A restore says which folder is no copy.
    let refused = probity(&home.path().join("data"), &["restore", empty.to_str().expect("text")]);
    assert!(
        !refused.status.success() && said(&refused).contains("this is no copy"),
        "{}",
        said(&refused)
    );
    assert!(!home.path().join("data").exists());
}

/// The same of a PostgreSQL database with nothing in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_postgres_database_is_no_desk_either() {
    let Some(schema) = crate::schema::Schema::make().await else { return };
    let home = tempfile::tempdir().expect("a folder");
    for arguments in [
        &["inspect"] as &[&str],
        &["journal", "verify"],
        &["backup", "copy"],
        &["connection", "list"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_probity"));
        command
            .args(arguments)
            .env("PROBITY_DATA", home.path().join("data"))
            .env("DATABASE_URL", &schema.url)
            .env_remove("PROBITY_CONFIG");
        let refused = command.current_dir(home.path()).output().expect("runs");
        assert!(
            !refused.status.success() && said(&refused).contains("There is no desk"),
            "{}",
            said(&refused)
        );
        assert_eq!(
            std::fs::read_dir(home.path()).expect("a folder").count(),
            0,
            "{arguments:?} made something"
        );
    }
    schema.drop().await;
}

/// Whoever reads may stop reading: nothing panics, and what was to be done is done.
#[test]
fn a_command_whose_reader_is_gone_ends_quietly() {
    let home = tempfile::tempdir().expect("a folder");
    let data = home.path().join("data");
    assert!(probity(&data, &["setup-token"]).status.success());
    for arguments in [
        "config",
        "setup-token",
        "journal verify",
        "inspect",
        "connection list",
        "connection test nobody",
        "--help",
    ] {
        // Both of its outputs lead to a reader that has ended before it begins.
        let script = format!(
            "(sleep 0.3; '{}' {arguments}; echo $? >&3) 2>&1 | true",
            env!("CARGO_BIN_EXE_probity")
        );
        let mut command = Command::new("bash");
        command
            .args(["-c", &format!("exec 3>'{}'; {script}", home.path().join("status").display())]);
        command
            .env("PROBITY_DATA", &data)
            .env("PROBITY_LOG", "trace")
            .env_remove("DATABASE_URL")
            .env_remove("PROBITY_CONFIG");
        assert!(command.output().expect("runs").status.success());
        let status = std::fs::read_to_string(home.path().join("status")).expect("a status");
        let expected = if arguments.contains("nobody") { "1" } else { "0" };
        assert_eq!(status.trim(), expected, "{arguments}: a panic would be 101");
    }
}
