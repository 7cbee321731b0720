//! What is printed is read back as the same statement, whatever the statement.
#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use quorate_grammar::crm::ast::*;
use quorate_grammar::crm::{parse, print};
use quorate_grammar::{Word, crm};

fn id() -> impl Strategy<Value = Word> {
    "[a-z_][a-z0-9_.-]{0,6}".prop_filter("keyword", |id| !is_keyword(id)).prop_map(Word::new)
}

fn is_keyword(word: &str) -> bool {
    let others = ["and", "or", "date", "defined", "not_defined", "select", "to", "network", "storage", "primitive"];
    let rights = crm::expect::RIGHTS.contains(&word) || crm::expect::ENGINES.contains(&word);
    crm::expect::SECTIONS.contains(&word) || rights || others.contains(&word)
}

/// Any value a word can hold: everything but line ends.
fn value() -> impl Strategy<Value = Word> {
    prop_oneof!["[a-zA-Z0-9._-]{1,6}", "[ -~é世]{0,8}", "[\\\\\"' ]{0,6}", "[\\n\r$'\"a]{0,6}"].prop_map(Word::new)
}

fn score() -> impl Strategy<Value = Word> {
    prop_oneof![
        Just("inf".to_string()),
        Just("-inf".to_string()),
        (-1000i32..1000).prop_map(|n| n.to_string()),
        "z[a-z]{2,5}"
    ]
    .prop_map(Word::new)
}

fn of(words: &'static [&'static str]) -> impl Strategy<Value = Word> {
    prop::sample::select(words).prop_map(Word::new)
}

fn pair() -> impl Strategy<Value = Pair> {
    prop_oneof![
        (option::of(id()), id(), value()).prop_map(|(id, name, value)| Pair::Named { id, name, value: Some(value) }),
        (id(), option::of(id())).prop_map(|(id, name)| Pair::Reference { id, name }),
    ]
}

fn field() -> impl Strategy<Value = (Word, Word)> {
    (of(crm::expect::DATE_FIELDS), value())
}

fn date() -> impl Strategy<Value = Word> {
    "20[0-9]{2}-0[1-9]-0[1-9]( 10:00)?".prop_map(Word::new)
}

fn expression() -> impl Strategy<Value = Expression> {
    let source = prop_oneof![Just(Source::Parameter), Just(Source::Meta)];
    let compared = prop_oneof![value().prop_map(|value| (value, Source::Literal)), (id(), source),];
    prop_oneof![
        id().prop_map(|name| Expression::Defined { name }),
        id().prop_map(|name| Expression::NotDefined { name }),
        (id(), option::of(of(crm::expect::COMPARISON_TYPES)), of(crm::expect::COMPARISONS), compared).prop_map(
            |(name, kind, operation, (value, source))| Expression::Compare { name, kind, operation, value, source }
        ),
        date().prop_map(|end| Expression::Before { end }),
        date().prop_map(|start| Expression::After { start }),
        (option::of(date()), date()).prop_map(|(start, end)| Expression::Within {
            start,
            end: Some(end),
            duration_id: None,
            duration: vec![]
        }),
        (date(), option::of(date()), option::of(id()), fields()).prop_map(|(start, end, duration_id, duration)| {
            Expression::Within { start: Some(start), end, duration_id, duration }
        }),
        (option::of(id()), fields()).prop_map(|(id, fields)| Expression::Calendar { id, fields }),
        plain_expression(),
    ]
}

/// At least one field, none of them twice.
fn fields() -> impl Strategy<Value = Vec<Setting>> {
    vec(field(), 1..3).prop_map(|mut fields| {
        fields.dedup_by(|a, b| a.0 == b.0);
        fields
    })
}

fn plain_expression() -> impl Strategy<Value = Expression> {
    prop::sample::select(crm::expect::PLAIN_EXPRESSIONS).prop_flat_map(|(element, names)| {
        let below = (of(&["duration", "date_spec"]), option::of(id()), fields());
        (vec((of(names), value()), 1..3), option::of(below)).prop_map(move |(attributes, below)| Expression::Plain {
            element: Word::new(element),
            attributes,
            below: below.filter(|_| element == "date_expression"),
        })
    })
}

fn condition(depth: u32) -> BoxedStrategy<Condition> {
    let leaf = expression().boxed();
    let expression = match depth {
        0 => leaf,
        _ => {
            prop_oneof![4 => leaf, 1 => rule_in(depth - 1).prop_map(|rule| Expression::Nested(Box::new(rule)))].boxed()
        }
    };
    (option::of(id()), expression).prop_map(|(id, expression)| Condition { id, expression }).boxed()
}

