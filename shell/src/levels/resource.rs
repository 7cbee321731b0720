//! `resource`: what is to run, where, and whether the cluster may touch it.
//!
//! In: calls. Out: edits of the configuration, and requests to the daemon.
//! Absent: making resources (see `configure`).

use crate::command::{
    Argument, Call, Command, FORCE, Flag, Level, PREVIEW, Resources, Run, What, any, maybe, one, some,
};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::admin::{self, Transient};
use quorate_core::attribute::all as transient_attributes;
use quorate_core::cib::Document;
use quorate_core::node::Request;
use quorate_core::status::failcount::{self, COUNT, LAST};
use quorate_grammar::literal;

mod attribute;
mod look;
mod named;
mod relocate;
mod secret;
pub mod steer;
mod trace;

use attribute::{meta, param, utilization};
pub use attribute::{one_pair, words_of};
use look::{constraints, locate, status, why};
pub use look::{primitives, running};
pub use named::missing;
use named::{expanded, named, node_name, resource};
use relocate::{ban, clear, relocate};
use steer::{demote, maintenance, manage, promote, restart, start, stop, unmanage};
use trace::{trace, untrace};

const ACTIONS: What = What::Words(&["set", "delete", "show"]);
const ON_OFF: What = What::Words(&["on", "off", "true", "false"]);

const STOPPED: &[Argument] = &[some("resource", What::ResourceThat(Resources::Stopped))];
const RUNNING: &[Argument] = &[some("resource", What::ResourceThat(Resources::Running))];
const PROMOTABLE: &[Argument] = &[some("resource", What::ResourceThat(Resources::Promotable))];
const MANAGED: &[Argument] = &[some("resource", What::ResourceThat(Resources::Managed))];
const UNMANAGED: &[Argument] = &[some("resource", What::ResourceThat(Resources::Unmanaged))];
const STEERING: &[Flag] = &[PREVIEW];
const TRACED: &[Argument] =
    &[one("resource", What::Resource), maybe("operation", What::Operation), any("interval directory", What::File)];
const META: &[Argument] = &[
    one("resource", What::Resource),
    one("set|delete|show", ACTIONS),
    one("name", What::MetaName),
    maybe("value", What::Value),
];
const PARAMETER: &[Argument] = &[
    one("resource", What::Resource),
    one("set|delete|show", ACTIONS),
    one("name", What::ParameterName),
    maybe("value", What::Value),
];
const PLAIN: &[Argument] = &[
    one("resource", What::Resource),
    one("set|delete|show", ACTIONS),
    one("name", What::UtilizationName),
    maybe("value", What::Text),
];

