//! Other programs: started, watched and stopped, whatever ends us.
//!
//! Every child gets a process group of its own, so that Ctrl-C in the terminal reaches only us and
//! we stop the children in an orderly way, by their ids. Ctrl-C, SIGTERM and SIGHUP only raise a
//! flag; everything here looks at it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::tools::{Failure, OrSay, Result};

/// `probity` drains in nine seconds and closes its database in ten; who is not gone after these is
/// killed.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// How often we look whether something ended.
const GLANCE: Duration = Duration::from_millis(50);
/// How many of a program's last lines are kept for a message.
const LAST_LINES_MAX: usize = 60;

static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Turns the signals that ask us to stop into a flag.
pub fn listen_for_stop() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&STOP))
            .or_say("Cannot listen for Ctrl-C")?;
    }
    Ok(())
}

/// Whether somebody asked us to stop.
pub fn stop_requested() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Waits a moment; fails when somebody asks us to stop meanwhile.
pub fn pause() -> Result<()> {
    thread::sleep(GLANCE);
    if stop_requested() {
        return Err(Failure::interrupted());
    }
    Ok(())
}

/// Runs a step to its end with our own output; false when it failed.
pub fn run(mut command: Command) -> Result<bool> {
    let child = start(&mut command)?;
    Ok(finish(child)?.success())
}

/// What a step said while it ran.
pub struct Told {
    pub succeeded: bool,
    pub stdout: Vec<String>,
    /// Empty where it went straight to our own.
    pub stderr: Vec<String>,
}

/// Runs a step to its end and returns its standard output; each line is shown as `show` gives it,
/// or not at all. A step that writes no line for as long as `patience` is killed with its children,
/// and has not succeeded.
pub fn run_showing(
    mut command: Command,
    patience: Duration,
    show: impl Fn(&str) -> Option<String> + Send + 'static,
) -> Result<Told> {
    command.stdout(Stdio::piped());
    let mut child = start(&mut command)?;
    let heard = Arc::new(Mutex::new(Instant::now()));
    let last = Arc::clone(&heard);
    let listening = move |line: &str| {
        *lock(&last) = Instant::now();
        show(line)
    };
    let stdout = child.stdout.take().map(|pipe| Gathered::from(pipe, listening));
    let status = finish_while(child, || lock(&heard).elapsed() < patience)?;
    Ok(Told {
        succeeded: status.success(),
        stdout: stdout.map(Gathered::lines).unwrap_or_default(),
        stderr: Vec::new(),
    })
}

/// Runs a step whose standard output is for us alone; its standard error is shown and returned.
pub fn run_gathering(mut command: Command) -> Result<Told> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = start(&mut command)?;
    let stdout = child.stdout.take().map(|pipe| Gathered::from(pipe, |_| None));
    let stderr = child.stderr.take().map(|pipe| Gathered::from(pipe, |line| Some(line.to_owned())));
    let status = finish(child)?;
    let lines = |gathered: Option<Gathered>| gathered.map(Gathered::lines).unwrap_or_default();
    Ok(Told { succeeded: status.success(), stdout: lines(stdout), stderr: lines(stderr) })
}

/// The lines of a pipe, while they come.
struct Gathered {
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Gathered {
    fn from(
        pipe: impl Read + Send + 'static,
        show: impl Fn(&str) -> Option<String> + Send + 'static,
    ) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let reader = read_lines(pipe, move |line| {
            if let Some(shown) = show(line) {
                say(&shown);
            }
            lock(&kept).push(line.to_owned());
        });
        Self { lines, reader }
    }

    fn lines(self) -> Vec<String> {
        wait_for_reader(&self.reader);
        std::mem::take(&mut *lock(&self.lines))
    }
}

/// A program that runs beside us: its output is read all the time, and dropping it stops it.
pub struct Program {
    name: &'static str,
    child: Child,
    readers: Vec<JoinHandle<()>>,
    last_lines: Arc<Mutex<VecDeque<String>>>,
}

impl Program {
    /// Starts a program; with `echo`, each of its lines is shown with its name before it.
    pub fn start(name: &'static str, mut command: Command, echo: bool) -> Result<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = start(&mut command)?;
        let last_lines = Arc::new(Mutex::new(VecDeque::new()));
        let keep = || {
            let last_lines = Arc::clone(&last_lines);
            move |line: &str| {
                if echo {
                    say(&format!("{name} | {line}"));
                }
                let mut lines = lock(&last_lines);
                if lines.len() == LAST_LINES_MAX {
                    lines.pop_front();
                }
                lines.push_back(line.to_owned());
            }
        };
        let stdout = child.stdout.take().map(|pipe| read_lines(pipe, keep()));
        let stderr = child.stderr.take().map(|pipe| read_lines(pipe, keep()));
        Ok(Self { name, child, readers: stdout.into_iter().chain(stderr).collect(), last_lines })
    }

