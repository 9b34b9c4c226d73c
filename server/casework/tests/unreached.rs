//! F-31: providers that no connection comes about with. Each ends in time, says what is wrong, and
//! holds nobody else up.

use crate::support::*;
use casework::{checks, connections};
use domain::{CheckId, ConnectionId, checks::State, launch::DueDiligenceForm};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

/// Where the certificates are; whoever has it trusts the issuer that is there, and nobody else.
const CERTIFICATES: &str = "PROBITY_TEST_CERTIFICATES";

/// Writes certificates for `localhost`, a good one and some that are not, with the issuer of most
/// of them.
fn issue(folder: &Path) {
    let params = |name: &str| CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    let write = |name: &str, pem: String| std::fs::write(folder.join(name), pem).expect("writes");
    let mut authority = params("issuer");
    authority.distinguished_name.push(DnType::CommonName, "An issuer");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
        .expect("an issuer");
    write("issuer.pem", issuer.pem());
    let mut expired = params("localhost");
    (expired.not_before, expired.not_after) =
        (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    let mut early = params("localhost");
    (early.not_before, early.not_after) = (date_time_ymd(2190, 1, 1), date_time_ymd(2191, 1, 1));
    for (name, params) in [
        ("good", params("localhost")),
        ("expired", expired),
        ("early", early),
        ("other", params("elsewhere.example")),
    ] {
        let key = KeyPair::generate().expect("a key");
        write(
            &format!("{name}.pem"),
            params.signed_by(&key, &issuer).expect("a certificate").pem(),
        );
        write(&format!("{name}.key"), key.serialize_pem());
    }
    let key = KeyPair::generate().expect("a key");
    write("self.pem", params("localhost").self_signed(&key).expect("a certificate").pem());
    write("self.key", key.serialize_pem());
}

/// A provider that counts the requests that reach it in clear.
struct Provider {
    address: String,
    requests: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Provider {
    async fn start<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(TcpStream, Arc<AtomicUsize>) -> F + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address =
            format!("https://localhost:{}", listener.local_addr().expect("an address").port());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = requests.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, counted.clone()));
            }
        });
        Self { address, requests, task }
    }

    /// Speaks TLS with one of the certificates, and answers each launch.
    async fn with(folder: &Path, name: &str) -> Self {
        let chain =
            CertificateDer::pem_file_iter(folder.join(format!("{name}.pem"))).expect("a file");
        let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
        let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key"))).expect("a key");
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a configuration");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start(move |stream, requests| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 16_384];
                if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                    requests.fetch_add(1, Ordering::Relaxed);
                    let body = "[{\"task_id\":7}]";
                    let head =
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    stream.write_all(answer.as_bytes()).await.ok();
                    stream.shutdown().await.ok();
                }
            }
        })
        .await
    }
}

async fn connect(desk: &Desk, address: &str, allow_private: bool) -> ConnectionId {
    let form = connections::Form {
        name: format!("At {address}, private: {allow_private}"),
        provider: "kryptogo".into(),
        base_url: address.into(),
        search_settings: "1 = Precise".into(),
        allow_private,
        secret: Zeroizing::new(TOKEN.into()),
        ..connections::Form::default()
    };
    let id = connections::add(&desk.work, &by(&desk.adam), &form).await.expect("a connection");
    connections::set_deadline(&desk.work, &by(&desk.adam), &id, Some(4_000))
        .await
        .expect("a deadline");
    id
}

async fn launch(desk: &Desk, connection: &ConnectionId) -> CheckId {
    let id = desk
        .launch_form(&DueDiligenceForm {
            connection: connection.to_string(),
            ..desk.form("Ana Popović")
        })
        .await;
    tokio::time::timeout(LONG, casework::outbox::work_off(&desk.work, 1))
        .await
        .expect("comes to an end")
        .expect("works");
    id
}