pub static LEVEL: Level = Level {
    name: "resource",
    help: "resources: start, stop, move, clean up",
    commands: &[
        Command {
            name: "status",
            aliases: &["list", "show"],
            arguments: &[any("resource", What::Resource)],
            help: "what runs where",
            run: Run::Do(status),
            ..Command::DEFAULT
        },
        Command {
            name: "locate",
            arguments: &[some("resource", What::Resource)],
            help: "the nodes on which a resource runs",
            run: Run::Do(locate),
            ..Command::DEFAULT
        },
        Command {
            name: "why",
            arguments: &[one("resource", What::Resource), maybe("node", What::Node)],
            help: "why a resource is where it is, and why not elsewhere",
            details: "Tells for each node (or the one that is named) what speaks for it and what against it, with the\nconstraint, failure or setting that every score comes from.",
            examples: &["resource why db", "resource why db n2"],
            run: Run::Do(why),
            ..Command::DEFAULT
        },
        Command::plain("start", STOPPED, STEERING, "let resources run", start),
        Command::plain("stop", RUNNING, STEERING, "let resources not run", stop),
        Command {
            name: "restart",
            arguments: RUNNING,
            flags: STEERING,
            help: "stop resources, wait, and let them run again",
            run: Run::Do(restart),
            ..Command::DEFAULT
        },
        Command::plain("promote", PROMOTABLE, STEERING, "let a promotable clone have promoted instances", promote),
        Command::plain("demote", PROMOTABLE, STEERING, "let a promotable clone have none", demote),
        Command::plain("manage", UNMANAGED, STEERING, "let the cluster act on resources again", manage),
        Command::plain(
            "unmanage",
            MANAGED,
            STEERING,
            "keep the cluster from acting on resources; they are still watched",
            unmanage,
        ),
        Command {
            name: "maintenance",
            arguments: &[one("resource", What::Resource), maybe("on|off", ON_OFF)],
            flags: &[PREVIEW],
            help: "keep the cluster from acting on and watching a resource",
            run: Run::Do(maintenance),
            ..Command::DEFAULT
        },
        Command {
            name: "move",
            aliases: &["migrate"],
            arguments: &[one("resource", What::Resource), maybe("node", What::Node), any("lifetime force", What::Text)],
            flags: &[PREVIEW, FORCE],
            help: "move a resource to a node; with `force` also away from where it is",
            details: "Makes a location constraint (cli-prefer-… or cli-ban-…), which stays until `clear` or the end of\nthe lifetime, an ISO 8601 duration such as PT10M.",
            examples: &["move web n2", "move web n2 PT1H", "move web force"],
            run: Run::Do(relocate),
            ..Command::DEFAULT
        },
        Command {
            name: "ban",
            arguments: &[one("resource", What::Resource), maybe("node", What::Node), any("lifetime force", What::Text)],
            flags: &[PREVIEW, FORCE],
            help: "keep a resource from a node; without one, from where it is",
            run: Run::Do(ban),
            ..Command::DEFAULT
        },
        Command {
            name: "clear",
            aliases: &["unmove", "unban", "unmigrate"],
            arguments: &[one("resource", What::ResourceThat(Resources::Moved)), maybe("node", What::Node)],
            flags: &[PREVIEW],
            help: "remove the constraints that `move` and `ban` made",
            run: Run::Do(clear),
            ..Command::DEFAULT
        },
        Command {
            name: "cleanup",
            arguments: &[
                maybe("resource", What::Resource),
                maybe("node", What::Node),
                maybe("force", What::Words(&["force"])),
            ],
            flags: STEERING,
            help: "forget failures, so that the cluster tries again",
            run: Run::Do(cleanup),
            ..Command::DEFAULT
        },
        Command {
            name: "refresh",
            aliases: &["reprobe"],
            arguments: &[
                maybe("resource", What::Resource),
                maybe("node", What::Node),
                maybe("force", What::Words(&["force"])),
            ],
            flags: STEERING,
            help: "forget the history and look anew at what runs",
            run: Run::Do(refresh),
            ..Command::DEFAULT
        },
        Command {
            examples: &["param ip set nic eth1", "param ip show nic"],
            ..Command::plain("param", PARAMETER, &[], "a parameter of the agent", param)
        },
        Command {
            examples: &["meta web set resource-stickiness 100"],
            ..Command::plain("meta", META, &[], "a meta attribute", meta)
        },
        Command {
            examples: &["utilization db set memory 4096"],
            ..Command::plain("utilization", PLAIN, &[], "what a resource takes of a node's capacity", utilization)
        },
        Command {
            name: "failcount",
            arguments: &[
                one("resource", What::Resource),
                one("set|delete|show", ACTIONS),
                one("node", What::Node),
                maybe("value", What::Text),
                maybe("operation", What::Operation),
                maybe("interval", What::Text),
            ],
            help: "how often a resource failed on a node",
            run: Run::Do(failcount),
            ..Command::DEFAULT
        },
        Command {
            name: "scores",
            help: "what every resource is worth on every node",
            run: Run::Do(look::scores),
            ..Command::DEFAULT
        },
        Command {
            name: "operations",
            arguments: &[maybe("resource", What::Resource), maybe("node", What::Node)],
            help: "the operations that are recorded, with their results",
            examples: &["operations", "operations vip n1"],
            run: Run::Do(look::operations),
            ..Command::DEFAULT
        },
        Command {
            name: "secret",
            arguments: secret::ARGUMENTS,
            help: "keep a parameter's value out of the configuration",
            details: "The value is kept in a file on each node, which only root reads; the configuration says lrm://.\n`set` makes a new one, `stash` takes the value that is configured, `unstash` puts it back,\n`show` tells it, `check` whether it is as it was kept.",
            examples: &["secret db set password 'open sesame'", "secret fence1 stash passwd"],
            run: Run::Do(secret::secret),
            ..Command::DEFAULT
        },
        Command {
            name: "trace",
            arguments: TRACED,
            flags: STEERING,
            help: "let the agent of a resource write down every step it takes",
            details: "Of one operation, or of start, stop and the monitors. Traces go to /var/lib/heartbeat/trace_ra,\nor to the directory that is said.",
            examples: &["trace ip", "trace ip monitor 10s", "trace db promote /var/tmp/traces"],
            run: Run::Do(trace),
            ..Command::DEFAULT
        },
        Command {
            name: "untrace",
            arguments: TRACED,
            flags: STEERING,
            help: "end the tracing of a resource, or of one operation",
            run: Run::Do(untrace),
            ..Command::DEFAULT
        },
        Command {
            name: "constraints",
            arguments: &[one("resource", What::Resource)],
            help: "the constraints that concern a resource",
            run: Run::Do(constraints),
            ..Command::DEFAULT
        },
    ],
};

// ---- what the daemon does ------------------------------------------------------------------------------

