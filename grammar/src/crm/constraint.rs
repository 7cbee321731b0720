//! Constraints: location, colocation, order, rsc_ticket, and the resource sets in them.
//!
//! In: a reader after the keyword. Out: the statement's value.
//! Absent: whether the resources exist.

use crate::crm::ast::{Colocation, Location, Member, Members, Order, Place, ResourceSet, Setting, Target, Ticket};
use crate::crm::attributes;
use crate::crm::expect::{ACTIONS, BOOLEANS, Expected, LOSS_POLICIES, ORDER_KINDS, ROLES};
use crate::crm::reader::{Parsed, Reader, boolean, meant, one_of};
use crate::crm::rule;
use crate::diagnostic::{Diagnostic, Severity, closest};
use crate::line::Token;
use crate::literal;
use crate::span::Word;

/// True if brackets mean something in a statement with this first word.
pub fn has_brackets(first: &Token) -> bool {
    first.is("location") || has_sets(first)
}

fn has_sets(first: &Token) -> bool {
    ["colocation", "collocation", "order", "rsc_ticket"].iter().any(|word| first.is(word))
}

/// Brackets may touch the words in them; here they become words of their own.
pub fn split_brackets(tokens: &[Token]) -> Vec<Token> {
    let has_sets = tokens.first().is_some_and(has_sets);
    let is_location = tokens.first().is_some_and(|first| first.is("location"));
    let mut braces = is_location && tokens.get(2).is_some_and(|third| third.text.starts_with('{'));
    let mut out = Vec::with_capacity(tokens.len());
    for (index, token) in tokens.iter().enumerate() {
        if index < 2 || !(has_sets || braces) {
            out.push(token.clone());
            continue;
        }
        braces &= !token.text.ends_with('}');
        split_token(token, &mut out);
    }
    out
}

fn split_token(token: &Token, out: &mut Vec<Token>) {
    let text = &token.text;
    let set_option = ["sequential=", "require-all="].iter().any(|option| text.starts_with(option));
    if text.contains('=') && !set_option {
        return out.push(token.clone());
    }
    let opening = text.len() - text.trim_start_matches(['(', '[', '{']).len();
    let closing = if opening == text.len() { 0 } else { text.len() - text.trim_end_matches([')', ']', '}']).len() };
    let end = text.len() - closing;
    out.extend((0..opening).map(|at| token.cut(at..at + 1)));
    if end > opening {
        out.push(token.cut(opening..end));
    }
    out.extend((end..text.len()).map(|at| token.cut(at..at + 1)));
}

// ---- the constraints ---------------------------------------------------------------------------------

pub fn location(reader: &mut Reader) -> Parsed<Location> {
    let id = reader.id()?;
    let target = target(reader)?;
    let mut role = reader.option("role=");
    let (mut options, mut verbatim): (Vec<Setting>, _) = (Vec::new(), verbatim(reader));
    while let Some((name, value)) = reader.pair(Expected::Prefix("resource-discovery="), |name| !name.starts_with('$'))
    {
        let is_role = name == "role";
        if is_role && role.is_some() || options.iter().any(|(known, _)| *known == name) {
            return Err(Diagnostic::error(name.span, format!("`{}` is given twice", name.text)).into());
        }
        if is_role {
            role = Some(value);
        } else {
            options.push((name, value));
        }
    }
    role = role.or_else(|| reader.option("role="));
    verbatim.extend(self::verbatim(reader));
    let rules = attributes::rules(reader)?;
    if !rules.is_empty() || reader.is_done() && !verbatim.is_empty() {
        let place = if rules.is_empty() { Place::None } else { Place::Rules(rules) };
        return Ok(Location { id, target, role: checked(role)?, attributes: options, verbatim, place });
    }
    let Some(score) = reader.labelled(Expected::Score) else { return Err(reader.stop()) };
    let score = rule::score(score)?;
    let node = reader.name(Expected::Node)?;
    let role = checked(role.or_else(|| reader.option("role=")))?;
    Ok(Location { id, target, role, attributes: options, verbatim, place: Place::Node { score, node } })
}

