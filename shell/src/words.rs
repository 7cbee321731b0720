//! The words of a command line, as the line that crmsh would read.
//!
//! In: words that a program or a shell gave. Out: the words that are meant, and one line that splits into them.
//! crmsh puts its words together and reads the line anew: what is empty is gone, and quotes that are left in a
//! word are syntax. The same here where quotes are balanced; a word that was given whole stays whole.

/// What is meant: nothing empty, no quotes that are syntax, a value that was cut at its blanks in one piece.
pub fn meant(words: &[String]) -> Vec<String> {
    let mut words: Vec<String> = words.iter().filter(|word| !word.is_empty()).cloned().collect();
    if let Some(first) = words.first().filter(|first| first.contains(char::is_whitespace)) {
        // A whole line in one word: no command has a blank in its name.
        let pieces = first.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        words.splice(..1, pieces);
    }
    // What follows `xml` is XML, and its quotes are not ours.
    let raw = words.iter().take(2).position(|word| word == "xml").map_or(words.len(), |at| at + 1);
    let mut meant = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (word, taken) = match at < raw {
            true => unquoted(&words[at..raw]),
            false => (words[at].clone(), 1),
        };
        meant.push(word);
        at += taken;
    }
    meant
}

/// The first word without its quotes, and how many words it was cut into.
fn unquoted(words: &[String]) -> (String, usize) {
    let first = &words[0];
    let as_given = || (first.clone(), 1);
    if !first.contains(['\'', '"']) || is_json(first) {
        return as_given();
    }
    if first.contains(char::is_whitespace) {
        return (whole(first).unwrap_or_else(|| first.clone()), 1);
    }
    if let Some(word) = read(first) {
        return (word, 1);
    }
    let Some(quote) = opening(first) else { return as_given() };
    let closes = |word: &String| word.matches(quote).count() == 1 && word.ends_with(quote);
    for (at, word) in words.iter().enumerate().skip(1) {
        if word.contains(char::is_whitespace) {
            break;
        }
        if word.contains(quote) {
            let run = words[..=at].join(" ");
            return match closes(word).then(|| read(&run)).flatten() {
                Some(word) => (word, at + 1),
                None => as_given(),
            };
        }
    }
    as_given()
}

/// A word with blanks is put in the quotes that it does not have, so that its own are no syntax. One that has both
/// kinds is left as it is: its quotes are, where its blanks all stand within them.
fn whole(word: &str) -> Option<String> {
    if !word.contains('\'') || !word.contains('"') {
        return None;
    }
    let mut quote = None;
    let mut is_escaped = false;
    for character in word.chars() {
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some('"') | None, '\\') => is_escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, blank) if blank.is_whitespace() => return None,
            _ => {}
        }
    }
    read(word)
}

/// The quote that a word begins with, or its value does, if the word does not end it.
fn opening(word: &str) -> Option<char> {
    let at = word.find(['\'', '"'])?;
    let begins = at == 0 || word[..at].ends_with('=');
    let quote = word[at..].chars().next()?;
    (begins && word.matches(quote).count() == 1).then_some(quote)
}

/// Arguments of `script json` are no words of the shell's language.
fn is_json(word: &str) -> bool {
    word.starts_with(['[', '{']) && word.ends_with([']', '}'])
}

/// As a POSIX shell reads a word, without expansion; `None` where a quote is not closed.
fn read(word: &str) -> Option<String> {
    let mut text = String::new();
    let mut quote = None;
    let mut characters = word.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '\\') => text.push(characters.next()?),
            (Some('"'), '\\') => match characters.next_if(|next| matches!(next, '"' | '\\')) {
                Some(next) => text.push(next),
                None => text.push('\\'),
            },
            _ => text.push(character),
        }
    }
    quote.is_none().then_some(text)
}

