//! The view as a web page, for ClusterMon and for people without a shell: elements and classes are those of
//! Pacemaker's pages, so that people's style sheets fit.
//!
//! In: a view and options. Out: one self-contained page.

mod entry;
mod sections;

use super::cluster::ClusterView;
use super::filter::{Section, ViewOptions};
use super::outline::{Block, Item, Tone, outline};
use entry::{Entry, escape, escape_quoted, items, print_list};

const STYLE: &str = "\
.bold { font-weight: bold }
.online { color: green }
.offline { color: red }
.maint { color: blue }
.standby { color: blue }
.health_red { color: red }
.health_yellow { color: GoldenRod }
.rsc-failed { color: red }
.rsc-failure-ignored { color: DarkGreen }
.rsc-managed { color: blue }
.rsc-multiple { color: orange }
.rsc-ok { color: green }
.warning { color: red; font-weight: bold }";

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

/// A whole page, with the header of a CGI answer if the page says so.
pub fn print(view: &ClusterView, options: &ViewOptions, page: &Page) -> String {
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
    html.push_str(&format!("<style>{STYLE}</style>\n"));
    if let Some(sheet) = &page.stylesheet {
        html.push_str(&format!("<link rel=\"stylesheet\" href=\"{}\">\n", escape_quoted(sheet)));
    }
    html.push_str("</head>\n<body>\n");
    for (title, entries) in lists(view, options) {
        html.push_str(&format!("<h2>{}</h2>\n", escape(&title)));
        print_list(&entries, &mut html);
    }
    html.push_str("</body>\n</html>\n");
    html
}

/// The titles of a page and what stands below them.
fn lists(view: &ClusterView, options: &ViewOptions) -> Vec<(String, Vec<Entry>)> {
    let mut lists = Vec::new();
    let summary = sections::summary(&view.summary, options);
    if !summary.is_empty() {
        lists.push(("Cluster Summary".to_string(), summary));
    }
    if options.shows(Section::Options) {
        lists.push(("Config Options".to_string(), sections::settings(&view.summary)));
    }
    if options.shows(Section::Nodes) && !view.nodes.is_empty() {
        lists.push(("Node List".to_string(), sections::nodes(view, options)));
    }
    let mut blocks = outline(view, options);
    blocks.retain(|block| !matches!(block.section, Section::Summary | Section::Nodes));
    // On a page, all of fencing stands together.
    blocks.sort_by_key(|block| matches!(block.section, Section::Tickets | Section::Bans));
    lists.extend(blocks.into_iter().map(|block| match block.section {
        Section::Attributes => (block.title, sections::attributes(view, options)),
        _ => (block.title.clone(), entries(&block)),
    }));
    lists
}

fn entries(block: &Block) -> Vec<Entry> {
    let fencing = [Section::FencingFailed, Section::FencingPending, Section::FencingSucceeded];
    if fencing.contains(&block.section) {
        return block.items.iter().map(fencing_event).collect();
    }
    let mut entries = items(&block.items);
    if matches!(block.section, Section::Operations | Section::FailCounts) {
        for entry in &mut entries {
            if let Entry::List { title, .. } = entry {
                *title = format!("{}:", title.trim_start_matches("Node: "));
            }
        }
    }
    entries
}

fn fencing_event(item: &Item) -> Entry {
    let class = match item.tone {
        Tone::Bad => "failed-stonith-event",
        Tone::Warning => "pending-stonith-event",
        _ => "successful-stonith-event",
    };
    Entry::Text { class: Some(class), text: item.text.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_the_page() {
        let page = Page { title: Some("<script>".into()), ..Page::default() };
        let html = print(&ClusterView::default(), &ViewOptions::default(), &page);
        assert!(html.contains("<title>&lt;script&gt;</title>"));
        assert!(!html.contains("<script>"));
    }
}
