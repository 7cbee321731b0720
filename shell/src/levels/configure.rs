//! `configure`: the configuration, edited in memory until it is committed.
//!
//! In: statements and calls. Out: a changed stage, text, commits.
//! Absent: the language (grammar), how statements become XML (see `configure`).

use crate::catalogue::AgentName;
use crate::check;
use crate::command::{Call, Command, FORCE, Level, PREVIEW, Run, What, any, maybe, one, resolve, some};
use crate::configure::implicit::{self, Wishes};
use crate::configure::lower::{self, Mode};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::cib::upgrade::Schema;
use quorate_grammar::crm;
use quorate_grammar::crm::ast::Statement;
use quorate_grammar::line::{Line, LineKind, Token};
use quorate_grammar::{Diagnostic, Span, Word};

mod agents;
pub mod change;
mod compare;
mod flags;
pub mod graph;
pub mod look;
mod publish;
pub mod rsctest;

use change::tell;
use change::{delete, edit_text, erase, filter, load_file, modgroup, rename, save, schema, set_value, upgrade};
use flags::{IDS, TRUE, XML};
pub use look::text_diff;
use look::{get_property, show, simulate, verify};
use publish::{commit, redo, refresh, undo};

const fn statement_of(
    name: &'static str,
    help: &'static str,
    details: &'static str,
    examples: &'static [&'static str],
) -> Command {
    Command { name, help, details, examples, run: Run::Statement, ..Command::DEFAULT }
}

