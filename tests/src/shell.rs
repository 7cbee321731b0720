//! A bench for the shell: the real `crm` on a CIB file, in a directory of its own.
//!
//! In: a configuration, commands. Out: what `crm` answered and what the file holds then.

use crate::lab::program;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub struct Bench {
    directory: tempfile::TempDir,
}

/// What a call of `crm` came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A call with its exit code and parts of what it says, in their order, `…` between them.
pub type Step<'a> = (&'a str, i32, &'a str);

/// How a command ends, and all that it says.
pub fn said(command: &mut Command) -> (i32, String) {
    let output = command.output().expect("a program");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap_or(-1), text.concat())
}

/// A CIB without objects, in the oldest form that all peers read.
pub const EMPTY: &str = r#"<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
  <configuration>
    <crm_config/>
    <nodes/>
    <resources/>
    <constraints/>
  </configuration>
  <status/>
</cib>
"#;

impl Default for Bench {
    fn default() -> Bench {
        Bench::new(EMPTY)
    }
}

impl Bench {
    pub fn new(cib: &str) -> Bench {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("cib.xml"), cib).expect("a file");
        Bench { directory }
    }

    /// A bench whose CIB was made by these statements.
    pub fn with(statements: &str) -> Bench {
        let bench = Bench::default();
        bench.load(statements);
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).expect("a file");
        self.path(name).display().to_string()
    }

    pub fn cib(&self) -> String {
        fs::read_to_string(self.path("cib.xml")).expect("the CIB")
    }

    pub fn command(&self) -> Command {
        self.tool("crm")
    }

    /// One of the tools, on the CIB of this bench.
    pub fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(program("quorate"));
        command
            .arg(name)
            .current_dir(self.directory.path())
            .env_remove("CIB_shadow")
            .env("CIB_file", self.path("cib.xml"))
            .env("CIB_shadow_dir", self.directory.path())
            .env("HOME", self.directory.path())
            .env("TZ", "UTC")
            .env_remove("XDG_CACHE_HOME")
            .env_remove("XDG_CONFIG_HOME");
        command
    }

    /// `crm WORD…`
    pub fn crm(&self, words: &[&str]) -> Answer {
        self.fed(words, "")
    }

    /// `crm < TEXT`
    pub fn script(&self, text: &str) -> Answer {
        self.fed(&[], text)
    }

    pub fn fed(&self, words: &[&str], input: &str) -> Answer {
        Bench::feed(self.command().args(words), input)
    }

    /// Runs a prepared command.
    pub fn feed(command: &mut Command, input: &str) -> Answer {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("crm");
        let mut pipe = child.stdin.take().expect("the pipe was asked for");
        // A crm that needs no input may be gone already.
        let _ = pipe.write_all(input.as_bytes());
        drop(pipe);
        let output = child.wait_with_output().expect("crm");
        Answer {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Calls one after the other, as `call` runs a line: each with its exit code and parts of its answer.
    #[track_caller]
    pub fn story(&self, call: impl Fn(&Bench, &str) -> (i32, String), steps: &[Step]) {
        for (line, code, parts) in steps {
            let (got, said) = call(self, line);
            let mut rest = Some(said.as_str());
            for part in parts.split('…') {
                rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, after)| after);
            }
            assert!(got == *code && rest.is_some(), "{line}: {got}, wanted {code} «{parts}»\n{said}");
        }
    }

    /// Loads statements, which must be right.
    pub fn load(&self, statements: &str) {
        let answer = self.fed(&["configure", "load", "update", "-"], statements);
        assert_eq!(answer.code, 0, "{statements}\n{}", answer.err);
    }

    /// What `crm configure show WORD…` prints.
    pub fn show(&self, words: &[&str]) -> String {
        let answer = self.crm(&[&["configure", "show"], words].concat());
        assert_eq!(answer.code, 0, "{}", answer.err);
        answer.out
    }
}
