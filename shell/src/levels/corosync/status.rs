//! `corosync status`: rings and links, quorum, the quorum device, process groups.
//!
//! In: what is asked for. Out: the words of Corosync's own tools, and an exit code that tells whether all is well.

use crate::command::Call;
use crate::error::{Failure, Kind, Outcome};
use crate::session::Session;
use std::io::ErrorKind;
use std::process;

/// One thing to be asked, and of whom.
struct Question {
    word: &'static str,
    tool: &'static str,
    arguments: &'static [&'static str],
    /// What is wrong, by the tool's exit code and its text.
    trouble: fn(i32, &str) -> Option<&'static str>,
}

const QUESTIONS: &[Question] = &[
    Question { word: "ring", tool: "corosync-cfgtool", arguments: &["-s"], trouble: ring_trouble },
    Question { word: "quorum", tool: "corosync-quorumtool", arguments: &["-s"], trouble: quorum_trouble },
    Question { word: "qdevice", tool: "corosync-qdevice-tool", arguments: &["-sv"], trouble: qdevice_trouble },
    Question { word: "cpg", tool: "corosync-cpgtool", arguments: &["-e"], trouble: |_, _| None },
];

/// The code of `corosync-quorumtool` for a partition without quorum.
const NOT_QUORATE: i32 = 2;

pub fn status(session: &mut Session, call: &Call) -> Outcome {
    let word = call.argument(0).unwrap_or("ring");
    let words: Vec<&str> = QUESTIONS.iter().map(|question| question.word).collect();
    let Some(question) = QUESTIONS.iter().find(|question| question.word == word) else {
        return Err(Failure::misused(call.span(0), format!("`{word}` is none of {}", words.join(", "))));
    };
    let output = process::Command::new(question.tool).args(question.arguments).stdin(process::Stdio::null()).output();
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::new(Kind::Cluster, format!("{} is not installed here", question.tool)),
        _ => Failure::new(Kind::Cluster, format!("{}: {error}", question.tool)),
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    session.ui.print(&text);
    let code = output.status.code().unwrap_or(-1);
    if let Some(trouble) = (question.trouble)(code, &text) {
        return Err(Failure::new(Kind::Cluster, trouble));
    }
    if code != 0 {
        let words = String::from_utf8_lossy(&output.stderr);
        let words = [words.trim(), text.trim()].into_iter().find(|words| !words.is_empty()).unwrap_or("no answer");
        return Err(Failure::new(Kind::Cluster, format!("{}: {words}", question.tool)));
    }
    Ok(())
}

/// Corosync 3 says `disconnected`, Corosync 2 `FAULTY`.
fn ring_trouble(_: i32, text: &str) -> Option<&'static str> {
    (text.contains("disconnected") || text.contains("FAULTY")).then_some("a link is down")
}

fn quorum_trouble(code: i32, _: &str) -> Option<&'static str> {
    (code == NOT_QUORATE).then_some("there is no quorum")
}

fn qdevice_trouble(code: i32, text: &str) -> Option<&'static str> {
    let state = text.lines().find_map(|line| line.trim().strip_prefix("State:"));
    (code == 0 && state.is_none_or(|state| state.trim() != "Connected")).then_some("the quorum device is not connected")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tools_say_is_taken_for_what_it_means() {
        let up =
            "LINK ID 0 udp\n\taddr\t= 10.0.0.1\n\tstatus:\n\t\tnodeid:  1:\tlocalhost\n\t\tnodeid:  2:\tconnected\n";
        assert_eq!(ring_trouble(0, up), None);
        assert_eq!(ring_trouble(0, &up.replace("connected", "disconnected")), Some("a link is down"));
        assert_eq!(
            ring_trouble(0, "RING ID 0\n\tstatus\t= Marking ringid 0 interface 10.0.0.1 FAULTY\n"),
            Some("a link is down")
        );
        assert_eq!((quorum_trouble(0, ""), quorum_trouble(2, "")), (None, Some("there is no quorum")));
        assert_eq!(qdevice_trouble(0, "Qdevice-net information\n  State:  Connected\n"), None);
        assert!(qdevice_trouble(0, "  State:  Connect failed\n").is_some());
    }
}
