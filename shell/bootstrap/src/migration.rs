//! From Pacemaker to our daemon under a cluster whose resources run on, and back: what speaks against it on hosts,
//! and what is done there.
//!
//! In: facts of all hosts, the way. Out: obstacles; lines of shell, each of which does nothing where it is done.
//! Never here: the configuration and what runs (the shell looks at them), carrying it out.

use crate::facts::{Facts, Seen};
use quorate_transport::ssh::SshError;
use std::fmt;
use std::time::Duration;

const PACEMAKER: &str = "pacemaker";
const QUORATE: &str = "quorated";

/// A daemon in maintenance mode stops nothing, so it ends soon.
const SERVICE: Duration = Duration::from_secs(180);
const FILES: Duration = Duration::from_secs(30);

/// Which manager comes after which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToQuorate,
    ToPacemaker,
}

impl Way {
    /// The unit that is to end.
    pub fn from(self) -> &'static str {
        if self == Way::ToQuorate { PACEMAKER } else { QUORATE }
    }

    /// The unit that is to run afterwards.
    pub fn to(self) -> &'static str {
        if self == Way::ToQuorate { QUORATE } else { PACEMAKER }
    }
}

/// What stands against it on a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    #[error("{0}")]
    Ssh(SshError),
    #[error("{host}: logged in as another than root")]
    NotRoot { host: String },
    #[error("{host}: there is no unit {unit}.service")]
    Missing { host: String, unit: &'static str },
    #[error("{host}: {unit} does not run")]
    NotRunning { host: String, unit: &'static str },
    #[error("{host}: {unit} runs already")]
    RunsAlready { host: String, unit: &'static str },
    #[error("{host} has no quorum")]
    NoQuorum { host: String },
}

/// All that speaks against it. On the way back a host may be anywhere between the two: that is what it is for.
pub fn against(seen: &[Seen], way: Way) -> Vec<Obstacle> {
    seen.iter().flat_map(|one| of_host(one, way)).collect()
}

fn of_host(seen: &Seen, way: Way) -> Vec<Obstacle> {
    let host = seen.host.name.clone();
    let facts = match &seen.facts {
        Ok(facts) => facts,
        Err(error) => return vec![Obstacle::Ssh(error.clone())],
    };
    if facts.uid != 0 {
        return vec![Obstacle::NotRoot { host }];
    }
    let mut found = Vec::new();
    // Our unit takes the name of Pacemaker's while it is enabled.
    let installed = way == Way::ToQuorate || facts.programs.contains("pacemakerd");
    if !facts.managers.contains(way.to()) || !installed {
        found.push(Obstacle::Missing { host: host.clone(), unit: way.to() });
    }
    if way == Way::ToQuorate {
        found.extend(of_services(&host, facts));
    }
    found
}

fn of_services(host: &str, facts: &Facts) -> Vec<Obstacle> {
    let host = || host.to_string();
    let silent = ["corosync", PACEMAKER].into_iter().filter(|unit| !facts.runs(unit));
    let mut found: Vec<Obstacle> = silent.map(|unit| Obstacle::NotRunning { host: host(), unit }).collect();
    if facts.runs(QUORATE) {
        found.push(Obstacle::RunsAlready { host: host(), unit: QUORATE });
    }
    if !facts.is_quorate {
        found.push(Obstacle::NoQuorum { host: host() });
    }
    found
}

/// Hosts on which agents would call tools that ask a Pacemaker, which does not run then.
pub fn foreign_tools(seen: &[Seen]) -> Vec<String> {
    let foreign = |one: &&Seen| one.facts.as_ref().is_ok_and(|facts| !facts.programs.contains("tools"));
    seen.iter().filter(foreign).map(|one| one.host.name.clone()).collect()
}

/// What is done on all hosts at once, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Stop(Way),
    Store(Way),
    Start(Way),
}

impl Step {
    /// All of a way.
    pub fn of(way: Way) -> [Step; 3] {
        [Step::Stop(way), Step::Store(way), Step::Start(way)]
    }

    /// The line of shell that does it.
    pub fn line(self) -> String {
        match self {
            Step::Stop(way) => format!("systemctl stop {0} && ! systemctl is-active --quiet {0}", way.from()),
            Step::Store(Way::ToQuorate) => KEEP.to_string(),
            Step::Store(Way::ToPacemaker) => PUT_BACK.to_string(),
            Step::Start(way) => format!(
                "if systemctl is-enabled --quiet {0}; then \
                 systemctl disable --quiet {0} && systemctl enable --quiet {1}; fi; systemctl start {1}",
                way.from(),
                way.to()
            ),
        }
    }

    /// How long it may take.
    pub fn limit(self) -> Duration {
        if matches!(self, Step::Store(_)) { FILES } else { SERVICE }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Stop(way) => write!(out, "stop {}, resources run on", way.from()),
            Step::Store(Way::ToQuorate) => {
                out.write_str("keep a copy of Pacemaker's configuration, let it be taken over")
            }
            Step::Store(Way::ToPacemaker) => out.write_str("give Pacemaker a configuration of a schema that it knows"),
            Step::Start(way) => write!(out, "start {}", way.to()),
        }
    }
}

/// Where the configuration lies as Pacemaker left it.
pub const KEPT: &str = "/var/lib/pacemaker/before-quorate.xml";