pub static LEVEL: Level = Level {
    name: "configure",
    help: "the configuration: resources, constraints, options",
    commands: &[
        statement_of(
            "node",
            "a cluster node and its attributes",
            "node [ID:] NAME[:member|remote] [description=TEXT] [attributes] NAME=VALUE… utilization NAME=VALUE…",
            &["node n1 attributes rack=a", "node 1: n1 utilization cpu=8"],
        ),
        Command {
            aliases: &["resource"],
            ..statement_of(
                "primitive",
                "a resource",
                "primitive ID [CLASS:[PROVIDER:]]TYPE|@TEMPLATE [description=TEXT]\n  [params NAME=VALUE…] [meta NAME=VALUE…] [utilization NAME=VALUE…]\n  [operations $id=ID] [op NAME NAME=VALUE… [op_params NAME=VALUE…] [op_meta NAME=VALUE…]]…",
                &["primitive ip IPaddr2 params ip=10.0.0.9 op monitor interval=10s timeout=20s"],
            )
        },
        statement_of(
            "rsc_template",
            "a pattern that primitives may refer to",
            "As primitive; used as `primitive ID @TEMPLATE`.",
            &["rsc_template vm Dummy op monitor interval=30s"],
        ),
        statement_of(
            "group",
            "resources started together, in order, on one node",
            "group ID MEMBER… [description=TEXT] [params NAME=VALUE…] [meta NAME=VALUE…]",
            &["group web ip fs app meta target-role=Stopped"],
        ),
        statement_of(
            "clone",
            "a resource that runs on several nodes",
            "clone ID RESOURCE [description=TEXT] [params NAME=VALUE…] [meta NAME=VALUE…]",
            &["clone c db meta promotable=true"],
        ),
        Command {
            aliases: &["master"],
            ..statement_of(
                "ms",
                "a promotable clone, in the older spelling",
                "As clone.",
                &["ms m drbd meta notify=true"],
            )
        },
        statement_of(
            "bundle",
            "a container and what runs in it",
            "bundle ID docker|podman NAME=VALUE… [network NAME=VALUE… [port-mapping NAME=VALUE…]…]\n  [storage [storage-mapping NAME=VALUE…]…] [meta NAME=VALUE…] [primitive RESOURCE]",
            &[
                "bundle w podman image=i:1 replicas=3 network ip-range-start=10.0.0.50 port-mapping port=80 primitive app",
            ],
        ),
        statement_of(
            "location",
            "where a resource prefers to run",
            "location ID RESOURCE|/PATTERN/|{ SET } [role=ROLE] [resource-discovery=HOW] SCORE: NODE | rule…\nrule [$id=ID] [$role=ROLE] [SCORE:] EXPRESSION [and|or EXPRESSION]…",
            &["location l1 web 100: n1", "location l2 web rule -inf: not_defined ping or ping lt 1"],
        ),
        Command {
            aliases: &["collocation"],
            ..statement_of(
                "colocation",
                "resources that run together or apart",
                "colocation ID SCORE: RESOURCE[:ROLE] WITH[:ROLE] [node-attribute=NAME]\nSets: plain members in order, ( … ) in no order, [ … ] of which one is enough.",
                &["colocation k1 inf: fs db:Promoted", "colocation k2 inf: ( a b ) base"],
            )
        },
        statement_of(
            "order",
            "which resource starts first",
            "order ID [Mandatory:|Optional:|Serialize:] FIRST[:ACTION] THEN[:ACTION] [symmetrical=BOOL]\nSets as for colocation.",
            &["order o1 Mandatory: db:promote fs:start"],
        ),
        statement_of(
            "rsc_ticket",
            "resources that depend on a ticket",
            "rsc_ticket ID TICKET: RESOURCE[:ROLE]… [loss-policy=stop|demote|fence|freeze]",
            &["rsc_ticket t1 tA: db:Promoted loss-policy=demote"],
        ),
        statement_of(
            "property",
            "cluster options",
            "property [SET:] [rule…] NAME=VALUE…",
            &["property no-quorum-policy=stop", "property night: rule date spec hours=0-5 batch-limit=2"],
        ),
        statement_of(
            "rsc_defaults",
            "default meta attributes of resources",
            "rsc_defaults [SET:] [rule…] NAME=VALUE…",
            &["rsc_defaults resource-stickiness=1"],
        ),
        statement_of(
            "op_defaults",
            "default meta attributes of operations",
            "op_defaults [SET:] [rule…] NAME=VALUE…",
            &["op_defaults timeout=60s"],
        ),
        statement_of(
            "fencing_topology",
            "which devices fence which node, in which order",
            "fencing_topology [NODE:|attr:NAME=VALUE|pattern:REGEX] DEVICE[,DEVICE]… …\nWithout a target the devices are for every node.",
            &["fencing_topology n1: ipmi1 pdu1,pdu2 n2: ipmi2"],
        ),
        statement_of(
            "role",
            "what a user with this role may read and write",
            "role ID [description=TEXT] [read|write|deny [ID:] WHAT]…\nWHAT is xpath:PATH, ref:ID, type:ELEMENT [attribute:NAME], or one of meta:RSC[:NAME], params:RSC[:NAME],\nutilization:RSC, location:RSC, property[:NAME], node[:NAME], nodeattr[:NAME], nodeutil[:NAME], status, cib.",
            &["role op1 write meta:app:target-role read cib"],
        ),
        statement_of(
            "user",
            "a user and their roles, for schemas before 2.0",
            "user ID [role:ROLE | read|write|deny WHAT]…",
            &["user joe role:op1"],
        ),
        statement_of("acl_target", "a user and their roles", "acl_target USER ROLE…", &["acl_target joe op1"]),
        statement_of(
            "acl_group",
            "a group of users and their roles",
            "acl_group GROUP ROLE…",
            &["acl_group admins op1"],
        ),
        statement_of(
            "alert",
            "a program that is told what happens",
            "alert ID PATH [description=TEXT] [attributes NAME=VALUE…] [meta NAME=VALUE…]\n  [select [nodes] [fencing] [resources] [attributes { NAME… }]]\n  [to [{] VALUE [attributes NAME=VALUE…] [meta NAME=VALUE…] [}]]…",
            &["alert a1 /usr/x.sh select fencing to { /var/log/f meta timeout=5s }"],
        ),
        statement_of("tag", "a name for several objects", "tag ID OBJECT…", &["tag web ip app"]),
        statement_of(
            "monitor",
            "one more monitor operation for a resource",
            "monitor RESOURCE[:ROLE] INTERVAL[:TIMEOUT]",
            &["monitor app 30s:20s"],
        ),
        statement_of(
            "xml",
            "an object as raw XML",
            "",
            &["xml <primitive id=\"p\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>"],
        ),
        Command {
            name: "show",
            arguments: &[any("selection", What::Selector)],
            flags: &[IDS],
            help: "print the configuration, or a part of it",
            details: "SELECTION: [xml] and ids, patterns (p*), type:TYPE, tag:TAG, related:ID, changed, obscure:PATTERN.\nSeveral selectors select what any of them does, with `and` what all of them do. Values of attributes\nthat fit core.obscure_pattern (passw*) or obscure: are masked; `save` does not mask.",
            examples: &["show", "show xml p1", "show type:order related:p1", "show changed"],
            run: Run::Do(show),
            ..Command::DEFAULT
        },
        Command {
            name: "edit",
            arguments: &[any("selection", What::Selector)],
            help: "change the configuration in an editor ($EDITOR)",
            details: "Objects that are no longer in the text are deleted. Errors are shown, and the text is edited again.",
            examples: &["edit", "edit p1 type:order"],
            run: Run::Do(edit_text),
            ..Command::DEFAULT
        },
        Command {
            name: "filter",
            arguments: &[one("program", What::Text), any("selection", What::Selector)],
            help: "change the configuration by a program",
            details: "The program reads one statement a line and writes the new text.",
            examples: &["filter \"sed 's/60s/30s/'\" p1"],
            run: Run::Do(filter),
            ..Command::DEFAULT
        },
        Command {
            name: "modgroup",
            arguments: &[
                one("group", What::Group),
                one("add|remove", What::Words(&["add", "remove"])),
                one("member", What::Member),
                maybe("after|before", What::Words(&["after", "before"])),
                maybe("reference", What::Sibling),
            ],
            help: "add a member to a group, or take one out",
            examples: &["modgroup web add fs after ip", "modgroup web remove fs"],
            run: Run::Do(modgroup),
            ..Command::DEFAULT
        },
        Command {
            name: "set",
            arguments: &[one("path", What::Path), one("value", What::Text)],
            help: "change one attribute that is there",
            details: "PATH is ID.NAME, or for an operation ID.OPERATION.[INTERVAL.]NAME.",
            examples: &["set ip.nic eth1", "set ip.monitor.interval 20s"],
            run: Run::Do(set_value),
            ..Command::DEFAULT
        },
        Command {
            name: "delete",
            aliases: &["rm"],
            arguments: &[some("id", What::Object)],
            flags: &[FORCE],
            help: "delete objects",
            details: "Constraints and tags lose their references to them; what is left empty goes too.\nMembers of a deleted group or clone stay. With --force what cannot do without them goes\ntoo (primitives of a template). What is running is not deleted; with --force it is stopped first, at once,\nand waited for (no longer than -w says).",
            examples: &["delete web", "delete l1 l2"],
            run: Run::Do(delete),
            ..Command::DEFAULT
        },
        Command {
            name: "rename",
            arguments: &[one("old", What::Object), one("new", What::Text)],
            help: "give an object another id",
            run: Run::Do(rename),
            ..Command::DEFAULT
        },
        Command {
            name: "erase",
            arguments: &[maybe("nodes", What::Words(&["nodes"]))],
            help: "delete everything but the nodes, or the nodes",
            run: Run::Do(erase),
            ..Command::DEFAULT
        },
        Command {
            name: "load",
            arguments: &[
                one("[xml]", What::Words(&["xml", "replace", "update", "push"])),
                any("method file", What::LoadSource),
            ],
            help: "read statements from a file, or from standard input (-)",
            details: "load [xml] replace|update|push FILE\nreplace: what is there goes first; update: objects of the file are made or replaced;\npush: as update, and objects that are not in the file are deleted.\nThe file is taken whole or not at all; its objects may come in any order.",
            examples: &["load update web.crm", "load xml replace cib.xml", "load update -"],
            run: Run::Do(load_file),
            ..Command::DEFAULT
        },
        Command {
            name: "save",
            arguments: &[some("[xml] selection file", What::File)],
            flags: &[IDS],
            help: "write the configuration, or a part of it, to a file (or to - )",
            examples: &["save web.crm", "save xml type:primitive p.xml"],
            run: Run::Do(save),
            ..Command::DEFAULT
        },
        Command {
            name: "commit",
            arguments: &[any("force|replace", What::Words(&["force", "replace"]))],
            flags: &[PREVIEW, FORCE],
            help: "make the changes real",
            details: "Changes that others made meanwhile stay, if they are to other things. If they are to the same\nthings, nothing is committed and each of them is shown.\nforce: in spite of what the checks find. replace: what others changed meanwhile is overwritten.",
            run: Run::Do(commit),
            ..Command::DEFAULT
        },
        Command {
            name: "refresh",
            help: "drop the changes and read the configuration again",
            run: Run::Do(refresh),
            ..Command::DEFAULT
        },
        Command { name: "undo", help: "take back the last change", run: Run::Do(undo), ..Command::DEFAULT },
        Command { name: "redo", help: "make the change that was taken back", run: Run::Do(redo), ..Command::DEFAULT },
        Command {
            name: "diff",
            arguments: &[maybe("from", What::Configuration), maybe("to", What::Configuration)],
            flags: &[XML],
            help: "what the changes are so far",
            details: "A unified diff of the configuration, or with --xml the patch that a commit sends.\nFROM and TO are live, base, work, checkpoint:NAME, shadow:NAME or files (scheduler inputs, too);\nwithout them it is from base to work.",
            run: Run::Do(compare::diff),
            ..Command::DEFAULT
        },
        Command {
            name: "_test",
            help: "check that every object can be said",
            run: Run::Do(look::self_check),
            ..Command::DEFAULT
        },
        Command {
            name: "_regtest",
            arguments: &[maybe("on|off", What::Words(&["on", "off"]))],
            help: "taken from crmsh's test scripts; output is always deterministic",
            run: Run::Do(|_, _| Ok(())),
            ..Command::DEFAULT
        },
        Command { name: "verify", help: "check the configuration", run: Run::Do(verify), ..Command::DEFAULT },
        Command {
            name: "simulate",
            aliases: &["ptest"],
            arguments: &[any("scores|actions|utilization|nograph", What::Words(look::SIMULATED))],
            help: "show what the cluster would do with the configuration as it is now",
            details: "With words as `crm_simulate` says it: `scores` of every resource on every node,\n`utilization` of the nodes, the `actions` in their order with what they lead to.",
            examples: &["simulate", "simulate actions scores"],
            run: Run::Do(simulate),
            ..Command::DEFAULT
        },
        Command {
            name: "get-property",
            aliases: &["get_property"],
            arguments: &[any("name", What::PropertyName)],
            flags: &[TRUE],
            help: "the value of a cluster option, its default if it is not set",
            run: Run::Do(get_property),
            ..Command::DEFAULT
        },
        Command {
            name: "checkpoint",
            arguments: &[
                maybe("save|restore|delete|list", What::Words(&["save", "restore", "delete", "list"])),
                maybe("name", What::Checkpoint),
            ],
            flags: &[FORCE],
            help: "give the configuration as it is now a name, and go back to it",
            examples: &["checkpoint save before", "checkpoint restore before"],
            run: Run::Do(compare::checkpoint),
            ..Command::DEFAULT
        },
        Command {
            name: "fmt",
            arguments: &[one("file", What::File)],
            help: "print a file's statements in the form and order of `show`",
            run: Run::Do(compare::fmt),
            ..Command::DEFAULT
        },
        Command {
            name: "graph",
            arguments: &[
                maybe("dot", What::Words(&["dot"])),
                maybe("file", What::File),
                maybe("format", What::Words(&["svg", "png"])),
            ],
            help: "draw in which order resources start",
            details: "In the language of graphviz; with a format (and graphviz) as a picture.",
            examples: &["graph", "graph dot order.svg svg"],
            run: Run::Do(graph::graph),
            ..Command::DEFAULT
        },
        Command {
            name: "rule-test",
            arguments: &[one("rule", What::Object), maybe("node", What::Node), maybe("time", What::Text)],
            help: "whether a rule holds for a node at a time",
            details: "RULE is the id of a rule or of an object that has some, or the rule itself in quotes.\nWithout a node (or with `all`) it is tried for each; without a time, for now.",
            examples: &[
                "rule-test l1",
                "rule-test \"#uname eq n1 and date spec hours=9-17\" n1 \"2026-01-01 10:00:00Z\"",
            ],
            run: Run::Do(compare::rule_test),
            ..Command::DEFAULT
        },
        Command {
            name: "default-timeouts",
            aliases: &["default_timeouts"],
            arguments: &[some("resource", What::Resource)],
            help: "raise the timeouts of operations to what the agents advise",
            run: Run::Do(agents::default_timeouts),
            ..Command::DEFAULT
        },
        Command {
            name: "validate-all",
            aliases: &["validate_all"],
            arguments: &[one("resource", What::Resource)],
            help: "let the agent check its parameters, on this machine",
            run: Run::Do(agents::validate_all),
            ..Command::DEFAULT
        },
        Command {
            name: "rsctest",
            arguments: &[some("resource", What::Resource), any("node", What::Node)],
            help: "try resources out: their agents probe, start, monitor and stop for real",
            details: "rsctest RESOURCE… [NODE…]\nWith the configuration as it is now, on the nodes that are named or on all of them, one after the\nother: this node directly, others by ssh. Later resources may need earlier ones. Nothing is started\nunless all are stopped everywhere, and none is managed by the cluster; afterwards all is stopped again.\nPromotable ones are promoted and demoted, too.",
            examples: &["rsctest ip web", "rsctest web n2"],
            run: Run::Do(rsctest::rsctest),
            ..Command::DEFAULT
        },
        Command {
            name: "schema",
            arguments: &[maybe("name", What::Schema)],
            help: "the schema the configuration is written for",
            run: Run::Do(schema),
            ..Command::DEFAULT
        },
        Command {
            name: "upgrade",
            arguments: &[maybe("force", What::Words(&["force"]))],
            flags: &[FORCE],
            help: "write the configuration for the latest schema",
            details: "What is renamed or moved on the way is said. If something would be lost or act differently, the\nconfiguration stays as it is unless `force` is given. Like any change this one is made real by commit.",
            run: Run::Do(upgrade),
            ..Command::DEFAULT
        },
        Command::enter(&super::cibstatus::LEVEL),
        Command::enter(&super::cib::LEVEL),
        Command::enter(&super::template::LEVEL),
        Command::enter(&super::assist::LEVEL),
    ],
};