/// Words as one line that splits into them again.
pub fn joined(words: &[String]) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '\'' | '"' | '\\' | '#');
    let quoted = |word: &String| match word.split_once('=') {
        _ if !word.is_empty() && word.chars().all(plain) => word.clone(),
        Some((name, value)) if name.chars().all(plain) => {
            format!("{name}={}", quorate_grammar::crm::print::quote(value))
        }
        _ => quorate_grammar::crm::print::quote(word),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate_grammar::line::{self, LineKind};

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn joined_words_split_again() {
        let words = owned(&["a", "b c", "x=y z", "q\"q", "", "it's", "back\\slash", "x=", "#a"]);
        let (lines, diagnostics) = line::lines(&joined(&words));
        assert!(diagnostics.is_empty());
        let LineKind::Words(tokens) = &lines[0].kind else { panic!("words") };
        assert_eq!(tokens.iter().map(|token| token.text.clone()).collect::<Vec<_>>(), words);
    }

    #[test]
    fn quotes_that_are_left_in_words_are_read_as_crmsh_does() {
        for (given, read) in [
            (&["fake='a'"][..], &["fake=a"][..]),
            (&["fake=\"a\""], &["fake=a"]),
            (&["fake=\"\""], &["fake="]),
            (&["'fake=a'"], &["fake=a"]),
            (&["'d1'"], &["d1"]),
            (&["\"d2\""], &["d2"]),
            (&["$id=\"cib-bootstrap-options\"", "a=1"], &["$id=cib-bootstrap-options", "a=1"]),
            (&["$id='rsc-options'"], &["$id=rsc-options"]),
            (&["/'!health-.*'/"], &["/!health-.*/"]),
            (&["a='x'y\"z\""], &["a=xyz"]),
            (&["a=\"b\\\"c\""], &["a=b\"c"]),
            // One value that was cut at its blanks.
            (&["fake='a", "b'"], &["fake=a b"]),
            (&["host_list=\"192.0.2.1", "192.0.2.2\"", "x=1"], &["host_list=192.0.2.1 192.0.2.2", "x=1"]),
            (&["hostlist='juju-1", "juju-2", "juju-3'"], &["hostlist=juju-1 juju-2 juju-3"]),
            (&["description=\"it's", "here\""], &["description=it's here"]),
            (&["'a", "b'", "c"], &["a b", "c"]),
            // Given whole: stays whole.
            (&["fake=a b"], &["fake=a b"]),
            (&["fake='a b'"], &["fake='a b'"]),
            (&["fake=\"a b\""], &["fake=\"a b\""]),
            (&["fake=a\" b"], &["fake=a\" b"]),
            // Given whole with both kinds of quotes: crmsh puts none around it.
            (&["fake=\"a 'b' c\""], &["fake=a 'b' c"]),
            (&["fake='say \"a b\"'"], &["fake=say \"a b\""]),
            (&["fake=\"a\" 'b'"], &["fake=\"a\" 'b'"]),
            (&["it's \"here"], &["it's \"here"]),
            // Quotes that nothing closes, or that are no beginning.
            (&["fake=it's"], &["fake=it's"]),
            (&["fake=it's", "dog's"], &["fake=it's", "dog's"]),
            (&["fake=a\"b"], &["fake=a\"b"]),
            (&["fake='a", "b"], &["fake='a", "b"]),
            (&["fake='a", "b c'"], &["fake='a", "b c'"]),
            (&["fake=a\\b"], &["fake=a\\b"]),
            (&["[\"list\",\"x\"]"], &["[\"list\",\"x\"]"]),
            // What is empty is gone.
            (&["n1", "", "n2", ""], &["n1", "n2"]),
            (&["", ""], &[]),
        ] {
            let behind = |words: &[&str]| owned(&[&["configure"], words].concat());
            assert_eq!(meant(&behind(given)), behind(read), "{given:?}");
        }
    }

    #[test]
    fn a_whole_line_may_be_one_word_and_xml_is_not_ours() {
        for (given, read) in [
            (&["configure primitive x Dummy"][..], &["configure", "primitive", "x", "Dummy"][..]),
            (&["resource stop", "d1"], &["resource", "stop", "d1"]),
            (&["configure", "xml", "<tag", "id=\"t\"/>"], &["configure", "xml", "<tag", "id=\"t\"/>"]),
            (&["", "configure", "", "show"], &["configure", "show"]),
        ] {
            assert_eq!(meant(&owned(given)), owned(read), "{given:?}");
        }
    }
}
