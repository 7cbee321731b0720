//! Alerts: which programs are told of something that happened, and what they find in their environment.
//!
//! In: the configuration, and what happened. Out: [`AlertRun`]s, in the order of the configuration (Pacemaker
//! Explained, "Alerts"). Absent: running them, and the time of day in words, which has fractions of a second.

use crate::cib::Document;
use crate::cib::decode;
use crate::cib::document::PACEMAKER;
use crate::cib::model::alert::{Alert, AlertSelection, Recipient};
use crate::cib::model::attributes::AttributeSet;
use crate::exit;
use crate::fencing::FencingEvent;
use crate::fencing::history::FencingState;
use crate::lrm::queue::Finished;
use crate::rules::Facts;
use crate::rules::evaluate::{Recheck, evaluate_sets};
use crate::status::operation::ExecutionStatus;
use crate::time::{Interval, Now};
use crate::xml::Element;
use quorate_grammar::literal;
use std::collections::{BTreeMap, BTreeSet};

/// What an alert's `timeout` is if nothing else is said.
const TIMEOUT_DEFAULT_MS: u64 = 30_000;

/// How times are written for an alert that says nothing else.
const TIMESTAMP_FORMAT_DEFAULT: &str = "%H:%M:%S.%06N";

/// A program to be run for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRun {
    /// Runs of the same recipient follow one another.
    pub recipient: String,
    pub path: String,
    /// All variables that are known here; those of the time are to be added.
    pub environment: BTreeMap<String, String>,
    /// As for strftime(3), with GNU date's `%N` for fractions of a second.
    pub timestamp_format: String,
    pub timeout_ms: u64,
}

/// Something that alerts may be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    Node { name: String, id: String, member: bool },
    Fencing(FencingEvent),
    Resource(ResourceEvent),
    Attribute { node: String, id: String, name: String, value: String },
}

/// An operation that ended on this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceEvent {
    pub node: String,
    pub resource: String,
    pub task: String,
    pub interval_ms: u64,
    pub code: i32,
    pub expected: i32,
    pub status: ExecutionStatus,
    pub exec_ms: u64,
}

impl Happening {
    /// What an operation's end amounts to; `None` for a probe that found what was expected, and for
    /// notifications.
    pub fn of_operation(finished: &Finished, node: &str) -> Option<Happening> {
        let operation = &finished.operation;
        let task = operation.action.operation.clone();
        let event = ResourceEvent {
            node: node.to_string(),
            resource: operation.resource().to_string(),
            interval_ms: operation.interval_ms(),
            code: finished.report.code,
            expected: operation.key.expected,
            status: finished.report.execution_status(),
            exec_ms: finished.report.exec_ms,
            task,
        };
        let probed = event.task == "monitor" && event.interval_ms == 0 && event.code == event.expected;
        (!probed && event.task != "notify").then_some(Happening::Resource(event))
    }

    fn is_selected(&self, selection: Option<&AlertSelection>) -> bool {
        let Some(selection) = selection else { return !matches!(self, Happening::Attribute { .. }) };
        match self {
            Happening::Node { .. } => selection.nodes,
            Happening::Fencing(_) => selection.fencing,
            Happening::Resource(_) => selection.resources,
            Happening::Attribute { name, .. } => {
                selection.attributes.as_ref().is_some_and(|names| names.is_empty() || names.contains(name))
            }
        }
    }

    /// Variables without their prefix, and their values.
    fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Happening::Node { name, id, member } => vec![
                ("kind", "node".into()),
                ("node", name.clone()),
                ("nodeid", id.clone()),
                ("desc", if *member { "member" } else { "lost" }.into()),
            ],
            Happening::Fencing(event) => fencing_variables(event),
            Happening::Resource(event) => resource_variables(event),
            Happening::Attribute { node, id, name, value } => vec![
                ("kind", "attribute".into()),
                ("node", node.clone()),
                ("nodeid", id.clone()),
                ("attribute_name", name.clone()),
                ("attribute_value", value.clone()),
            ],
        }
    }
}

fn fencing_variables(event: &FencingEvent) -> Vec<(&'static str, String)> {
    let FencingEvent { id, target, action, origin, client, delegate, reason, .. } = event;
    let (code, outcome) = match event.state {
        FencingState::Failed if reason.is_empty() => (exit::ERROR, "failed".to_string()),
        FencingState::Failed => (exit::ERROR, format!("failed ({reason})")),
        FencingState::Succeeded | FencingState::Pending => (exit::OK, "OK".to_string()),
    };
    let by = delegate.as_ref().map(|node| format!(" by {node}")).unwrap_or_default();
    vec![
        ("kind", "fencing".into()),
        ("node", target.clone()),
        ("desc", format!("Operation {action} of {target}{by} for {client}@{origin}: {outcome} (ref={id})")),
        ("task", action.clone()),
        ("rc", code.to_string()),
    ]
}

