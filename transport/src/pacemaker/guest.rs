//! A conversation with a running Pacemaker, in core's words: what our daemon would be asked, its tools are.
//!
//! In: requests. Out: replies; news for who subscribed. A commit is a patch for the version that was read a moment
//! before, which Pacemaker refuses once its version moved on: what others do is never overwritten.
//! Absent: the forms of commands and answers (`command`, `answer`), which manager to speak with (`local::daemon`).

use super::command::{self, Command};
use super::release::{self, Release};
use super::run::{Output, RunError, Running, Tools};
use super::{answer, change, presence, refusal};
use crate::local::client::ClientError;
use crate::local::unanswered::AskError;
use crate::process;
use quorate_core::cib::{self, ApplyError, Document, Patch, Version};
use quorate_core::exit::Exit;
use quorate_core::fencing::FencingEvent;
use quorate_core::node::{NodeStatus, Refusal, Reply, Request};
use quorate_core::schema;
use quorate_core::xml::Element;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Who subscribed hears of a change within this time and that of a look: a look is a small process (8 ms of one core here).
const LOOK_EVERY: Duration = Duration::from_millis(600);

/// A change that leaves the status alone holds on any `num_updates` of its configuration, and monitors count those
/// up between reading and writing.
const ATTEMPTS: u32 = 20;

/// What was committed with the leader, and what was told to the attribute manager, is in this host's CIB after an
/// instant; who reads next is to see it.
const ARRIVAL: Duration = Duration::from_secs(2);
const ARRIVAL_LOOK: Duration = Duration::from_millis(20);

/// Where Pacemaker has its schemas.
const SCHEMAS: &str = "/usr/share/pacemaker";

/// A Pacemaker that runs here.
#[derive(Debug)]
pub struct Guest {
    tools: Tools,
    schemas: PathBuf,
    timeout: Duration,
    /// Asked once.
    release: Option<Release>,
    own_name: Option<String>,
    /// As it was read last: who commits has just read it, and Pacemaker refuses if it is not that any more.
    latest: Option<Document>,
    /// What a subscriber was told last.
    told: Option<Version>,
}

impl Guest {
    /// With the Pacemaker of this host, if one runs; `timeout` is for each answer.
    ///
    /// # Errors
    /// None runs here.
    pub fn connect(timeout: Duration) -> Result<Guest, ClientError> {
        match presence::runs_here() {
            true => Ok(Guest::of(Tools::default(), timeout)),
            false => Err(ClientError::NoPacemaker),
        }
    }

    /// With one whose tools are known, be it there or not.
    pub fn of(tools: Tools, timeout: Duration) -> Guest {
        Guest { tools, schemas: SCHEMAS.into(), timeout, release: None, own_name: None, latest: None, told: None }
    }

    /// How long an answer may take.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// One request and its reply.
    ///
    /// # Errors
    /// Pacemaker refuses, its release cannot do it, or nobody answers.
    pub fn ask(&mut self, request: &Request) -> Result<Reply, AskError> {
        match request {
            Request::Query => {
                let document = self.document()?;
                let root = document.root().clone();
                self.latest = Some(document);
                Ok(Reply::Document { root })
            }
            Request::Subscribe => self.subscribe(),
            Request::Commit { patch } => self.commit(patch),
            Request::Status => Ok(Reply::Status(self.status()?)),
            Request::QueryAttribute { .. } => self.attributes(request),
            Request::SetAttributes { node, pairs } => {
                self.carry_out(request)?;
                self.await_attributes(node, pairs);
                Ok(Reply::Done)
            }
            _ => self.carry_out(request).map(|()| Reply::Done),
        }
    }

    /// Which Pacemaker it is.
    ///
    /// # Errors
    /// It does not say, or is older than what is known here.
    pub fn release(&mut self) -> Result<Release, AskError> {
        if let Some(release) = self.release {
            return Ok(release);
        }
        let said = self.run(&command::release())?.stdout;
        let release = Release::read(&said).ok_or_else(|| AskError::Misfit(short(&said)))?;
        if release < release::OLDEST {
            let oldest = release::OLDEST;
            return Err(AskError::Lacking(format!("this is Pacemaker {release}; {oldest} is the oldest spoken with")));
        }
        self.release = Some(release);
        Ok(release)
    }

    /// The CIB as this host has it.
    fn document(&self) -> Result<Document, AskError> {
        let output = self.run(&command::query().within(self.timeout))?;
        let text = expect_well(output)?;
        answer::document(&text).ok_or_else(|| AskError::Misfit(short(&text)))
    }

    fn version(&self) -> Result<Version, AskError> {
        let text = expect_well(self.run(&command::query_version().within(self.timeout))?)?;
        answer::version(&text).ok_or_else(|| AskError::Misfit(short(&text)))
    }

