//! Whether a Pacemaker runs on this host.
//!
//! In: the kernel's list of unix sockets, which is that of this network namespace. Out: yes or no, without a
//! process being started: a shell asks at every start.
//! Absent: which Pacemaker (see `release`).

use std::fs;

/// The kernel's list.
const SOCKETS: &str = "/proc/net/unix";

/// Where its CIB daemon answers, and where its main daemon does: either is there while the other is restarted.
const NAMES: [&str; 2] = ["cib_rw", "pacemakerd"];

/// A socket that waits for callers (`__SO_ACCEPTCON`).
const LISTENING: &str = "00010000";

/// Whether one runs here now.
pub fn runs_here() -> bool {
    fs::read(SOCKETS).is_ok_and(|list| is_among(&String::from_utf8_lossy(&list)))
}

/// In a list of sockets; names are abstract, or paths where libqb is told to use files.
fn is_among(list: &str) -> bool {
    list.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, _, flags, _, _, _, name] = words[..] else { return false };
        let name = name.trim_matches(['@', '\0']);
        flags == LISTENING && NAMES.contains(&name.rsplit('/').next().unwrap_or(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_where_its_daemons_listen() {
        for (line, expected) in [
            ("0000000000000000: 00000002 00000000 00010000 0001 01 48211 @cib_rw@@@@@@@@", true),
            ("0000000000000000: 00000002 00000000 00010000 0001 01 48211 @pacemakerd@@@@", true),
            ("0000000000000000: 00000002 00000000 00010000 0001 01 48211 /run/crm/cib_rw", true),
            // Somebody who is connected to one that has ended.
            ("0000000000000000: 00000003 00000000 00000000 0001 03 48213 @cib_rw@@@@@@@@", false),
            ("0000000000000000: 00000002 00000000 00010000 0001 01 48211 @cmap@@@@@@@@@@", false),
            ("0000000000000000: 00000002 00000000 00010000 0001 01 48211 /run/quorate/quorate.sock", false),
            ("Num       RefCount Protocol Flags    Type St Inode Path", false),
            ("", false),
        ] {
            assert_eq!(is_among(&format!("Num RefCount\n{line}\n")), expected, "{line}");
        }
    }
}