fn resource_variables(event: &ResourceEvent) -> Vec<(&'static str, String)> {
    let desc = match event.status {
        ExecutionStatus::Done => exit::text(event.code).to_lowercase(),
        status => status.text().to_string(),
    };
    vec![
        ("kind", "resource".into()),
        ("node", event.node.clone()),
        ("rsc", event.resource.clone()),
        ("task", event.task.clone()),
        ("interval", event.interval_ms.to_string()),
        ("desc", desc),
        ("status", event.status.code().to_string()),
        ("target_rc", event.expected.to_string()),
        ("rc", event.code.to_string()),
        ("exec_time", event.exec_ms.to_string()),
    ]
}

/// Whether any alert is configured.
pub fn is_any(document: &Document) -> bool {
    document.configuration().child("alerts").is_some_and(|alerts| alerts.elements().next().is_some())
}

/// The programs to be told. `sequence` is the number of this happening on this node.
pub fn runs(document: &Document, happening: &Happening, sequence: u64, now: Now) -> Vec<AlertRun> {
    if !is_any(document) {
        return Vec::new();
    }
    let (configuration, _) = decode::configuration(document.root());
    let mut runs = Vec::new();
    for alert in configuration.alerts.iter().filter(|alert| happening.is_selected(alert.select.as_ref())) {
        // Without a recipient the program is run once, and finds none.
        let recipients: Vec<Option<&Recipient>> = match alert.recipients.as_slice() {
            [] => vec![None],
            recipients => recipients.iter().map(Some).collect(),
        };
        runs.extend(recipients.into_iter().filter_map(|recipient| run(alert, recipient, happening, sequence, now)));
    }
    runs
}

/// `None` if it is switched off.
fn run(
    alert: &Alert,
    recipient: Option<&Recipient>,
    happening: &Happening,
    sequence: u64,
    now: Now,
) -> Option<AlertRun> {
    // What is said of a recipient goes before what is said of all.
    let values = |of_recipient: Option<&Vec<AttributeSet>>, of_all: &[AttributeSet]| {
        let (facts, mut into) = (Facts::default(), BTreeMap::new());
        for sets in [of_recipient.map(Vec::as_slice).unwrap_or_default(), of_all] {
            evaluate_sets(sets, None, &facts, now, &mut Recheck::default(), &mut into);
        }
        into
    };
    let meta = values(recipient.map(|recipient| &recipient.meta), &alert.meta);
    if meta.get("enabled").is_some_and(|text| literal::boolean(text) == Ok(false)) {
        return None;
    }
    let timeout = meta.get("timeout").and_then(|text| Interval::parse(text));
    let timeout_ms = timeout.map(|interval| u64::from(interval.ms())).filter(|ms| *ms > 0);
    let mut environment = values(recipient.map(|recipient| &recipient.parameters), &alert.parameters);
    let mut set = |name: &str, value: String| drop(environment.insert(format!("CRM_alert_{name}"), value));
    for (name, value) in happening.variables() {
        set(name, value);
    }
    set("version", PACEMAKER.to_string());
    set("node_sequence", sequence.to_string());
    set("recipient", recipient.map_or_else(String::new, |recipient| recipient.value.clone()));
    Some(AlertRun {
        recipient: recipient.map_or(&alert.id, |recipient| &recipient.id).clone(),
        path: alert.path.clone(),
        environment,
        timestamp_format: meta.get("timestamp-format").cloned().unwrap_or_else(|| TIMESTAMP_FORMAT_DEFAULT.to_string()),
        timeout_ms: timeout_ms.unwrap_or(TIMEOUT_DEFAULT_MS),
    })
}

