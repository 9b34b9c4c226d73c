//! The program `probity`.

// Views are types that contain each other; an optimised build looks deeper into them than the usual
// limit.
#![recursion_limit = "256"]
#![deny(clippy::print_stdout, clippy::print_stderr)]

use clap::Parser;
use server::{
    commands::{Cli, run},
    private, say,
};

/// On a small machine too, one request that seals or reads many megabytes leaves threads for the
/// others.
const THREADS_LEAST: usize = 4;

fn main() -> std::process::ExitCode {
    private::mask();
    let cli = Cli::parse();
    let threads = std::thread::available_parallelism()
        .map_or(THREADS_LEAST, |cores| cores.get().max(THREADS_LEAST));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let ran = match runtime {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => {
            Err(casework::Error::Start(format!("The program cannot start its threads: {error}.")))
        }
    };
    match ran {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            say::complaint(error);
            std::process::ExitCode::FAILURE
        }
    }
}
