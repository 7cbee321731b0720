//! Runs one program to its end: its own process group, everything it prints caught, the whole
//! group killed at its timeout.

use crate::beside::{NoAnswer, beside};
use crate::host::Environment;
use crate::obstacle::{Meaning, Obstacle, is_passing};
use crate::output::Caught;
use crate::register::{Entry, Register};
use crate::tree;
use nix::unistd::Pid;
use std::future::Future;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// How long a killed group may take to be gone, and what a finished program left behind to close its output.
const REAP_TIME: Duration = Duration::from_secs(5);
const ORPHANS_TIME: Duration = Duration::from_millis(500);

/// Between two attempts to run a program for which something is short just now.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LAST: Duration = Duration::from_secs(1);

/// A program to be run.
#[derive(Debug)]
pub struct Call<'a> {
    pub program: &'a Path,
    pub arguments: Vec<&'a str>,
    /// All that it finds in its environment.
    pub environment: &'a Environment,
    pub input: String,
    pub timeout: Duration,
    /// What it is run for, for people who read the register.
    pub purpose: String,
    /// The user and group it runs as; whoever runs us if none is given.
    pub run_as: Option<(u32, u32)>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub end: End,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    /// Nobody wanted it any more, and so it was killed.
    Unwanted,
    /// It never ran.
    NotRun(Obstacle),
}

/// Runs a program, and keeps an entry in the register as long as it runs.
pub async fn run(call: Call<'_>, register: &Register) -> Ended {
    run_while_wanted(call, register, std::future::pending()).await
}

/// The same, until `unwanted` comes about.
pub async fn run_while_wanted(call: Call<'_>, register: &Register, unwanted: impl Future<Output = ()>) -> Ended {
    let began = Instant::now();
    let not_run = |obstacle| Ended {
        end: End::NotRun(obstacle),
        stdout: String::new(),
        stderr: String::new(),
        took: began.elapsed(),
    };
    let started = match start(&call, register, began).await {
        Ok(started) => started,
        Err(obstacle) => return not_run(obstacle),
    };
    let Started { mut child, entry } = started;
    let group = child.id().map(|id| Pid::from_raw(id as i32));
    if let Some(mut stdin) = child.stdin.take() {
        let input = call.input;
        tokio::spawn(async move {
            // A program that does not read its input is not at fault.
            let _ = stdin.write_all(input.as_bytes()).await;
        });
    }
    let (stdout, stderr) = (Catch::begin(child.stdout.take()), Catch::begin(child.stderr.take()));
    let left = call.timeout.saturating_sub(began.elapsed());
    let end = tokio::select! {
        end = wait(&mut child, left) => end,
        () = unwanted => End::Unwanted,
    };
    if matches!(end, End::TimedOut | End::Unwanted) {
        kill(&mut child, group).await;
    }
    drop(entry);
    let took = began.elapsed();
    let (stdout, stderr) = tokio::join!(stdout.text(), stderr.text());
    Ended { end, stdout, stderr, took }
}

struct Started {
    child: Child,
    entry: Entry,
}

/// Why an attempt to run a program has failed.
enum Hindrance {
    /// What is short now may be there in a moment.
    Passing(String),
    Lasting(Obstacle),
}

/// What is short now (descriptors, processes, memory) may be there in a moment: within the
/// program's own time that is waited for.
async fn start(call: &Call<'_>, register: &Register, began: Instant) -> Result<Started, Obstacle> {
    let mut pause = PAUSE_FIRST;
    loop {
        let words = match try_start(call, register, call.timeout.saturating_sub(began.elapsed())).await {
            Ok(started) => return Ok(started),
            Err(Hindrance::Lasting(obstacle)) => return Err(obstacle),
            Err(Hindrance::Passing(words)) => words,
        };
        if began.elapsed() + pause >= call.timeout {
            let waited = began.elapsed().as_secs_f32();
            return Err(Obstacle::new(Meaning::Error, format!("{words}, tried for {waited:.1}s")));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_LAST);
    }
}

/// The kernel reads the program before it says that it runs: beside the loop, for it may lie on a
/// disk that does not answer.
async fn try_start(call: &Call<'_>, register: &Register, within: Duration) -> Result<Started, Hindrance> {
    let entry = register.enter(&call.purpose);
    let mut command = Command::new(call.program);
    command
        .args(&call.arguments)
        .env_clear()
        .envs(call.environment)
        .env(crate::register::MARK, entry.mark())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        // One that begins when nobody waits for it any more must not run on.
        .kill_on_drop(true);
    if let Some((user, group)) = call.run_as {
        command.uid(user).gid(group);
    }
    let program = call.program.to_path_buf();
    match beside(within, move || spawn(&program, command, entry)).await {
        Ok(started) => started,
        Err(NoAnswer::Late) => Err(Hindrance::Lasting(Obstacle::late(call.program.display(), within))),
        Err(NoAnswer::NoThread(error)) => Err(Hindrance::Passing(Obstacle::of(call.program, &error).words)),
    }
}

fn spawn(program: &Path, mut command: Command, entry: Entry) -> Result<Started, Hindrance> {
    if let Some(obstacle) = Obstacle::of_content(program) {
        return Err(Hindrance::Lasting(obstacle));
    }
    match command.spawn() {
        Ok(child) => {
            if let Some(id) = child.id() {
                entry.began(id);
            }
            Ok(Started { child, entry })
        }
        Err(error) if is_passing(&error) => Err(Hindrance::Passing(Obstacle::of(program, &error).words)),
        Err(error) => Err(Hindrance::Lasting(Obstacle::of(program, &error))),
    }
}

async fn wait(child: &mut Child, timeout: Duration) -> End {
    use std::os::unix::process::ExitStatusExt;
    match tokio::time::timeout(timeout, child.wait()).await {
        Ok(Ok(status)) => match (status.code(), status.signal()) {
            (Some(code), _) => End::Exited(code),
            (None, signal) => End::Signalled(signal.unwrap_or_default()),
        },
        // It cannot be waited for: whatever it does, nobody hears of it any more.
        Ok(Err(_)) | Err(_) => End::TimedOut,
    }
}

async fn kill(child: &mut Child, group: Option<Pid>) {
    if let Some(group) = group {
        tree::end(group);
    }
    let _ = tokio::time::timeout(REAP_TIME, child.wait()).await;
}

/// What is read of an output, while it is read.
struct Catch {
    caught: Arc<Mutex<Caught>>,
    reading: tokio::task::JoinHandle<()>,
}

impl Catch {
    fn begin(stream: Option<impl AsyncRead + Unpin + Send + 'static>) -> Catch {
        let caught = Arc::new(Mutex::new(Caught::default()));
        let reading = tokio::spawn(read(stream, caught.clone()));
        Catch { caught, reading }
    }

    /// All that was printed. A service that the program left behind may hold its output open for
    /// good: it is not waited for, and what came before is kept.
    async fn text(mut self) -> String {
        if tokio::time::timeout(ORPHANS_TIME, &mut self.reading).await.is_err() {
            self.reading.abort();
        }
        self.caught.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>, into: Arc<Mutex<Caught>>) {
    let Some(mut stream) = stream else { return };
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        into.lock().unwrap_or_else(PoisonError::into_inner).take(&chunk[..count]);
    }
}