// ---- statements ----------------------------------------------------------------------------------

/// A line of this level, by itself.
pub fn run(session: &mut Session, line: &Line) -> Outcome {
    let words = match &line.kind {
        LineKind::Words(words) if !words.is_empty() => words,
        LineKind::Raw { keyword, .. } => std::slice::from_ref(keyword),
        _ => return Ok(()),
    };
    let command = resolve(LEVEL.commands.iter(), &words[0], "of `configure`")?;
    match command.run {
        Run::Do(run) => run(session, &Call::new(command, words)?),
        Run::Statement => self::line(session, command, words, line),
        Run::Level(_) | Run::Help | Run::List => Err(Failure::misused(words[0].span, "this is not done in a script")),
    }
}

/// A line that is a statement, under its full name.
pub fn line(session: &mut Session, command: &Command, words: &[Token], line: &Line) -> Outcome {
    let mut words = words.to_vec();
    words[0].text = command.name.to_string();
    let (statement, diagnostics) = match &line.kind {
        _ if command.name != "xml" => crm::parse_words(&words),
        LineKind::Raw { .. } => crm::parse_line(line),
        // `configure xml <…>` on one line: the element starts behind the keyword.
        _ => crm::parse_line(&Line { kind: raw(session, &words[0], line.span), span: line.span }),
    };
    if let Some(id) =
        statement.as_ref().and_then(|statement| statement.kind.id()).or(words.get(1).map(Token::word).as_ref())
    {
        let id = id.text.trim_end_matches(':').to_string();
        let outcome = self::statement(session, statement, diagnostics);
        if outcome.is_err() {
            session.note_failed(&id);
        }
        return outcome;
    }
    self::statement(session, statement, diagnostics)
}

