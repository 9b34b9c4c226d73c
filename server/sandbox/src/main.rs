//! The program around the sandbox: flags, one line on standard output, an orderly end.

use std::{io, io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Parser;
use sandbox::{Options, Sandbox, SolarisTimes};

/// The providers' stand-in: speaks their HTTP, invents customers, misbehaves on request.
#[derive(Parser)]
#[command(version)]
struct Flags {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "SANDBOX_LISTEN", default_value = "127.0.0.1:3999")]
    listen: SocketAddr,
    /// JSON file that keeps the tasks between runs.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Milliseconds that one search source takes.
    #[arg(long, default_value_t = Options::default().step_ms)]
    step_ms: u64,
    /// Decides what is found about names that the catalogue does not know, and which addresses are
    /// well known.
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Milliseconds that a late callback waits.
    #[arg(long, default_value_t = Options::default().late_ms)]
    late_ms: u64,
    /// Milliseconds that a timeout trigger hangs.
    #[arg(long, default_value_t = Options::default().hang_ms)]
    hang_ms: u64,
    /// Milliseconds of a review at Solaris.
    #[arg(long, default_value_t = SolarisTimes::default().review_ms)]
    review_ms: u64,
    /// Milliseconds of the long review at Solaris (LONGREVIEW).
    #[arg(long, default_value_t = SolarisTimes::default().long_review_ms)]
    long_review_ms: u64,
    /// Milliseconds until the held certificates at Solaris are there (HOLDCERTIFICATE).
    #[arg(long, default_value_t = SolarisTimes::default().certificate_ms)]
    certificate_ms: u64,
    /// Milliseconds before Solaris sends a webhook again; later pauses are longer.
    #[arg(long, default_value_t = SolarisTimes::default().retry_ms)]
    retry_ms: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,sandbox=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();

    let flags = Flags::parse();
    let listen = flags.listen;
    let options = Options {
        seed: flags.seed,
        step_ms: flags.step_ms,
        state: flags.state,
        hang_ms: flags.hang_ms,
        late_ms: flags.late_ms,
        solaris: SolarisTimes {
            review_ms: flags.review_ms,
            long_review_ms: flags.long_review_ms,
            certificate_ms: flags.certificate_ms,
            retry_ms: flags.retry_ms,
            ..SolarisTimes::default()
        },
        ..Options::default()
    };
    let sandbox = match Sandbox::start(listen, options).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            eprintln!("{}", sentence(listen, &error));
            return ExitCode::FAILURE;
        }
    };
    // A closed standard output is no reason to stop.
    let _ = writeln!(io::stdout(), "sandbox listening on {}", sandbox.base_url());
    asked_to_stop().await;
    sandbox.stop().await;
    ExitCode::SUCCESS
}

fn sentence(listen: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "The sandbox cannot listen on {listen}: the port is taken; choose another with --listen."
            )
        }
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_some() => {
            format!("The sandbox cannot listen on {listen}: this account may not use the port.")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!(
                "The sandbox cannot listen on {listen}: this machine does not have the address."
            )
        }
        _ => format!("The sandbox cannot start: {error}."),
    }
}

#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    drop(tokio::signal::ctrl_c().await);
}