/// Transient attributes of nodes that have another value in a later document; an empty one is gone.
pub fn attribute_changes(before: &Document, after: &Document) -> Vec<Happening> {
    let mut changes = Vec::new();
    for state in after.status().elements_named("node_state") {
        let id = state.id().unwrap_or_default();
        let former = before.status().child_with_id("node_state", id);
        let (old, new) = (former.and_then(transient), transient(state));
        if old == new {
            continue;
        }
        let (old, new) = (pairs(old), pairs(new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names.into_iter().filter(|name| old.get(*name) != new.get(*name)) {
            changes.push(Happening::Attribute {
                node: state.attr("uname").unwrap_or(id).to_string(),
                id: id.to_string(),
                name: name.clone(),
                value: new.get(name).cloned().unwrap_or_default(),
            });
        }
    }
    changes
}

fn transient(state: &Element) -> Option<&Element> {
    state.child("transient_attributes")
}

fn pairs(attributes: Option<&Element>) -> BTreeMap<String, String> {
    let pairs = attributes.into_iter().flat_map(|all| all.descendants()).filter(|pair| pair.name == "nvpair");
    pairs.filter_map(|pair| Some((pair.attr("name")?.to_string(), pair.attr("value")?.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(alerts: &str) -> Document {
        let text = format!(
            "<cib validate-with='pacemaker-4.0'><configuration><crm_config/><nodes/><resources/><constraints/>\
             <alerts>{alerts}</alerts></configuration><status/></cib>"
        );
        Document::read(&text).expect("a CIB")
    }

    fn lost() -> Happening {
        Happening::Node { name: "n2".into(), id: "2".into(), member: false }
    }

    fn attribute(name: &str) -> Happening {
        Happening::Attribute { node: "n1".into(), id: "1".into(), name: name.into(), value: "5".into() }
    }

    fn stopped() -> Happening {
        Happening::Resource(ResourceEvent {
            node: "n1".into(),
            resource: "p".into(),
            task: "stop".into(),
            interval_ms: 0,
            code: 1,
            expected: 0,
            status: ExecutionStatus::TimedOut,
            exec_ms: 20_000,
        })
    }

    /// Who is told, as `recipient=path`.
    #[track_caller]
    fn check(alerts: &str, happening: &Happening, expected: &str) {
        let runs = runs(&document(alerts), happening, 1, Now::from_epoch(0));
        let told: Vec<String> = runs.iter().map(|run| format!("{}={}", run.recipient, run.path)).collect();
        assert_eq!(told.join(" "), expected);
    }

    #[test]
    fn all_but_attributes_are_told_unless_something_is_selected() {
        let plain = "<alert id='a' path='/a'/>";
        check(plain, &lost(), "a=/a");
        check(plain, &stopped(), "a=/a");
        check(plain, &attribute("x"), "");
        let selected = "<alert id='a' path='/a'><select><select_nodes/></select></alert>";
        check(selected, &lost(), "a=/a");
        check(selected, &stopped(), "");
        let named = "<alert id='a' path='/a'><select><select_attributes><attribute id='x' name='x'/></select_attributes></select></alert>";
        check(named, &attribute("x"), "a=/a");
        check(named, &attribute("y"), "");
        check(named, &lost(), "");
    }

    #[test]
    fn each_recipient_is_told_unless_it_is_switched_off() {
        let off = "<meta_attributes id='m'><nvpair id='n' name='enabled' value='false'/></meta_attributes>";
        let recipients = format!(
            "<alert id='a' path='/a'><recipient id='r1' value='one'/><recipient id='r2' value='two'>{off}</recipient></alert>"
        );
        check(&recipients, &lost(), "r1=/a");
        check(&format!("<alert id='a' path='/a'>{off}</alert>"), &lost(), "");
    }

    #[test]
    fn what_is_said_of_a_recipient_goes_before_what_is_said_of_all() {
        let alerts = "<alert id='a' path='/a'>\
            <meta_attributes id='m'><nvpair id='m1' name='timeout' value='5s'/><nvpair id='m2' name='timestamp-format' value='%s'/></meta_attributes>\
            <instance_attributes id='i'><nvpair id='i1' name='color' value='red'/><nvpair id='i2' name='size' value='1'/></instance_attributes>\
            <recipient id='r' value='mail'><meta_attributes id='n'><nvpair id='n1' name='timeout' value='9s'/></meta_attributes>\
            <instance_attributes id='j'><nvpair id='j1' name='color' value='blue'/></instance_attributes></recipient></alert>";
        let runs = runs(&document(alerts), &stopped(), 7, Now::from_epoch(0));
        let [run] = runs.as_slice() else { panic!("{runs:?}") };
        assert_eq!((run.timeout_ms, run.timestamp_format.as_str()), (9000, "%s"));
        let shown: Vec<String> = run.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            shown.join(" "),
            format!(
                "CRM_alert_desc=Timed out CRM_alert_exec_time=20000 CRM_alert_interval=0 CRM_alert_kind=resource \
                 CRM_alert_node=n1 CRM_alert_node_sequence=7 CRM_alert_rc=1 CRM_alert_recipient=mail CRM_alert_rsc=p \
                 CRM_alert_status=2 CRM_alert_target_rc=0 CRM_alert_task=stop CRM_alert_version={PACEMAKER} color=blue size=1"
            )
        );
    }

    #[test]
    fn attributes_that_changed_are_found() {
        let with = |value: &str| {
            let text = format!(
                "<cib><configuration/><status><node_state id='1' uname='n1'><transient_attributes id='1'>\
                 <instance_attributes id='s'><nvpair id='s-x' name='x' value='{value}'/></instance_attributes>\
                 </transient_attributes></node_state></status></cib>"
            );
            Document::read(&text).expect("a CIB")
        };
        assert_eq!(attribute_changes(&with("1"), &with("1")), []);
        assert_eq!(
            attribute_changes(&with("1"), &with("5")),
            [Happening::Attribute { node: "n1".into(), id: "1".into(), name: "x".into(), value: "5".into() }]
        );
    }
}