fn rule() -> impl Strategy<Value = Rule> {
    rule_in(1)
}

fn rule_in(depth: u32) -> BoxedStrategy<Rule> {
    let own = (
        option::of(id()),
        option::of(of(crm::expect::ROLES)),
        option::of(score()),
        any::<bool>(),
        option::of((of(&["boolean-op", "score-attribute"]), id())),
        vec(condition(depth), 1..4),
    )
        .prop_map(|(id, role, score, or, verbatim, mut conditions)| {
            let boolean = if or && conditions.len() > 1 { Boolean::Or } else { Boolean::And };
            if id.is_none() {
                // The first id that is written is the rule's.
                conditions[0].id = None;
            }
            let score = score.filter(|score| *score != "inf");
            Rule::Own { id, role, score, boolean, verbatim: verbatim.into_iter().collect(), conditions }
        });
    prop_oneof![1 => id().prop_map(Rule::Reference), 4 => own].boxed()
}

fn set(kind: SetKind) -> impl Strategy<Value = AttributeSet> {
    let own = (option::of(id()), option::of(score()), vec(rule(), 0..2), vec(pair(), 0..4))
        .prop_map(|(id, score, rules, pairs)| SetBody::Own { id, score, rules, pairs });
    prop_oneof![1 => id().prop_map(SetBody::Reference), 4 => own].prop_map(move |body| AttributeSet { kind, body })
}

fn sets(kinds: &'static [SetKind]) -> impl Strategy<Value = Vec<AttributeSet>> {
    vec(prop::sample::select(kinds).prop_flat_map(set), 0..3)
}

fn operation() -> impl Strategy<Value = Operation> {
    let attribute = prop_oneof![
        (of(&["interval", "timeout", "on-fail", "id", "description"]), value()),
        (Just(Word::new("role")), of(crm::expect::ROLES)),
    ];
    (of(crm::expect::OPERATION_NAMES), vec(attribute, 0..3), sets(&[SetKind::OperationParams, SetKind::OperationMeta]))
        .prop_map(|(name, mut attributes, sets)| {
            // Of one that is given twice the last counts, and is all that is kept.
            let mut seen = std::collections::BTreeSet::new();
            attributes.retain(|(name, _)| seen.insert(name.text.clone()));
            Operation { name, attributes, sets }
        })
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        prop::sample::select(vec![SetKind::Params, SetKind::Meta, SetKind::Utilization])
            .prop_flat_map(set)
            .prop_map(Part::Set),
        (option::of(id()), option::of(id())).prop_map(|(id, reference)| Part::Operations(Operations { id, reference })),
        operation().prop_map(Part::Operation),
    ]
}

fn agent() -> impl Strategy<Value = Agent> {
    prop_oneof![
        id().prop_map(|name| Agent::Type { class: None, provider: None, name }),
        (of(&["stonith", "systemd", "lsb"]), id()).prop_map(|(class, name)| Agent::Type {
            class: Some(class),
            provider: None,
            name
        }),
        (id(), id()).prop_map(|(provider, name)| Agent::Type {
            class: Some(Word::new("ocf")),
            provider: Some(provider),
            name
        }),
    ]
}

fn primitive() -> impl Strategy<Value = Primitive> {
    (id(), agent(), option::of(value()), vec(part(), 0..4)).prop_map(|(id, agent, description, parts)| Primitive {
        id,
        agent,
        description,
        parts,
    })
}

fn resource_sets(qualifiers: &'static [&'static str]) -> impl Strategy<Value = Vec<ResourceSet>> {
    let plain = (vec(id(), 1..4), option::of(of(qualifiers)), any::<bool>(), any::<bool>());
    let more = (option::of(id()), vec((of(&["kind", "score", "ordering"]), value()), 0..2));
    let set = (plain, more).prop_map(|((members, qualifier, sequential, require_all), (id, attributes))| ResourceSet {
        id,
        sequential,
        require_all,
        attributes,
        ..ResourceSet::plain(members, qualifier)
    });
    let reference = id().prop_map(|id| ResourceSet { reference: Some(id), ..ResourceSet::plain(Vec::new(), None) });
    vec(prop_oneof![6 => set, 1 => reference], 1..4)
}

fn member(qualifiers: &'static [&'static str]) -> impl Strategy<Value = Member> {
    (id(), option::of(of(qualifiers))).prop_map(|(resource, qualifier)| Member { resource, qualifier })
}

