//! Everything the screen shows.
//!
//! In: nothing. Out: [`Model`]. Never here: how it changes (see `update`) or looks (see `draw`).

use quorate_core::view::ClusterView;
use quorate_core::view::filter::ViewOptions;

use crate::action::Action;
use crate::rows::Row;
use crate::snapshot::Snapshot;

#[derive(Clone, Debug)]
pub struct Model {
    pub options: ViewOptions,
    pub width: u16,
    pub height: u16,
    pub connection: Connection,
    /// The newest state; kept, and marked old, when the connection is lost.
    pub snapshot: Option<Snapshot>,
    /// When it was fetched, in seconds since 1970.
    pub fetched: i64,
    pub view: ClusterView,
    pub rows: Vec<Row>,
    /// The line under the cursor, and the first line shown.
    pub cursor: usize,
    pub top: usize,
    pub filter: String,
    pub typing_filter: bool,
    pub popup: Option<Popup>,
    /// What became of the last action.
    pub notice: Option<Notice>,
    /// The CIB comes from a file: nothing can be done to it here.
    pub read_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    Connecting,
    Live,
    Lost { why: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub good: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Popup {
    Help { top: usize },
    Menu { title: String, entries: Vec<Entry>, at: usize },
    Preview { action: Action, state: Preview, top: usize },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub words: String,
    pub choice: Choice,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Do(Action),
    /// Another menu: where to?
    MoveWhere {
        resource: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preview {
    Waiting,
    Ready(Vec<String>),
    Failed(String),
    /// Agreed to, and on its way.
    Performing,
}

impl Model {
    pub fn new(options: ViewOptions, read_only: bool, width: u16, height: u16) -> Model {
        let options = ViewOptions { nodes_one_by_one: true, ..options };
        Model {
            options,
            width,
            height,
            connection: Connection::Connecting,
            snapshot: None,
            fetched: 0,
            view: ClusterView::default(),
            rows: Vec::new(),
            cursor: 0,
            top: 0,
            filter: String::new(),
            typing_filter: false,
            popup: None,
            notice: None,
            read_only,
        }
    }

    /// Lines between header and footer.
    pub fn body_height(&self) -> usize {
        usize::from(self.height.saturating_sub(2)).max(1)
    }
}