    fn subscribe(&mut self) -> Result<Reply, AskError> {
        let document = self.document()?;
        self.told = Some(document.version());
        Ok(Reply::Document { root: document.root().clone() })
    }

    /// The next news: the whole CIB after a change, or `None` if there is none within the time.
    ///
    /// # Errors
    /// Nobody answers any more.
    pub fn news(&mut self, within: Duration) -> Result<Option<Reply>, AskError> {
        let deadline = Instant::now() + within;
        loop {
            if self.told != Some(self.version()?) {
                return self.subscribe().map(Some);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            sleep(left.min(LOOK_EVERY));
        }
    }

    /// What concerns the configuration and has no tool of its own.
    fn commit(&mut self, patch: &Patch) -> Result<Reply, AskError> {
        let mut current = patch.source;
        for _ in 0..ATTEMPTS {
            let before = match self.latest.take().filter(|latest| latest.version() == patch.source) {
                Some(latest) => latest,
                None => self.document()?,
            };
            current = before.version();
            let after = cib::apply(&before, patch).map_err(|error| AskError::Refused(Refusal::Patch(error)))?;
            self.expect_allowed(&before, &after)?;
            let output = self.run(&command::commit(change::patch(&before, &after)).within(self.timeout))?;
            if output.code == Some(i32::from(Exit::OK.0)) {
                self.follow_up(&before, &after)?;
                return Ok(Reply::Committed { version: after.version(), durable: true, unsaved: Vec::new() });
            }
            if !refusal::is_stale(&output) {
                return Err(refusal::of_commit(&output));
            }
        }
        Err(AskError::Refused(Refusal::Patch(ApplyError::Stale { base: patch.source, current })))
    }

    /// Pacemaker takes a patch without looking at what it makes of options, and not always at the schema.
    fn expect_allowed(&mut self, before: &Document, after: &Document) -> Result<(), AskError> {
        let refused = |reason: String| Err(AskError::Refused(Refusal::Schema { reason }));
        let faults = schema::new_faults(before.root(), after.root());
        if !faults.is_empty() {
            return refused(schema::in_short(&faults));
        }
        if let Some(name) = self.unknown_schema(before, after) {
            return refused(format!("the Pacemaker that runs here does not know the schema {name}"));
        }
        if !change::sets_newer_names(before, after) {
            return Ok(());
        }
        let release = self.release()?;
        change::unknown_option(before, after, release).map_or(Ok(()), refused)
    }

    fn unknown_schema(&self, before: &Document, after: &Document) -> Option<String> {
        let schema = |document: &Document| document.root().attr("validate-with").map(str::to_string);
        let name = schema(after).filter(|_| schema(before) != schema(after))?;
        let known = !self.schemas.is_dir() || Path::new(&self.schemas).join(format!("{name}.rng")).exists();
        (!known).then_some(name)
    }

    /// What Pacemaker's daemons are to be told of besides, and who reads next sees it.
    fn follow_up(&self, before: &Document, after: &Document) -> Result<(), AskError> {
        let deadline = Instant::now() + ARRIVAL;
        while self.version()? < after.version() && Instant::now() < deadline {
            sleep(ARRIVAL_LOOK);
        }
        for node in change::nodes_gone(before, after) {
            let output = self.run(&command::forget_node(&node))?;
            if output.code != Some(i32::from(Exit::OK.0)) {
                let reason = format!("it is in force, but Pacemaker's daemons keep {node}: {}", output.complaint());
                return Err(AskError::Refused(Refusal::Unfit { reason }));
            }
        }
        Ok(())
    }

    fn status(&mut self) -> Result<NodeStatus, AskError> {
        let release = self.release()?;
        let fencing = command::fencing_history(release).map(|command| self.tools.start(&command));
        let document = self.document()?;
        let leader = answer::leader(&document);
        let state = leader.map(|leader| self.tools.start(&command::leader_state(&leader).within(self.timeout)));
        let name = self.own_name();
        let state = state.and_then(said).unwrap_or_default();
        let fencing: Vec<FencingEvent> = fencing.and_then(said).map(|text| answer::fencing(&text)).unwrap_or_default();
        Ok(answer::node_status(&name, &document, answer::leader_state(&state), fencing))
    }

    /// As the cluster calls this host.
    fn own_name(&mut self) -> String {
        if self.own_name.is_none() {
            let told = self.tools.run(&command::own_name()).ok().filter(|output| output.code == Some(0));
            self.own_name = told.map(|output| output.stdout.trim().to_string()).filter(|name| !name.is_empty());
        }
        self.own_name.clone().unwrap_or_else(process::host)
    }

    fn attributes(&mut self, request: &Request) -> Result<Reply, AskError> {
        let mut values = Vec::new();
        for command in command::of(request, self.release()?)? {
            // An attribute that nobody has is no failure: it has no values.
            values.extend(answer::attributes(&self.run(&command)?.stdout));
        }
        Ok(Reply::Attributes { values })
    }

    fn carry_out(&mut self, request: &Request) -> Result<(), AskError> {
        for command in command::of(request, self.release()?)? {
            let output = self.run(&command)?;
            if output.code != Some(i32::from(Exit::OK.0)) {
                return Err(refusal::of(request, &output));
            }
        }
        Ok(())
    }

    /// Until this host's CIB has them; a release that says so itself has waited already.
    fn await_attributes(&self, node: &str, pairs: &[(String, Option<String>)]) {
        let deadline = Instant::now() + ARRIVAL;
        while Instant::now() < deadline {
            match self.document() {
                Ok(document) if !has_all(&document, node, pairs) => sleep(ARRIVAL_LOOK),
                _ => return,
            }
        }
    }

    fn run(&self, command: &Command) -> Result<Output, AskError> {
        self.tools.run(command).map_err(|error| unrun(&error))
    }
}

/// What a tool said, if all went well.
fn said(running: Result<Running, RunError>) -> Option<String> {
    let output = running.ok()?.finish().ok()?;
    (output.code == Some(0)).then_some(output.stdout)
}

fn expect_well(output: Output) -> Result<String, AskError> {
    match output.code {
        Some(0) => Ok(output.stdout),
        Some(4) => Err(AskError::Refused(Refusal::Denied { reason: output.complaint() })),
        Some(_) => Err(AskError::Client(ClientError::Lost { why: output.complaint() })),
        None => Err(refusal::ended(&output)),
    }
}

fn unrun(error: &RunError) -> AskError {
    AskError::Client(match error {
        RunError::Late { after, .. } => ClientError::Timeout { after: *after },
        other => ClientError::Lost { why: other.to_string() },
    })
}

fn short(text: &str) -> String {
    text.trim().chars().take(80).collect()
}

fn has_all(document: &Document, node: &str, pairs: &[(String, Option<String>)]) -> bool {
    let state = document.status().elements_named("node_state").find(|state| state.attr("uname") == Some(node));
    let Some(transient) = state.and_then(|state| state.child("transient_attributes")) else { return pairs.is_empty() };
    let value = |name: &str| {
        let mut found = transient.descendants().filter(|element: &&Element| element.attr("name") == Some(name));
        found.next().and_then(|pair| pair.attr("value"))
    };
    pairs.iter().all(|(name, wanted)| value(name) == wanted.as_deref())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    const CIB: &str = "<cib epoch='5' num_updates='7' admin_epoch='0' validate-with='pacemaker-3.9'>\
        <configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>";

    /// A directory of tools that are shell scripts, with a CIB beside them.
    struct Bench {
        directory: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Bench {
            let bench = Bench { directory: tempfile::tempdir().unwrap() };
            fs::write(bench.path("cib.xml"), CIB).unwrap();
            bench.tool("pacemakerd", "echo Pacemaker 2.1.5");
            bench.tool("cibadmin", &format!("cat {}", bench.path("cib.xml").display()));
            bench
        }

        fn path(&self, name: &str) -> PathBuf {
            self.directory.path().join(name)
        }

        fn tool(&self, name: &str, script: &str) {
            let new = self.path("new");
            fs::write(&new, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
            fs::rename(new, self.path(name)).unwrap();
        }

        fn guest(&self) -> Guest {
            let tools = Tools::at(vec![self.directory.path().to_path_buf()]);
            Guest::of(tools, Duration::from_secs(5))
        }
    }

    fn patch() -> Patch {
        let before = Document::read(CIB).unwrap();
        let mut after = before.clone();
        let primitive = Element::new("primitive").with("id", "p").with("class", "lsb").with("type", "x");
        after.configuration_mut().child_or_new("resources").push(primitive);
        after.set_version(before.version().next_configuration());
        cib::diff(&before, &after)
    }

    #[test]
    fn a_daemon_that_goes_away_and_returns_is_lost_and_found() {
        let bench = Bench::new();
        let mut guest = bench.guest();
        assert!(guest.ask(&Request::Query).is_ok());
        for (script, expected) in [
            ("echo 'Could not connect to the CIB: gone' >&2; exit 102", "lost: Could not connect to the CIB: gone"),
            ("kill -9 $$", "lost: Pacemaker's tool was ended by signal 9"),
            ("echo '<html/>'", "does not fit the question: <html/>"),
        ] {
            bench.tool("cibadmin", script);
            let told = guest.ask(&Request::Query).unwrap_err().to_string();
            assert!(told.ends_with(expected), "{told}");
        }
        fs::remove_file(bench.path("cibadmin")).unwrap();
        let told = guest.ask(&Request::Query).unwrap_err().to_string();
        assert!(told.ends_with("cibadmin is not installed"), "{told}");
        bench.tool("cibadmin", &format!("cat {}", bench.path("cib.xml").display()));
        assert!(guest.ask(&Request::Query).is_ok());
    }

    #[test]
    fn who_subscribed_hears_of_changes_only() {
        let bench = Bench::new();
        let mut guest = bench.guest();
        assert!(guest.ask(&Request::Subscribe).is_ok());
        assert_eq!(guest.news(Duration::from_millis(50)).unwrap(), None);
        fs::write(bench.path("cib.xml"), CIB.replace("num_updates='7'", "num_updates='8'")).unwrap();
        let Some(Reply::Document { root }) = guest.news(Duration::from_secs(2)).unwrap() else { panic!("no news") };
        assert_eq!(root.attr("num_updates"), Some("8"));
        assert_eq!(guest.news(Duration::from_millis(50)).unwrap(), None);
    }

    #[test]
    fn a_commit_that_others_were_before_is_stale() {
        let bench = Bench::new();
        let other = CIB.replace("epoch='5'", "epoch='6'");
        fs::write(bench.path("cib.xml"), other).unwrap();
        let told = bench.guest().ask(&Request::Commit { patch: patch() }).unwrap_err();
        assert!(matches!(told, AskError::Refused(Refusal::Patch(ApplyError::Stale { .. }))), "{told}");
    }

    #[test]
    fn a_commit_that_status_was_before_is_made_again() {
        let bench = Bench::new();
        let (tries, cib) = (bench.path("tries"), bench.path("cib.xml"));
        let script = format!(
            "case $* in *--patch*) cat >/dev/null; echo x >>{tries}; [ $(wc -l <{tries}) -ge 3 ] || exit 103\n\
             sed -i \"s/ epoch='5'/ epoch='6'/\" {cib};; *) cat {cib};; esac",
            tries = tries.display(),
            cib = cib.display()
        );
        bench.tool("cibadmin", &script);
        let reply = bench.guest().ask(&Request::Commit { patch: patch() }).unwrap();
        assert!(matches!(reply, Reply::Committed { .. }));
        assert_eq!(fs::read_to_string(tries).unwrap().lines().count(), 3);
    }

    #[test]
    fn what_pacemaker_would_take_in_silence_is_refused() {
        let bench = Bench::new();
        let before = Document::read(CIB).unwrap();
        let changed = |change: &dyn Fn(&mut Document)| {
            let mut after = before.clone();
            change(&mut after);
            after.set_version(before.version().next_configuration());
            let request = Request::Commit { patch: cib::diff(&before, &after) };
            bench.guest().ask(&request).unwrap_err().to_string()
        };
        let option = |document: &mut Document| {
            let pair = Element::new("nvpair").with("id", "f").with("name", "fencing-enabled").with("value", "1");
            let set = Element::new("cluster_property_set").with("id", "o").with_child(pair);
            document.configuration_mut().child_or_new("crm_config").push(set);
        };
        let told = changed(&option);
        assert!(told.contains("there it is called stonith-enabled"), "{told}");
        let fault = |document: &mut Document| {
            let primitive = Element::new("primitive").with("id", "p").with("klass", "lsb").with("type", "x");
            document.configuration_mut().child_or_new("resources").push(primitive);
        };
        let told = changed(&fault);
        assert!(told.contains("klass"), "{told}");
    }

    #[test]
    fn a_release_that_is_too_old_is_told() {
        let bench = Bench::new();
        bench.tool("pacemakerd", "echo 'Pacemaker 1.1.24-3.el7'");
        let told = bench.guest().ask(&Request::Status).unwrap_err().to_string();
        assert_eq!(told, "this is Pacemaker 1.1.24; 2.0.0 is the oldest spoken with");
    }

    #[test]
    fn attributes_that_are_set_are_waited_for() {
        let state = "<node_state id='1' uname='n1'><transient_attributes id='1'><instance_attributes id='s'>\
            <nvpair id='s-a' name='a' value='1'/></instance_attributes></transient_attributes></node_state>";
        let with = Document::read(&CIB.replace("<status/>", &format!("<status>{state}</status>"))).unwrap();
        let without = Document::read(CIB).unwrap();
        let pair = |name: &str, value: Option<&str>| vec![(name.to_string(), value.map(str::to_string))];
        assert!(has_all(&with, "n1", &pair("a", Some("1"))) && has_all(&with, "n1", &pair("b", None)));
        assert!(!has_all(&with, "n1", &pair("a", Some("2"))) && !has_all(&with, "n1", &pair("a", None)));
        assert!(!has_all(&without, "n1", &pair("a", Some("1"))));
    }
}