/// Nothing was sent, which is what it says, with why; it waits to be tried again, and an admin who
/// tests it reads the same.
async fn assert_unreached(desk: &Desk, connection: &ConnectionId, why: &[&str]) {
    let check = desk.check(&launch(desk, connection).await).await;
    let trouble = check.trouble.unwrap_or_default();
    assert!(why.iter().any(|why| trouble.contains(why)), "{why:?}: {trouble}");
    assert!(
        trouble.starts_with("KryptoGO could not be reached (")
            && trouble.contains("Nothing was sent. It is tried again"),
        "{trouble}"
    );
    assert_eq!(check.state, State::Queued.code());
    let delivery = texts(
        &desk.work.db,
        &format!("SELECT state FROM deliveries WHERE check_id = '{}'", check.id),
    )
    .await;
    assert_eq!(delivery, ["due"], "it is known that nothing was sent");
    let tested = connections::test(&desk.work, &by(&desk.adam), connection)
        .await
        .expect("an answer")
        .expect_err("no connection");
    assert!(why.iter().any(|why| tested.contains(why)), "{why:?}: {tested}");
    // Nothing more is tried there while others are looked at.
    checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &check.id.as_str().into())
        .await
        .expect("withdraws");
}

/// What this machine trusts is read once in a process: so this test begins another one of itself,
/// with an issuer of its own.
#[test]
fn certificates_that_cannot_be_trusted_end_a_call_before_anything_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    issue(folder.path());
    let mut itself = Command::new(std::env::current_exe().expect("a program"));
    itself.args([
        "--exact",
        "unreached::among_certificates_of_all_sorts",
        "--ignored",
        "--nocapture",
    ]);
    itself
        .env(CERTIFICATES, folder.path())
        .env("SSL_CERT_FILE", folder.path().join("issuer.pem"))
        .env_remove("SSL_CERT_DIR");
    let ended = itself.output().expect("runs");
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(
        ended.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the test above begins it, with certificates"]
async fn among_certificates_of_all_sorts() {
    rustls::crypto::ring::default_provider().install_default().ok();
    on_sqlite(|desk| async move {
        let folder = PathBuf::from(std::env::var_os(CERTIFICATES).expect("certificates"));
        for (name, why) in [
            ("expired", "its certificate has expired"),
            ("early", "its certificate is not valid yet"),
            ("other", "its certificate is for another name"),
            ("self", "its certificate comes from nobody whom this machine trusts"),
        ] {
            let provider = Provider::with(&folder, name).await;
            assert_unreached(&desk, &connect(&desk, &provider.address, true).await, &[why]).await;
            assert_eq!(provider.requests.load(Ordering::Relaxed), 0, "{name}: nothing was sent");
        }
        let good = Provider::with(&folder, "good").await;
        let check = launch(&desk, &connect(&desk, &good.address, true).await).await;
        assert_eq!(
            desk.check(&check).await.state,
            State::Running.code(),
            "one that is good is believed"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_lead_nowhere_and_ports_that_speak_no_tls_end_in_time_and_are_told_apart() {
    rustls::crypto::ring::default_provider().install_default().ok();
    on_sqlite(|desk| async move {
        let in_time = "no connection came about in time";
        // It is accepted, and then nothing comes.
        let silent = Provider::start(|stream, _| async move {
            let _stream = stream;
            std::future::pending::<()>().await;
        });
        let plain = Provider::start(|mut stream, _| async move {
            if stream.read(&mut [0; 1_024]).await.is_ok_and(|read| read > 0) {
                stream
                    .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                    .await
                    .ok();
            }
        });
        let (silent, plain) = (silent.await, plain.await);
        let closed = {
            // Not at 127.0.0.1, where another test would soon be given that port.
            let free = TcpListener::bind("127.0.0.33:0").await.expect("a port");
            format!("https://{}", free.local_addr().expect("an address"))
        };
        // How a resolver takes a name that is never there is its own matter: it says so, or nothing
        // for long.
        assert_unreached(
            &desk,
            &connect(&desk, "https://nobody.invalid", true).await,
            &["its name cannot be looked up", in_time],
        )
        .await;
        assert_unreached(
            &desk,
            &connect(&desk, &silent.address, false).await,
            &["the name has no public address"],
        )
        .await;
        assert_unreached(&desk, &connect(&desk, &silent.address, true).await, &[in_time]).await;
        assert_unreached(
            &desk,
            &connect(&desk, &plain.address, true).await,
            &["it does not answer in TLS there"],
        )
        .await;
        assert_unreached(&desk, &connect(&desk, &closed, true).await, &["refused"]).await;
        // Nobody else is held up.
        desk.reviewed("Ana Popović").await;
    })
    .await;
}
