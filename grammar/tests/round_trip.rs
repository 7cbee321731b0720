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
    crm::expect::SECTIONS.contains(&word) || ["and", "or", "date", "defined", "not_defined"].contains(&word)
}

/// Any value a word can hold: everything but line ends.
fn value() -> impl Strategy<Value = Word> {
    prop_oneof!["[a-zA-Z0-9._-]{1,6}", "[ -~é世]{0,8}", "[\\\\\"' ]{0,6}"].prop_map(Word::new)
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
            duration: vec![]
        }),
        (date(), vec(field(), 1..3)).prop_map(|(start, duration)| Expression::Within {
            start: Some(start),
            end: None,
            duration
        }),
        vec(field(), 1..3).prop_map(|fields| Expression::Calendar { fields }),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let own = (
        option::of(id()),
        option::of(of(crm::expect::ROLES)),
        option::of(score()),
        any::<bool>(),
        vec(expression(), 1..4),
    )
        .prop_map(|(id, role, score, or, expressions)| {
            let boolean = if or && expressions.len() > 1 { Boolean::Or } else { Boolean::And };
            Rule::Own { id, role, score: score.filter(|score| *score != "inf"), boolean, expressions }
        });
    prop_oneof![1 => id().prop_map(Rule::Reference), 4 => own]
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
        .prop_map(|(name, attributes, sets)| Operation { name, attributes, sets })
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        prop::sample::select(vec![SetKind::Params, SetKind::Meta, SetKind::Utilization])
            .prop_flat_map(set)
            .prop_map(Part::Set),
        id().prop_map(|id| Part::Operations(Operations::Id(id))),
        id().prop_map(|id| Part::Operations(Operations::Reference(id))),
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
    let set = (vec(id(), 1..4), option::of(of(qualifiers)), any::<bool>(), any::<bool>()).prop_map(
        |(members, qualifier, sequential, require_all)| ResourceSet { members, qualifier, sequential, require_all },
    );
    vec(set, 1..4)
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
    (id(), target, option::of(of(crm::expect::ROLES)), vec(discovery, 0..2), place)
        .prop_map(|(id, target, role, attributes, place)| Location { id, target, role, attributes, place })
}

fn options() -> impl Strategy<Value = Options> {
    let kind = prop::sample::select(vec![
        OptionsKind::Property,
        OptionsKind::ResourceDefaults,
        OptionsKind::OperationDefaults,
    ]);
    (kind, id(), vec(rule(), 0..2), vec(pair(), 0..4)).prop_map(|(kind, id, rules, pairs)| Options {
        kind,
        id: Some(id),
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
    let device = "[a-z]{1,4}(,[a-z]{1,4})?".prop_map(Word::new);
    let levels = (target, vec(device.clone(), 1..3)).prop_map(|(target, devices)| Levels { target, devices });
    prop_oneof![
        vec(levels, 1..3).prop_map(|levels| Topology { levels }),
        vec(device, 1..3)
            .prop_map(|devices| Topology { levels: vec![Levels { target: FencingTarget::Every, devices }] }),
    ]
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
            sets,
        });
    let list =
        || vec(id(), 1..4).prop_filter("no member twice", |ids| (1..ids.len()).all(|at| !ids[..at].contains(&ids[at])));
    let group = (id(), list(), option::of(value()), sets(&[SetKind::Params, SetKind::Meta]))
        .prop_map(|(id, members, description, sets)| Group { id, members, description, sets });
    let clone = (id(), any::<bool>(), id(), option::of(value()), sets(&[SetKind::Params, SetKind::Meta]))
        .prop_map(|(id, master, child, description, sets)| Clone { id, master, child, description, sets });
    let colocation = (id(), score(), members(crm::expect::ROLES), option::of(value()))
        .prop_map(|(id, score, members, node_attribute)| Colocation { id, score, members, node_attribute });
    let order = (
        id(),
        option::of(of(crm::expect::ORDER_KINDS)),
        members(crm::expect::ACTIONS),
        option::of(of(crm::expect::BOOLEANS)),
    )
        .prop_map(|(id, kind, members, symmetrical)| Order { id, kind, members, symmetrical });
    let dependants = prop_oneof![
        member(crm::expect::ROLES).prop_map(Members::One),
        resource_sets(crm::expect::ROLES).prop_map(Members::Sets),
    ];
    let ticket = (id(), id(), dependants, option::of(of(crm::expect::LOSS_POLICIES)))
        .prop_map(|(id, ticket, members, loss_policy)| Ticket { id, ticket, members, loss_policy });
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
        crm::expect::expect(&text[..cut]);
    }

    #[test]
    fn half_a_statement_never_panics(statement in statement(), part in 0.0f64..1.0) {
        let text = print::print(&statement);
        let cut = (0..=(text.len() as f64 * part) as usize).rev().find(|cut| text.is_char_boundary(*cut)).unwrap_or(0);
        parse(&text[..cut]);
        crm::expect::expect(&text[..cut]);
    }
}