fn whom(session: &mut Session, call: &Call) -> Outcome<(Option<String>, Option<String>, bool)> {
    let mut words = call.words();
    let force = words.last().is_some_and(|last| last == "force");
    if force {
        words.pop();
    }
    let document = session.document()?;
    if !words.is_empty() {
        resource(&document, call)?;
    }
    if words.len() > 1 {
        node_name(&document, call, 1)?;
    }
    let mut words = words.into_iter();
    Ok((words.next(), words.next(), force || session.switches.force))
}

fn cleanup(session: &mut Session, call: &Call) -> Outcome {
    let (resource, node, force) = whom(session, call)?;
    session.ask_or_preview(call.has(PREVIEW), vec![Request::Forget { resource, node, failed_only: !force }])
}

fn refresh(session: &mut Session, call: &Call) -> Outcome {
    let (resource, node, _) = whom(session, call)?;
    session.ask_or_preview(call.has(PREVIEW), vec![Request::Forget { resource, node, failed_only: false }])
}

fn failcount(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let id = resource(&document, call)?.id;
    let node = node_name(&document, call, 2)?;
    let value = call.argument(3);
    match (call.required(1), value) {
        ("show", None) => {
            let counts = fail_counts(&document, &id, &node);
            let sum: i64 = counts.iter().filter_map(|(_, value)| literal::score(value).ok()).map(i64::from).sum();
            let count = score_text(sum);
            session.ui.line(&format!("scope=status  name={COUNT}{id} value={count}"));
            Ok(())
        }
        ("delete", None) => {
            let names = fail_counts(&document, &id, &node).into_iter().map(|(name, _)| name);
            let pairs = names.flat_map(|name| [(name.replacen(COUNT, LAST, 1), None), (name, None)]);
            session.ask(Transient { node, pairs: pairs.collect() }.into())
        }
        ("set", Some(value)) => {
            literal::score(value).map_err(|error| Failure::at(call.span(3), error.to_string()))?;
            set_failcount(session, call, fail_counts(&document, &id, &node), value)
        }
        ("set", None) => Err(Failure::usage("set needs a value")),
        (word @ ("show" | "delete"), Some(_)) => {
            Err(Failure::misused(call.span(3), format!("`{word}` takes no value")))
        }
        (word, _) => Err(Failure::misused(call.span(1), format!("`{word}` is none of set, delete, show"))),
    }
}

/// Sets the counts that are there and meant, as crmsh does. A count of an operation that never
/// failed would stay for ever: nothing that the cluster does ends it.
fn set_failcount(session: &mut Session, call: &Call, counts: Vec<(String, String)>, value: &str) -> Outcome {
    let (id, node) = (call.required(0), call.required(2));
    let operation = call.argument(4);
    let interval = match call.argument(5) {
        None => None,
        Some(word) => Some(literal::interval_ms(word).map_err(|error| Failure::at(call.span(5), error.to_string()))?),
    };
    let operation_of = |name| failcount::counted(name).map(|(_, operation, ms)| (operation, i64::from(ms)));
    let operations: Vec<(&str, i64)> = counts.iter().filter_map(|(name, _)| operation_of(name)).collect();
    let meant = |(name, ms): &(&str, i64)| {
        operation.is_none_or(|wanted| wanted == *name) && interval.is_none_or(|wanted| wanted == *ms)
    };
    let chosen: Vec<&(&str, i64)> = operations.iter().filter(|one| meant(one)).collect();
    if chosen.is_empty() {
        if literal::score(value) == Ok(0) {
            return Ok(());
        }
        let which = operation.map_or(String::new(), |name| format!(" of `{name}`"));
        let failure = Failure::refused(format!("`{id}` has no fail count{which} on {node} that could be set"));
        let known: Vec<String> = operations.iter().map(|(name, ms)| format!("`{name} {ms}ms`")).collect();
        return Err(match known.is_empty() {
            true => failure.hint("a count begins with the first failure of an operation"),
            false => failure.hint(format!("there are counts of {}", known.join(", "))),
        });
    }
    let pair = |(name, ms): &&(&str, i64)| {
        let [count, _] = failcount::names(id, name, u64::try_from(*ms).unwrap_or_default());
        (count, Some(value.to_string()))
    };
    let pairs = chosen.iter().map(pair).collect();
    session.ask(Transient { node: node.to_string(), pairs }.into())
}

/// The fail counts of a resource on a node, one for each operation, by their attributes' names.
fn fail_counts(document: &Document, id: &str, node: &str) -> Vec<(String, String)> {
    let all = admin::find_node(document, node).map_or(Vec::new(), |node| transient_attributes(document, &node));
    let is_count = |name: &str| failcount::counted(name).is_some_and(|(counted, ..)| counted == id);
    all.into_iter().filter(|(name, _)| is_count(name)).collect()
}

fn score_text(score: i64) -> String {
    if score >= i64::from(literal::INFINITY) { "INFINITY".to_string() } else { score.to_string() }
}
