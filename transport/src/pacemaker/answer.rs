//! What tools of Pacemaker answer, in core's words.
//!
//! In: their output. Out: values. What is read here is what programs read: XML where the release has it, else the
//! lines of old.
//! Absent: who asked for it (see `command`, `guest`), what it means that one failed (see `refusal`).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use quorate_core::cib::{Document, Version};
use quorate_core::fencing::FencingEvent;
use quorate_core::fencing::history::FencingState;
use quorate_core::node::NodeStatus;
use quorate_core::node::request::TransitionStatus;
use quorate_core::status::operation::ExecutionStatus;
use quorate_core::status::{self, NodeState};
use quorate_core::xml::{self, Element};

/// The CIB, or its root alone; `None` if it is neither.
pub fn document(text: &str) -> Option<Document> {
    Document::read(text).ok()
}

/// The version of a root that stands alone.
pub fn version(text: &str) -> Option<Version> {
    let root = xml::read(text).ok()?;
    let number = |name: &str| root.attr(name).map_or(Some(0), |text| text.parse().ok());
    (root.name == "cib").then_some(())?;
    Some(Version { admin_epoch: number("admin_epoch")?, epoch: number("epoch")?, num_updates: number("num_updates")? })
}

/// Values of an attribute by node, of XML or of lines such as `name="a" host="n1" value="1"`.
pub fn attributes(text: &str) -> Vec<(String, Option<String>)> {
    let valued = |value: &str| Some(value.to_string()).filter(|value| !value.is_empty());
    match xml::read(text) {
        Ok(root) => root
            .elements_named("attribute")
            .filter_map(|found| Some((found.attr("host")?.to_string(), valued(found.attr("value")?))))
            .collect(),
        Err(_) => {
            text.lines().filter_map(|line| Some((quoted(line, "host")?, valued(&quoted(line, "value")?)))).collect()
        }
    }
}

/// `n1` of `host="n1"`. The value is the line's last word, and may hold quotes of its own.
fn quoted(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!(" {name}=\""))?;
    let end = if name == "value" { rest.rfind('"')? } else { rest.find('"')? };
    Some(rest[..end].to_string())
}

/// The state of the leader's controller: `S_IDLE`, of any release's sentence about it.
pub fn leader_state(text: &str) -> Option<&str> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    words.into_iter().find(|word| word.starts_with("S_"))
}

/// Who was fenced, the newest last.
pub fn fencing(text: &str) -> Vec<FencingEvent> {
    let Ok(root) = xml::read(text) else { return Vec::new() };
    let mut events: Vec<FencingEvent> =
        root.descendants().filter(|element| element.name == "fence_event").filter_map(fencing_event).collect();
    events.sort_by_key(|event| (event.state == FencingState::Pending, event.at));
    events
}

fn fencing_event(element: &Element) -> Option<FencingEvent> {
    let word = |name: &str| element.attr(name).unwrap_or_default().to_string();
    let (target, action, origin, client) = (word("target"), word("action"), word("origin"), word("client"));
    let state = match element.attr("status")? {
        "success" => FencingState::Succeeded,
        "failed" => FencingState::Failed,
        _ => FencingState::Pending,
    };
    let at = element.attr("completed").and_then(moment).unwrap_or_default();
    let id = format!("{origin} {client} {action} {target} {at}");
    let delegate = element.attr("delegate").map(str::to_string);
    let reason = word("exit-reason");
    Some(FencingEvent { id, target, action, origin, client, asked: false, delegate, state, reason, at })
}

/// `2026-11-28 17:14:55.123456Z`, with a zone (also as ` +01:00`) or without: then of this machine.
fn moment(text: &str) -> Option<i64> {
    let zoned = text.replacen(" +", "+", 1).replacen(" -", "-", 1);
    let moment: Option<Timestamp> = zoned.parse().ok();
    let local = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::system()).ok()?.timestamp());
    moment.or_else(local).map(Timestamp::as_second)
}

/// What a daemon of ours would say of itself, of a host called `node`.
pub fn node_status(node: &str, document: &Document, state: Option<&str>, fencing: Vec<FencingEvent>) -> NodeStatus {
    let root = document.root();
    let nodes = status::read(document.status()).nodes;
    let members = nodes.iter().filter(|node| node.is_online()).filter_map(|node| node.uname.clone()).collect();
    NodeStatus {
        node: node.to_string(),
        leader: leader(document),
        quorate: root.attr("have-quorum") == Some("1") || root.attr("have-quorum") == Some("true"),
        members,
        idle: state == Some("S_IDLE"),
        transition: (state == Some("S_TRANSITION_ENGINE")).then(|| transition(&nodes)),
        fencing,
        version: document.version(),
    }
}

/// The name of the leader, if there is one.
pub fn leader(document: &Document) -> Option<String> {
    let id = document.root().attr("dc-uuid").filter(|id| !id.is_empty() && *id != "0")?;
    let configured = document.configuration().child("nodes").into_iter().flat_map(Element::elements);
    let all = document.status().elements_named("node_state").chain(configured);
    all.into_iter().find(|node| node.id() == Some(id)).and_then(|node| node.attr("uname")).map(str::to_string)
}

