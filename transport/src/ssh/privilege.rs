//! What root does where somebody else logged in: by `sudo`, where the options say so.
//!
//! In: a command. Out: the command as it is sent, and what it reads first.
//! Absent: sending it.

use super::{SshOptions, Target};

/// A command line, and its input.
pub(super) struct Sent {
    pub line: String,
    pub input: Vec<u8>,
}

/// Whether this login needs `sudo` for what root does.
pub(super) fn is_raised(target: &Target, options: &SshOptions) -> bool {
    options.sudo && target.user != "root"
}

/// The command, run by root if that is wanted. The password goes by the input: who looks at the host's processes
/// does not see it (`sudo(8)`, -S).
pub(super) fn sent(target: &Target, options: &SshOptions, command: &str) -> Sent {
    if !is_raised(target, options) {
        return Sent { line: command.to_string(), input: Vec::new() };
    }
    // Where sudo asks for no password, the command is not to read it.
    let quoted = format!("'exec </dev/null; {}'", command.replace('\'', "'\\''"));
    match options.passwords.of(&target.host, &target.user) {
        Some(password) => {
            Sent { line: format!("LC_ALL=C sudo -S -p '' sh -c {quoted}"), input: format!("{password}\n").into_bytes() }
        }
        None => Sent { line: format!("LC_ALL=C sudo -n sh -c {quoted}"), input: Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::super::Passwords;
    use super::*;
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn only_who_is_not_root_asks_sudo_and_the_password_stands_in_no_line() {
        let plain = SshOptions::for_home(Path::new("/"), Duration::from_secs(1));
        let raised = SshOptions { sudo: true, ..plain.clone() };
        let known = SshOptions { passwords: Passwords::everywhere("secret".into()), ..raised.clone() };
        let cases = [
            ("root", &known, "id 'a'", ""),
            ("admin", &plain, "id 'a'", ""),
            ("admin", &raised, "LC_ALL=C sudo -n sh -c 'exec </dev/null; id '\\''a'\\'''", ""),
            ("admin", &known, "LC_ALL=C sudo -S -p '' sh -c 'exec </dev/null; id '\\''a'\\'''", "secret\n"),
        ];
        for (user, options, line, input) in cases {
            let target = Target { host: "n2".into(), port: 22, user: user.into() };
            let sent = sent(&target, options, "id 'a'");
            assert_eq!((sent.line.as_str(), sent.input.as_slice()), (line, input.as_bytes()), "{user}");
        }
    }
}
