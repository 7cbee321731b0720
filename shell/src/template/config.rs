//! A config that was filled in: its values, and the statements they make.
//!
//! In: a config's text. Out: statements whose places are in that text, and diagnostics.
//! Absent: putting them into a configuration (see `configure::load`).

use super::reference::{self, Reference};
use quorate_grammar::crm;
use quorate_grammar::crm::ast::Statement;
use quorate_grammar::line::{self, Line, LineKind, Token};
use quorate_grammar::{Diagnostic, Span};
use std::collections::BTreeMap;

/// A parameter of a config.
#[derive(Clone, Debug)]
struct Parameter {
    required: bool,
    /// The line that sets it, or could.
    line: Span,
    value: Option<(String, Span)>,
}

type Parameters = BTreeMap<(String, String), Parameter>;

#[derive(Default)]
pub struct Read {
    pub statements: Vec<Statement>,
    diagnostics: Vec<Diagnostic>,
    /// References, and the values that stand in their places.
    values: Vec<(Span, Span)>,
}

impl Read {
    /// What is wrong with it.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.moved(self.diagnostics.clone())
    }

    /// What is wrong with a value is told at the value.
    pub fn moved(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let place = |span: Span| self.values.iter().find(|(at, _)| *at == span).map_or(span, |(_, value)| *value);
        diagnostics.into_iter().map(|one| Diagnostic { span: place(one.span), ..one }).collect()
    }
}

pub fn read(text: &str) -> Read {
    let (lines, diagnostics) = line::lines(text);
    let mut read = Read { diagnostics, ..Read::default() };
    let generate = lines.iter().position(|line| words(line).first().is_some_and(|word| word.text == "%generate"));
    let Some(generate) = generate else {
        let end = Span::new(text.len(), text.len());
        read.diagnostics.push(Diagnostic::error(end, "there is no line `%generate`, so nothing is made"));
        return read;
    };
    let parameters = preamble(&lines[..generate], &mut read.diagnostics);
    unset(&parameters, &mut read.diagnostics);
    let body = substituted(&lines[generate + 1..], &parameters, &mut read);
    for piece in pieces(text, &body) {
        let (statement, found) = match &piece[..] {
            [Line { kind: LineKind::Raw { .. }, .. }] => crm::parse_line(&piece[0]),
            _ => crm::parse_words(&piece.iter().flat_map(|line| words(line).to_vec()).collect::<Vec<_>>()),
        };
        read.statements.extend(statement);
        read.diagnostics.extend(found);
    }
    read.diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    read
}

fn words(line: &Line) -> &[Token] {
    match &line.kind {
        LineKind::Words(words) => words,
        LineKind::Comment(_) | LineKind::Raw { .. } => &[],
    }
}

fn preamble(lines: &[Line], diagnostics: &mut Vec<Diagnostic>) -> Parameters {
    let mut parameters = Parameters::new();
    let (mut prefix, mut required) = (String::new(), false);
    for line in lines.iter().filter(|line| !matches!(line.kind, LineKind::Comment(_))) {
        let words = words(line);
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        match texts[..] {
            ["%name" | "%depends_on" | "%suggests", ..] => {}
            ["%pfx", name] => prefix = name.to_string(),
            ["%required"] => required = true,
            ["%optional"] => required = false,
            ["%%", name] => {
                let parameter = Parameter { required, line: line.span, value: None };
                parameters.insert((prefix.clone(), name.to_string()), parameter);
            }
            ["%%", name, value] => {
                let parameter =
                    Parameter { required, line: line.span, value: Some((value.to_string(), words[2].span)) };
                parameters.insert((prefix.clone(), name.to_string()), parameter);
            }
            ["%%", name, _, extra, ..] => diagnostics.push(
                Diagnostic::error(words[3].span, format!("`{extra}` is one word too many: `{name}` takes one value"))
                    .hint("put a value of several words into quotes"),
            ),
            _ => {
                let place = words.first().map_or(line.span, |word| word.span);
                diagnostics.push(
                    Diagnostic::error(place, "this is not expected before `%generate`")
                        .hint("comments start with `#`, parameters with `%%`"),
                );
            }
        }
    }
    parameters
}