fn raw(session: &Session, keyword: &Token, line: Span) -> LineKind {
    let span = Span::new(keyword.span.end, line.end);
    let text = session.origin.text.get(span.range()).unwrap_or_default().trim();
    LineKind::Raw { keyword: keyword.clone(), body: Word::at(text, span) }
}

/// Puts a statement onto the stage.
pub fn statement(session: &mut Session, statement: Option<Statement>, mut diagnostics: Vec<Diagnostic>) -> Outcome {
    session.freshen();
    let misread = diagnostics.iter().any(Diagnostic::is_error);
    if let Some(mut statement) = statement {
        let document = session.stage()?.work().clone();
        session.modernize(&document, std::slice::from_mut(&mut statement), Schema { major: 3, minor: 0 });
        complete(session, &mut statement)?;
        let text = format!("{} {}", statement.kind.keyword(), statement.kind.id().map_or("", |id| &id.text));
        let mut document = session.stage()?.work().clone();
        let mut notes = Vec::new();
        let found = lower::lower_and_note(
            std::slice::from_ref(&statement),
            Mode::Create,
            document.configuration_mut(),
            session.catalogue(),
            &mut notes,
        );
        if found.is_empty() {
            let before = session.stage()?.clone();
            session.stage()?.put(text.trim(), document);
            let missing = session.check_references(std::slice::from_ref(&statement));
            if missing.iter().any(Diagnostic::is_error) {
                *session.stage()? = before;
            } else {
                notes.iter().for_each(|note| session.ui.info(note));
                let origin = session.origin.clone();
                check::tell(session, std::slice::from_ref(&statement), &origin)?;
            }
            // What is doubtful was told with the other checks.
            diagnostics.extend(missing.into_iter().filter(Diagnostic::is_error));
        }
        diagnostics.extend(found);
    }
    // What is an error need not be doubtful, too.
    let wrong: Vec<(Span, String)> =
        diagnostics.iter().filter(|one| one.is_error()).map(|one| (one.span, one.message.clone())).collect();
    diagnostics.retain(|one| one.is_error() || !wrong.contains(&(one.span, one.message.clone())));
    match !misread && diagnostics.iter().any(Diagnostic::is_error) {
        true => Err(Failure::unfit(diagnostics)),
        false => tell(session, diagnostics),
    }
}

/// What the settings want added to an object that a command makes.
fn complete(session: &mut Session, statement: &mut Statement) -> Outcome {
    let options = &session.options;
    let wishes = Wishes {
        habits: options.is_on("core.implicit_edits"),
        resources: options.is_on("core.has_ra_advised_op"),
        fencing: options.is_on("core.has_fa_advised_op"),
    };
    if wishes == Wishes::default() {
        return Ok(());
    }
    let configuration = session.stage()?.work().configuration().clone();
    let catalogue = session.catalogue();
    let resolve = |class: Option<&str>, provider: Option<&str>, name: &str| {
        let agent = catalogue.resolve(class, provider, name);
        (agent.class.to_string(), agent.provider.map(str::to_string))
    };
    let ask = |agent: &AgentName| session.agents.metadata(&session.environment.ocf_root, agent);
    implicit::complete(statement, wishes, &configuration, &resolve, &ask);
    Ok(())
}
