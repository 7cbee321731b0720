//! What is asked of a Pacemaker, as commands of its tools: the forms of its release, or what it lacks.
//!
//! In: requests, a release. Out: [`Command`]s, in their order. The same request gives the same commands.
//! Absent: running them (see `run`), what they answer (see `answer`), reading and committing (see `guest`).

use super::release::{self, Release};
use quorate_core::admin::ticket;
use quorate_core::attribute::table::{Change, What, Which};
use quorate_core::node::Request;
use std::time::Duration;

/// What tools do without waiting for hosts.
const SHORT: Duration = Duration::from_secs(30);

/// A host is cut off by devices, one after the other, that take their time.
const FENCING: Duration = Duration::from_secs(600);

/// All probes of a host are asked for and answered.
const CLEANUP: Duration = Duration::from_secs(120);

/// One call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub tool: &'static str,
    pub arguments: Vec<String>,
    /// What it reads.
    pub input: Option<String>,
    /// It is ended if it takes longer.
    pub within: Duration,
}

/// What this Pacemaker, or any, cannot do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Lack {
    pub what: String,
}

impl Command {
    /// A tool with its arguments.
    pub fn new<const N: usize>(tool: &'static str, arguments: [&str; N]) -> Command {
        Command { tool, arguments: arguments.map(str::to_string).to_vec(), input: None, within: SHORT }
    }

    fn and(mut self, name: &str, value: &str) -> Command {
        self.arguments.push(format!("--{name}={value}"));
        self
    }

    fn flag(mut self, name: &str) -> Command {
        self.arguments.push(format!("--{name}"));
        self
    }

    /// With a time of its own.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Command {
        self.within = within;
        self
    }

    /// With a text that it reads.
    #[must_use]
    pub fn reading(mut self, input: String) -> Command {
        self.input = Some(input);
        self
    }
}

/// The CIB as this host has it: `--local` costs nothing since 3.0, where all reading is so, and is still taken.
pub fn query() -> Command {
    Command::new("cibadmin", ["--query", "--local"])
}

/// The same without what is below its root: its version.
pub fn query_version() -> Command {
    Command::new("cibadmin", ["--query", "--local", "--no-children"])
}

/// A patch, which holds for one version only.
pub fn commit(patch: String) -> Command {
    Command::new("cibadmin", ["--patch", "--xml-pipe"]).reading(patch)
}

/// The daemons forget a node that the configuration does not have any more.
pub fn forget_node(name: &str) -> Command {
    Command::new("crm_node", ["--force"]).and("remove", name)
}

/// The commands for a request; reading, committing and looking are not among them.
///
/// # Errors
/// This release cannot do it.
pub fn of(request: &Request, release: Release) -> Result<Vec<Command>, Lack> {
    match request {
        Request::SetAttributes { node, pairs } => {
            Ok(pairs.iter().map(|(name, value)| attribute(node, name, value.as_deref(), release)).collect())
        }
        Request::ChangeAttributes { node, change, .. } => Ok(vec![changed(node, change, release)?]),
        Request::QueryAttribute { name, node } => Ok(vec![queried(name, node.as_deref(), release)]),
        Request::Forget { resource, node, failed_only } => {
            Ok(vec![forgotten(resource.as_deref(), node.as_deref(), *failed_only)])
        }
        Request::ChangeTicket { ticket, change } => Ok(of_ticket(ticket, change)),
        Request::Fence { node, action } => Ok(vec![fence(node, action)?]),
        Request::ConfirmFenced { node } => Ok(vec![Command::new("stonith_admin", []).and("confirm", node)]),
        Request::ForgetFencing { node } => {
            let whom = node.as_deref().unwrap_or("*");
            Ok(vec![Command::new("stonith_admin", ["--cleanup"]).and("history", whom)])
        }
        Request::RegisterDevice { device } => {
            let command = Command::new("stonith_admin", []).and("register", &device.id).and("agent", &device.agent);
            let with =
                |command: Command, (name, value): (&String, &String)| command.and("option", &format!("{name}={value}"));
            Ok(vec![device.parameters.iter().fold(command, with)])
        }
        Request::DeregisterDevice { device } => Ok(vec![Command::new("stonith_admin", []).and("deregister", device)]),
        Request::RegisteredDevices => Err(lack("Pacemaker does not tell which devices no configuration has")),
        Request::Shutdown => Err(lack("Pacemaker is stopped by its unit: systemctl stop pacemaker")),
        Request::Query | Request::Commit { .. } | Request::Status | Request::Subscribe => Ok(Vec::new()),
    }
}

fn lack(what: &str) -> Lack {
    Lack { what: what.to_string() }
}

fn too_old(what: &str, since: Release, release: Release) -> Lack {
    Lack { what: format!("Pacemaker {release} cannot {what}: that is known since {since}") }
}

/// Sets or removes one transient attribute.
fn attribute(node: &str, name: &str, value: Option<&str>, release: Release) -> Command {
    let command = Command::new("attrd_updater", []).and("name", name).and("node", node);
    let command = match value {
        Some(value) => command.and("update", value),
        None => command.flag("delete"),
    };
    awaited(command, release)
}