/// Each manager has a digest of its own form beside the file, and takes a file that has none.
const KEEP: &str = "set -e; cd /var/lib/pacemaker/cib; test -s cib.xml; \
    cp -p cib.xml ../before-quorate.xml.new; mv ../before-quorate.xml.new ../before-quorate.xml; rm -f cib.xml.sig";

/// Ours may be of a newer schema than the Pacemaker that is installed has.
const PUT_BACK: &str = "set -e; cd /var/lib/pacemaker/cib; \
    schema=$(sed -n 's/^<cib [^>]*validate-with=\"\\([^\"]*\\)\".*/\\1/p' cib.xml); \
    test -n \"$schema\"; if [ ! -e /usr/share/pacemaker/$schema.rng ]; then cp -p ../before-quorate.xml cib.xml; fi; rm -f cib.xml.sig";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::host::Host;

    /// A host as its facts are printed, and what stands against the way.
    #[track_caller]
    fn check(way: Way, printed: &str, expected: &str) {
        let text: String = printed.split_whitespace().map(|line| format!("{line}\n")).collect();
        let seen = Seen { host: Host::here("n1"), facts: Ok(Facts::parse(&text, 0)) };
        let found: Vec<String> = against(&[seen], way).iter().map(ToString::to_string).collect();
        assert_eq!(found.join("; "), expected, "{printed}");
    }

    const GOOD: &str = "uid=0 manager=pacemaker manager=quorated active=corosync active=pacemaker quorate=yes";

    #[test]
    fn each_obstacle_is_named_with_its_host() {
        let without = |word: &str| GOOD.replace(word, "");
        check(Way::ToQuorate, GOOD, "");
        check(Way::ToQuorate, &without("uid=0"), "n1: logged in as another than root");
        check(Way::ToQuorate, &without("manager=quorated"), "n1: there is no unit quorated.service");
        check(Way::ToQuorate, &without("active=pacemaker"), "n1: pacemaker does not run");
        check(Way::ToQuorate, &without("active=corosync"), "n1: corosync does not run");
        check(Way::ToQuorate, &without("quorate=yes"), "n1 has no quorum");
        check(Way::ToQuorate, &format!("{GOOD} active=quorated"), "n1: quorated runs already");
    }

    #[test]
    fn the_way_back_begins_anywhere() {
        let both = "uid=0 manager=pacemaker manager=quorated";
        check(Way::ToPacemaker, &format!("{GOOD} program=pacemakerd"), "");
        check(Way::ToPacemaker, &format!("{both} program=pacemakerd"), "");
        check(Way::ToPacemaker, both, "n1: there is no unit pacemaker.service");
        check(Way::ToPacemaker, "uid=0 manager=quorated program=pacemakerd", "n1: there is no unit pacemaker.service");
    }

    #[test]
    fn hosts_whose_tools_are_not_ours_are_named() {
        let seen = |name: &str, printed: &str| Seen { host: Host::here(name), facts: Ok(Facts::parse(printed, 0)) };
        assert_eq!(foreign_tools(&[seen("n1", "program=tools\n"), seen("n2", "program=pacemakerd\n")]), ["n2"]);
    }

    /// What a line does with files in a directory that stands for `/var/lib/pacemaker`.
    fn stored(step: Step, schemas: &[&str], files: &[(&str, &str)]) -> Vec<(String, String)> {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().display().to_string();
        std::fs::create_dir_all(place.path().join("lib/cib")).unwrap();
        std::fs::create_dir_all(place.path().join("share")).unwrap();
        for schema in schemas {
            std::fs::write(place.path().join(format!("share/{schema}.rng")), "").unwrap();
        }
        for (name, text) in files {
            std::fs::write(place.path().join("lib").join(name), text).unwrap();
        }
        let line = step.line().replace("/var/lib/pacemaker", &format!("{root}/lib"));
        let line = line.replace("/usr/share/pacemaker", &format!("{root}/share"));
        let status = std::process::Command::new("sh").args(["-c", &line]).status().unwrap();
        assert!(status.success(), "{line}");
        let names = ["cib/cib.xml", "cib/cib.xml.sig", "before-quorate.xml"];
        let read =
            |name: &str| Some((name.to_string(), std::fs::read_to_string(place.path().join("lib").join(name)).ok()?));
        names.into_iter().filter_map(read).collect()
    }

    #[test]
    fn what_pacemaker_had_is_kept_and_put_back_where_it_must_be() {
        let cib = |schema: &str| format!("<cib epoch=\"1\" validate-with=\"{schema}\">\n</cib>\n");
        let (old, new) = (cib("pacemaker-3.9"), cib("pacemaker-4.0"));
        let pair = |name: &str, text: &str| (name.to_string(), text.to_string());
        let there = stored(Step::Store(Way::ToQuorate), &[], &[("cib/cib.xml", &old), ("cib/cib.xml.sig", "x")]);
        assert_eq!(there, [pair("cib/cib.xml", &old), pair("before-quorate.xml", &old)]);
        let files = [("cib/cib.xml", new.as_str()), ("cib/cib.xml.sig", "x"), ("before-quorate.xml", old.as_str())];
        let back = |schemas: &[&str]| stored(Step::Store(Way::ToPacemaker), schemas, &files);
        assert_eq!(back(&["pacemaker-3.9"]), [pair("cib/cib.xml", &old), pair("before-quorate.xml", &old)]);
        let known = back(&["pacemaker-3.9", "pacemaker-4.0"]);
        assert_eq!(known, [pair("cib/cib.xml", &new), pair("before-quorate.xml", &old)]);
    }
}