/// What constraints may have beside what the language says of them.
const VERBATIM: &[&str] = &["score", "score-attribute", "node", "kind", "require-all", "domain", "lifetime"];

fn verbatim(reader: &mut Reader) -> Vec<Setting> {
    std::iter::from_fn(|| reader.verbatim(VERBATIM)).collect()
}

fn checked(role: Option<Word>) -> Parsed<Option<Word>> {
    role.map(|role| one_of(role, "a role", ROLES)).transpose()
}

fn target(reader: &mut Reader) -> Parsed<Target> {
    if bracket(reader, "{") {
        let sets = Sets::read(reader, ROLES)?;
        if !bracket(reader, "}") || sets.sets.is_empty() {
            return Err(reader.stop());
        }
        return Ok(Target::Sets(sets.sets));
    }
    let is_pattern = |token: &Token| token.text.len() > 2 && token.text.starts_with('/') && token.text.ends_with('/');
    if let Some(token) = reader.peek().filter(|token| is_pattern(token)) {
        reader.next();
        return Ok(Target::Pattern(token.slice(1..token.text.len() - 1)));
    }
    Ok(Target::Resource(reader.name(Expected::Resource)?))
}

pub fn colocation(reader: &mut Reader) -> Parsed<Colocation> {
    let id = reader.id()?;
    let Some(score) = reader.labelled(Expected::Score) else { return Err(reader.stop()) };
    let score = rule::score(score)?;
    let members = one_or_more(Sets::read(reader, ROLES)?, reader)?;
    let (mut node_attribute, mut influence) = (None, None);
    loop {
        if node_attribute.is_none()
            && let Some(word) = reader.option("node-attribute=")
        {
            node_attribute = Some(word);
        } else if influence.is_none()
            && let Some(word) = reader.option("influence=")
        {
            // The schema takes any text here, and the cluster takes what it does not know for its default.
            if let Err(stop) = one_of(word.clone(), "true or false", BOOLEANS) {
                reader.diagnostics.push(Diagnostic { severity: Severity::Warning, ..*stop.0 });
            }
            influence = Some(word);
        } else {
            break;
        }
    }
    Ok(Colocation { id, score, members, node_attribute, influence, verbatim: verbatim(reader) })
}

pub fn order(reader: &mut Reader) -> Parsed<Order> {
    let id = reader.id()?;
    let kind = reader.labelled(Expected::OrderKind).map(order_kind).transpose()?;
    let members = one_or_more(Sets::read(reader, ACTIONS)?, reader)?;
    let symmetrical = reader.option("symmetrical=").map(boolean).transpose()?;
    Ok(Order { id, kind, members, symmetrical, verbatim: verbatim(reader) })
}

/// A score says Optional when it is zero and Mandatory otherwise.
fn order_kind(word: Word) -> Parsed<Word> {
    if let Ok(kind) = one_of(word.clone(), "a kind", ORDER_KINDS) {
        return Ok(kind);
    }
    let named = ["inf", "infinity", "advisory"];
    let is_score =
        named.contains(&word.text.to_lowercase().trim_start_matches(['+', '-'])) || word.text.parse::<i64>().is_ok();
    if !is_score {
        return one_of(word, "a kind of order", ORDER_KINDS);
    }
    let kind = if rule::score(word.clone())?.text == "0" { "Optional" } else { "Mandatory" };
    Ok(Word::at(kind, word.span))
}

pub fn ticket(reader: &mut Reader) -> Parsed<Ticket> {
    let id = reader.id()?;
    let Some(ticket) = reader.labelled(Expected::Ticket) else { return Err(reader.stop()) };
    // Two resources of a ticket are a set: no form says one after the other.
    let sets = Sets::read(reader, ROLES)?;
    let members = match (&sets.sets[..], sets.bracketed) {
        ([], _) => return Err(reader.stop()),
        ([only], false) if only.members.len() == 1 => {
            Members::One(Member { resource: only.members[0].clone(), qualifier: only.qualifier.clone() })
        }
        _ => Members::Sets(sets.sets),
    };
    let loss_policy =
        reader.option("loss-policy=").map(|value| one_of(value, "a loss policy", LOSS_POLICIES)).transpose()?;
    Ok(Ticket { id, ticket, members, loss_policy, verbatim: verbatim(reader) })
}