/// Where it can, it says so when all have it.
fn awaited(command: Command, release: Release) -> Command {
    match release >= release::ATTRIBUTES_AWAITED {
        true => command.and("wait", "cluster"),
        false => command,
    }
}

fn changed(node: &str, change: &Change, release: Release) -> Result<Command, Lack> {
    let command = Command::new("attrd_updater", []).and("node", node);
    let command = match &change.which {
        Which::Name(name) => command.and("name", name),
        Which::Pattern(_) if release < release::ATTRIBUTE_PATTERNS => {
            return Err(too_old("change attributes by a pattern", release::ATTRIBUTE_PATTERNS, release));
        }
        Which::Pattern(pattern) => command.and("pattern", pattern),
    };
    let command = match (&change.what, change.delay_ms) {
        (What::Value(Some(value)), _) => command.and("update", value),
        (What::Value(None), _) => command.flag("delete"),
        (What::Both(value), _) => command.and("update-both", value.as_deref().unwrap_or_default()),
        (What::Delay, _) => command.flag("update-delay"),
    };
    let command = match change.delay_ms {
        Some(delay) => command.and("delay", &format!("{delay}ms")),
        None => command,
    };
    let command = if change.private { command.flag("private") } else { command };
    let command = match &change.set {
        Some(set) => command.and("set", set),
        None => command,
    };
    if change.utilization && release < release::ATTRIBUTES_OF_UTILIZATION {
        return Err(too_old("change utilization for a while", release::ATTRIBUTES_OF_UTILIZATION, release));
    }
    Ok(awaited(if change.utilization { command.flag("utilization") } else { command }, release))
}

fn queried(name: &str, node: Option<&str>, release: Release) -> Command {
    let command = Command::new("attrd_updater", ["--query"]).and("name", name);
    let command = match node {
        Some(node) => command.and("node", node),
        None => command.flag("all"),
    };
    match release >= release::ATTRIBUTES_IN_XML {
        true => command.and("output-as", "xml"),
        false => command,
    }
}

fn forgotten(resource: Option<&str>, node: Option<&str>, failed_only: bool) -> Command {
    let command = Command::new("crm_resource", []).flag(if failed_only { "cleanup" } else { "refresh" });
    let command = resource.into_iter().fold(command, |command, resource| command.and("resource", resource));
    node.into_iter().fold(command, |command, node| command.and("node", node)).within(CLEANUP)
}

/// `last-granted` is the tool's own business, as it is ours.
fn of_ticket(ticket: &str, change: &ticket::Change) -> Vec<Command> {
    let about = || Command::new("crm_ticket", ["--force"]).and("ticket", ticket);
    let ticket::Change::Set(pairs) = change else { return vec![about().flag("cleanup")] };
    let set = |(name, value): &(String, Option<String>)| match (name.as_str(), value.as_deref()) {
        ("granted", Some("true")) => about().flag("grant"),
        ("granted", Some("false")) => about().flag("revoke"),
        (name, Some(value)) => about().and("set-attr", name).and("attr-value", value),
        (name, None) => about().and("delete-attr", name),
    };
    pairs.iter().map(set).collect()
}

fn fence(node: &str, action: &str) -> Result<Command, Lack> {
    let option = match action {
        "reboot" => "reboot",
        "off" => "fence",
        "on" => "unfence",
        _ => return Err(Lack { what: format!("Pacemaker has no fencing action {action}") }),
    };
    Ok(Command::new("stonith_admin", []).and(option, node).within(FENCING))
}

/// The name of this node.
pub fn own_name() -> Command {
    Command::new("crm_node", ["--name"])
}

/// What the leader is about.
pub fn leader_state(leader: &str) -> Command {
    Command::new("crmadmin", []).and("status", leader)
}

/// Who was fenced.
pub fn fencing_history(release: Release) -> Option<Command> {
    let command = Command::new("stonith_admin", ["--history=*", "--output-as=xml"]);
    (release >= release::FENCING_IN_XML).then_some(command)
}

