//! One command on many hosts at once.
//!
//! In: targets and a command line for the remote shell. Out: for each host, what the command
//! wrote and how it ended, or why it could not be run.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ssh2::{BlockDirections, Channel};

use super::privilege::{Sent, sent};
use super::session::Visit;
use super::{SshError, SshOptions, Target, fan_out};

/// Output kept of one host. A command that writes more is a mistake, not a report.
pub const OUTPUT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The socket is watched, but the library may hold data back that came with earlier bytes.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A command that was run to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// The exit status, or the name of the signal that ended it.
    pub status: Status,
}

/// How a command ended there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Code(i32),
    Signal(String),
}

/// Runs the command on all targets. Results are in the targets' order; `done` hears of each host
/// as it finishes.
pub fn run(
    targets: &[Target],
    command: &str,
    options: &SshOptions,
    done: impl FnMut(&Target, &Result<Finished, SshError>) + Send,
) -> Vec<Result<Finished, SshError>> {
    fan_out(targets, options.parallel, |target| run_on(target, command, options), done)
}

fn run_on(target: &Target, command: &str, options: &SshOptions) -> Result<Finished, SshError> {
    execute(&Visit::begin(target, options)?, &sent(target, options, command))
}

pub(super) fn execute(visit: &Visit, sent: &Sent) -> Result<Finished, SshError> {
    visit.limit_calls()?;
    let mut channel = visit.session.channel_session().map_err(|error| visit.broken(error))?;
    channel.exec(&sent.line).map_err(|error| visit.broken(error))?;
    channel.write_all(&sent.input).map_err(|error| visit.broken(error))?;
    channel.send_eof().map_err(|error| visit.broken(error))?;
    visit.session.set_blocking(false);
    let (stdout, stderr) = read_both(visit, &mut channel)?;
    visit.session.set_blocking(true);
    visit.limit_calls()?;
    channel.wait_close().map_err(|error| visit.broken(error))?;
    let signal = channel.exit_signal().ok().and_then(|signal| signal.exit_signal);
    let status = match signal {
        Some(name) => Status::Signal(name),
        None => Status::Code(channel.exit_status().map_err(|error| visit.broken(error))?),
    };
    Ok(Finished { stdout, stderr, status })
}

/// Reads both streams as they come: reading one to its end first would stop the command for ever
/// once the other has filled its window.
fn read_both(visit: &Visit, channel: &mut Channel) -> Result<(Vec<u8>, Vec<u8>), SshError> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    loop {
        let out = read_some(visit, channel, 0, &mut stdout)?;
        let err = read_some(visit, channel, 1, &mut stderr)?;
        if stdout.len() + stderr.len() > OUTPUT_BYTES_MAX {
            return Err(SshError::TooMuchOutput { host: visit.host.clone(), limit: OUTPUT_BYTES_MAX });
        }
        if out || err {
            visit.left()?;
        } else if channel.eof() {
            return Ok((stdout, stderr));
        } else {
            await_data(visit)?;
        }
    }
}

fn read_some(visit: &Visit, channel: &mut Channel, stream: i32, into: &mut Vec<u8>) -> Result<bool, SshError> {
    let mut chunk = [0; 32 * 1024];
    match channel.stream(stream).read(&mut chunk) {
        Ok(0) => Ok(false),
        Ok(count) => {
            into.extend_from_slice(&chunk[..count]);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(visit.broken(error)),
    }
}

fn await_data(visit: &Visit) -> Result<(), SshError> {
    let wait = visit.left()?.min(LOOK_AGAIN);
    let flags = match visit.session.block_directions() {
        BlockDirections::Outbound => PollFlags::POLLOUT,
        BlockDirections::Both => PollFlags::POLLIN | PollFlags::POLLOUT,
        _ => PollFlags::POLLIN,
    };
    let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO);
    // Errors of the connection show at the next read.
    let _ = poll(&mut [PollFd::new(visit.socket.as_fd(), flags)], timeout);
    Ok(())
}
