//! Command lines as Pacemaker's tools take them.
//!
//! In: a table of options and the words of a call. Out: [`Given`], or a [`UsageError`]; the help that the
//! table gives. Absent: what the options mean.

use std::fmt;
use std::iter::Peekable;

/// An option: letter (or none), name, value, the group it is listed under, help (none: it is not listed).
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    pub letter: Option<char>,
    pub name: &'static str,
    pub value: Value,
    pub group: &'static str,
    pub help: &'static str,
}

/// What follows an option; the text names it in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    None,
    Required(&'static str),
    /// Taken if the next word is no option.
    Optional(&'static str),
}

/// A row of a tool's table, shown under `group` in its help.
pub const fn argument(
    letter: Option<char>,
    name: &'static str,
    value: Value,
    group: &'static str,
    help: &'static str,
) -> Argument {
    Argument { letter, name, value, group, help }
}

/// What is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// What a call says, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    pub options: Vec<(&'static str, Option<String>)>,
    /// Words that are no options.
    pub operands: Vec<String>,
}

impl Given {
    /// Whether the option (by its long name) was given.
    pub fn has(&self, name: &str) -> bool {
        self.count(name) > 0
    }

    /// How often the option (by its long name) was given.
    pub fn count(&self, name: &str) -> usize {
        self.options.iter().filter(|one| one.0 == name).count()
    }

    /// All values that an option was given.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.options.iter().filter(|one| one.0 == name).filter_map(|one| one.1.clone()).collect()
    }

    /// The last value.
    pub fn value(&self, name: &str) -> Option<String> {
        self.values(name).pop()
    }

    /// Which of these options was given last.
    pub fn last_of(&self, names: &[&str]) -> Option<&'static str> {
        self.options.iter().rev().map(|one| one.0).find(|name| names.contains(name))
    }
}

/// Splits words into options and operands: letters may stand together, and one that takes a value takes the
/// rest of its word, else the next word.
///
/// # Errors
/// An option is unknown, lacks its value, or has one that it does not take.
pub fn split(tables: &[&'static [Argument]], words: &[String]) -> Result<Given, UsageError> {
    let mut given = Given::default();
    let known = || tables.iter().flat_map(|table| table.iter());
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            given.operands.extend(words.by_ref().cloned());
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let known = known().find(|known| known.name == name).ok_or_else(|| unknown(word))?;
            given.options.push(with_value(known, value.map(str::to_string), &mut words)?);
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                let known = known().find(|known| known.letter == Some(letter));
                let known = known.ok_or_else(|| unknown(&format!("-{letter}")))?;
                let attached = match known.value {
                    Value::None => None,
                    _ => Some(std::mem::replace(&mut rest, "".chars()).collect::<String>())
                        .filter(|text| !text.is_empty()),
                };
                given.options.push(with_value(known, attached, &mut words)?);
            }
        } else {
            given.operands.push(word.clone());
        }
    }
    Ok(given)
}

fn with_value<'a>(
    known: &'static Argument,
    attached: Option<String>,
    words: &mut Peekable<impl Iterator<Item = &'a String>>,
) -> Result<(&'static str, Option<String>), UsageError> {
    let name = known.name;
    let value = match (known.value, attached) {
        (Value::None, Some(_)) => return Err(UsageError(format!("--{name} takes no value"))),
        (Value::None, None) => None,
        (_, Some(attached)) => Some(attached),
        (Value::Required(what), None) => {
            let next = words.next().cloned();
            Some(next.ok_or_else(|| UsageError(format!("Missing argument for --{name} ({what})")))?)
        }
        (Value::Optional(_), None) => words.next_if(|word| !word.starts_with('-')).cloned(),
    };
    Ok((name, value))
}

fn unknown(word: &str) -> UsageError {
    UsageError(format!("Unknown option {word}"))
}

/// The options of the groups that are listed; of all groups, if `only` names none.
pub fn help(tables: &[&[Argument]], only: &[&str]) -> String {
    let all: Vec<&Argument> = tables.iter().flat_map(|table| table.iter()).filter(|one| !one.help.is_empty()).collect();
    let mut text = String::new();
    let mut groups: Vec<&str> = Vec::new();
    for argument in &all {
        if !groups.contains(&argument.group) && (only.is_empty() || only.contains(&argument.group)) {
            groups.push(argument.group);
        }
    }
    for group in groups {
        text.push_str(&format!("\n{group}:\n"));
        for one in all.iter().filter(|one| one.group == group) {
            let letter = one.letter.map_or_else(|| "    ".to_string(), |letter| format!("-{letter}, "));
            let value = match one.value {
                Value::None => String::new(),
                Value::Required(what) => format!("={what}"),
                Value::Optional(what) => format!("[={what}]"),
            };
            text.push_str(&format!("  {letter}{:<28} {}\n", format!("--{}{value}", one.name), one.help));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Argument] = &[
        argument(Some('a'), "all", Value::None, "Group", "everything"),
        argument(Some('n'), "node", Value::Required("NODE"), "Group", "a node"),
        argument(Some('p'), "promotion", Value::Optional("RSC"), "Other", ""),
    ];

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        let said = match split(&[TABLE], &words) {
            Ok(given) => {
                let option = |(name, value): &(&str, Option<String>)| match value {
                    Some(value) => format!("{name}={value}"),
                    None => (*name).to_string(),
                };
                let options = given.options.iter().map(option);
                options.chain(given.operands.iter().map(|word| format!("<{word}>"))).collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("refused: {error}"),
        };
        assert_eq!(said, expected, "{line}");
    }

    #[test]
    fn words_are_split_as_pacemakers_tools_do() {
        check("-an n1 x", "all node=n1 <x>");
        check("-nall --node=-5 -n -5", "node=all node=-5 node=-5");
        check("-p -a -pR -p R --promotion=R", "promotion all promotion=R promotion=R promotion=R");
        check("-- -a", "<-a>");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        check("-z", "refused: Unknown option -z");
        check("--nodes", "refused: Unknown option --nodes");
        check("--all=1", "refused: --all takes no value");
        check("-n", "refused: Missing argument for --node (NODE)");
    }

    #[test]
    fn what_has_no_help_is_not_listed() {
        assert_eq!(
            help(&[TABLE], &[]),
            "\nGroup:\n  -a, --all                        everything\n  -n, --node=NODE                  a node\n"
        );
    }
}
