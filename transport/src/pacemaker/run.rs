//! Runs a tool of the installed Pacemaker to its end, or to the end of our patience.
//!
//! In: a [`Command`]. Out: what it said, and how it ended. It sees nothing of this process's environment that
//! could send it elsewhere (`CIB_file` and its like) but whose rights count (`CIB_user`).
//! Absent: what to ask and what the answer means.

use super::command::Command;
use crate::process::variable;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// Where distributions put them.
const PLACES: [&str; 5] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/sbin", "/bin"];

/// Our own program may be installed under the same names; asking it would be asking ourselves.
const OURS: [&str; 2] = ["quorate", "quorated"];

/// Between two looks at a tool that has closed its output and is about to end.
const LOOK: Duration = Duration::from_millis(1);

/// A tool that was ended and has not said all by then has left its output to somebody else.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How often, and after how long, a program that is being written is tried again.
const BUSY_LOOKS: u32 = 10;
const BUSY_LOOK: Duration = Duration::from_millis(10);

/// How a tool ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// The last thing it complained of, without its own name.
    pub fn complaint(&self) -> String {
        let last = |text: &str| text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_string);
        let line = last(&self.stderr).or_else(|| last(&self.stdout)).unwrap_or_default();
        line.trim_start_matches("error: ").to_string()
    }
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{tool} is not installed")]
    Missing { tool: &'static str },
    #[error("{tool} could not be run: {source}")]
    Unrunnable { tool: &'static str, source: std::io::Error },
    #[error("{tool} did not end within {} s and was ended", after.as_secs())]
    Late { tool: &'static str, after: Duration },
}

/// Where tools are looked for, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    places: Vec<PathBuf>,
}

impl Default for Tools {
    fn default() -> Tools {
        Tools { places: PLACES.map(PathBuf::from).to_vec() }
    }
}

impl Tools {
    /// Looked for in these directories.
    pub fn at(places: Vec<PathBuf>) -> Tools {
        Tools { places }
    }

    /// The program, if it is one of Pacemaker's.
    fn find(&self, tool: &str) -> Option<PathBuf> {
        self.places.iter().map(|place| place.join(tool)).find(|path| is_theirs(path))
    }

    /// Runs a tool to its end.
    ///
    /// # Errors
    /// It is not there, cannot be run, or takes too long.
    pub fn run(&self, command: &Command) -> Result<Output, RunError> {
        self.start(command)?.finish()
    }

    /// Starts a tool, so that several can run at once.
    ///
    /// # Errors
    /// It is not there, or cannot be run.
    pub fn start(&self, command: &Command) -> Result<Running, RunError> {
        let tool = command.tool;
        let path = self.find(tool).ok_or(RunError::Missing { tool })?;
        let mut process = std::process::Command::new(path);
        process.args(&command.arguments).env_clear().envs(environment()).process_group(0);
        process.stdin(if command.input.is_some() { Stdio::piped() } else { Stdio::null() });
        process.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut process).map_err(|source| RunError::Unrunnable { tool, source })?;
        feed(&mut child, command.input.clone());
        let (stdout, stderr) = (listen(child.stdout.take()), listen(child.stderr.take()));
        Ok(Running { tool, child, stdout, stderr, within: command.within, deadline: Instant::now() + command.within })
    }
}

fn is_theirs(path: &Path) -> bool {
    let Ok(real) = path.canonicalize() else { return false };
    real.file_name().and_then(|name| name.to_str()).is_some_and(|name| !OURS.contains(&name))
}

/// A tool that is being replaced by a newer one is busy for an instant.
fn spawn(process: &mut std::process::Command) -> std::io::Result<Child> {
    for _ in 0..BUSY_LOOKS {
        match process.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => thread::sleep(BUSY_LOOK),
            spawned => return spawned,
        }
    }
    process.spawn()
}

/// What a tool needs, and no more.
fn environment() -> Vec<(&'static str, String)> {
    let mut kept = vec![("PATH", PLACES.join(":")), ("LC_ALL", "C".to_string())];
    // Without it an unprivileged wish would be carried out with the rights of who runs us.
    kept.extend(variable("CIB_user").map(|user| ("CIB_user", user)));
    kept
}

/// A tool that does not read all of it says why itself.
fn feed(child: &mut Child, input: Option<String>) {
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    }
}

