//! The view as a web page, for ClusterMon and for people without a shell.
//!
//! In: a view and options. Out: one self-contained page.

use super::cluster::ClusterView;
use super::filter::Options;
use super::outline::{Block, Item, Tone, outline};

const STYLE: &str = "body { font-family: sans-serif }
.good { color: green }
.bad { color: red }
.aside { color: blue }
.warning { color: darkorange; font-weight: bold }
h3, h4 { margin: 0 }";

/// How a page is dressed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub title: Option<String>,
    /// A link to a style sheet, after our own.
    pub stylesheet: Option<String>,
    /// With the header a web server expects of a CGI program.
    pub cgi: bool,
    /// The page asks to be loaded again after so many seconds.
    pub reload_seconds: Option<u32>,
}

pub fn print(view: &ClusterView, options: &Options, page: &Page) -> String {
    let mut html = String::new();
    if page.cgi {
        html.push_str("Content-Type: text/html\n\n");
    }
    html.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n");
    html.push_str(&format!("<title>{}</title>\n", escape(page.title.as_deref().unwrap_or("Cluster Status"))));
    html.push_str("<meta charset=\"utf-8\">\n");
    if let Some(seconds) = page.reload_seconds {
        html.push_str(&format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">\n"));
    }
    html.push_str(&format!("<style>\n{STYLE}\n</style>\n"));
    if let Some(sheet) = &page.stylesheet {
        html.push_str(&format!("<link rel=\"stylesheet\" href=\"{}\">\n", escape(sheet)));
    }
    html.push_str("</head>\n<body>\n");
    for block in outline(view, options) {
        print_block(&block, &mut html);
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn print_block(block: &Block, html: &mut String) {
    html.push_str(&format!("<h2>{}</h2>\n", escape(&block.title)));
    print_list(&block.items, html);
    for line in &block.warning {
        html.push_str(&format!("<p class=\"warning\">{}</p>\n", escape(line.trim())));
    }
}

fn print_list(items: &[Item], html: &mut String) {
    html.push_str("<ul>\n");
    for item in items {
        print_item(item, html);
    }
    html.push_str("</ul>\n");
}

fn print_item(item: &Item, html: &mut String) {
    html.push_str("<li>");
    let text = escape(item.text.trim());
    match class(item.tone) {
        Some("heading") => html.push_str(&format!("<h3>{text}</h3>")),
        Some(class) => html.push_str(&format!("<span class=\"{class}\">{text}</span>")),
        None => html.push_str(&text),
    }
    if !item.children.is_empty() {
        html.push('\n');
        print_list(&item.children, html);
    }
    html.push_str("</li>\n");
}

const fn class(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Heading => Some("heading"),
        Tone::Good => Some("good"),
        Tone::Bad => Some("bad"),
        Tone::Aside => Some("aside"),
        Tone::Warning => Some("warning"),
    }
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_the_page() {
        let page = Page { title: Some("<script>".into()), ..Page::default() };
        let html = print(&ClusterView::default(), &Options::default(), &page);
        assert!(html.contains("<title>&lt;script&gt;</title>"));
        assert!(!html.contains("<script>"));
    }
}