/// One resource alone is a set of one, as with crmsh: it is kept, though it constrains nothing.
fn one_or_more(read: Sets, reader: &mut Reader) -> Parsed<Members> {
    match alone(&read, reader) {
        true => Ok(Members::Sets(read.sets)),
        false => at_least_two(read, reader),
    }
}

fn alone(read: &Sets, reader: &mut Reader) -> bool {
    let members = read.members();
    let [only] = &members[..] else { return false };
    let ends = reader.peek().is_none_or(|token| token.text.contains('='));
    let is_alone = !read.bracketed && ends;
    if is_alone {
        let text = format!("`{}` alone has no effect: it needs another resource", only.resource.text);
        reader.diagnostics.push(Diagnostic::warning(only.resource.span, text));
    }
    is_alone
}

fn at_least_two(read: Sets, reader: &Reader) -> Parsed<Members> {
    let plain = !read.bracketed;
    let members: Vec<Member> = read.members();
    match (&members[..], plain) {
        ([], _) if read.sets.is_empty() => Err(reader.stop()),
        ([_], true) => Err(reader.stop()),
        ([first, second], true) => Ok(Members::Two(first.clone(), second.clone())),
        _ => Ok(Members::Sets(read.sets)),
    }
}

// ---- resource sets -----------------------------------------------------------------------------------

#[derive(Default)]
struct Sets {
    sets: Vec<ResourceSet>,
    /// Brackets, set attributes or `_rsc_set_` were there: this is no simple pair.
    bracketed: bool,
}