    /// Fails with the program's last lines when it has ended.
    pub fn must_run(&mut self) -> Result<()> {
        match self.child.try_wait().or_say("Cannot watch a program")? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    /// Waits for the program's end; anything but success fails with its last lines.
    pub fn must_end_well(mut self) -> Result<()> {
        loop {
            match self.child.try_wait().or_say("Cannot watch a program")? {
                Some(status) if status.success() => {
                    self.readers.iter().for_each(wait_for_reader);
                    return Ok(());
                }
                Some(status) => return Err(self.ended(status)),
                None => pause()?,
            }
        }
    }

    /// What the program said last, for a person to read.
    pub fn last_lines(&self) -> String {
        let lines = lock(&self.last_lines);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.join("\n")
    }

    /// Asks the program to stop, waits, and kills it when it does not.
    pub fn stop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // The child is ours and not yet waited for, so the id cannot have become another's.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        if !ends_within(&mut self.child, STOP_PATIENCE) {
            eprintln!("{} did not stop in time and is killed.", self.name);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn ended(&self, status: ExitStatus) -> Failure {
        self.readers.iter().for_each(wait_for_reader);
        Failure::new(format!(
            "{} ended unexpectedly ({status}). Its last lines:\n{}",
            self.name,
            self.last_lines()
        ))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
    }
}

fn start(command: &mut Command) -> Result<Child> {
    if stop_requested() {
        return Err(Failure::interrupted());
    }
    let program = command.get_program().display().to_string();
    command.stdin(Stdio::null()).process_group(0).spawn().or_say(format!("Cannot start {program}"))
}

/// Waits for a step; when we are asked to stop, its whole group goes (cargo has children too).
fn finish(child: Child) -> Result<ExitStatus> {
    finish_while(child, || true)
}

/// The same, for as long as it may go on.
fn finish_while(mut child: Child, may_go_on: impl Fn() -> bool) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().or_say("Cannot watch a step")? {
            return Ok(status);
        }
        if !may_go_on() {
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            return child.wait().or_say("Cannot watch a step");
        }
        if pause().is_err() {
            let group = Pid::from_child(&child);
            // What Ctrl-C in the terminal would have sent: cargo and Playwright tidy up after it.
            let _ = kill_process_group(group, Signal::INT);
            if !ends_within(&mut child, STOP_PATIENCE) {
                let _ = kill_process_group(group, Signal::KILL);
                let _ = child.wait();
            }
            return Err(Failure::interrupted());
        }
    }
}

fn ends_within(child: &mut Child, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return true;
        }
        thread::sleep(GLANCE);
    }
    false
}

fn read_lines(
    pipe: impl Read + Send + 'static,
    mut each: impl FnMut(&str) + Send + 'static,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line), Ok(count) if count > 0) {
            each(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
            line.clear();
        }
    })
}

/// The pipe ends with the program, unless a grandchild still holds it: do not wait for that one.
fn wait_for_reader(reader: &JoinHandle<()>) {
    let deadline = Instant::now() + Duration::from_secs(2);
    while !reader.is_finished() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
}

/// Like `println!`, but a closed terminal is no reason to panic before the children are stopped.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The mutex's content, also after somebody who held it panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_falls_silent_is_killed_and_what_it_said_is_kept() {
        let begun = Instant::now();
        let mut silent = Command::new("sh");
        silent.args(["-c", "echo begun; sleep 60; echo ended"]);
        let told = run_showing(silent, Duration::from_millis(300), |_| None).expect("runs");
        assert!(!told.succeeded && begun.elapsed() < Duration::from_secs(30));
        assert_eq!(told.stdout, ["begun"]);
        let mut talking = Command::new("sh");
        talking.args(["-c", "for n in 1 2 3 4 5; do echo $n; sleep 0.2; done"]);
        let told = run_showing(talking, Duration::from_millis(600), |_| None).expect("runs");
        assert!(told.succeeded && told.stdout.len() == 5, "each line gives it time again");
    }
}
