//! A session with one host: reached, recognised, let in.
//!
//! In: target and options. Out: an authenticated session, or the reason why not.

use std::collections::BTreeSet;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use ssh2::{CheckResult, HashType, KeyboardInteractivePrompt, KnownHostFileKind, MethodType, Prompt, Session};

use super::{SshError, SshOptions, Target};

/// A session and the time it may still take.
pub(super) struct Visit {
    pub session: Session,
    /// The session's socket, to wait on.
    pub socket: TcpStream,
    pub host: String,
    deadline: Instant,
    allowed: Duration,
}

impl Visit {
    /// Connects, makes sure of the host, and logs in.
    ///
    /// # Errors
    /// The host cannot be reached, or does not let us in.
    pub fn begin(target: &Target, options: &SshOptions) -> Result<Visit, SshError> {
        let deadline = Instant::now() + options.timeout;
        let mut tried = Vec::new();
        for ring in rings(target, options) {
            let visit = recognise(target, options, deadline)?;
            match visit.authenticate(target, &ring) {
                Ok(()) => return Ok(visit),
                Err(words) => tried.push(words),
            }
            visit.left()?;
        }
        let (host, user) = (target.host.clone(), target.user.clone());
        let tried = if tried.is_empty() { "there are none".into() } else { tried.join("; ") };
        Err(SshError::NotAuthorised { host, user, tried })
    }

    /// The time left, or the error that there is none.
    ///
    /// # Errors
    /// There is none.
    pub fn left(&self) -> Result<Duration, SshError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(SshError::Timeout { host: self.host.clone(), after: self.allowed });
        }
        Ok(left)
    }

    /// Lets blocking calls of the library wait until the deadline.
    ///
    /// # Errors
    /// There is no time left.
    pub fn limit_calls(&self) -> Result<(), SshError> {
        let left = self.left()?;
        self.session.set_timeout(u32::try_from(left.as_millis()).unwrap_or(u32::MAX).max(1));
        Ok(())
    }

    /// Why a call failed: its time is over, or the connection broke with this error.
    pub fn broken(&self, error: impl std::fmt::Display) -> SshError {
        match self.left() {
            Err(timeout) => timeout,
            Ok(_) => SshError::Broken { host: self.host.clone(), why: error.to_string() },
        }
    }

    fn authenticate(&self, target: &Target, ring: &Ring) -> Result<(), String> {
        self.limit_calls().map_err(|error| error.to_string())?;
        match ring {
            Ring::Agent => self.ask_agent(target).map_err(|why| format!("agent: {why}")),
            Ring::File(path) => {
                let outcome = self.session.userauth_pubkey_file(&target.user, None, path, None);
                outcome.map_err(|error| format!("{}: {}", path.display(), error.message()))
            }
            Ring::Password(password) => self.say(target, password).map_err(|why| format!("password: {why}")),
        }
    }

    /// Says the password, in whichever way the host asks for it.
    fn say(&self, target: &Target, password: &str) -> Result<(), String> {
        if self.session.userauth_password(&target.user, password).is_ok() {
            return Ok(());
        }
        let outcome = self.session.userauth_keyboard_interactive(&target.user, &mut Reply(password));
        outcome.map_err(|error| error.message().to_string())
    }

    fn ask_agent(&self, target: &Target) -> Result<(), String> {
        let words = |error: ssh2::Error| error.message().to_string();
        let mut agent = self.session.agent().map_err(words)?;
        agent.connect().map_err(words)?;
        agent.list_identities().map_err(words)?;
        let identities = agent.identities().map_err(words)?;
        let accepted = identities.iter().any(|identity| agent.userauth(&target.user, identity).is_ok());
        if accepted { Ok(()) } else { Err(format!("{} keys refused", identities.len())) }
    }
}

/// A place where keys are. Each gets a connection of its own, because a server hangs up after
/// some refused keys.
enum Ring {
    Agent,
    File(std::path::PathBuf),
    Password(String),
}

fn rings(target: &Target, options: &SshOptions) -> Vec<Ring> {
    let files = options.identities.iter().filter(|path| path.exists()).cloned().map(Ring::File);
    let password =
        options.passwords.of(&target.host, &target.user).map(|password| Ring::Password(password.to_string()));
    options.agent.then_some(Ring::Agent).into_iter().chain(files).chain(password).collect()
}

/// The one answer to all that a host asks.
struct Reply<'a>(&'a str);

impl KeyboardInteractivePrompt for Reply<'_> {
    fn prompt<'p>(&mut self, _: &str, _: &str, prompts: &[Prompt<'p>]) -> Vec<String> {
        prompts.iter().map(|_| self.0.to_string()).collect()
    }
}