fn members(qualifiers: &'static [&'static str]) -> impl Strategy<Value = Members> {
    prop_oneof![
        (member(qualifiers), member(qualifiers)).prop_map(|(first, second)| Members::Two(first, second)),
        resource_sets(qualifiers).prop_map(Members::Sets),
    ]
}

fn location() -> impl Strategy<Value = Location> {
    let target = prop_oneof![
        id().prop_map(Target::Resource),
        "[a-z.*()\\\\\\[\\] ]{1,6}".prop_map(|pattern| Target::Pattern(Word::new(pattern))),
        resource_sets(crm::expect::ROLES).prop_map(Target::Sets),
    ];
    let place = prop_oneof![
        (score(), id()).prop_map(|(score, node)| Place::Node { score, node }),
        vec(rule(), 1..3).prop_map(Place::Rules),
    ];
    let discovery = of(crm::expect::DISCOVERY).prop_map(|value| (Word::new("resource-discovery"), value));
    let verbatim = vec((of(&["score", "node"]), value()), 0..2);
    (id(), target, option::of(of(crm::expect::ROLES)), vec(discovery, 0..2), verbatim, place).prop_map(
        |(id, target, role, attributes, verbatim, place)| Location { id, target, role, attributes, verbatim, place },
    )
}

fn options() -> impl Strategy<Value = OptionSet> {
    let kind = prop::sample::select(vec![
        OptionsKind::Property,
        OptionsKind::ResourceDefaults,
        OptionsKind::OperationDefaults,
    ]);
    (kind, id(), vec(rule(), 0..2), vec(pair(), 0..4)).prop_map(|(kind, id, rules, pairs)| OptionSet {
        kind,
        id: Some(id),
        reference: None,
        score: None,
        rules,
        pairs,
    })
}

fn topology() -> impl Strategy<Value = Topology> {
    let target = prop_oneof![
        id().prop_map(FencingTarget::Node),
        (id(), value()).prop_map(|(name, value)| FencingTarget::Attribute { name, value }),
        "[a-z.*\\\\ ]{1,6}".prop_map(|pattern| FencingTarget::Pattern(Word::new(pattern))),
    ];
    let level = || {
        let device = "[a-z]{1,4}(,[a-z]{1,4})?".prop_map(Word::new);
        (option::of(id()), option::of(1u32..12), device).prop_map(|(id, index, devices)| FencingLevel {
            id,
            index: index.map(|index| Word::new(index.to_string())),
            devices,
        })
    };
    let levels = (target, vec(level(), 1..3)).prop_map(|(target, levels)| Levels { target, levels });
    let no_target_twice = |levels: &Vec<Levels>| {
        (1..levels.len()).all(|at| levels[..at].iter().all(|before| before.target != levels[at].target))
    };
    prop_oneof![
        vec(levels, 1..3).prop_filter("no target twice", no_target_twice).prop_map(|levels| Topology { levels }),
        vec(level(), 1..3)
            .prop_map(|levels| Topology { levels: vec![Levels { target: FencingTarget::Every, levels }] }),
    ]
}

fn settings_of(part: &'static str) -> impl Strategy<Value = Vec<Setting>> {
    let (_, names) = crm::expect::BUNDLE_SETTINGS.iter().find(|(name, _)| *name == part).unwrap();
    vec((of(names), value()), 1..3).prop_map(|mut settings| {
        settings.dedup_by(|a, b| a.0 == b.0);
        settings.truncate(2);
        settings
    })
}

fn bundle() -> impl Strategy<Value = Bundle> {
    let mapping = |part| (option::of(id()), settings_of(part)).prop_map(|(id, settings)| Mapping { id, settings });
    let engine = (of(crm::expect::ENGINES), settings_of("docker"));
    let network = (settings_of("network"), vec(mapping("port-mapping"), 0..3));
    let tail = (
        option::of(network),
        option::of(vec(mapping("storage-mapping"), 0..3)),
        sets(&[SetKind::Params, SetKind::Meta]),
        option::of(id()),
    );
    (id(), option::of(value()), engine, tail).prop_map(
        |(id, description, (name, settings), (network, storage, sets, primitive))| {
            let mut parts = vec![BundlePart::Engine { name, settings }];
            parts.extend(network.map(|(settings, ports)| BundlePart::Network { settings, ports }));
            parts.extend(storage.map(|mappings| BundlePart::Storage { mappings }));
            parts.extend(sets.into_iter().map(BundlePart::Set));
            parts.extend(primitive.map(BundlePart::Primitive));
            Bundle { id, description, parts }
        },
    )
}