fn unset(parameters: &Parameters, diagnostics: &mut Vec<Diagnostic>) {
    for ((prefix, name), parameter) in parameters {
        if parameter.required && parameter.value.is_none() {
            diagnostics.push(
                Diagnostic::error(parameter.line, format!("`{name}` of `{prefix}` needs a value"))
                    .hint(format!("write it behind the name: `%% {name} VALUE`")),
            );
        }
    }
}

// ---- the body --------------------------------------------------------------------------------------------

/// The lines of the body with the values in them.
fn substituted(lines: &[Line], parameters: &Parameters, read: &mut Read) -> Vec<Line> {
    let mut body = Vec::new();
    for line in lines {
        match &line.kind {
            LineKind::Comment(_) => {}
            LineKind::Words(words) => {
                let words = filled(words, parameters, read);
                if !words.is_empty() {
                    body.push(Line { kind: LineKind::Words(words), span: line.span });
                }
            }
            LineKind::Raw { keyword, body: xml } => {
                let mut xml = xml.clone();
                xml.text = in_xml(&xml.text, xml.span, parameters, read);
                body.push(Line { kind: LineKind::Raw { keyword: keyword.clone(), body: xml }, span: line.span });
            }
        }
    }
    body
}

/// What became of a word.
enum Filled {
    Same(Token),
    Changed(Token),
    /// It refers to parameters without a value; these are optional ones.
    Unset(Vec<String>),
}

/// The words with their values. Those behind `opt` are left out where these have none.
fn filled(words: &[Token], parameters: &Parameters, read: &mut Read) -> Vec<Token> {
    let optional = words.iter().position(|word| word.text == "opt").unwrap_or(words.len());
    let mut found = Vec::new();
    for word in &words[..optional] {
        match fill(word, parameters, read) {
            Filled::Same(word) | Filled::Changed(word) => found.push(word),
            Filled::Unset(names) if names.is_empty() => {}
            Filled::Unset(names) => read.diagnostics.push(no_value(word.span, &names)),
        }
    }
    let mut tail = Vec::new();
    let mut any = false;
    for word in words.iter().skip(optional + 1) {
        match fill(word, parameters, read) {
            Filled::Same(word) => tail.push(word),
            Filled::Changed(word) => {
                any = true;
                tail.push(word);
            }
            Filled::Unset(_) => {}
        }
    }
    // Words behind `opt` alone say nothing.
    if any {
        found.extend(tail);
    }
    found
}

fn no_value(span: Span, names: &[String]) -> Diagnostic {
    let named: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let have = if names.len() == 1 { "has" } else { "have" };
    Diagnostic::error(span, format!("{} {have} no value, and this needs one", named.join(", ")))
        .hint("write it behind the parameter's name above, in a line that starts with `%%`")
}

fn fill(word: &Token, parameters: &Parameters, read: &mut Read) -> Filled {
    let mut result = word.clone();
    let mut missing = Vec::new();
    let (mut changed, mut unset) = (false, false);
    let references = values_in(&word.text, parameters);
    // From the end, so that the places of the others stay true.
    for reference in references.iter().rev() {
        let key = (reference.name.to_string(), reference.parameter.unwrap_or_default().to_string());
        match parameters.get(&key) {
            Some(Parameter { value: Some((value, place)), .. }) => {
                let at = word.slice(reference.range.clone()).span;
                read.values.push((at, *place));
                result = result.replaced(reference.range.clone(), value);
                changed = true;
            }
            // That this one has no value was said where it stands.
            Some(Parameter { required: true, .. }) => unset = true,
            Some(_) => {
                unset = true;
                missing.push(key.1);
            }
            None => read.diagnostics.push(unknown(word.slice(reference.range.clone()).span, &key, parameters)),
        }
    }
    missing.reverse();
    match (unset, changed) {
        (true, _) => Filled::Unset(missing),
        (false, true) => Filled::Changed(result),
        (false, false) => Filled::Same(result),
    }
}

fn values_in<'t>(text: &'t str, parameters: &Parameters) -> Vec<Reference<'t>> {
    let is_name = |name: &str| parameters.keys().any(|(prefix, _)| prefix == name);
    let mut found = reference::references(text, &is_name);
    found.retain(|reference| reference.parameter.is_some());
    found
}

