//! Entries of a page's lists, as Pacemaker's pages have them.
//!
//! In: texts and their classes, lines of an outline. Out: HTML, everything in it escaped.

use crate::view::outline::{Item, Tone};

/// Words with a look of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub class: Option<&'static str>,
    pub text: String,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Text {
        class: Option<&'static str>,
        text: String,
    },
    /// Entries that belong to it stand within it, without a list of their own.
    Spans(Vec<Span>, Vec<Entry>),
    List {
        title: String,
        entries: Vec<Entry>,
    },
}

impl Entry {
    /// A text that looks like all others.
    pub fn text(text: impl Into<String>) -> Entry {
        Entry::Text { class: None, text: text.into() }
    }

    /// A list with a title.
    pub fn list(title: impl Into<String>, entries: Vec<Entry>) -> Entry {
        Entry::List { title: title.into(), entries }
    }

    /// Words of several looks, with nothing below them.
    pub fn spans(spans: Vec<Span>) -> Entry {
        Entry::Spans(spans, Vec::new())
    }
}

/// Words that look like all others.
pub fn plain(text: impl Into<String>) -> Span {
    Span { class: None, text: text.into() }
}

/// Words with the look of a class of Pacemaker's pages.
pub fn classed(class: &'static str, text: impl Into<String>) -> Span {
    Span { class: Some(class), text: text.into() }
}

/// The lines of an outline; what has no text has what is below it in its place.
pub fn items(all: &[Item]) -> Vec<Entry> {
    all.iter().flat_map(entries_of).collect()
}

fn entries_of(item: &Item) -> Vec<Entry> {
    let heads = item.tone == Tone::Heading || !item.children.is_empty();
    match item.class {
        _ if item.text.is_empty() => items(&item.children),
        _ if heads => vec![Entry::list(item.text.clone(), items(&item.children))],
        Some(class) => vec![Entry::spans(vec![Span { class: Some(class), text: item.text.clone() }])],
        None => vec![Entry::text(item.text.clone())],
    }
}

/// A list with its entries.
pub fn print_list(entries: &[Entry], html: &mut String) {
    html.push_str("<ul>\n");
    for entry in entries {
        print_entry(entry, html);
    }
    html.push_str("</ul>\n");
}

fn print_entry(entry: &Entry, html: &mut String) {
    match entry {
        Entry::Text { class, text } => html.push_str(&format!("<li{}>{}", class_attribute(*class), escape(text))),
        Entry::Spans(spans, within) => {
            html.push_str("<li>");
            for span in spans {
                html.push_str(&format!("<span{}>{}</span>", class_attribute(span.class), escape(&span.text)));
            }
            within.iter().for_each(|entry| print_entry(entry, html));
        }
        Entry::List { title, entries } => {
            html.push_str(&format!("<li>\n<h3>{}</h3>\n", escape(title)));
            print_list(entries, html);
        }
    }
    html.push_str("</li>\n");
}

fn class_attribute(class: Option<&str>) -> String {
    class.map(|class| format!(" class=\"{class}\"")).unwrap_or_default()
}

/// Text that cannot be taken for anything else.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The same within quotes.
pub fn escape_quoted(text: &str) -> String {
    escape(text).replace('"', "&quot;")
}