/// What goes on, as far as the status tells: Pacemaker records what it waits for (`record-pending`).
fn transition(nodes: &[NodeState]) -> TransitionStatus {
    let mut running = Vec::new();
    for node in nodes {
        let operations = node.history.iter().flat_map(|history| &history.operations);
        let pending = operations.filter(|operation| operation.status == Some(ExecutionStatus::Pending));
        let host = node.uname.clone().unwrap_or_else(|| node.id.clone());
        running.extend(pending.map(|operation| (operation.key().to_string(), host.clone())));
    }
    TransitionStatus { id: 0, actions: u32::try_from(running.len()).unwrap_or(u32::MAX), running }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_of_attributes_are_read_in_both_forms() {
        let xml =
            |body: &str| format!("<pacemaker-result api-version='2.25'>{body}<status code='0'/></pacemaker-result>");
        for (text, expected) in [
            (xml("<attribute name='a' value='1' host='n1'/><attribute name='a' value='' host='n2'/>"), "n1=1 n2"),
            (xml(""), ""),
            ("name=\"a\" host=\"n1\" value=\"1\"\nname=\"a\" host=\"n2\" value=\"\"\n".into(), "n1=1 n2"),
            ("name=\"a\" host=\"n1\" value=\"x\"y\"\n".into(), "n1=x\"y"),
            ("Could not map name=a to a UUID\n".into(), ""),
            (String::new(), ""),
        ] {
            let words = attributes(&text).into_iter().map(|(node, value)| match value {
                Some(value) => format!("{node}={value}"),
                None => node,
            });
            assert_eq!(words.collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }

    #[test]
    fn the_state_of_the_leader_is_in_every_releases_sentence() {
        for (text, expected) in [
            ("Controller on n1 in state S_IDLE: ok\n", Some("S_IDLE")),
            ("Status of crmd@n1: S_TRANSITION_ENGINE (ok)\n", Some("S_TRANSITION_ENGINE")),
            ("error: Command failed: Connection refused\n", None),
            ("", None),
        ] {
            assert_eq!(leader_state(text), expected, "{text}");
        }
    }

    #[test]
    fn a_version_is_that_of_a_cibs_root() {
        for (text, expected) in [
            ("<cib epoch=\"10\" num_updates=\"2\" admin_epoch=\"1\" validate-with=\"pacemaker-3.9\"/>", Some("1.10.2")),
            ("<cib epoch=\"10\" num_updates=\"2\"/>", Some("0.10.2")),
            ("<cib epoch=\"x\"/>", None),
            ("<nodes/>", None),
            ("Could not connect to the CIB", None),
        ] {
            assert_eq!(version(text).map(|found| found.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn fencings_are_told_the_newest_last() {
        let text = "<pacemaker-result><list name='fencing history' count='3'>\
            <fence_event action='reboot' target='n3' client='crm' origin='n1' status='pending' extended-status='2'/>\
            <fence_event action='off' target='n2' client='x' origin='n1' status='failed' exit-reason='no device' \
                completed='2026-11-28 17:14:55.123456Z'/>\
            <fence_event action='reboot' target='n3' client='y' origin='n2' status='success' delegate='n2' \
                completed='2026-11-28 18:14:54 +01:00'/></list><status code='0'/></pacemaker-result>";
        let told = fencing(text).into_iter().map(|event| {
            format!(
                "{} {} {:?} {} {:?} {}",
                event.action, event.target, event.state, event.at, event.delegate, event.reason
            )
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "reboot n3 Succeeded 1795886094 Some(\"n2\") ",
                "off n2 Failed 1795886095 None no device",
                "reboot n3 Pending 0 None ",
            ]
        );
    }

    const CIB: &str = "<cib epoch='5' num_updates='7' admin_epoch='0' have-quorum='1' dc-uuid='2'>\
        <configuration><crm_config/><nodes><node id='1' uname='n1'/><node id='2' uname='n2'/></nodes>\
        <resources/><constraints/></configuration><status>\
        <node_state id='1' uname='n1' in_ccm='true' crmd='online'><lrm id='1'><lrm_resources>\
        <lrm_resource id='d' type='Dummy' class='ocf' provider='heartbeat'>\
        <lrm_rsc_op id='d_last_0' operation_key='d_start_0' operation='start' call-id='-1' rc-code='193' op-status='-1' \
        interval='0' transition-key='3:9:0:aa' transition-magic='-1:193;3:9:0:aa'/></lrm_resource></lrm_resources></lrm>\
        </node_state>\
        <node_state id='2' uname='n2' in_ccm='1795886094' crmd='1795886094'/>\
        <node_state id='3' uname='n3' in_ccm='false' crmd='offline'/></status></cib>";

    #[test]
    fn a_host_is_told_of_as_our_daemon_would() {
        let document = document(CIB).unwrap();
        let busy = node_status("n1", &document, Some("S_TRANSITION_ENGINE"), Vec::new());
        assert_eq!(busy.leader.as_deref(), Some("n2"));
        assert_eq!(
            (busy.quorate, busy.idle, busy.members.as_slice()),
            (true, false, ["n1", "n2"].map(String::from).as_slice())
        );
        let transition = busy.transition.unwrap();
        assert_eq!(transition.running, [("d_start_0".to_string(), "n1".to_string())]);
        let idle = node_status("n1", &document, Some("S_IDLE"), Vec::new());
        assert!(idle.idle && idle.transition.is_none());
        assert!(!node_status("n1", &document, None, Vec::new()).idle);
    }

    #[test]
    fn there_may_be_no_leader() {
        for change in [("dc-uuid='2'", ""), ("dc-uuid='2'", "dc-uuid='0'"), ("dc-uuid='2'", "dc-uuid='9'")] {
            assert_eq!(leader(&document(&CIB.replace(change.0, change.1)).unwrap()), None, "{change:?}");
        }
    }
}