/// Which release it is.
pub fn release() -> Command {
    Command::new("pacemakerd", ["--version"])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quorate_core::fencing::Device;

    /// The commands for a request, a line each, or what is lacking.
    #[track_caller]
    fn check(release: &str, request: &Request, expected: &str) {
        let release = Release::read(&format!("Pacemaker {release}")).unwrap();
        let line = |command: Command| format!("{} {}", command.tool, command.arguments.join(" "));
        let told = match of(request, release) {
            Ok(commands) => commands.into_iter().map(line).collect::<Vec<_>>().join("\n"),
            Err(lack) => lack.to_string(),
        };
        assert_eq!(told, expected, "{request:?}");
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_string())
    }

    fn set(pairs: &[(&str, Option<&str>)]) -> Request {
        let pairs = pairs.iter().map(|(name, value)| (name.to_string(), value.map(str::to_string))).collect();
        Request::SetAttributes { node: "n1".into(), pairs }
    }

    #[test]
    fn attributes_are_set_one_after_the_other() {
        let request = set(&[("a", Some("-1")), ("b", None)]);
        check(
            "2.1.5",
            &request,
            "attrd_updater --name=a --node=n1 --update=-1\nattrd_updater --name=b --node=n1 --delete",
        );
        check(
            "2.1.6",
            &request,
            "attrd_updater --name=a --node=n1 --update=-1 --wait=cluster\n\
             attrd_updater --name=b --node=n1 --delete --wait=cluster",
        );
    }

    #[test]
    fn what_a_release_lacks_is_said_with_the_one_that_has_it() {
        let mut change = Change::of(Which::Pattern("^ping".into()));
        change.what = What::Value(some("1"));
        let of = |change: &Change| Request::ChangeAttributes {
            node: "n1".into(),
            change: change.clone(),
            everywhere: false,
        };
        check(
            "2.1.5",
            &of(&change),
            "Pacemaker 2.1.5 cannot change attributes by a pattern: that is known since 2.1.6",
        );
        check("3.0.0", &of(&change), "attrd_updater --node=n1 --pattern=^ping --update=1 --wait=cluster");
        change.which = Which::Name("a".into());
        change.delay_ms = Some(5000);
        change.private = true;
        change.what = What::Both(some("1"));
        check("2.0.0", &of(&change), "attrd_updater --node=n1 --name=a --update-both=1 --delay=5000ms --private");
        change.utilization = true;
        check(
            "2.0.0",
            &of(&change),
            "Pacemaker 2.0.0 cannot change utilization for a while: that is known since 2.1.6",
        );
    }

    #[test]
    fn attributes_are_asked_for_in_xml_where_that_is_known() {
        let of = |node: Option<&str>| Request::QueryAttribute { name: "a".into(), node: node.map(str::to_string) };
        check("2.0.5", &of(None), "attrd_updater --query --name=a --all");
        check("2.1.0", &of(Some("n1")), "attrd_updater --query --name=a --node=n1 --output-as=xml");
    }

    #[test]
    fn history_is_forgotten_where_it_is_wanted() {
        let of = |resource: Option<&str>, node: Option<&str>, failed_only| Request::Forget {
            resource: resource.map(str::to_string),
            node: node.map(str::to_string),
            failed_only,
        };
        check("2.1.5", &of(None, None, true), "crm_resource --cleanup");
        check("2.1.5", &of(Some("p1"), Some("n1"), false), "crm_resource --refresh --resource=p1 --node=n1");
    }

    #[test]
    fn tickets_are_changed_by_their_tool() {
        let of = |change| Request::ChangeTicket { ticket: "t".into(), change };
        check("2.1.5", &of(ticket::Change::one("granted", "true")), "crm_ticket --force --ticket=t --grant");
        check("2.1.5", &of(ticket::Change::one("granted", "false")), "crm_ticket --force --ticket=t --revoke");
        check(
            "2.1.5",
            &of(ticket::Change::Set(vec![("standby".into(), some("true")), ("owner".into(), None)])),
            "crm_ticket --force --ticket=t --set-attr=standby --attr-value=true\n\
             crm_ticket --force --ticket=t --delete-attr=owner",
        );
        check("2.1.5", &of(ticket::Change::Forget), "crm_ticket --force --ticket=t --cleanup");
    }

    #[test]
    fn hosts_are_cut_off_by_the_fencer() {
        let fence = |action: &str| Request::Fence { node: "n1".into(), action: action.into() };
        check("2.1.5", &fence("reboot"), "stonith_admin --reboot=n1");
        check("2.1.5", &fence("off"), "stonith_admin --fence=n1");
        check("2.1.5", &fence("nap"), "Pacemaker has no fencing action nap");
        check("2.1.5", &Request::ConfirmFenced { node: "n1".into() }, "stonith_admin --confirm=n1");
        check("2.1.5", &Request::ForgetFencing { node: None }, "stonith_admin --cleanup --history=*");
        check("2.1.5", &Request::ForgetFencing { node: some("n1") }, "stonith_admin --cleanup --history=n1");
        let device = Device {
            id: "d".into(),
            agent: "fence_x".into(),
            parameters: [("ip".to_string(), "a=b".to_string())].into(),
            unfences: false,
        };
        check(
            "2.1.5",
            &Request::RegisterDevice { device },
            "stonith_admin --register=d --agent=fence_x --option=ip=a=b",
        );
        check("2.1.5", &Request::DeregisterDevice { device: "d".into() }, "stonith_admin --deregister=d");
    }

    #[test]
    fn what_no_tool_does_is_said() {
        check("3.0.0", &Request::Shutdown, "Pacemaker is stopped by its unit: systemctl stop pacemaker");
        check("3.0.0", &Request::RegisteredDevices, "Pacemaker does not tell which devices no configuration has");
        check("3.0.0", &Request::Query, "");
    }

    #[test]
    fn fencing_is_looked_back_at_where_it_is_told_in_xml() {
        let of = |text| fencing_history(Release::read(text).unwrap()).is_some();
        assert!(!of("Pacemaker 2.0.1") && of("Pacemaker 2.0.2") && of("Pacemaker 3.0.0"));
    }
}