impl Sets {
    fn read(reader: &mut Reader, qualifiers: &[&'static str]) -> Parsed<Sets> {
        let mut sets = Sets {
            bracketed: reader.next_if(Expected::Resource, |token| token.text == "_rsc_set_").is_some(),
            ..Sets::default()
        };
        loop {
            if bracket(reader, "(") {
                sets.bracket(reader, qualifiers, ")", true)?;
            } else if bracket(reader, "[") {
                sets.bracket(reader, qualifiers, "]", false)?;
            } else if let Some((member, qualifier)) = member(reader, qualifiers)? {
                sets.plain(reader, member, qualifier, qualifiers)?;
            } else {
                return Ok(sets);
            }
        }
    }

    fn members(&self) -> Vec<Member> {
        let member = |set: &ResourceSet, resource: &Word| Member {
            resource: resource.clone(),
            qualifier: set.qualifier.clone(),
        };
        self.sets.iter().flat_map(|set| set.members.iter().map(move |resource| member(set, resource))).collect()
    }

    /// Members without brackets, up to a bracket or the end; another qualifier starts another set.
    fn plain(
        &mut self,
        reader: &mut Reader,
        first: Word,
        qualifier: Option<Word>,
        qualifiers: &[&'static str],
    ) -> Parsed<()> {
        let start = self.sets.len();
        push(&mut self.sets, start, first, qualifier);
        while let Some((member, qualifier)) = member(reader, qualifiers)? {
            push(&mut self.sets, start, member, qualifier);
        }
        self.bracketed |= set_options(reader, &mut self.sets[start..])?;
        Ok(())
    }

    /// `( … )` is a set without order, `[ … ]` one of which a single member is enough.
    fn bracket(
        &mut self,
        reader: &mut Reader,
        qualifiers: &[&'static str],
        end: &'static str,
        all: bool,
    ) -> Parsed<()> {
        let start = self.sets.len();
        self.bracketed = true;
        if let Some(reference) = reader.prefixed("$id-ref=") {
            let plain = ResourceSet::plain(Vec::new(), None);
            self.sets.push(ResourceSet { reference: Some(reference), ..plain });
            return if bracket(reader, end) { Ok(()) } else { Err(reader.stop()) };
        }
        let id = reader.prefixed("$id=");
        loop {
            if let Some(token) = reader.peek().filter(|token| matches!(token.text.as_str(), "(" | "[" | "{")) {
                return Err(Diagnostic::error(token.span, "a set cannot stand inside another").into());
            }
            let Some((member, qualifier)) = member(reader, qualifiers)? else { break };
            push(&mut self.sets, start, member, qualifier);
        }
        for set in &mut self.sets[start..] {
            (set.sequential, set.require_all) = (false, all);
        }
        set_options(reader, &mut self.sets[start..])?;
        let attributes: Vec<Setting> = std::iter::from_fn(|| reader.verbatim(SET_VERBATIM)).collect();
        if self.sets.len() == start || !bracket(reader, end) {
            return Err(reader.stop());
        }
        match &mut self.sets[start..] {
            [only] => (only.id, only.attributes) = (id, attributes),
            _ => {
                let said = id.map(|id| id.span).or(attributes.first().map(|(name, _)| name.span));
                if let Some(span) = said {
                    return Err(Diagnostic::error(span, "members with different roles or actions are several sets")
                        .hint("give each its own brackets")
                        .into());
                }
            }
        }
        Ok(())
    }
}

/// What a set may have beside what the language says of it.
const SET_VERBATIM: &[&str] = &["sequential", "require-all", "ordering", "score", "kind", "role", "action"];

fn push(sets: &mut Vec<ResourceSet>, start: usize, member: Word, qualifier: Option<Word>) {
    match sets[start..].last_mut() {
        Some(last) if last.qualifier == qualifier => last.members.push(member),
        _ => sets.push(ResourceSet::plain(vec![member], qualifier)),
    }
}

fn set_options(reader: &mut Reader, sets: &mut [ResourceSet]) -> Parsed<bool> {
    let mut any = false;
    while let Some((name, value)) =
        reader.pair(Expected::Prefix("sequential="), |name| matches!(name, "sequential" | "require-all"))
    {
        let value = boolean(value)? == "true";
        for set in sets.iter_mut() {
            match name.text.as_str() {
                "sequential" => set.sequential = value,
                _ => set.require_all = value,
            }
        }
        any = true;
    }
    reader.want(Expected::Prefix("require-all="));
    Ok(any)
}

/// A score whose colon touches what follows it: `100:#uname`, `inf:node1`.
pub fn split_score(token: &Token) -> Vec<Token> {
    let cut = token.text.find(':').filter(|at| {
        let rest = &token.text[at + 1..];
        let begins = rest.starts_with('#') || rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        token.is_plain() && begins && literal::score(&token.text[..*at]).is_ok()
    });
    match cut {
        Some(at) => vec![token.cut(0..at + 1), token.cut(at + 1..token.text.len())],
        None => vec![token.clone()],
    }
}

fn bracket(reader: &mut Reader, bracket: &'static str) -> bool {
    reader.next_if(Expected::Bracket(bracket), |token| token.text == bracket).is_some()
}

fn member(reader: &mut Reader, qualifiers: &[&'static str]) -> Parsed<Option<(Word, Option<Word>)>> {
    let stands = |token: &Token| {
        !token.text.contains('=') && !matches!(token.text.as_str(), "" | "(" | ")" | "[" | "]" | "{" | "}")
    };
    let Some(token) = reader.next_if(Expected::Resource, stands) else { return Ok(None) };
    let Some(colon) = token.text.find(':') else { return Ok(Some((token.word(), None))) };
    let qualifier = token.slice(colon + 1..token.text.len());
    let is_instance = !qualifier.text.is_empty() && qualifier.text.chars().all(|c| c.is_ascii_digit());
    let qualifier = if is_instance { qualifier } else { qualified(qualifier, qualifiers)? };
    Ok(Some((token.slice(0..colon), Some(qualifier))))
}

fn qualified(qualifier: Word, table: &[&'static str]) -> Parsed<Word> {
    let what = if table == ROLES { "a role" } else { "an action" };
    let other = if table == ROLES { ACTIONS } else { ROLES };
    one_of(qualifier.clone(), what, table).map_err(|mut stop| {
        if stop.0.hint.is_none() && other.iter().any(|word| word.eq_ignore_ascii_case(&qualifier.text)) {
            let suits = closest(&qualifier.text, table.iter().copied());
            stop.0.hint =
                suits.map(meant).or(Some("colocations and tickets take roles, orders take actions".to_string()));
        }
        stop
    })
}