fn permission() -> impl Strategy<Value = Permission> {
    let text = || "[a-zA-Z0-9/@' *-]{1,8}".prop_map(Word::new);
    let shortcut = prop::sample::select(crm::expect::SHORTCUTS).prop_flat_map(|(name, least, most)| {
        vec(id(), least..=most).prop_map(move |arguments| Spec::Shortcut { name: Word::new(name), arguments })
    });
    let what = prop_oneof![
        text().prop_map(Spec::XPath),
        text().prop_map(Spec::Reference),
        (text(), option::of(text())).prop_map(|(name, attribute)| Spec::Type { name, attribute }),
        shortcut,
    ];
    (of(crm::expect::RIGHTS), option::of(id()), option::of(value()), what)
        .prop_map(|(right, id, description, what)| Permission { right, id, description, what })
}

fn access() -> impl Strategy<Value = Kind> {
    let grant = prop_oneof![id().prop_map(Grant::Role), permission().prop_map(Grant::Permission)];
    let roles =
        vec(id(), 1..4).prop_filter("no role twice", |ids| (1..ids.len()).all(|at| !ids[..at].contains(&ids[at])));
    let actor = (any::<bool>(), id(), option::of(value()), roles).prop_map(|(group, id, name, roles)| {
        Kind::Actor(Actor { kind: if group { ActorKind::Group } else { ActorKind::Target }, id, name, roles })
    });
    prop_oneof![
        (id(), option::of(value()), vec(permission(), 0..4))
            .prop_map(|(id, description, permissions)| Kind::Role(Role { id, description, permissions })),
        actor,
        (id(), option::of(value()), vec(grant, 1..4)).prop_map(|(id, description, grants)| Kind::User(User {
            id,
            description,
            grants
        })),
    ]
}

fn alert() -> impl Strategy<Value = Alert> {
    const SETS: &[SetKind] = &[SetKind::Attributes, SetKind::Meta];
    let path = || "/[a-z/ ]{1,8}".prop_map(Word::new);
    let selection = prop_oneof![
        Just(Selection::Nodes),
        Just(Selection::Fencing),
        Just(Selection::Resources),
        vec((option::of(id()), id()), 0..3).prop_map(Selection::Attributes),
    ];
    let recipient = (option::of(id()), path(), option::of(value()), sets(SETS))
        .prop_map(|(id, value, description, sets)| Recipient { id, value, description, sets });
    let select = option::of(vec(selection, 0..4));
    (id(), path(), option::of(value()), sets(SETS), select, vec(recipient, 0..3)).prop_map(
        |(id, path, description, sets, select, recipients)| {
            let mut parts: Vec<AlertPart> = sets.into_iter().map(AlertPart::Set).collect();
            parts.extend(select.map(AlertPart::Select));
            parts.extend(recipients.into_iter().map(AlertPart::To));
            Alert { id, path, description, parts }
        },
    )
}