fn unknown(span: Span, key: &(String, String), parameters: &Parameters) -> Diagnostic {
    let names: Vec<&str> =
        parameters.keys().filter(|(prefix, _)| *prefix == key.0).map(|(_, name)| name.as_str()).collect();
    Diagnostic::error(span, format!("`{}` has no parameter `{}`", key.0, key.1))
        .hint(format!("it has {}", names.join(", ")))
}

/// In XML a value is written as an attribute's.
fn in_xml(text: &str, span: Span, parameters: &Parameters, read: &mut Read) -> String {
    let is_name = |name: &str| parameters.keys().any(|(prefix, _)| prefix == name);
    let mut missing = Vec::new();
    let result = {
        let missing = std::cell::RefCell::new(&mut missing);
        reference::reworded(text, &is_name, &|reference| {
            let key = (reference.name.to_string(), reference.parameter?.to_string());
            let value = parameters.get(&key).and_then(|parameter| parameter.value.as_ref());
            if value.is_none() {
                missing.borrow_mut().push(key.1);
            }
            value.map(|(value, _)| value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"))
        })
    };
    if !missing.is_empty() {
        read.diagnostics.push(no_value(span, &missing));
    }
    result
}

/// The lines that are one statement each: it ends at an empty line, and where another one starts.
fn pieces(text: &str, lines: &[Line]) -> Vec<Vec<Line>> {
    let mut pieces: Vec<Vec<Line>> = Vec::new();
    let mut end = 0;
    for line in lines {
        let is_new = pieces.is_empty() || is_separate(&text[end..line.span.start]) || starts(text, line);
        end = line.span.end;
        match pieces.last_mut() {
            Some(piece) if !is_new => piece.push(line.clone()),
            _ => pieces.push(vec![line.clone()]),
        }
    }
    pieces
}

fn is_separate(between: &str) -> bool {
    // What stands before the first line's end belongs to that line, what is behind the last to the next.
    let mut lines: Vec<&str> = between.split('\n').collect();
    lines.pop();
    lines.iter().skip(1).any(|line| line.trim().is_empty())
}

/// A statement's first word where a line starts.
fn starts(text: &str, line: &Line) -> bool {
    let indented = text[..line.span.start].ends_with([' ', '\t']);
    let first = match &line.kind {
        LineKind::Raw { keyword, .. } => Some(keyword),
        _ => words(line).first(),
    };
    !indented && first.is_some_and(|word| crm::is_statement(&word.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of configs, put together by a number.
    fn made_up(mut seed: u64) -> String {
        const PIECES: &[&str] = &[
            "%pfx a\n",
            "%required\n",
            "%optional\n",
            "%% x\n",
            "%% y \"1 2\"\n",
            "%% z é\n",
            "%generate\n",
            "\n",
            "#\"\n",
            "primitive %a:x Dummy",
            " params",
            " p=%a:y",
            " opt",
            " q=\"%a:z-%a:x\"",
            "\n\t",
            "\n",
            "%a:",
            "%",
            "\\\n",
            "group g %a:y%a:z",
            "xml <tag id=\"%a:y\"/>\n",
            "'",
            "%name é %fi",
            "location l %a:z { %a:x",
        ];
        let mut text = String::from("%pfx a\n%required\n");
        for _ in 0..24 {
            // Knuth's numbers: the high bits are as good as random.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(seed >> 33).unwrap_or_default() % PIECES.len();
            text.push_str(PIECES[at]);
        }
        text
    }

    #[test]
    fn whatever_stands_in_a_config_its_errors_have_places_in_it() {
        for seed in 0..20_000 {
            let text = made_up(seed);
            let read = read(&text);
            for one in read.diagnostics() {
                assert!(one.span.start <= one.span.end && text.get(one.span.range()).is_some(), "{text}\n{one:?}");
                one.picture("config", &text);
            }
        }
    }

    #[test]
    fn statements_end_at_an_empty_line_and_where_another_one_starts() {
        let text = "%pfx a\n%required\n%% id one\n%generate\nprimitive %a:id Dummy\nparams x=1\n\top monitor interval=1s\n\
                    # a comment\ngroup g %a:id\n\n\nclone c g\n";
        let read = read(text);
        assert!(read.diagnostics().is_empty(), "{:?}", read.diagnostics());
        let ids = read.statements.iter().filter_map(|statement| statement.kind.id()).map(|id| id.text.clone());
        assert_eq!(Vec::from_iter(ids), ["one", "g", "c"]);
    }
}
