//! Runs one program to its end: its own process group, everything it prints caught, the whole
//! group killed at its timeout.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// More output is read and dropped.
const OUTPUT_BYTES_MAX: usize = 256 * 1024;

/// How long a killed group may take to be gone, and a finished program's heirs to close its output.
const REAP_TIME: Duration = Duration::from_secs(5);
const HEIRS_TIME: Duration = Duration::from_millis(500);

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
    /// There is no such program, or it may not be run.
    NotStarted(String),
    Missing,
}

/// Runs a program. Its environment is exactly what is given.
pub async fn run(
    program: &Path,
    arguments: &[&str],
    environment: &BTreeMap<String, String>,
    input: String,
    timeout: Duration,
) -> Ended {
    let began = Instant::now();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(environment)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let end = match error.kind() {
                std::io::ErrorKind::NotFound => End::Missing,
                _ => End::NotStarted(error.to_string()),
            };
            return Ended { end, stdout: String::new(), stderr: String::new(), took: began.elapsed() };
        }
    };
    let group = child.id().map(|id| Pid::from_raw(id as i32));
    if let Some(mut stdin) = child.stdin.take() {
        tokio::spawn(async move {
            // A program that does not read its input is not at fault.
            let _ = stdin.write_all(input.as_bytes()).await;
        });
    }
    let stdout = tokio::spawn(catch(child.stdout.take()));
    let stderr = tokio::spawn(catch(child.stderr.take()));
    let end = wait(&mut child, group, timeout).await;
    let took = began.elapsed();
    Ended { end, stdout: text(stdout).await, stderr: text(stderr).await, took }
}

async fn wait(child: &mut Child, group: Option<Pid>, timeout: Duration) -> End {
    match tokio::time::timeout(timeout, child.wait()).await {
        Ok(Ok(status)) => {
            use std::os::unix::process::ExitStatusExt;
            match (status.code(), status.signal()) {
                (Some(code), _) => End::Exited(code),
                (None, Some(signal)) => End::Signalled(signal),
                (None, None) => End::NotStarted("neither exited nor died".into()),
            }
        }
        Ok(Err(error)) => End::NotStarted(error.to_string()),
        Err(_) => {
            if let Some(group) = group {
                let _ = killpg(group, Signal::SIGKILL);
            }
            let _ = tokio::time::timeout(REAP_TIME, child.wait()).await;
            End::TimedOut
        }
    }
}

/// Everything printed, up to the limit. Reading goes on behind it, so that nobody blocks.
async fn catch(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut caught = Vec::new();
    let Some(mut stream) = stream else { return caught };
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        let room = OUTPUT_BYTES_MAX - caught.len();
        caught.extend_from_slice(&chunk[..count.min(room)]);
        if caught.ends_with(b"\0") {
            break;
        }
    }
    caught
}

/// A service that the program left behind may hold its output open for good: it is not waited for.
async fn text(catching: tokio::task::JoinHandle<Vec<u8>>) -> String {
    let abort = catching.abort_handle();
    match tokio::time::timeout(HEIRS_TIME, catching).await {
        Ok(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => {
            abort.abort();
            String::new()
        }
    }
}