fn listen(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// A tool that was started.
#[derive(Debug)]
pub struct Running {
    tool: &'static str,
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    within: Duration,
    deadline: Instant,
}

impl Running {
    /// Waits for its end, or brings it about.
    ///
    /// # Errors
    /// It took too long.
    pub fn finish(mut self) -> Result<Output, RunError> {
        let stdout = self.hear(&self.stdout);
        let stderr = self.hear(&self.stderr);
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < self.deadline => thread::sleep(LOOK),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(None) | Err(_) => {
                    self.end();
                    return Err(RunError::Late { tool: self.tool, after: self.within });
                }
            }
        };
        let (stdout, stderr) = (stdout.unwrap_or_default(), stderr.unwrap_or_default());
        Ok(Output { code: status.code(), signal: status.signal(), stdout, stderr })
    }

    /// All it says on one stream, until it is closed or the time is over.
    fn hear(&self, stream: &Receiver<String>) -> Option<String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        stream.recv_timeout(left).ok()
    }

    /// With all that it started.
    fn end(&mut self) {
        if let Ok(group) = i32::try_from(self.child.id()) {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let until = Instant::now() + LAST_WORDS;
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(LOOK);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// A directory with one tool, a shell script.
    fn tool(script: &str) -> (tempfile::TempDir, Tools) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cibadmin");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let tools = Tools::at(vec![directory.path().to_path_buf()]);
        (directory, tools)
    }

    fn command() -> Command {
        Command::new("cibadmin", ["a b"]).within(Duration::from_millis(400))
    }

    #[test]
    fn what_a_tool_says_and_how_it_ends_is_told() {
        for (script, code, signal, stdout, complaint) in [
            ("echo \"<$1>\"", Some(0), None, "<a b>\n", "<a b>"),
            ("echo said; echo one >&2; echo 'error: two' >&2; exit 103", Some(103), None, "said\n", "two"),
            ("kill -9 $$", None, Some(9), "", ""),
            ("exec 1>&- 2>&-; exit 4", Some(4), None, "", ""),
        ] {
            let (_kept, tools) = tool(script);
            let output = tools.run(&command()).unwrap();
            assert_eq!((output.code, output.signal, output.stdout.as_str()), (code, signal, stdout), "{script}");
            assert_eq!(output.complaint(), complaint, "{script}");
        }
    }

    #[test]
    fn a_tool_that_hangs_is_ended_with_all_that_it_started() {
        for script in ["sleep 61", "sleep 61 & wait", "exec 1>&- 2>&-; sleep 61", "trap '' TERM; sleep 61; sleep 61"] {
            let (_kept, tools) = tool(script);
            let began = Instant::now();
            let running = tools.start(&command()).unwrap();
            let group = Pid::from_raw(i32::try_from(running.child.id()).unwrap());
            assert!(matches!(running.finish(), Err(RunError::Late { tool: "cibadmin", .. })), "{script}");
            assert!(began.elapsed() < Duration::from_secs(10), "{script}: {:?}", began.elapsed());
            let gone = (0..200).any(|_| {
                thread::sleep(Duration::from_millis(10));
                killpg(group, None).is_err()
            });
            assert!(gone, "{script} left something");
        }
    }

    #[test]
    fn a_text_is_read_by_the_tool_or_not() {
        let long = "x".repeat(1_000_000);
        for (script, expected) in [("cat | wc -c", "1000000\n"), ("exit 0", "")] {
            let (_kept, tools) = tool(script);
            let command = command().within(Duration::from_secs(10)).reading(long.clone());
            assert_eq!(tools.run(&command).unwrap().stdout.trim_start(), expected, "{script}");
        }
    }

    #[test]
    fn nothing_sends_a_tool_elsewhere() {
        let (_kept, tools) = tool("env | cut -d= -f1 | sort | tr '\\n' ' '");
        let told = tools.run(&command()).unwrap().stdout;
        let unknown: Vec<&str> =
            told.split_whitespace().filter(|name| !["LC_ALL", "PATH", "PWD", "_", "SHLVL"].contains(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn our_own_tools_are_not_asked() {
        let directory = tempfile::tempdir().unwrap();
        let own = directory.path().join("quorate");
        fs::write(&own, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        symlink(&own, directory.path().join("cibadmin")).unwrap();
        let tools = Tools::at(vec![directory.path().to_path_buf()]);
        assert!(matches!(tools.run(&command()), Err(RunError::Missing { tool: "cibadmin" })));
    }

    #[test]
    fn several_tools_run_at_once() {
        let (_kept, tools) = tool("sleep 0.2");
        let began = Instant::now();
        let all: Vec<Running> =
            (0..4).map(|_| tools.start(&command().within(Duration::from_secs(9))).unwrap()).collect();
        for one in all {
            assert_eq!(one.finish().unwrap().code, Some(0));
        }
        assert!(began.elapsed() < Duration::from_millis(780), "{:?}", began.elapsed());
    }
}