/// Connects, and checks the host's key. A host has keys of several kinds and known_hosts may hold
/// any of them, so on failure the other kinds it mentions are asked for.
fn recognise(target: &Target, options: &SshOptions, deadline: Instant) -> Result<Visit, SshError> {
    let mut refusal = None;
    for kind in std::iter::once(None).chain(known_kinds(options).into_iter().map(Some)) {
        let visit = match shake_hands(target, options, deadline, kind.as_deref()) {
            Ok(visit) => visit,
            // The host has no key of this kind.
            Err(_) if kind.is_some() && Instant::now() < deadline => continue,
            Err(error) => return Err(error),
        };
        match check_host(&visit, target, options) {
            Ok(()) => return Ok(visit),
            Err(error @ SshError::HostKeyChanged { .. }) => refusal = Some(error),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    let host = target.host.clone();
    Err(refusal.unwrap_or(SshError::Broken { host, why: "no common host key type".into() }))
}

/// Key types that known_hosts mentions at all.
fn known_kinds(options: &SshOptions) -> BTreeSet<String> {
    let texts = options.known_hosts.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    let mut kinds = BTreeSet::new();
    for line in texts.flat_map(|text| text.lines().map(str::to_string).collect::<Vec<_>>()) {
        let words = line.split_whitespace().filter(|word| !word.starts_with('@'));
        let kind = words.clone().nth(1).filter(|_| !line.starts_with('#'));
        kinds.extend(kind.map(|kind| if kind == "ssh-rsa" { "rsa-sha2-512".to_string() } else { kind.to_string() }));
    }
    kinds
}

fn shake_hands(
    target: &Target,
    options: &SshOptions,
    deadline: Instant,
    kind: Option<&str>,
) -> Result<Visit, SshError> {
    let stream = connect(target, options, deadline)?;
    let host = target.host.clone();
    let broken = |why: String| SshError::Broken { host: target.host.clone(), why };
    let session = Session::new().map_err(|error| broken(error.to_string()))?;
    let socket = stream.try_clone().map_err(|error| broken(error.to_string()))?;
    let mut visit = Visit { session, socket, host, deadline, allowed: options.timeout };
    visit.limit_calls()?;
    if let Some(kind) = kind {
        visit.session.method_pref(MethodType::HostKey, kind).map_err(|error| visit.broken(error))?;
    }
    visit.session.set_tcp_stream(stream);
    visit.session.handshake().map_err(|error| visit.broken(error))?;
    Ok(visit)
}

fn connect(target: &Target, options: &SshOptions, deadline: Instant) -> Result<TcpStream, SshError> {
    let unreachable = |why: String| SshError::Unreachable { host: target.host.clone(), why };
    let addresses = (target.host.as_str(), target.port).to_socket_addrs();
    let addresses = addresses.map_err(|error| unreachable(error.to_string()))?;
    let mut why = "no address".to_string();
    for address in addresses {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(SshError::Timeout { host: target.host.clone(), after: options.timeout });
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(SshError::Timeout { host: target.host.clone(), after: options.timeout });
            }
            Err(error) => why = format!("{address}: {error}"),
        }
    }
    Err(unreachable(why))
}

fn check_host(visit: &Visit, target: &Target, options: &SshOptions) -> Result<(), SshError> {
    let mut known = visit.session.known_hosts().map_err(|error| visit.broken(error))?;
    for path in options.known_hosts.iter().filter(|path| path.exists()) {
        known
            .read_file(path, KnownHostFileKind::OpenSSH)
            .map_err(|error| visit.broken(format!("{}: {}", path.display(), error.message())))?;
    }
    let (key, _) = visit.session.host_key().ok_or_else(|| visit.broken("the host shows no key"))?;
    let host = target.host.clone();
    match known.check_port(&target.host, target.port, key) {
        CheckResult::Match => Ok(()),
        CheckResult::Mismatch => Err(SshError::HostKeyChanged { host, key: fingerprint(visit) }),
        CheckResult::NotFound => Err(SshError::UnknownHost { host, key: fingerprint(visit) }),
        CheckResult::Failure => Err(visit.broken("its host key could not be checked")),
    }
}

/// As `ssh-keygen -l` prints it.
fn fingerprint(visit: &Visit) -> String {
    let hash = visit.session.host_key_hash(HashType::Sha256).unwrap_or_default();
    format!("SHA256:{}", base64(hash))
}

/// Without padding, as fingerprints are written.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(DIGITS[group >> (18 - 6 * place) & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_as_everywhere_but_without_padding() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