fn kind() -> impl Strategy<Value = Kind> {
    let node = (
        option::of("[0-9]{1,3}"),
        id(),
        option::of(of(crm::expect::NODE_KINDS)),
        option::of(value()),
        sets(&[SetKind::Attributes, SetKind::Utilization]),
    )
        .prop_map(|(id, name, kind, description, sets)| Node {
            id: id.map(Word::new),
            name,
            kind,
            description,
            score: None,
            sets,
        });
    let list =
        || vec(id(), 1..4).prop_filter("no member twice", |ids| (1..ids.len()).all(|at| !ids[..at].contains(&ids[at])));
    let group = (id(), list(), option::of(value()), sets(&[SetKind::Params, SetKind::Meta]))
        .prop_map(|(id, members, description, sets)| Group { id, members, description, sets });
    let clone = (id(), any::<bool>(), id(), option::of(value()), sets(&[SetKind::Params, SetKind::Meta]))
        .prop_map(|(id, master, child, description, sets)| Clone { id, master, child, description, sets });
    let colocation = (id(), score(), members(crm::expect::ROLES), option::of(value())).prop_map(
        |(id, score, members, node_attribute)| Colocation {
            id,
            score,
            members,
            node_attribute,
            influence: None,
            verbatim: Vec::new(),
        },
    );
    let order = (
        id(),
        option::of(of(crm::expect::ORDER_KINDS)),
        members(crm::expect::ACTIONS),
        option::of(of(crm::expect::BOOLEANS)),
    )
        .prop_map(|(id, kind, members, symmetrical)| Order {
            id,
            kind,
            members,
            symmetrical,
            verbatim: Vec::new(),
        });
    let dependants = prop_oneof![
        member(crm::expect::ROLES).prop_map(Members::One),
        resource_sets(crm::expect::ROLES).prop_map(Members::Sets),
    ];
    let ticket = (id(), id(), dependants, option::of(of(crm::expect::LOSS_POLICIES))).prop_map(
        |(id, ticket, members, loss_policy)| Ticket { id, ticket, members, loss_policy, verbatim: Vec::new() },
    );
    let tag = (id(), vec(id(), 1..4)).prop_map(|(id, members)| Tag { id, members });
    let monitor = (id(), option::of(of(crm::expect::ROLES)), "[0-9]{1,3}s", option::of("[0-9]{1,3}s")).prop_map(
        |(resource, role, interval, timeout)| Monitor {
            resource,
            role,
            interval: Word::new(interval),
            timeout: timeout.map(Word::new),
        },
    );
    prop_oneof![
        node.prop_map(Kind::Node),
        primitive().prop_map(Kind::Primitive),
        primitive().prop_map(Kind::Template),
        group.prop_map(Kind::Group),
        clone.prop_map(Kind::Clone),
        location().prop_map(Kind::Location),
        colocation.prop_map(Kind::Colocation),
        order.prop_map(Kind::Order),
        ticket.prop_map(Kind::Ticket),
        options().prop_map(Kind::Options),
        topology().prop_map(Kind::Topology),
        tag.prop_map(Kind::Tag),
        bundle().prop_map(Kind::Bundle),
        access(),
        alert().prop_map(Kind::Alert),
        monitor.prop_map(Kind::Monitor),
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    (kind(), vec("# ?[a-z ]{0,5}[a-z]", 0..2))
        .prop_map(|(kind, comments)| Statement { comments, ..Statement::new(kind) })
}

/// What is read without complaint is printed so that it is read as the same.
fn check_reprint(text: &str) {
    let (statements, diagnostics) = parse(text);
    assert!(diagnostics.is_empty() && statements.len() == 1, "{text:?}: {diagnostics:?}");
    let printed = print::print(&statements[0]);
    let (again, complaints) = parse(&printed);
    assert!(complaints.is_empty(), "{printed:?}: {complaints:?}");
    assert_eq!(again, statements, "{printed:?}");
}

#[test]
fn words_that_need_quotes_get_them_wherever_they_stand() {
    check_reprint("ms Vm m\"\u{10}\u{10}\"sd-\\'");
    check_reprint("group g 'a b' 'c\"d'");
    check_reprint("location l 'a b' 10: 'n 1'");
    check_reprint("location l r resource-discovery=always 'z z': 'n 1'");
    check_reprint("colocation c inf: 'a b':Started \"it's\"");
    check_reprint("rsc_ticket t 'my ticket': 'a b'");
    check_reprint("node 'n 1': 'n 2':member 'a b'=c");
    check_reprint("primitive p ocf:'a b':\"c'd\" op 'a b' interval=10");
    check_reprint("primitive p @'a b' params $'a b':'c d'=e @'f g':'h i'");
    check_reprint("tag t 'a b' ''");
    check_reprint("fencing_topology 'n 1': 'd 1','d 2'");
    check_reprint("location l r rule defined 'a b' and 'c d' eq param{'e f'}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_statements_are_read_back(statement in statement()) {
        for layout in [print::Layout::Lines, print::Layout::OneLine] {
            let mut text = String::new();
            print::write(&statement, layout, &mut text);
            let (read, diagnostics) = parse(&text);
            let errors: Vec<String> = diagnostics.iter().filter(|d| d.is_error()).map(|d| d.picture("printed", &text).to_string()).collect();
            prop_assert!(errors.is_empty(), "{}", errors.concat());
            prop_assert_eq!(&read, &vec![statement.clone()], "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[ -~\n\té\\\\\"'#(){}\\[\\]:=]{0,60}", at in 0usize..60) {
        let (_, diagnostics) = parse(&text);
        for diagnostic in diagnostics {
            diagnostic.picture("f", &text).to_string();
        }
        let cut = (0..=at.min(text.len())).rev().find(|cut| text.is_char_boundary(*cut)).unwrap_or(0);
        crm::standing::expect(&text[..cut]);
    }

    #[test]
    fn half_a_statement_never_panics(statement in statement(), part in 0.0f64..1.0) {
        let text = print::print(&statement);
        let cut = (0..=(text.len() as f64 * part) as usize).rev().find(|cut| text.is_char_boundary(*cut)).unwrap_or(0);
        parse(&text[..cut]);
        crm::standing::expect(&text[..cut]);
    }
}
